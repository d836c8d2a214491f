"""`airflow-ecs history`."""

from cli.options import AsJson, StackName, Workspace


def history(*, stack: StackName, workspace: Workspace = None, as_json: AsJson = False) -> None:
    """List the stack's deploys, newest first: image, time, version of the DAGs, identity."""
    from cli import cluster
    from cli import history as deploys
    from cli.answer import answer
    from cli.stack import Stack

    found = Stack(stack, workspace)
    with cluster.opened(found, f"the deploys of stack {stack} cannot be read") as opened:
        known = deploys.read(opened, found.outputs.get("dags_bucket"))
    value = [
        {
            "image": one.image,
            "deployed_at": one.since.isoformat(),
            "deployed_by": one.by,
            "dags": one.dags,
            "kept": one.kept,
            "current": not place,
        }
        for place, one in enumerate(known)
    ]
    answer("\n".join(deploys.lines(known)), value, as_json=as_json)
