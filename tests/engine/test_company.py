"""The example program in an account that holds network, addresses, database, domain, key, bucket, registry.

It imports the project as an installed package. The image only looks like Airflow; the account's security
groups filter nothing, and its KMS encrypts nothing: that AWS accepts all of it is not proved here.
"""

import json
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
import urllib3
from pulumi import automation as auto

from tests.engine import company_account
from tests.engine.bench import PROJECT, Bench
from tests.engine.changes import preview
from tests.engine.company_account import DOMAIN, client, holdings, settle

pytestmark = [pytest.mark.engine, pytest.mark.drill(name="company")]

EXAMPLE = PROJECT / "examples" / "company"
HEALTHY_SECONDS = 300
"""Two checks of a target that answers already, on a busy machine."""
PASSWORD = company_account.LOGIN["password"]
TAGS = {"CostCenter": "4711", "Owner": "data-platform"}


@dataclass(frozen=True)
class Company:
    """The account and the program in it."""

    bench: Bench
    config: dict[str, Any]
    before: dict[str, Any]

    @property
    def stack(self) -> auto.Stack:
        """The example's stack."""
        settings = {f"company:{key}": json.dumps(value) for key, value in self.config.items()}
        settings["aws:region"] = company_account.REGION
        return self.bench.stack("company", settings, project=EXAMPLE)


@pytest.fixture(scope="module")
def company(bench: Bench, tmp_path_factory: pytest.TempPathFactory) -> Company:
    """Settle the company, and install the project where its program finds it."""
    installed = tmp_path_factory.mktemp("installed")
    uv = Path(sys.executable).with_name("uv")
    command = [uv, "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--target", installed]
    subprocess.run([*command, "--python", sys.executable, PROJECT], check=True)
    assert not (installed / "components").exists()
    config = settle() | {"protectData": "false", "project": str(_project(tmp_path_factory.mktemp("project")))}
    environment = {**bench.environment, "PYTHONPATH": str(installed)}
    return Company(replace(bench, environment=environment), config, holdings(config))


def _project(folder: Path) -> Path:
    copytree(Path(__file__).parent / "image", folder / "docker")
    dockerfile = folder / "docker" / "Dockerfile"
    dockerfile.write_text(dockerfile.read_text().replace("COPY bin", "COPY docker/bin"))
    (folder / "docker" / "company-ca.pem").write_text("a company's CA\n")
    return folder


@pytest.fixture(scope="module")
def deployed(company: Company) -> auto.UpResult:
    """Bring the cluster up."""
    return company.stack.up()


def test_a_second_preview_is_empty(company: Company, deployed: auto.UpResult) -> None:
    """Whatever was looked up is the same the next time."""
    assert deployed.outputs["url"].value == f"https://{DOMAIN}"
    assert preview(company.stack) == set()


def test_domain_and_certificate_come_with_the_cluster(deployed: auto.UpResult) -> None:
    """The record leads to the outer load balancer; the inner one has a certificate that was validated."""
    found = {(one["Name"], one["Type"]): one for one in company_account.records()}
    alias = found[f"{DOMAIN}.", "A"]["AliasTarget"]["DNSName"]
    assert alias.rstrip(".").removeprefix("dualstack.") == deployed.outputs["nlb_dns_name"].value
    (certificate,) = client("acm").list_certificates()["CertificateSummaryList"]
    assert (certificate["DomainName"], certificate["Status"]) == (DOMAIN, "ISSUED")
    balancers = client("elbv2")
    listeners = {
        (one["Type"], one.get("Scheme", "internet-facing"), listener["Protocol"], listener["Port"])
        for one in balancers.describe_load_balancers()["LoadBalancers"]
        for listener in balancers.describe_listeners(LoadBalancerArn=one["LoadBalancerArn"])["Listeners"]
    }
    assert listeners == {
        ("application", "internal", "HTTPS", 443),
        ("application", "internal", "HTTP", 80),
        ("network", "internet-facing", "TCP", 443),
        ("network", "internet-facing", "TCP", 80),
    }


