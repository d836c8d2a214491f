"""`airflow-ecs logs`."""

from typing import Annotated

from cyclopts import Parameter

from cli.options import AsJson, StackName, Workspace


def logs(
    service: Annotated[str, Parameter(help="A service or one-off task; default: all.")] = "",
    /,
    *,
    stack: StackName,
    workspace: Workspace = None,
    since: Annotated[
        str, Parameter("--since", help="How far back: a number and s, m, h or d.", show_default=True)
    ] = "10m",
    follow: Annotated[bool, Parameter("--follow", help="Print new lines until Ctrl-C.")] = False,
    as_json: AsJson = False,
) -> None:
    """Print the log lines of the stack's services in order of time; as JSON, one object per line."""
    import json
    import time
    from functools import partial

    from cli import cluster
    from cli import logs as shown
    from cli.interrupts import ended_by_ctrl_c
    from cli.stack import Stack

    back = shown.seconds(since)
    found = Stack(stack, workspace)
    with (
        ended_by_ctrl_c(),
        cluster.opened(found, f"the logs of stack {stack} cannot be read") as opened,
    ):
        start = int(1000 * (time.time() - back))

        def read(start: int) -> "shown.Lines":
            return shown.lines(opened, service, start)

        pause = partial(time.sleep, shown.pause_seconds(opened, service))
        width = max(map(len, opened.log_groups))
        for line in shown.follow(read, start, pause) if follow else read(start):
            print(json.dumps(shown.value(line)) if as_json else shown.text(line, width), flush=follow)
