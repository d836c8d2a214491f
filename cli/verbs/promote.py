"""`airflow-ecs promote`."""

from typing import Annotated

from cyclopts import Parameter

from cli.options import AsJson, StackName, WaitSeconds, Workspace


def promote(
    source: Annotated[str, Parameter(help="The stack whose image it is, or an image by digest.")],
    /,
    stack: StackName,
    *,
    workspace: Workspace = None,
    wait_seconds: WaitSeconds = 0,
    as_json: AsJson = False,
) -> None:
    """Deploy a copy of the very image that another stack runs; nothing is built."""
    import sys
    from functools import partial

    from cli import backups, cluster
    from cli import promote as promotion
    from cli.answer import answer
    from cli.stack import Stack

    found = Stack(stack, workspace)
    uri = promotion.image_of(source, found.workspace)
    backup = ""
    if not found.setting("databaseHost") and promotion.migrates(found, uri):
        with cluster.opened(found, f"stack {stack} cannot be backed up") as opened:
            backup = backups.take(opened, found, partial(print, file=sys.stderr, flush=True)).name
    done = promotion.promote(uri, found, wait_seconds=wait_seconds)
    before = f" Its database of before is in the backup {backup}." if backup else ""
    value = {"stack": stack, "from": uri, "image": done.image, "backup": backup}
    answer(f"stack {stack} runs {done.image}.{before} {done.advice}".rstrip(), value, as_json=as_json)
