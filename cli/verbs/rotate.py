"""`airflow-ecs rotate`."""

from typing import Annotated, Literal

from cyclopts import Parameter

from cli.options import AsJson, StackName, Workspace


def rotate(
    kind: Annotated[
        Literal["fernet", "jwt", "api", "admin"],
        Parameter(
            help="The Fernet key, the tokens' key pair, the API secret key, the first user's password."
        ),
    ],
    /,
    *,
    stack: StackName,
    workspace: Workspace = None,
    leaked: Annotated[
        bool, Parameter("--leaked", help="Only jwt: drop the former key at once, and refuse what it signed.")
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

    if leaked and kind != "jwt":
        raise UsageError(f"--leaked is for jwt: the rotation of {kind} waits for no token")
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
