"""`airflow-ecs rotate`."""

from typing import Annotated, Final, Literal

from cyclopts import Parameter

from cli.options import AsJson, StackName, Workspace

LEAKED: Final = ("jwt", "database", "broker")
"""Those whose former value can go though something still uses it."""


def rotate(
    kind: Annotated[
        Literal["fernet", "jwt", "database", "broker", "api", "admin"],
        Parameter(
            help="The Fernet key, the tokens' key pair, Airflow's database password, the broker's token, the "
            "API secret key, or the first user's password."
        ),
    ],
    /,
    *,
    stack: StackName,
    workspace: Workspace = None,
    leaked: Annotated[
        bool,
        Parameter(
            "--leaked",
            help="Drop the former value at once, though tasks or tokens still need it (not for fernet).",
        ),
    ] = False,
    wait_seconds: Annotated[
        float,
        Parameter(
            "--wait-seconds",
            help="How long to wait for another update of the stack, and for tasks and tokens between steps.",
            show_default=True,
        ),
    ] = 0,
    as_json: AsJson = False,
) -> None:
    """Replace a secret's value while the cluster runs; run it again to go on where it was interrupted."""
    import sys
    from functools import partial

    from cli.answer import answer
    from cli.engine import LOCKED
    from cli.errors import UsageError
    from cli.interrupts import ended_by_ctrl_c
    from cli.rotation import rotate as rotate_secret
    from cli.stack import Stack

    if leaked and kind not in LEAKED:
        raise UsageError(f"--leaked is for {', '.join(LEAKED)}: {kind} waits for nothing that it could drop")
    with ended_by_ctrl_c():
        done = rotate_secret(
            Stack(stack, workspace),
            kind,
            leaked=leaked,
            wait_seconds=wait_seconds,
            write=partial(print, file=sys.stderr, flush=True),
        )
    again = f"{done.waits_for}. Then run `airflow-ecs rotate {kind} --stack {stack}` again"
    line = (
        f"the rotation of {kind} waits: {again}" if done.waits_for else f"{kind} of stack {stack} is rotated"
    )
    value = {
        "stack": stack,
        "names": [*done.names],
        "complete": not done.waits_for,
        "waits_for": done.waits_for,
    }
    answer(". ".join(filter(None, [line, done.advice])), value, as_json=as_json)
    if done.waits_for:
        sys.exit(LOCKED)
