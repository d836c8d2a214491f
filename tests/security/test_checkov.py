"""The whole of `prod` as a Terraform plan through checkov, with no failed check that is not explained here.

It proves what checkov sees in the inputs. The conversion is ours (`terraform_plan`), and a check that finds nothing
to look at passes too: the number of passed checks is held as well.
"""

import json
import subprocess
from collections import defaultdict
from pathlib import Path
from typing import Any, Final

import pytest
from rendering import stack
from terraform_plan import text

from policy.exceptions import EXCEPTIONS
from policy.rules import BY_NAME
from tests.dags import interpreters

HERE: Final = Path(__file__).parent
CERTIFICATE: Final = "arn:aws:acm:us-east-1:123456789012:certificate/8c0e4f2a"
PUBLIC: Final = {"loadBalancerCertificateArn": CERTIFICATE, "loadBalancerAllowedCidrs": '["0.0.0.0/0"]'}
LEAST_PASSED: Final = 400

OF_THE_PACK: Final = {name for one in EXCEPTIONS for name in BY_NAME[one.rule].ids if name.startswith("CKV")}
"""Checks that stand for a rule of the policy pack with an exception, which has reason and cost."""

EXPLAINED: Final = {
    "CKV2_AWS_57": "A new Fernet key or database password restarts roles: it is an operation, not a timer.",
    "CKV2_AWS_62": "Nobody listens for new objects; Airflow's own sensors look where a DAG asks.",
    "CKV_AWS_18": "Requests to the buckets come from Airflow's roles alone; logging them costs a third bucket.",
    "CKV_AWS_136": "An image holds no secret; AWS's own encryption is on.",
    "CKV_AWS_144": "Logs and data follow the region of the cluster; a second region doubles their storage.",
    "CKV_AWS_145": "S3's own encryption is on; a KMS key costs $1 a month and each request.",
    "CKV_AWS_260": "Port 80 only sends browsers to 443.",
    "CKV_AWS_378": "TLS ends at the load balancer; behind it one security group lets one other in.",
}


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What checkov says about `prod` as people run it: with a certificate, open to everybody."""
    file = tmp_path_factory.mktemp("plan") / "tfplan.json"
    file.write_text(text(stack("prod", **PUBLIC)))
    python = interpreters.built(HERE / "checkov.lock", print)
    command = [str(python.parent / "checkov"), "--framework", "terraform_plan", "--skip-download"]
    done = subprocess.run(
        [*command, "-f", str(file), "-o", "json", "--quiet", "--compact"],
        check=False,
        capture_output=True,
        text=True,
    )
    return json.loads(done.stdout)


def _failed(found: dict[str, Any]) -> dict[str, list[str]]:
    failed: dict[str, list[str]] = defaultdict(list)
    for check in found["results"]["failed_checks"]:
        failed[check["check_id"]].append(check["resource"])
    return failed


def test_every_failed_check_is_explained(found: dict[str, Any]) -> None:
    """By an exception of the policy pack, or here with its reason."""
    unexplained = {
        name: resources
        for name, resources in _failed(found).items()
        if name not in OF_THE_PACK | set(EXPLAINED)
    }
    assert unexplained == {}


def test_every_explanation_is_needed(found: dict[str, Any]) -> None:
    """What is mended needs no excuse."""
    assert set(EXPLAINED) <= set(_failed(found))


def test_checkov_saw_the_program(found: dict[str, Any]) -> None:
    """It read all resources of AWS, and had something to say about them."""
    assert found["summary"]["parsing_errors"] == 0
    assert found["summary"]["passed"] >= LEAST_PASSED
    assert found["summary"]["resource_count"] == len(
        [one for one in stack("prod", **PUBLIC) if one.type.startswith("aws:")]
    )
