"""What is there already is looked up and checked before anything is made.

Under mocks: what our own logic makes of AWS's answers. `tests/engine` asks an account that has such things.
"""

from dataclasses import replace
from typing import Any

import pulumi
import pytest

from components.airflow_cluster import AirflowCluster
from components.model.settings import service_rules
from components.model.settings.errors import SettingsError, stack_key
from components.model.settings.settings import (
    Architecture,
    DatabaseSettings,
    Executor,
    ImageSettings,
    KmsSettings,
    LoadBalancerSettings,
    LogsSettings,
    Nat,
    ServiceSettings,
    Settings,
    VpcSettings,
    WorkerGroup,
)
from tests.components.model.samples import SSO
from tests.helpers.existing_account import ZONES, Answer, account, fail
from tests.helpers.pulumi_mocks import REGION, Recording, RefusedError, record

SECRET = f"arn:aws:secretsmanager:{REGION}:123456789012:secret:database-5Xa"
KEY = f"arn:aws:kms:{REGION}:123456789012:key/4c1b"
VPC = VpcSettings(
    id="vpc-1",
    public_subnet_ids=("subnet-0a", "subnet-0b"),
    private_subnet_ids=("subnet-1a", "subnet-1b"),
)
EVERYTHING = Settings(
    executor=Executor.CELERY,
    vpc=VPC,
    database=DatabaseSettings(host="db.example.com", name="flows", secret_arn=SECRET),
    kms=KmsSettings(key_arn=KEY),
    image=ImageSettings(repository="team/airflow"),
    logs=LogsSettings(bucket="company-logs"),
    load_balancer=LoadBalancerSettings(domain="airflow.data.example.com"),
)


def _cluster(settings: Settings, **answers: Answer) -> Recording:
    found = account()
    for token in found:
        name = token.rsplit(":", 1)[1]
        if name in answers:
            found[token] = answers[name]
    return record(lambda: AirflowCluster("air", settings), answers=found)


@pytest.fixture(scope="module")
def everything() -> Recording:
    """A cluster of which all is there that can be."""
    return _cluster(EVERYTHING)


def _errors(settings: Settings, **answers: Answer) -> list[str]:
    with pytest.raises(SettingsError) as stopped:
        _cluster(settings, **answers)
    return stopped.value.lines(stack_key)


def test_nothing_that_is_there_is_made_again(everything: Recording) -> None:
    """No VPC, database, bucket for logs, key or repository; what is made refers to those that are there."""
    for kind in (
        "ec2/vpc:Vpc",
        "Subnet",
        "rds/instance:Instance",
        "kms/key:Key",
        "ecr/repository:Repository",
    ):
        assert not everything.all(kind), kind
    assert everything.names("s3/bucket:Bucket") == ["air-data"]
    services = everything.all("ecs/service:Service")
    assert {tuple(one.inputs["networkConfiguration"]["subnets"]) for one in services} == {
        ("subnet-1a", "subnet-1b")
    }
    balancer = everything.one("lb/loadBalancer:LoadBalancer").inputs
    assert balancer["subnets"] == ["subnet-0a", "subnet-0b"]
    assert everything.one("BuiltImage").inputs["repository_url"] == "registry/team/airflow"
    assert not everything.all("VpcEndpoint")


def test_the_existing_databases_login_is_a_secret_with_the_right_name(everything: Recording) -> None:
    """The owner is the secret's user, and the only one."""
    url = everything.one("SecretVersion", "air-database-url").inputs["secretString"]
    assert url.startswith(
        "postgresql+psycopg://flow:planted-hunter2@db.example.com:5432/flows?sslmode=verify-full"
    )
    assert "planted-hunter2" not in everything.in_plaintext()


