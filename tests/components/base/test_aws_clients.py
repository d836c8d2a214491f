"""As whom this machine calls AWS; moto plays it, which knows accounts, but lets everybody take any role."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from moto.core.models import DEFAULT_ACCOUNT_ID

from components.base.aws_clients import AccessError, AwsClients
from components.model.aws.aws_access import AssumedRole, AwsAccess
from tests.helpers.mocked_aws import mocked_aws, use_profile

OTHER = "210987654321"
REGION = "eu-west-1"


@pytest.fixture(autouse=True)
def account(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """An account that the environment's credentials are of."""
    use_profile(monkeypatch, tmp_path, "over-there", f"arn:aws:iam::{OTHER}:role/deploy")
    with mocked_aws(monkeypatch):
        yield


def test_the_environment_is_the_default() -> None:
    """In the region asked."""
    clients = AwsClients(AwsAccess().to(DEFAULT_ACCOUNT_ID, REGION))
    for client in (clients.ecs, clients.elbv2, clients.logs):
        assert client.meta.region_name == REGION


def test_a_throttled_call_is_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """With pauses: fifty services that are watched at once are throttled more often than the SDK expects."""
    pauses: list[float] = []
    monkeypatch.setattr("botocore.endpoint.time", SimpleNamespace(sleep=pauses.append))
    ecs = AwsClients(AwsAccess().to(DEFAULT_ACCOUNT_ID, REGION)).ecs

    def throttle(request: Any, **_: Any) -> Any:
        body = b'{"__type": "ThrottlingException", "message": "Rate exceeded"}'
        answer = SimpleNamespace(stream=lambda: iter([body]))
        return None if len(pauses) > 7 else AWSResponse(request.url, 400, HTTPHeaders(), answer)

    ecs.meta.events.register_first("before-send.ecs.*", throttle)
    assert ecs.list_clusters()["clusterArns"] == []
    assert len(pauses) == 8


def test_roles_are_assumed_one_after_the_other() -> None:
    """The last one's account is the cluster's."""
    hub = AssumedRole(arn="arn:aws:iam::111111111111:role/hub")
    spoke = AssumedRole(arn=f"arn:aws:iam::{OTHER}:role/deploy", external_id="agreed")
    made = AwsClients(AwsAccess(roles=[hub, spoke]).to(OTHER, REGION)).ecs.create_cluster(clusterName="there")
    assert f":{OTHER}:" in made["cluster"]["clusterArn"]


def test_a_profile_is_used() -> None:
    """As `aws:profile` makes the provider use it."""
    made = AwsClients(AwsAccess(profile="over-there").to(OTHER, REGION)).ecs.create_cluster(clusterName="x")
    assert f":{OTHER}:" in made["cluster"]["clusterArn"]


def test_credentials_of_another_account_are_refused() -> None:
    """Before a task runs where the cluster is not."""
    with pytest.raises(
        AccessError, match=f"in account {OTHER}, but .* are of {DEFAULT_ACCOUNT_ID}.*AWS_PROFILE"
    ):
        AwsClients(AwsAccess().to(OTHER, REGION))


def test_an_unknown_profile_is_one_line() -> None:
    """What is wrong, and what to select instead."""
    with pytest.raises(AccessError, match=r"profile \(nowhere\) could not be found.*aws:profile"):
        AwsClients(AwsAccess(profile="nowhere").to(OTHER, REGION))
