"""`airflow-ecs local stop`."""

from cli.options import Project


def stop(*, project: Project = None) -> None:
    """End every process of that cluster; `up` resumes it."""
    from cli.local import folder, needed

    with needed():
        from local import make
    make.interruptible(lambda: make.stop(make.State(folder(project))))
