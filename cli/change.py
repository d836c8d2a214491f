"""Changes what is wanted of a stack: its settings first, then all that they describe."""

import json
from collections.abc import Collection, Mapping, Sequence

from cli import stack_file
from cli.engine import POLICY_PACK, Progress, operate
from cli.preview import preview, refuse
from cli.stack import Stack


def change(
    stack: Stack,
    what: str,
    values: Mapping[str, str | Sequence[str] | None],
    *,
    wait_seconds: float,
    allow_data_loss: bool = False,
    dropped: Collection[str] = (),
) -> str:
    """Write settings into the stack's file and bring the stack up, unless its preview is refused.

    Args:
        stack: whose.
        what: the change and the stack, for messages.
        values: by key; a list as a whole; None removes one.
        wait_seconds: how long to wait for another update that holds the stack.
        allow_data_loss: whether stateful resources may be replaced or deleted.
        dropped: names of resources that the change is to delete, though data may be lost with them.

    Returns:
        what to do with the stack's file, so that other deployments change nothing back; empty without one.

    Raises:
        UsageError: Pulumi refuses a key or value, or there is no such stack.
        SystemExit: the preview is refused, and the settings are as before; or `up` failed, and they stay, so
            that the next `up` goes on.
    """
    before = {key: _read(stack.setting(key), value) for key, value in values.items()}
    changed = {key: value for key, value in values.items() if value != before[key]}
    stack.configure(changed)
    try:
        found = preview(
            stack,
            refresh=False,
            allow_data_loss=allow_data_loss,
            wait_seconds=wait_seconds,
            dropped=dropped,
        )
        refuse(what, found.report.refusals)
    except BaseException:
        stack.configure({key: before[key] for key in changed})
        raise
    progress = Progress()
    operate(
        what,
        lambda: stack.up(progress, policy_packs=[str(POLICY_PACK)]),
        wait_seconds=wait_seconds,
        progress=progress,
    )
    file = stack_file.path(stack.workspace, stack.name)
    return f"Commit {file.name}: another deployment would change it back" if file.is_file() else ""


def _read(text: str, like: str | Sequence[str] | None) -> str | Sequence[str] | None:
    """Read a setting as the value that is to take its place is written; None: it has none."""
    if not text:
        return None
    return text if like is None or isinstance(like, str) else json.loads(text)
