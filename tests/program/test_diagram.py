"""The diagram is rendered from what the program renders, and has all of it."""

import re
from dataclasses import replace

from cli.mermaid import INGRESS, render
from tests.helpers.rendered_stacks import stack, variant
from tests.program import readme_page


def test_the_readme_has_the_diagram() -> None:
    """`make docs` was run after the last change of the program."""
    assert readme_page.README.read_text() == readme_page.readme()


def test_nobody_reaches_a_worker() -> None:
    """It asks others; no arrow ends there."""
    text = render(stack("prod", **readme_page.USERS))
    assert "worker -->|8081| api-server" in text
    assert not re.search(r"\| worker$", text, re.MULTILINE)


def test_users_connect_to_the_outer_load_balancer() -> None:
    """And only that one reaches the other."""
    text = render(stack("prod", **readme_page.USERS, loadBalancerNlb="true"))
    assert 'network-load-balancer{{"<b>Network Load Balancer</b><br/>public"}}' in text
    assert '  load-balancer{{"<b>load balancer</b><br/>internal"}}' in text
    sources = re.findall(r"(\S+) -->\|80\| load-balancer$", text, re.MULTILINE)
    assert sources == ["network-load-balancer"]
    assert "-->|80| network-load-balancer" in text


def test_the_networks_of_a_rule_are_read_from_its_resource() -> None:
    """Nothing but the cluster's rules is an arrow: others may stand in the same program, with any text."""
    mine = [one for one in stack("prod", **readme_page.USERS) if one.kind == INGRESS]
    other = replace(mine[0], inputs={"description": "from the office", "ipProtocol": "-1"})
    text = render([*mine, other])
    assert render(mine) == text
    assert 'users-in-203-0-113-0-24(["users in 203.0.113.0/24"]) -->|80| load-balancer' in text


def test_a_service_has_its_name_without_its_clusters() -> None:
    """Also where it is the only one, or one of a longer name."""
    (task,) = [
        one for one in stack("prod") if one.kind == "ecs/TaskDefinition" and one.name == "airflow-prod-worker"
    ]
    clusters = [
        replace(task, type="aws:ecs/cluster:Cluster", name=name) for name in ("airflow", "airflow-prod")
    ]
    assert '  worker[["<b>worker</b>' in render([*clusters, task])


def test_each_worker_group_is_a_service_of_the_diagram() -> None:
    """With its number, size and share of Spot: one of four on demand, and a quarter of the others."""
    text = render(variant("prod with worker groups"))
    assert 'worker-small["<b>worker-small</b><br/>4 x 1 vCPU, 2 GB 56% Spot"]' in text
    large = f"worker-{'l' * 20}"
    assert f'{large}["<b>{large}</b><br/>1 x 4 vCPU, 16 GB Spot"]' in text
    for name in ("worker-small", large):
        assert {f"  {name} -->|6379| broker", f"  {name} -->|8081| api-server"} <= {*text.splitlines()}


def test_a_scaled_group_has_its_bounds_in_the_diagram() -> None:
    """And the scheduler's task names what publishes for it."""
    text = render(variant("prod with a scaled worker group"))
    assert 'worker-burst["<b>worker-burst</b><br/>1 to 30 x 1 vCPU, 2 GB"]' in text
    assert "<b>metrics + scheduler</b>" in text


def test_the_diagram_has_what_is_paid_for() -> None:
    """Numbers, sizes, zones, Spot."""
    together = "api-server + dag-processor + execution-api + scheduler + triggerer"
    assert f"<b>{together}</b><br/>1 x 1 vCPU, 4 GB Spot" in render(stack("dev"))
    assert "<b>worker</b><br/>2 x 1 vCPU, 2 GB" in render(stack("prod"))
    assert "VPC 10.20.0.0/16, 2 zones, no NAT" in render(stack("dev"))
    assert "ElastiCache valkey</b><br/>2 x cache.t4g.micro" in render(stack("prod"))


def test_a_task_that_an_executor_starts_is_part_of_the_diagram() -> None:
    """It reaches the execution API, as a worker does, and neither database nor broker."""
    text = render(stack("prod", executor="CeleryExecutor,AwsEcsExecutor"))
    assert 'ecs-task[["<b>ecs-task</b><br/>for each Airflow task, 1 vCPU, 2 GB"]]' in text
    assert re.findall(r"^  ecs-task -->.*$", text, re.MULTILINE) == ["  ecs-task -->|8081| api-server"]
