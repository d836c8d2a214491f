"""`airflow-ecs local down`."""

from cli.options import Project


def down(*, project: Project = None) -> None:
    """Destroy that cluster and end every process."""
    from cli.local import folder, needed

    with needed():
        from local import make
    make.interruptible(lambda: make.down(make.State(folder(project))))
