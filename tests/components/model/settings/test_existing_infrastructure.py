"""What a company brings: which settings go together, and what they turn into."""

from typing import Any

import pytest

from components.model.aws import arns, routes
from components.model.aws.routes import Route
from components.model.iam.grants import Grants
from components.model.image import build_args
from components.model.secrets import VARIABLES
from components.model.services import airflow_env, task_role_policy
from components.model.settings import airflow_keys, by_service
from components.model.settings.errors import SettingsError, stack_key
from components.model.settings.settings import (
    DatabaseSettings,
    IamSettings,
    ImageSettings,
    KmsSettings,
    LoadBalancerSettings,
    Nat,
    ProxySettings,
    Settings,
    VpcSettings,
)
from components.model.workload.traffic_rules import TrafficRule, external_traffic_rules, traffic_rules
from components.model.workload.workload import workload
from tests.components.model.samples import CELERY, ENDPOINTS, FLOWER, LOCAL, SSO, members

CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/8c0e"
PRIVATE = ("subnet-1a", "subnet-1b")
SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:warehouse-5Xa"
PARAMETER = "arn:aws:ssm:us-east-1:123456789012:parameter/team/token"

TOGETHER: dict[str, dict[str, Any]] = {
    "vpcTag must be empty where vpcId is set; got 'Name=x'. Keep one": {
        "vpc": VpcSettings(id="vpc-1", tag="Name=x", public_subnet_tag="T=p", private_subnet_ids=PRIVATE)
    },
    "vpcPrivateSubnetIds or vpcPrivateSubnetTag must be set with an existing VPC; both are empty": {
        "vpc": VpcSettings(id="vpc-1", public_subnet_tag="T=p")
    },
    "vpcPrivateSubnetTag needs vpcId or vpcTag. Set one, or remove it": {
        "vpc": VpcSettings(private_subnet_tag="T=p")
    },
    "vpcCidr has no effect in an existing VPC. Remove it": {
        "vpc": VpcSettings(
            id="vpc-1", cidr="10.0.0.0/16", public_subnet_tag="T=p", private_subnet_ids=PRIVATE
        )
    },
    "availabilityZoneCount has no effect in an existing VPC: its subnets decide. Remove it": {
        "vpc": VpcSettings(id="vpc-1", public_subnet_tag="T=p", private_subnet_ids=PRIVATE),
        "availability_zone_count": 3,
    },
    "vpcPublicSubnetIds or vpcPublicSubnetTag must be set for a public load balancer; both are empty": {
        "vpc": VpcSettings(id="vpc-1", private_subnet_ids=PRIVATE)
    },
    "vpcPublicSubnetIds or vpcPublicSubnetTag must be set for the tasks (nat is none); both are empty": {
        "vpc": VpcSettings(id="vpc-1", private_subnet_ids=PRIVATE),
        "nat": Nat.NONE,
        "load_balancer": LoadBalancerSettings(internal=True),
    },
    "databaseSecretArn must be set with databaseHost; it is empty": {
        "database": DatabaseSettings(host="db.x")
    },
    "databasePort needs databaseHost. Set it, or remove databasePort": {
        "database": DatabaseSettings(port=6432)
    },
    "databaseMultiAz has no effect on an existing database (databaseHost). Remove it": {
        "database": DatabaseSettings(host="db.x", secret_arn=SECRET, multi_az=True)
    },
    "imagePackageIndexUrl has no effect: no image is built with imageUri. Remove one": {
        "image": ImageSettings(uri="repo/airflow@sha256:00", package_index_url="https://packages.example.com")
    },
    "imageRepository has no effect: imageUri is in another registry than ECR. Remove one": {
        "image": ImageSettings(uri="repo/airflow@sha256:00", repository="team/airflow")
    },
    "imagePullAccountIds has no effect on an existing repository (imageRepository). Remove it": {
        "image": ImageSettings(repository="team/airflow", pull_account_ids=("210987654321",))
    },
    "kmsCreateKey must be false where kmsKeyArn is set. Keep one": {
        "kms": KmsSettings(key_arn="arn:aws:kms:us-east-1:123456789012:key/4c1b", create_key=True)
    },
    "proxyExceptions needs proxyUrl. Set it, or remove proxyExceptions": {
        "proxy": ProxySettings(exceptions=(".amazonaws.com",))
    },
    "loadBalancerHostedZoneId needs loadBalancerDomain. Set it, or remove the zone": {
        "load_balancer": LoadBalancerSettings(hosted_zone_id="Z1")
    },
    "loadBalancerPort must not be 443 without loadBalancerDomain or loadBalancerCertificateArn: that port is "
    "for HTTPS. Set one, or another port": {"load_balancer": LoadBalancerSettings(port=443)},
    "loadBalancerPort has no effect with HTTPS, which is 443; got 8080. Remove it": {
        "load_balancer": LoadBalancerSettings(domain="airflow.example.com", port=8080)
    },
    "loadBalancerSslPolicy must accept TLS 1.2 with loadBalancerNlb, whose health checks know no TLS 1.3; "
    "got ELBSecurityPolicy-TLS13-1-3-2021-06. Name another": {
        "load_balancer": LoadBalancerSettings(
            nlb=True, certificate_arn=CERTIFICATE, ssl_policy="ELBSecurityPolicy-TLS13-1-3-2021-06"
        )
    },
    "taskSecurityGroupIds must hold at most 4 ids of security groups, sg-...; got 5": {
        "task_security_group_ids": ("sg-1", "sg-2", "sg-3", "sg-4", "sg-5")
    },
    "airflowSettings.AIRFLOW__CORE__FERNET_KEY must not be set: the program sets it": {
        "airflow_settings": {"AIRFLOW__CORE__FERNET_KEY": "x"}
    },
    "airflowSettings.AIRFLOW__SMTP__SMTP_PASSWORD must not be in plaintext. Store it in Secrets Manager, and "
    "set its ARN in extraSecrets": {"airflow_settings": {"AIRFLOW__SMTP__SMTP_PASSWORD": "x"}},
    "airflowSettings.AIRFLOW__CORE__MAX_ACTIVE_RUNS_PER_DAG must be a string; got 4. Put it in quotes": {
        "airflow_settings": {"AIRFLOW__CORE__MAX_ACTIVE_RUNS_PER_DAG": 4}
    },
    "extraEnvironment.all.AIRFLOW__SMTP__SMTP_HOST must not be set: Airflow's settings apply to all "
    "services. Set it in airflowSettings": {"extra_environment": {"all": {"AIRFLOW__SMTP__SMTP_HOST": "x"}}},
    "extraEnvironment.worker.AIRFLOW_ECS_SERVICE must not be set: the program sets it": {
        "extra_environment": {"worker": {"AIRFLOW_ECS_SERVICE": "x"}}
    },
    "extraEnvironment.worker must hold names of environment variables; got 'A-B'": {
        "extra_environment": {"worker": {"A-B": "x"}}
    },
    "extraEnvironment.worker must be a mapping of names to strings; got a string": {
        "extra_environment": {"worker": "x"}
    },
    "extraSecrets.worker must be a mapping of names to ARNs; got a string": {
        "extra_secrets": {"worker": "x"}
    },
    "extraSecrets.worker.PATH must not be set: the program sets it": {
        "extra_secrets": {"worker": {"PATH": "x"}}
    },
    "iamExtraStatements.worker must be a list of IAM statements; got 'x'": {
        "iam": IamSettings(extra_statements={"worker": "x"})
    },
}


