"""The archive of the DAGs that are checked out, in the bucket under the name of its content.

Why not `aws.s3.BucketObjectv2`: the archive of the version before would be deleted while runs still have it,
and the state would hold every file.
"""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pulumi
from pulumi.dynamic import CreateResult, DiffResult, ReadResult, Resource, ResourceProvider, UpdateResult

from ..base.aws_clients import AwsClients
from ..base.dag_versions import DagVersions, PointerMovedError
from ..model.dag_sources import dag_archive


class DagArchive(Resource, module="index", name="DagArchive"):
    """Uploads a version of the DAGs, unless it is there; the first one becomes the current one.

    Archives are never deleted: runs have theirs for as long as they may be repeated.
    """

    bucket: pulumi.Output[str]
    """The bucket that it is in."""
    version: pulumi.Output[str]
    """The version's name."""

    def __init__(
        self,
        name: str,
        *,
        bucket: pulumi.Input[str],
        version: str,
        project: str,
        access: Mapping[str, Any],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        props: dict[str, Any] = {"bucket": bucket, "version": version, "project": project, "access": access}
        super().__init__(DagArchiveProvider(), name, props, opts)


class DagArchiveProvider(ResourceProvider):
    """Stateless provider; pickled by reference, so that a change of its code is no change of the resource."""

    def create(self, props: dict[str, Any]) -> CreateResult:
        """See that the archive is there."""
        return CreateResult(str(props["version"]), _there(props))

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """See that another one is there."""
        return UpdateResult(_there(_news))

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Compare the version and where it lies."""
        return DiffResult(changes=any(_olds[key] != _news[key] for key in ("bucket", "version")))

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """See whether the archive is still there; where somebody deleted it, `up` uploads it again."""
        there = versions(props).has(props["version"])
        return ReadResult(id_, props) if there else ReadResult(None, {})


def versions(props: Mapping[str, Any]) -> DagVersions:
    """Open the bucket with the cluster's identity."""
    clients = AwsClients(props["access"])
    return DagVersions(clients.s3, props["bucket"], clients.identity)


def _there(props: dict[str, Any]) -> dict[str, Any]:
    archive = dag_archive.archive_of(Path(props["project"]))
    if archive.version != props["version"]:
        raise dag_archive.DagArchiveError("the DAGs were changed after `up` had read them. Run it again")
    bucket = versions(props)
    bucket.add(archive)
    if bucket.current() is None:
        with suppress(PointerMovedError):  # somebody else was first
            bucket.move(archive.version, None, "pulumi up")
    return props
