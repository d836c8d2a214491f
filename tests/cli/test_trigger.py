"""`airflow-ecs trigger` where Airflow does not answer.

Not proved: a run; `tests/local/cluster/` has the calls of Airflow's API in a real one.
"""

import pytest

from tests.cli.deployed import Deployed


@pytest.fixture
def silent(stack: Deployed) -> Deployed:
    """A stack with a password, at whose address nobody listens."""
    made = stack.client("secretsmanager").create_secret(Name="admin-password", SecretString="x")
    stack.knows(url="http://127.0.0.1:9", secret_arns={"admin-password": made["ARN"]})
    return stack


def test_a_cluster_that_does_not_answer_is_one_line(silent: Deployed) -> None:
    """With exit code 1: it may answer later."""
    done = silent.run("trigger", "smoke")
    assert done.code == 1
    assert done.err.startswith("Airflow at http://127.0.0.1:9 does not answer: ")
    assert done.err.count("\n") == 0


def test_a_sleeping_cluster_is_one_line(silent: Deployed) -> None:
    """With what to do."""
    silent.scale(0)
    done = silent.run("trigger", "smoke")
    assert done.code == 2
    assert done.err.startswith("stack dev is asleep: ")
