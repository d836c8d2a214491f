"""Replaces a service's tasks by new ones of the same revision, and waits for them as `Rollout` does."""

import time
from collections.abc import Mapping
from typing import Any

from ..base.aws_clients import AwsClients
from . import rollout
from .deployments import SETTLED_SECONDS
from .rollout_failure import failure
from .rollout_props import RolloutProps


def redeploy(wanted: RolloutProps) -> list[str]:
    """Deploy a service once more, as the last `up` wanted it: nothing changes that Pulumi knows of.

    Returns:
        old tasks that still finish their work, and until when.

    Raises:
        RolloutFailedError: the new tasks did not get healthy, or ECS went back to the old ones.
        AccessError: this machine's credentials do not reach the cluster's account.
    """
    aws = AwsClients(wanted.access)
    before = _primary(rollout.described(aws, wanted))
    rollout.deploy(aws, wanted)
    deadline = time.monotonic() + SETTLED_SECONDS
    while _primary(service := rollout.described(aws, wanted)) == before:
        if time.monotonic() > deadline:
            what = "ECS started no other deployment, or rolled it back at once"
            raise rollout.RolloutFailedError(failure(aws, wanted, what, service))
        time.sleep(rollout.POLL_SECONDS)
    remaining = rollout.wait(wanted)
    _require_new(aws, wanted, before)
    return remaining


def _require_new(aws: AwsClients, wanted: RolloutProps, before: str) -> None:
    """Look until answers are final: a single one may be older than a rollback, or than the deployment.

    Raises:
        RolloutFailedError: ECS went back to the deployment of before.
    """
    deadline = time.monotonic() + SETTLED_SECONDS
    went_back = False
    while time.monotonic() < deadline:
        earlier, service = went_back, rollout.described(aws, wanted)
        went_back = _primary(service) == before
        if earlier and went_back:
            what = rollout.FAILURES[rollout.Verdict.ROLLED_BACK]
            raise rollout.RolloutFailedError(failure(aws, wanted, what, service))
        time.sleep(rollout.POLL_SECONDS)


def _primary(service: Mapping[str, Any]) -> str:
    return next((one["id"] for one in service["deployments"] if one["status"] == "PRIMARY"), "")
