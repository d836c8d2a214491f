"""The deploys of a stack, as AWS remembers them: no record of our own could be wrong.

Each `up` that changes what runs registers a revision of a task definition, which is never deregistered; the
bucket of the DAGs keeps what its pointer named. A revision is registered before it is known to work.
https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_TaskDefinition.html
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from cli.cluster import Cluster
from components.base.dag_versions import DagVersions
from components.model.aws.registries import MEDIA_TYPES, EcrImage
from components.model.dag_sources.dag_archive import Pointer
from components.model.services import scheduler

MOST: Final = 20
"""Deploys that are listed; a repository keeps as many images."""
SHOWN: Final = 12
"""Digits of a digest or version that are printed."""


@dataclass(frozen=True, kw_only=True)
class Deploy:
    """An image that a stack ran, from one change of it to the next.

    Attributes:
        image: by digest.
        since: when it was deployed, in UTC.
        by: the ARN of whoever deployed it; may be empty.
        task_definition: the last revision with it, of the task that the scheduler runs in.
        dags: the version of the DAGs when the next deploy began, or now; empty: they are in the image.
        kept: whether the image is still in its repository; images outside ECR are taken to be.
    """

    image: str
    since: datetime
    by: str
    task_definition: str
    dags: str = ""
    kept: bool = True

    @property
    def digest(self) -> str:
        """The digest of the image without the algorithm; its whole name where that has none."""
        return self.image.rpartition("@")[2].removeprefix("sha256:")


def read(cluster: Cluster, dags_bucket: str | None) -> list[Deploy]:
    """Read a stack's deploys, newest first.

    Raises:
        UsageError: the stack is asleep, or not there.
    """
    service = cluster.service(scheduler.NAME)
    found = deploys(_revisions(cluster, service["taskDefinition"]))
    pointers = (
        [*DagVersions(cluster.client("s3"), dags_bucket, "").history()] if dags_bucket else list[Pointer]()
    )
    gone = _gone(cluster, {one.image for one in found})
    return [
        Deploy(
            image=one.image,
            since=one.since,
            by=one.by,
            task_definition=one.task_definition,
            dags=_dags(pointers, found[place - 1].since if place else None),
            kept=one.image not in gone,
        )
        for place, one in enumerate(found)
    ]


def deploys(revisions: Iterable[dict[str, Any]]) -> list[Deploy]:
    """Find the deploys in a task definition's revisions, newest first: where the image changes."""
    found: list[Deploy] = []
    for one in revisions:
        image = next(c["image"] for c in one["containerDefinitions"] if c["name"] == scheduler.NAME)
        same = found and found[-1].image == image
        if not same and len(found) == MOST:
            break
        deploy = Deploy(
            image=image,
            since=one["registeredAt"].astimezone(UTC),
            by=one.get("registeredBy", ""),
            task_definition=found[-1].task_definition if same else one["taskDefinitionArn"],
        )
        found[len(found) - bool(same) :] = [deploy]
    return found


def lines(found: Sequence[Deploy]) -> Iterator[str]:
    """Write deploys: the current one has a star."""
    for place, one in enumerate(found):
        mark = " " if place else "*"
        gone = "" if one.kept else "  (its image is deleted)"
        dags = f"  dags {one.dags[:SHOWN]}" if one.dags else ""
        yield f"{mark} {one.digest[:SHOWN]}  {one.since:%Y-%m-%dT%H:%M:%SZ}{dags}  {one.by}{gone}".rstrip()


def _revisions(cluster: Cluster, current: str) -> Iterator[dict[str, Any]]:
    """Describe the revisions of a task definition from a current one on, newest first."""
    ecs, family = cluster.client("ecs"), current.rpartition("/")[2].partition(":")[0]
    pages = ecs.get_paginator("list_task_definitions").paginate(familyPrefix=family, sort="DESC")
    begun = False
    for page in pages:
        for arn in page["taskDefinitionArns"]:
            begun = begun or arn == current
            if begun:
                yield ecs.describe_task_definition(taskDefinition=arn)["taskDefinition"]


def _dags(pointers: Sequence[Pointer], before: datetime | None) -> str:
    """Give the version that was current at a time; None: now."""
    known = (one for one in pointers if before is None or datetime.fromisoformat(one.pushed_at) < before)
    return next((one.version for one in known), "")


def _gone(cluster: Cluster, images: set[str]) -> set[str]:
    """Name the images that their repositories of ECR do not have any more."""
    gone: set[str] = set()
    for image in images:
        place = EcrImage.parse(image)
        if place is None:
            continue
        ecr = cluster.client_in("ecr", place.region)
        try:
            found = ecr.batch_get_image(
                **place.place, imageIds=[place.image_id], acceptedMediaTypes=[*MEDIA_TYPES]
            )["images"]
        except ecr.exceptions.RepositoryNotFoundException:
            found = []
        if not found:
            gone.add(image)
    return gone