@pytest.mark.parametrize("rotates", [True, False])
def test_a_password_that_rotates_is_warned_of(*, rotates: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its URL is a copy, good until the next rotation."""
    warnings: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", warnings.append)
    _cluster(EVERYTHING, getSecretRotation=lambda _: {"rotationEnabled": rotates})
    assert [SECRET in one and "database.secret_arn" in one for one in warnings] == [True] * rotates


def test_who_may_not_read_whether_a_secret_rotates_deploys_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Only a warning rests on it."""
    messages: list[str] = []
    monkeypatch.setattr(pulumi.log, "info", messages.append)
    assert _cluster(EVERYTHING, getSecretRotation=fail("AccessDeniedException")).all("ecs/service:Service")
    (message,) = messages
    assert message.startswith(f"whether {SECRET} rotates cannot be looked up: ")
    assert message.endswith("AccessDeniedException")


def test_the_certificate_is_proved_in_the_zone_with_the_longest_name(everything: Recording) -> None:
    """And the listener waits until ACM has seen the proof."""
    assert everything.one("acm/certificate:Certificate").inputs["domainName"] == "airflow.data.example.com"
    assert {one.inputs["zoneId"] for one in everything.all("route53/record:Record")} == {"Z0123"}
    listener = everything.one("Listener", "air-443")
    assert everything.one("CertificateValidation").urn in everything.before(listener)


def test_subnets_are_found_by_tag() -> None:
    """Whatever they are today; the search is told VPC and tag."""
    asked: list[Any] = []

    def subnets(args: dict[str, Any]) -> dict[str, Any]:
        asked.append(args.get("tags"))
        tier = args["tags"]["Tier"]
        return {"ids": [one for one in ZONES if one.startswith("subnet-0") is (tier == "public")]}

    by_tag = VpcSettings(tag="Name=data", public_subnet_tag="Tier=public", private_subnet_tag="Tier=private")
    recording = _cluster(Settings(vpc=by_tag), getSubnets=subnets)
    assert asked == [{"Tier": "public"}, {"Tier": "private"}]
    assert recording.one("rds/subnetGroup:SubnetGroup").inputs["subnetIds"] == ["subnet-1a", "subnet-1b"]


WRONG: list[tuple[Settings, dict[str, Answer], str]] = [
    (
        Settings(vpc=VPC),
        {"getVpcs": lambda _: {"ids": []}},
        "vpcId must name a VPC of this account and region; vpc-1 does not exist",
    ),
    (
        Settings(vpc=VpcSettings(tag="Name=x", public_subnet_tag="T=p", private_subnet_ids=("subnet-1a",))),
        {"getVpcs": lambda _: {"ids": ["vpc-2", "vpc-1"]}},
        (
            "vpcTag must name one VPC of this account and region; 2 have 'Name=x': vpc-1, vpc-2. Set vpcId "
            "instead"
        ),
    ),
    (
        Settings(vpc=VPC),
        {"getVpc": lambda _: {**account()["aws:ec2/getVpc:getVpc"]({}), "enableDnsHostnames": False}},
        "vpcId names vpc-1, whose enableDnsHostnames is off: switch it on",
    ),
    (
        Settings(vpc=VPC),
        {"getVpc": lambda _: {**account()["aws:ec2/getVpc:getVpc"]({}), "ownerId": "999999999999"}},
        (
            "vpcId names vpc-1, which account 999999999999 shares: a zone of private names is created only "
            "in a VPC of its own account, 123456789012. Name one of that account"
        ),
    ),
    (
        Settings(vpc=replace(VPC, private_subnet_ids=("subnet-1a", "subnet-1b", "subnet-9"))),
        {},
        "vpcPrivateSubnetIds must hold subnets of vpc-1; subnet-9 is not one of them",
    ),
    (
        Settings(vpc=VPC),
        {
            "getSubnet": lambda args: {
                "availabilityZone": "a" if args["id"] == "subnet-0b" else ZONES[args["id"]]
            }
        },
        "vpcPublicSubnetIds must give subnets in at least 2 zones; these are in a",
    ),
    (
        Settings(vpc=replace(VPC, public_subnet_ids=("subnet-0a", "subnet-1b"))),
        {},
        (
            "vpcPublicSubnetIds or vpcPublicSubnetTag gives subnet-1b, which has no default route to an "
            "internet gateway. Name public subnets"
        ),
    ),
    (
        Settings(vpc=replace(VPC, private_subnet_ids=("subnet-0a", "subnet-1b"))),
        {},
        (
            "nat must be none, or the private subnets must reach AWS: subnet-0a have a default route to an "
            "internet gateway, which serves public addresses only, and vpc-1 "
            "has no endpoints for ecr.api, ecr.dkr, logs, s3, secretsmanager"
        ),
    ),
    (
        Settings(kms=KmsSettings(key_arn=KEY)),
        {"getKey": fail("NotFoundException: no such key")},
        "kmsKeyArn cannot be looked up:",
    ),
    (
        Settings(kms=KmsSettings(key_arn=KEY.replace(REGION, "us-west-2"))),
        {},
        f"kmsKeyArn must lie in {REGION}, the stack's region; got",
    ),
    (
        Settings(database=DatabaseSettings(host="db.x", secret_arn=SECRET)),
        {"getSecretVersion": lambda _: {"secretString": "hunter2"}},
        f"databaseSecretArn must name a JSON of username and password; {SECRET} has another value",
    ),
    (
        SSO,
        {"getSecretVersions": fail("ResourceNotFoundException")},
        "ssoClientSecretArn cannot be looked up:",
    ),
    (
        SSO,
        {"getSecretVersions": lambda _: {"versions": []}},
        f"ssoClientSecretArn must name a secret with a value; {SSO.sso.client_secret_arn} has none yet",
    ),
    (
        Settings(database=DatabaseSettings(fernet_key_secret_arn=SECRET)),
        {"getSecretVersion": fail("ResourceNotFoundException")},
        "databaseFernetKeySecretArn cannot be looked up:",
    ),
    (
        Settings(load_balancer=LoadBalancerSettings(domain="airflow.example.org")),
        {},
        (
            "loadBalancerDomain must be in a public Route 53 zone of this account; none is named "
            "airflow.example.org or example.org."
        ),
    ),
    (
        Settings(load_balancer=LoadBalancerSettings(domain="airflow.example.org", hosted_zone_id="Z0123")),
        {},
        "loadBalancerDomain must be in example.com, its hosted zone; got airflow.example.org",
    ),
    (
        Settings(load_balancer=LoadBalancerSettings(domain="airflow.example.com", hosted_zone_id="Z0123")),
        {"getZone": lambda _: {"zoneId": "Z0123", "name": "example.com", "privateZone": True}},
        "loadBalancerHostedZoneId must name a public zone; Z0123 (example.com) is private",
    ),
    (
        Settings(
            load_balancer=LoadBalancerSettings(nlb=True, nlb_allocation_ids=("eipalloc-a", "eipalloc-b"))
        ),
        {
            "getElasticIp": lambda args: (
                {"publicIp": "a"} if args["id"] == "eipalloc-a" else fail("none")(args)
            )
        },
        "loadBalancerNlbAllocationIds cannot be looked up: ",
    ),
    (
        Settings(
            vpc=VPC,
            load_balancer=LoadBalancerSettings(nlb=True, nlb_allocation_ids=("eipalloc-a",)),
        ),
        {},
        (
            "loadBalancerNlbAllocationIds must hold one address for each public subnet (2: subnet-0a, "
            "subnet-0b); got 1"
        ),
    ),
    (
        Settings(image=ImageSettings(repository="team/airflow")),
        {"getRepository": fail("RepositoryNotFoundException")},
        "imageRepository cannot be looked up:",
    ),
    (
        Settings(logs=LogsSettings(bucket="company-logs")),
        {"getBucket": lambda _: {"arn": "arn:aws:s3:::company-logs", "bucketRegion": "us-west-2"}},
        f"logsBucket must be in {REGION}; company-logs is in us-west-2",
    ),
]


@pytest.mark.parametrize(("settings", "answers", "message"), WRONG, ids=[message for _, _, message in WRONG])
def test_what_cannot_be_used_is_refused_before_anything_is_made(
    settings: Settings, answers: dict[str, Answer], message: str
) -> None:
    """One line: which setting, what AWS has, what to do."""
    (error,) = _errors(settings, **answers)
    assert error.startswith(message)


def test_all_errors_are_reported_at_once() -> None:
    """Nobody runs `up` three times to hear three things."""
    errors = _errors(
        EVERYTHING,
        getVpcs=lambda _: {"ids": []},
        getBucket=fail("404"),
        getKey=fail("NotFoundException"),
    )
    assert [error.split(" ", 1)[0] for error in errors] == ["kmsKeyArn", "vpcId", "logsBucket"]


def test_existing_addresses_are_used_and_exported() -> None:
    """Partners have them in their firewalls."""
    balancer = LoadBalancerSettings(nlb=True, nlb_allocation_ids=("eipalloc-b", "eipalloc-a"))
    recording = _cluster(Settings(vpc=VPC, load_balancer=balancer))
    assert recording.one("lb/loadBalancer:LoadBalancer", "air-nlb").inputs["subnetMappings"] == [
        {"subnetId": "subnet-0a", "allocationId": "eipalloc-b"},
        {"subnetId": "subnet-0b", "allocationId": "eipalloc-a"},
    ]
    assert not recording.all("Eip")
    message = recording.outputs[recording.one("index:AirflowCluster").urn]
    assert message["nlb_addresses"] == ["b.address", "a.address"]


def test_private_subnets_without_a_route_do_with_endpoints() -> None:
    """A closed network works when every service that the tasks call has one."""
    closed = replace(VPC, private_subnet_ids=("subnet-0a", "subnet-0b"))
    assert _cluster(Settings(vpc=closed), getVpcEndpoint=lambda _: {"id": "vpce-1"}).all(
        "ecs/service:Service"
    )


PARAMETER = f"arn:aws:ssm:{REGION}:123456789012:parameter/team/key"


def _all_but_ssm(args: dict[str, Any]) -> dict[str, Any]:
    if args["serviceName"].endswith(".ssm"):
        raise RefusedError("no matching EC2 VPC Endpoint found")
    return {"id": "vpce-1"}


def _closed(args: dict[str, Any]) -> dict[str, Any]:
    public = account()["aws:ec2/getRouteTable:getRouteTable"]
    return public(args) if args["routeTableId"] == "public" else {"routes": []}


@pytest.mark.parametrize(
    ("answer", "secrets", "warned"),
    [
        (fail("no matching EC2 VPC Endpoint found"), {}, "ecr.api, ecr.dkr, logs, s3, secretsmanager"),
        (fail("multiple EC2 VPC Endpoints matched; use additional constraints"), {}, ""),
        (_all_but_ssm, {}, ""),
        (_all_but_ssm, {"worker": {"KEY": PARAMETER}}, "ssm"),
    ],
)
def test_private_subnets_that_look_closed_are_a_warning(
    answer: Answer, secrets: dict[str, dict[str, str]], warned: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Routes that are propagated, and endpoints of other VPCs, are not to be seen from here."""
    warnings: list[str] = []

    def warn(message: str) -> None:
        warnings.append(message)

    monkeypatch.setattr("pulumi.log.warn", warn)
    answers: dict[str, Answer] = {"getRouteTable": _closed, "getVpcEndpoint": answer}
    settings = Settings(executor=Executor.CELERY, vpc=VPC, extra_secrets=secrets)
    assert _cluster(settings, **answers).all("ecs/service:Service")
    if warned:
        assert f"has no endpoints for {warned}: " in warnings[0]
    else:
        assert warnings == []


def test_without_nat_private_subnets_need_no_outbound_access() -> None:
    """Tasks then have public addresses in the public ones."""
    settings = Settings(vpc=replace(VPC, private_subnet_ids=("subnet-0a", "subnet-0b")), nat=Nat.NONE)
    services = _cluster(settings).all("ecs/service:Service")
    assert {one.inputs["networkConfiguration"]["assignPublicIp"] for one in services} == {True}


def test_spot_has_no_arm64_in_china() -> None:
    """https://docs.amazonaws.cn/en_us/AmazonECS/latest/developerguide/fargate-capacity-providers.html."""
    groups = (
        WorkerGroup(name="a", queues=("default",), spot_percent=50),
        WorkerGroup(name="b", queues=("default",), spot_percent=50, architecture="x86_64"),
    )
    settings = replace(
        EVERYTHING,
        architecture=Architecture.ARM64,
        image=ImageSettings(uri="registry.example.com/airflow:1"),
        kms=KmsSettings(),
        scheduler=ServiceSettings(spot=True),
        worker_groups=groups,
    )
    answers = account() | {"aws:index/getRegion:getRegion": _in_china}
    with pytest.raises(SettingsError) as stopped:
        record(lambda: AirflowCluster("air", settings), answers=answers)
    why = "needs x86_64 in cn-north-1: Fargate Spot has no ARM64 there. Remove it, or change architecture"
    assert [line for line in stopped.value.lines(stack_key) if "Spot" in line] == [
        f"{key} {why}" for key in ("schedulerSpot", "workerGroups[0].spotPercent")
    ]
    assert [*service_rules.spot(settings, "eu-west-1")] == []


def _in_china(_: dict[str, Any]) -> dict[str, str]:
    return {"region": "cn-north-1"}
