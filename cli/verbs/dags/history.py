"""`airflow-ecs dags history`."""

from cli.options import AsJson, StackName, Workspace


def history(*, stack: StackName, workspace: Workspace = None, as_json: AsJson = False) -> None:
    """List the versions that were current, newest first: version, time, identity, message."""
    from cli import dags
    from cli.answer import answer
    from cli.stack import Stack

    with dags.versions_of(Stack(stack, workspace)) as versions:
        known = [*versions.history()]
    value = [
        {
            "version": one.version,
            "pushed_at": one.pushed_at,
            "pushed_by": one.pushed_by,
            "message": one.message,
            "current": not place,
        }
        for place, one in enumerate(known)
    ]
    answer("\n".join(dags.history_lines(known)), value, as_json=as_json)
