"""`airflow-ecs status` and `url`: what is read, and what is shown of it.

Not proved: that AWS describes tasks as `_task` does; the embedded account's own tests hold its form.
"""

from datetime import UTC, datetime
from typing import Any

import pytest

from cli import status
from tests.cli.deployed import DIGEST, NAMES, Deployed
from tests.helpers.dag_buckets import make_dag_bucket


def _service(name: str, state: str = "COMPLETED", **more: Any) -> dict[str, Any]:
    deployment = {"id": "d", "status": "PRIMARY", "rolloutState": state, "rolloutStateReason": "because"}
    return {
        "serviceName": name,
        "desiredCount": 1,
        "runningCount": 1,
        "pendingCount": 0,
        "taskDefinition": f"arn:aws:ecs:x:1:task-definition/{name}:7",
        "deployments": [deployment],
        **more,
    }


def _task(service: str, health: str = "HEALTHY", digest: str = DIGEST, **more: Any) -> dict[str, Any]:
    return {
        "taskArn": "arn:aws:ecs:x:1:task/air/0123456789abcdef",
        "group": f"service:{service}",
        "lastStatus": "RUNNING",
        "healthStatus": health,
        "containers": [{"name": "c", "imageDigest": digest}],
        **more,
    }


HEALTHY = [_task("air-api"), _task("air-scheduler")]


@pytest.mark.parametrize(
    ("found", "tasks", "expected"),
    [
        ([_service("air-api"), _service("air-scheduler")], HEALTHY, "healthy"),
        ([_service("air-api"), _service("air-scheduler", "IN_PROGRESS")], HEALTHY, "deploying"),
        ([_service("air-api"), _service("air-scheduler", "FAILED")], HEALTHY, "degraded"),
        (
            [_service("air-api"), _service("air-scheduler")],
            [_task("air-api"), _task("air-scheduler", "UNHEALTHY")],
            "degraded",
        ),
        ([_service("air-api")], HEALTHY, "incomplete"),
        ([_service("air-api", desiredCount=0), _service("air-scheduler", desiredCount=0)], [], "asleep"),
        ([_service("air-api"), _service("air-scheduler", desiredCount=0)], [_task("air-api")], "healthy"),
    ],
    ids=["healthy", "deploying", "failed", "unhealthy", "missing", "asleep", "one stopped"],
)
def test_the_state_is_that_of_the_worst_service(
    found: list[dict[str, Any]], tasks: list[dict[str, Any]], expected: str
) -> None:
    """A service that is to run no task is no worse for it."""
    assert status.state(status.services(NAMES, found, tasks)) == expected


def test_the_last_stopped_tasks_have_their_reason() -> None:
    """Newest first, in UTC; one that still drains has not stopped."""

    def ended(minute: int, **more: Any) -> dict[str, Any]:
        moment = datetime(2026, 11, 30, 12, minute, tzinfo=UTC)
        return _task("air-api", lastStatus="STOPPED", stoppedAt=moment, **more)

    tasks = [ended(minute, stoppedReason=f"reason {minute}") for minute in range(7)]
    tasks.append(_task("air-api", lastStatus="DEACTIVATING"))
    tasks[3]["containers"][0] |= {"exitCode": 137, "reason": "OutOfMemoryError"}
    shown = status.stopped(tasks)
    assert [one["stopped_at"] for one in shown] == [
        f"2026-11-30T12:0{minute}:00Z" for minute in (6, 5, 4, 3, 2)
    ]
    assert shown[3]["reason"] == "reason 3; container c exited with 137; OutOfMemoryError"


def test_people_read_a_table() -> None:
    """With what is not as it should be: a deployment's reason, another image, a missing service."""
    found = [_service("air-api", "IN_PROGRESS")]
    value = {
        "stack": "dev",
        "state": "incomplete",
        "url": "http://x",
        "image": f"repo@{DIGEST}",
        "dags": {"version": "0" * 64, "pushed_at": "today", "pushed_by": "me", "message": ""},
        "services": status.services(NAMES, found, [_task("air-api", digest="sha256:" + "b" * 64)]),
        "stopped": [],
        "database": status.database("h:5432", None),
        "broker": None,
        "cost": {"usd_per_day": 1.5, "is_lower_bound": True},
        "image_tag": "v1",
        "airflow": {
            "error": None,
            "version": "3.3.2",
            "queues": [{"queue": "default", "queued": 12, "running": 3}],
            "failed_in_a_day": 7,
            "failed": [
                {
                    "ended_at": "2026-11-30T12:00:00Z",
                    "dag_id": "prices",
                    "task_id": "load",
                    "reason": "ValueError: no prices",
                    "url": "http://x/dags/prices/runs/r/tasks/load?try_number=1",
                }
            ],
        },
    }
    assert list(status.lines(value)) == [
        "stack dev: incomplete, http://x",
        "cost      at least $1.50 a day, and what is charged by use",
        f"image     repo@{DIGEST}, v1",
        "Airflow   3.3.2",
        "DAGs      version 000000000000, pushed today by me",
        "database  existing, not in this account's RDS or ElastiCache, h:5432",
        "",
        f"SERVICE                   WANTED  RUNNING  HEALTHY  {'STATE':<36}  TASK DEFINITION",
        "api-server,execution-api  1       1        1        deploying (runs sha256:bbbbbbbbbbbb)  air-api:7",
        f"scheduler                 -       0        0        {'incomplete':<36}  does not exist",
        "  api-server,execution-api: because",
        "",
        "QUEUE    QUEUED  RUNNING",
        "default  12      3",
        "",
        "tasks that failed in 24 hours: 7, last of all",
        "  2026-11-30T12:00:00Z  prices.load  ValueError: no prices",
        "    http://x/dags/prices/runs/r/tasks/load?try_number=1",
    ]


