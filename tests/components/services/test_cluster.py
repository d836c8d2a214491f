"""`Cluster` under mocks: capacity providers and the private namespace."""

import pytest

from components.services.cluster import Cluster, ClusterArgs
from tests.helpers.pulumi_mocks import Recording, record


def _cluster(*, container_insights: bool = False) -> Recording:
    return record(lambda: Cluster("air", ClusterArgs(vpc_id="vpc", container_insights=container_insights)))


@pytest.mark.parametrize(("wanted", "value"), [(True, "enabled"), (False, "disabled")])
def test_container_insights_cost_and_are_asked_for(*, wanted: bool, value: str) -> None:
    """Said in both cases: an account's own default would else decide."""
    inputs = _cluster(container_insights=wanted).one("ecs/cluster:Cluster").inputs
    assert inputs == {"settings": [{"name": "containerInsights", "value": value}]}


def test_tasks_run_on_fargate_only() -> None:
    """No server to care for."""
    providers = _cluster().one("ClusterCapacityProviders").inputs
    assert providers == {"clusterName": "air", "capacityProviders": ["FARGATE", "FARGATE_SPOT"]}


def test_services_have_private_names_in_a_domain_of_this_cluster() -> None:
    """Two clusters in one VPC do not meet."""
    recording = _cluster()
    namespace = recording.one("PrivateDnsNamespace").inputs
    assert (namespace["name"], namespace["vpc"]) == ("air.internal", "vpc")
    outputs = recording.outputs[recording.one("index:Cluster").urn]
    assert outputs["namespace"] == "air.internal"
    assert outputs["arn"].endswith(":Cluster/air")