@pytest.mark.parametrize("message", TOGETHER)
def test_what_does_not_go_together_is_refused(message: str) -> None:
    """One line, which names the key that is too many or missing."""
    with pytest.raises(SettingsError) as stopped:
        Settings(**TOGETHER[message])
    assert stopped.value.lines(stack_key) == [message]


def test_every_variable_that_the_program_sets_is_its_own() -> None:
    """A stack's settings cannot change one: `Settings` refuses it."""
    proxy = Settings(proxy=ProxySettings(url="http://p:1"))
    set_by_us = {variable for variables in VARIABLES.values() for variable in variables}
    for settings in (LOCAL, CELERY, FLOWER, SSO, proxy):
        for service in members(settings):
            set_by_us |= airflow_env.environment(settings, service, ENDPOINTS).keys()
    assert [name for name in sorted(set_by_us) if not airflow_keys.owned(name)] == []


@pytest.mark.parametrize(
    "name",
    [
        "AIRFLOW__CORE__FERNET_KEY_CMD",
        "AIRFLOW__API__SECRET_KEY_SECRET",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC_CMD",
        "AIRFLOW__CORE__SQL_ALCHEMY_CONN",
        "AIRFLOW__WEBSERVER__SECRET_KEY_CMD",
        "AIRFLOW__DATA_TEAM___CELERY__BROKER_URL_SECRET",
    ],
)
def test_no_other_name_of_a_reserved_setting_is_accepted(name: str) -> None:
    """A command, a secrets backend, a former name, a team's: each wins over Airflow's file."""
    refused: list[dict[str, Any]] = [
        {"airflow_settings": {name: "/x"}},
        {"extra_secrets": {"all": {name: SECRET}}},
    ]
    for settings in refused:
        with pytest.raises(SettingsError) as stopped:
            Settings(**settings)
        (line,) = stopped.value.lines(stack_key)
        assert line.endswith(f".{name} must not be set: the program sets it")


