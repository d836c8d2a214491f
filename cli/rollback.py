"""Brings a stack back to an earlier deploy: its image and its DAGs, if the schema is still its own."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from cli import dags, history, one_off
from cli.change import change
from cli.cluster import Cluster
from cli.errors import UsageError
from cli.history import SHOWN, Deploy
from cli.promote import IMAGE, running
from cli.stack import Stack

MIN_DIGITS: Final = 6
CHECK: Final = ("airflow", "version")
"""A command that does nothing: the image's entrypoint compares the database's schema before it."""
OTHER_SCHEMA: Final = (75, 78)
"""How the entrypoint ends where it is another one: docker/airflow_ecs_image/entrypoint.py."""


@dataclass(frozen=True, kw_only=True)
class RolledBack:
    """What a stack runs now.

    Attributes:
        image: its image, by digest.
        dags: the version of its DAGs; empty: they are in the image.
        advice: what to do next.
    """

    image: str
    dags: str
    advice: str


def choose(digits: str, known: Sequence[Deploy]) -> Deploy:
    """Find a deploy by the first digits of its image's digest, or else the one before.

    Raises:
        UsageError: there is none, or not one, or its image is deleted.
    """
    current, *before = known
    wanted = digits.removeprefix("sha256:")
    if wanted and len(wanted) < MIN_DIGITS:
        raise UsageError(f"{digits} must be at least {MIN_DIGITS} digits of a digest in the history")
    if wanted and current.digest.startswith(wanted):
        raise UsageError(f"the stack runs {current.digest[:SHOWN]} already: see `airflow-ecs history`")
    others = [one for one in before if one.image != current.image]
    found = [one for one in others if one.digest.startswith(wanted)]
    if not found or (wanted and len({one.image for one in found}) > 1):
        raise UsageError(f"there is no deploy {digits or 'before this one'}: see `airflow-ecs history`")
    if not found[0].kept:
        raise UsageError(
            f"the image {found[0].digest[:SHOWN]} is deleted from its repository: check out the commit that "
            "it was made from, and deploy that"
        )
    return found[0]


def check_schema(cluster: Cluster, stack: str, target: Deploy, write: Callable[[str], None]) -> None:
    """Let the earlier image compare the schema that it knows with the database's, in a task of its own.

    Raises:
        UsageError: they differ, or the task did not run.
    """
    last: list[str] = []

    def keep(line: str) -> None:
        last[:] = [line]
        write(line)

    _, code = one_off.run(cluster, CHECK, keep, task_definition=target.task_definition)
    why = " ".join(last) or "no reason given"
    if code in OTHER_SCHEMA:
        raise UsageError(
            f"rollback of {stack} to {target.digest[:SHOWN]}: the database has the schema of another "
            f"Airflow: {why.rstrip('.')}. Restore the snapshot made before the upgrade, or bring the schema "
            f"back first: `airflow-ecs run --stack {stack} -- db downgrade --to-version VERSION`"
        )
    if code:
        raise UsageError(f"rollback of {stack} to {target.digest[:SHOWN]}: its schema is not known: {why}")


def rollback(stack: Stack, target: Deploy, *, wait_seconds: float) -> RolledBack:
    """Deploy the image again, then make the version of the DAGs the current one.

    Raises:
        SystemExit: as of `change`; somebody else pushed DAGs meanwhile.
    """
    what = f"rollback of {stack.name} to {target.digest[:SHOWN]}"
    advice = change(stack, what, {IMAGE: target.image}, wait_seconds=wait_seconds)
    image = running(stack, target.image)
    version = ""
    if target.dags and stack.outputs.get("dags_bucket"):
        with dags.versions_of(stack) as versions:
            version, _ = dags.rollback(target.dags, versions)
    return RolledBack(image=image, dags=version, advice=advice)


def deploys(cluster: Cluster, stack: Stack) -> list[Deploy]:
    """Read a stack's deploys."""
    return history.read(cluster, stack.outputs.get("dags_bucket"))
