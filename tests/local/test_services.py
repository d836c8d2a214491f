# pyright: basic
# boto3's answers have no types.
"""What `make up` prints of services, from answers of ECS and Elastic Load Balancing."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError

from local.services import Services

ENVIRONMENT = {
    "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
    "AWS_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "id",
    "AWS_SECRET_ACCESS_KEY": "secret",
}


@dataclass(frozen=True)
class Pages:
    """A paginator."""

    paginate: Callable[..., list[dict[str, Any]]]


class Account:
    """An account with 12 services, one of them behind a load balancer, and a one-off task."""

    def __init__(self) -> None:
        self.healths = {f"service-{number:02}": ["HEALTHY"] for number in range(12)}
        self.target = "healthy"
        self.one_off: list[dict[str, Any]] = []
        self.down = False

    def list_clusters(self) -> dict[str, Any]:
        """Return one cluster."""
        if self.down:
            raise EndpointConnectionError(endpoint_url=ENVIRONMENT["AWS_ENDPOINT_URL"])
        return {"clusterArns": ["cluster"]}

    def get_paginator(self, operation: str) -> Any:
        """Return what lists services in pages of ten, and one task."""
        return {"list_services": Pages(self.list_services), "list_tasks": Pages(self.list_tasks)}[operation]

    def list_services(self, *, cluster: str) -> list[dict[str, Any]]:
        """Return all services, in pages of ten as ECS does."""
        arns = [f"{cluster}/{name}" for name in self.healths]
        return [{"serviceArns": arns[:10]}, {"serviceArns": arns[10:]}]

    def describe_services(self, *, cluster: str, services: list[str]) -> dict[str, Any]:
        """Describe services, ten at a time."""
        assert len(services) <= 10
        names = [service.removeprefix(f"{cluster}/") for service in services]
        balancers = {"service-11": [{"targetGroupArn": "group"}]}
        found = [
            {"serviceName": name, "desiredCount": 1, "loadBalancers": balancers.get(name, [])}
            for name in names
        ]
        return {"services": found}

    def list_tasks(self, **_: str) -> list[dict[str, Any]]:
        """Return the ARN of a task."""
        return [{"taskArns": ["task"]}]

    def describe_tasks(self, **_: Any) -> dict[str, Any]:
        """Describe the tasks of all services, and the one-off tasks."""
        tasks = [
            {"group": f"service:{name}", "lastStatus": "RUNNING", "healthStatus": health}
            for name, healths in self.healths.items()
            for health in healths
        ]
        return {"tasks": [*tasks, *self.one_off]}

    def describe_target_health(self, **_: str) -> dict[str, Any]:
        """Describe the targets of the load balancer."""
        return {"TargetHealthDescriptions": [{"TargetHealth": {"State": self.target}}]}


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Account:
    """An account where all is well."""
    account = Account()
    monkeypatch.setattr(boto3, "client", lambda *_, **__: account)
    return account


def test_nothing_is_waited_for_where_all_is_well(account: Account) -> None:
    """A one-off task that runs is progress, and holds nothing up."""
    account.one_off = [{"group": "family:maintenance", "lastStatus": "RUNNING", "healthStatus": "UNKNOWN"}]
    services = Services(ENVIRONMENT)
    assert services.wait(0, 0) == ""
    assert services.progress() == "maintenance is running"


def test_what_lacks_is_named(account: Account, capsys: pytest.CaptureFixture[str]) -> None:
    """Services without tasks, with tasks that are not healthy yet, and those that requests do not reach."""
    account.healths |= {"service-03": [], "service-10": ["UNKNOWN"]}
    account.target = "initial"
    expected = (
        "service-03 has 0 of 1 healthy tasks, service-10 has 0 of 1 healthy tasks, "
        "service-11 is not reached by the load balancer yet"
    )
    assert Services(ENVIRONMENT).wait(0.6, 0.1) == expected
    assert expected in capsys.readouterr().out


def test_an_account_that_does_not_answer_makes_no_progress(account: Account) -> None:
    """Whoever waits for `pulumi` sees its error, not this one."""
    account.down = True
    assert Services(ENVIRONMENT).progress() == ""