def test_commands_and_secrets_of_other_settings_are_accepted() -> None:
    """Their names end like those that are refused."""
    assert not airflow_keys.owned("AIRFLOW__SMTP__SMTP_PASSWORD_SECRET")
    assert not airflow_keys.owned("AIRFLOW__SENTRY__SENTRY_DSN_CMD")


def test_additions_reach_the_services_that_they_are_for() -> None:
    """What is for all reaches each; a service's own wins over it."""
    settings = Settings(
        airflow_settings={"AIRFLOW__CORE__DEFAULT_TIMEZONE": "Europe/Berlin"},
        extra_environment={"all": {"TEAM": "data", "TIER": "1"}, "scheduler": {"TIER": "2"}},
    )
    found = {
        service.name: airflow_env.environment(settings, service, ENDPOINTS) for service in members(settings)
    }
    assert {(one["AIRFLOW__CORE__DEFAULT_TIMEZONE"], one["TEAM"]) for one in found.values()} == {
        ("Europe/Berlin", "data")
    }
    assert {name: one["TIER"] for name, one in found.items() if one["TIER"] != "1"} == {"scheduler": "2"}


def test_behind_a_proxy_the_cluster_itself_is_near() -> None:
    """Metadata, credentials and the execution API are reached directly, else no task would start."""
    settings = Settings(proxy=ProxySettings(url="http://proxy:3128", exceptions=(".amazonaws.com",)))
    (service, *_) = workload(settings).services
    variables = airflow_env.environment(settings, service, ENDPOINTS)
    assert variables["HTTPS_PROXY"] == "http://proxy:3128"
    assert variables["HTTP_PROXY"] == "http://proxy:3128"
    assert variables["NO_PROXY"] == (
        "localhost,127.0.0.1,169.254.170.2,169.254.169.254,.airflow.internal,.amazonaws.com"
    )


def test_extra_statements_are_a_services_own() -> None:
    """They allow unless they say otherwise, and stand beside what the service needs."""
    allow = {"Action": "sqs:SendMessage", "Resource": "arn:q"}
    deny = {"Action": "s3:*", "Effect": "Deny", "Resource": "*"}
    settings = Settings(iam=IamSettings(extra_statements={"flower": [allow], "all": [deny]}))
    grants = Grants(
        logs_bucket_arn="arn:l",
        logs_prefix="airflow/tasks",
        data_bucket_arn="arn:d",
        cluster_arn="arn:aws:ecs:eu-west-1:123456789012:cluster/c",
        kms_key_arn="arn:k",
    )
    by_name = {service.name: service for service in workload(FLOWER).services}
    assert task_role_policy.statements(settings, [by_name["flower"]], grants) == [
        deny,
        {"Effect": "Allow", **allow},
    ]
    assert task_role_policy.statements(settings, [by_name["scheduler"]], grants) == [deny]
    worker = task_role_policy.statements(settings, [by_name["worker"]], grants)
    assert (worker[-2]["Action"], worker[-1]) == (["kms:Decrypt", "kms:GenerateDataKey"], deny)


