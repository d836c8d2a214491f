# pyright: basic
# boto3's answers have no types.
"""A service is deployed once more, in the revision that it has, by the ECS of a running account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from components.services import redeployment, rollout
from components.services.redeployment import redeploy
from components.services.rollout import RolloutFailedError
from components.services.rollout_props import RolloutProps

from .conftest import wait

if TYPE_CHECKING:
    from .conftest import Stage

CHECK = {"command": ["CMD", "true"], "interval": 5}
BREAKER = {"deploymentCircuitBreaker": {"enable": True, "rollback": True}}


@pytest.fixture(autouse=True)
def ours(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Call this account, and often."""
    for module in (redeployment, rollout):
        monkeypatch.setattr(module, "AwsClients", lambda _access: stage)
    monkeypatch.setattr(rollout, "POLL_SECONDS", 0.3)


def _props(stage: Stage, name: str, definition: str) -> RolloutProps:
    (cluster,) = stage.ecs.describe_clusters(clusters=[stage.cluster])["clusters"]
    return RolloutProps(
        cluster_arn=cluster["clusterArn"],
        service_name=name,
        task_definition_arn=definition,
        capacity_provider_strategy=[{"capacityProvider": "FARGATE", "base": 0, "weight": 1}],
        container="web",
        log_group="/stage",
        access={},
        timeout_seconds=60,
        settling_seconds=0,
        desired_count=1,
        maximum_count=1,
        scaled_externally=False,
        asleep=False,
        until_idle=False,
    )


def _serve(stage: Stage, definition: str) -> str:
    name = stage.name("service")
    stage.ecs.create_service(
        cluster=stage.cluster,
        serviceName=name,
        taskDefinition=definition,
        desiredCount=1,
        capacityProviderStrategy=[{"capacityProvider": "FARGATE", "base": 0, "weight": 1}],
        networkConfiguration=stage.network,
        deploymentConfiguration=BREAKER,
    )
    stage.made.append(name)
    stage.until_complete(name)
    return name


def test_new_tasks_replace_the_old_ones(stage: Stage) -> None:
    """And the service runs the same revision as before."""
    definition = stage.definition(healthCheck=CHECK)
    name = _serve(stage, definition)
    before = stage.tasks_of(name)
    assert redeploy(_props(stage, name, definition)) == []
    assert not set(before) & set(stage.tasks_of(name))
    assert stage.service(name)["taskDefinition"] == definition


def test_what_no_longer_starts_is_a_failure(stage: Stage) -> None:
    """As when a secret has become unreadable: ECS goes back to tasks that were started before."""
    secret: Any = stage.secretsmanager.create_secret(Name=stage.name("secret"), SecretString="x")["ARN"]
    definition = stage.definition(healthCheck=CHECK, secrets=[{"name": "X", "valueFrom": secret}])
    name = _serve(stage, definition)
    (before,) = stage.tasks_of(name)
    stage.secretsmanager.delete_secret(SecretId=secret, ForceDeleteWithoutRecovery=True)
    with pytest.raises(RolloutFailedError, match=f"service {name}: .*") as failed:
        redeploy(_props(stage, name, definition))
    wait(lambda: stage.tasks_of(name) == [before])
    assert any(reason in str(failed.value) for reason in ("rolled it back", "its deployment failed"))
