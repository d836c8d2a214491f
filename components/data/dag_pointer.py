"""Which version of the DAGs is the current one.

Why not `aws.s3.BucketObjectv2`: that would put its content over whatever `airflow-ecs dags push` put there.
"""

from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi.dynamic import CreateResult, DiffResult, Resource, ResourceProvider, UpdateResult

from ..base.dag_versions import PointerMovedError, Seen
from ..model.dag_sources.dag_archive import POINTER_KEY
from .dag_archive import versions


class UnknownDagsError(RuntimeError):
    """The current version was pushed by somebody whose files are not what is deployed here."""


class DagPointer(Resource, module="index", name="DagPointer"):
    """Moves the pointer to a version, from the one that the stack deployed before.

    From any other one it does not: what was pushed meanwhile would be rolled back unseen. A push stays
    current for as long as the DAGs that are deployed do not change.

    Errors: `UnknownDagsError`, in one line.
    """

    def __init__(
        self,
        name: str,
        *,
        bucket: pulumi.Input[str],
        version: pulumi.Input[str],
        access: Mapping[str, Any],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        props: dict[str, Any] = {"bucket": bucket, "version": version, "access": access}
        super().__init__(DagPointerProvider(), name, props, opts)


class DagPointerProvider(ResourceProvider):
    """Stateless provider; pickled by reference, so that a change of its code is no change of the resource.

    It has no `read`: a refresh that took over a pushed version would let the next `up` roll it back.
    """

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Move from no version, or find that it is the current one."""
        _move(props, known="")
        return CreateResult("current", props)

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Move from the version that was deployed before."""
        _move(_news, known=_olds["version"] if _olds["bucket"] == _news["bucket"] else "")
        return UpdateResult(_news)

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Compare the version and where it lies."""
        return DiffResult(changes=any(_olds[key] != _news[key] for key in ("bucket", "version")))


def _move(props: Mapping[str, Any], known: str) -> None:
    bucket, wanted = versions(props), props["version"]
    seen = bucket.current()
    if seen is not None and seen.pointer.version == wanted:
        return
    if seen is not None and seen.pointer.version != known:
        raise UnknownDagsError(_message(props["bucket"], seen))
    try:
        bucket.move(wanted, seen, "pulumi up")
    except PointerMovedError:
        raise UnknownDagsError(
            f"s3://{props['bucket']}/{POINTER_KEY} was moved just now. Try again"
        ) from None


def _message(bucket: str, seen: Seen) -> str:
    pointer = seen.pointer
    return (
        f"s3://{bucket}/{POINTER_KEY} names version {pointer.version[:12]}, pushed at {pointer.pushed_at} by "
        f"{pointer.pushed_by}, which is not what this stack deployed. Fetch it with `airflow-ecs dags pull`, "
        "or keep what is here with `airflow-ecs dags push`; then run `up` again"
    )
