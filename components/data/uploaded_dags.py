"""The DAGs that are checked out, uploaded into their bucket."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import pulumi

from ..base.component import Component
from ..base.lookups import UnusableError
from ..model.dag_sources import dag_archive
from ..model.settings.errors import at
from ..model.workload.workload import Workload
from .dag_archive import DagArchive
from .dag_pointer import DagPointer


@dataclass(frozen=True, kw_only=True)
class UploadedDagsArgs:
    """What `UploadedDags` is made from."""

    project: str
    """The folder with dags/, relative, so that the state is the same wherever the project lies."""
    version: str
    """The name of their version."""

    @classmethod
    def of(cls, workload: Workload, project: Path) -> Self | None:
        """Give what is to upload; None where the cluster does not have its DAGs from a bucket.

        Raises:
            UnusableError: there are no DAGs, or too large ones.
        """
        if not workload.dag_source.uploaded:
            return None
        try:
            version = dag_archive.archive_of(project).version
        except dag_archive.DagArchiveError as error:
            raise UnusableError([at("dag.source", f"cannot be deployed: {error}")]) from None
        return cls(project=os.path.relpath(project), version=version)


class UploadedDags(Component):
    """Uploads the DAGs as a version, which becomes the current one as soon as `release` is called."""

    def __init__(
        self,
        name: str,
        args: UploadedDagsArgs,
        *,
        bucket: pulumi.Input[str],
        access: Mapping[str, Any],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(name, opts)
        self._name, self._access = name, access
        self._archive = DagArchive(
            name, bucket=bucket, version=args.version, project=args.project, access=access, opts=self._child()
        )
        self._register()

    def release(self, opts: pulumi.ResourceOptions) -> None:
        """Make the version the current one, when what `opts` depends on is there."""
        archive = self._archive
        DagPointer(self._name, bucket=archive.bucket, version=archive.version, access=self._access, opts=opts)