def test_existing_security_groups_are_inbound_sources_where_allowed() -> None:
    """Each on the ports that are served, and nowhere else."""
    settings = Settings(
        load_balancer=LoadBalancerSettings(certificate_arn=CERTIFICATE, allowed_security_group_ids=("sg-a",)),
        database=DatabaseSettings(allowed_security_group_ids=("sg-b",)),
    )
    assert external_traffic_rules(settings) == [
        TrafficRule(source="sg-a", target="load-balancer", port=80),
        TrafficRule(source="sg-a", target="load-balancer", port=443),
        TrafficRule(source="sg-b", target="database", port=5432),
    ]


def test_a_database_that_is_there_has_no_group_of_ours() -> None:
    """Its own network lets the tasks in."""
    settings = Settings(database=DatabaseSettings(host="db.x", secret_arn=SECRET))
    assert "database" not in {flow.target for flow in traffic_rules(workload(settings))}


def test_build_arguments_name_only_what_is_set() -> None:
    """So that the Dockerfile's own defaults hold for the rest."""
    assert build_args.build_args(LOCAL, "", airflow_version="3", revision="") == {
        "BASE_IMAGE": LOCAL.image.base,
        "AIRFLOW_VERSION": "3",
    }
    settings = Settings(
        image=ImageSettings(
            package_index_url="https://packages.example.com/simple/", source_url="https://git.example.com/a"
        ),
        proxy=ProxySettings(url="http://p:1", exceptions=("packages.example.com",)),
    )
    assert build_args.build_args(settings, "PEM", airflow_version="3", revision="abc") == {
        "BASE_IMAGE": LOCAL.image.base,
        "AIRFLOW_VERSION": "3",
        "SOURCE_URL": "https://git.example.com/a",
        "SOURCE_REVISION": "abc",
        "EXTRA_CA_CERTIFICATES": "PEM",
        "PACKAGE_INDEX_URL": "https://packages.example.com/simple/",
        "PACKAGE_INDEX_CA_CERTIFICATES": "PEM",
        "HTTP_PROXY": "http://p:1",
        "HTTPS_PROXY": "http://p:1",
        "NO_PROXY": "packages.example.com",
    }


@pytest.mark.parametrize(
    ("reference", "arn"),
    [
        (SECRET, SECRET),
        (f"{SECRET}:password::", SECRET),
        (f"{SECRET}:password:AWSCURRENT:", SECRET),
        (PARAMETER, PARAMETER),
    ],
)
def test_of_a_reference_only_the_arn_is_a_resource(reference: str, arn: str) -> None:
    """What ECS reads behind it no policy knows."""
    assert arns.without_suffix(reference) == arn


def test_a_key_of_another_region_is_an_error() -> None:
    """AWS would say so only after minutes."""
    assert arns.region_error(CERTIFICATE, "us-east-1") is None
    assert arns.region_error(CERTIFICATE, "eu-west-1") == (
        f"must lie in eu-west-1, the stack's region; got {CERTIFICATE}"
    )


@pytest.mark.parametrize(
    ("route", "public", "out"),
    [
        (Route(cidr="0.0.0.0/0", gateway_id="igw-1", other_target=""), True, False),
        (Route(cidr="0.0.0.0/0", gateway_id="", other_target="nat-1"), False, True),
        (Route(cidr="10.0.0.0/8", gateway_id="", other_target="tgw-1"), False, False),
        (Route(cidr="10.0.0.0/16", gateway_id="local", other_target=""), False, False),
    ],
)
def test_where_a_route_leads(route: Route, *, public: bool, out: bool) -> None:
    """Public is what an internet gateway leads to; anything else needs another way out."""
    assert routes.route_to_internet_gateway([route]) is public
    assert routes.have_outbound_access([route]) is out


def test_what_is_for_all_comes_first() -> None:
    """So that a service's own can win."""
    assert by_service.of_service({"worker": 2, "all": 1, "flower": 3}, "worker") == [1, 2]