def test_a_status_has_what_aws_reports(stack: Deployed) -> None:
    """Services, database, broker and the version of the DAGs, each from its own API."""
    rds, cache = stack.client("rds"), stack.client("elasticache")
    made = rds.create_db_instance(
        DBInstanceIdentifier="air",
        DBInstanceClass="db.t4g.micro",
        Engine="postgres",
        EngineVersion="17.2",
        AllocatedStorage=20,
        MasterUsername="dbadmin",
        MasterUserPassword="planted-1",
    )["DBInstance"]
    group = cache.create_replication_group(
        ReplicationGroupId="air",
        ReplicationGroupDescription="x",
        Engine="valkey",
        CacheNodeType="cache.t4g.micro",
        NumCacheClusters=1,
    )["ReplicationGroup"]
    make_dag_bucket("air-dags")
    stack.knows(
        database_endpoint=f"{made['Endpoint']['Address']}:5432",
        broker_endpoint=group["NodeGroups"][0]["PrimaryEndpoint"]["Address"],
        dags_bucket="air-dags",
    )
    value = stack.json("status")
    assert value["database"]["status"] == "available"
    assert value["broker"]["status"] == "available"
    assert value["dags"] == {"version": None}
    assert [(one["service"], one["desired"]) for one in value["services"]] == [
        ("air-api", 1),
        ("air-scheduler", 1),
    ]
    assert stack.run("status").out.startswith("stack dev: ")


def test_a_broker_of_sqs_has_a_status(stack: Deployed) -> None:
    """Its endpoint is a queue's URL; without the queue there is none."""
    url = stack.client("sqs").create_queue(QueueName="air-default")["QueueUrl"]
    stack.knows(broker_endpoint=url)
    broker = stack.json("status")["broker"]
    assert (broker["endpoint"], broker["status"], broker["engine"]) == (url, "available", "sqs")
    stack.client("sqs").delete_queue(QueueUrl=url)
    assert stack.json("status")["broker"]["status"] is None


def test_a_sleeping_stack_has_a_status(stack: Deployed) -> None:
    """And no error; nor that its Airflow does not answer."""
    stack.scale(0)
    value = stack.json("status")
    assert (value["state"], value["airflow"]) == ("asleep", None)


def test_an_airflow_that_does_not_answer_is_a_line_of_the_status(stack: Deployed) -> None:
    """As is one that the caller may not log in to: the rest is shown all the same."""
    done = stack.run("status")
    assert done.code == 0
    assert "\nAirflow   was not read: the password of stack dev cannot be read: " in done.out
    made = stack.client("secretsmanager").create_secret(Name="admin-password", SecretString="x")
    stack.knows(url="http://127.0.0.1:9", secret_arns={"admin-password": made["ARN"]})
    done = stack.run("status")
    assert done.code == 0
    assert "\nAirflow   was not read: HTTPConnectionPool(host='127.0.0.1', port=9)" in done.out


def _state(kind: str, **more: Any) -> dict[str, Any]:
    return {"urn": f"urn:pulumi:dev::air::{kind}::air", "type": kind, "custom": True, "inputs": {}, **more}


def test_the_cost_is_that_of_the_state() -> None:
    """Without what waits for its deletion, components and providers; null where no price is known."""
    balancer = _state("aws:lb/loadBalancer:LoadBalancer")
    alone = status.cost_of([balancer], "us-east-1")
    assert alone is not None
    assert (alone["usd_per_day"], alone["is_lower_bound"]) == (0.54, False)
    more = [
        balancer,
        {**balancer, "delete": True},
        _state("pulumi:providers:aws"),
        _state("airflow-ecs:index:AirflowCluster", custom=False),
        _state("pulumi-python:dynamic/index:BuiltImage", outputs={"tag": "abc"}),
    ]
    assert status.cost_of(more, "us-east-1") == alone
    assert status.cost_of([*more, _state("aws:new/thing:Thing")], "us-east-1") == alone | {
        "is_lower_bound": True
    }
    assert status.cost_of(more, "eu-west-1") is None


def test_the_images_tag_is_that_of_the_state(stack: Deployed) -> None:
    """A stack that did not build its image knows the digest alone."""
    assert stack.json("status")["image_tag"] is None
    stack.resources = [_state("pulumi-python:dynamic/index:BuiltImage", outputs={"tag": "abc"})]
    stack.knows()
    assert stack.json("status")["image_tag"] == "abc"
    assert f"\nimage     repo@{DIGEST}, abc\n" in stack.run("status").out


def test_a_half_made_stack_is_one_line(stack: Deployed) -> None:
    """As after a first `up` that failed."""
    stack.knows(service_names=None)
    done = stack.run("status")
    assert (done.code, done.err) == (
        2,
        "stack dev is not complete: it has no service_names yet. Run `pulumi up --stack dev`\n",
    )


def test_a_cluster_that_is_gone_is_one_line(stack: Deployed) -> None:
    """Or in another account; with both remedies."""
    stack.knows(cluster_name="other")
    done = stack.run("status")
    assert done.code == 2
    assert done.err.startswith("stack dev has no cluster other in account 123456789012. Select credentials")
    assert done.err.count("\n") == 1


def test_the_url_is_printed(stack: Deployed) -> None:
    """Without a call to AWS."""
    assert stack.run("url").out == "https://air.example.com\n"
    assert stack.calls == set()