def test_users_connect_to_the_existing_addresses(company: Company, deployed: auto.UpResult) -> None:
    """Through both load balancers, to the API server's health page; the port in plaintext redirects."""
    found = client("ec2").describe_addresses(AllocationIds=company.config["allocationIds"])["Addresses"]
    assert deployed.outputs["nlb_addresses"].value == [one["PublicIp"] for one in found]
    groups = client("elbv2").describe_target_groups()["TargetGroups"]
    outer = [one["TargetGroupArn"] for one in groups if one["TargetType"] == "alb"]
    assert len(outer) == 2
    deadline = time.monotonic() + HEALTHY_SECONDS
    while (states := [state for one in outer for state in _health(one)]) != ["healthy", "healthy"]:
        assert time.monotonic() < deadline, states
        time.sleep(0.2)
    host = deployed.outputs["nlb_dns_name"].value
    moved = urllib3.HTTPConnectionPool(host, 80).request("GET", "/", headers={"Host": DOMAIN}, redirect=False)
    assert (moved.status, moved.headers["location"]) == (301, f"https://{DOMAIN}:443/")
    authority = company.bench.home / "account" / "ca.pem"
    over_tls = urllib3.HTTPSConnectionPool(
        host, 443, ca_certs=str(authority), server_hostname=DOMAIN, assert_hostname=DOMAIN
    )
    assert over_tls.request("GET", "/").data == b"good"


def _health(group: str) -> list[str]:
    response = client("elbv2").describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
    return [one["TargetHealth"]["State"] for one in response]


def test_tasks_have_what_the_company_gives_them(company: Company, deployed: auto.UpResult) -> None:
    """Network, security group, image, environment, secrets, roles within path and boundary."""
    ecs = client("ecs")
    cluster = deployed.outputs["cluster_name"].value
    services = ecs.describe_services(
        cluster=cluster, services=ecs.list_services(cluster=cluster)["serviceArns"]
    )["services"]
    assert len(services) == 5
    image = deployed.outputs["image_uri"].value
    assert "/data/airflow@sha256:" in image
    for service in services:
        network = service["networkConfiguration"]["awsvpcConfiguration"]
        assert company.config["databaseClients"] in network["securityGroups"]
        definition = ecs.describe_task_definition(taskDefinition=service["taskDefinition"])["taskDefinition"]
        for container in definition["containerDefinitions"]:
            assert container["image"] == image
            environment = {one["name"]: one["value"] for one in container["environment"]}
            assert environment["TEAM"] == "data-platform"
            assert environment["AIRFLOW__CORE__DEFAULT_TIMEZONE"] == "Europe/Berlin"
            assert environment["HTTPS_PROXY"] == "http://proxy.example.com:3128"
        assert PASSWORD not in json.dumps(definition)
    roles = [one for one in client("iam").list_roles()["Roles"] if one["Path"] == "/data-platform/"]
    assert len(roles) > 10
    for role in roles:
        found = client("iam").get_role(RoleName=role["RoleName"])["Role"]
        boundary = found["PermissionsBoundary"]["PermissionsBoundaryArn"]
        assert boundary == company.config["permissionsBoundaryArn"]


def test_everything_that_can_be_tagged_is(company: Company, deployed: auto.UpResult) -> None:
    """By the provider that the program passed in."""
    assert deployed.summary.result == "succeeded"
    state = json.loads(company.bench.state_file("company", "company"))["checkpoint"]["latest"]["resources"]
    tagged = {one["urn"]: one["outputs"]["tagsAll"] for one in state if "tagsAll" in one.get("outputs", {})}
    assert len(tagged) > 50
    assert {urn: tags for urn, tags in tagged.items() if not tags.items() >= TAGS.items()} == {}
    assert PASSWORD not in json.dumps(state)


def test_nothing_of_the_company_was_changed(company: Company, deployed: auto.UpResult) -> None:
    """Records of the domain are added to its zone, and nothing else."""
    assert deployed.summary.result == "succeeded"
    now = holdings(company.config)
    added = [one for one in now["records"] if one not in company.before["records"]]
    assert {one["Type"] for one in added} == {"A", "CNAME"}
    assert now | {"records": company.before["records"]} == company.before


def test_destroy_leaves_the_company_as_it_was(company: Company, deployed: auto.UpResult) -> None:
    """Word for word, records included."""
    assert deployed.summary.result == "succeeded"
    company.stack.destroy()
    assert holdings(company.config) == company.before


def test_what_is_not_there_is_refused_before_anything_is_made(company: Company) -> None:
    """All of it at once, by the names that the example, a program in Python, gives its settings."""
    wrong = {
        "logsBucket": "nobody-has-this-bucket",
        "repository": "nobody/has-this",
        "domain": "airflow.elsewhere.example.org",
        "kmsKeyArn": company.config["kmsKeyArn"].rsplit("/", 1)[0] + "/00000000-0000-4000-8000-000000000000",
    }
    with pytest.raises(auto.CommandError) as failed:
        replace(company, config=company.config | wrong).stack.up()
    text = str(failed.value)
    for key in ("logs.bucket", "image.repository", "load_balancer.domain", "kms.key_arn"):
        assert f"{key} " in text, text
    assert "Traceback" not in text
    assert not client("logs").describe_log_groups()["logGroups"]
