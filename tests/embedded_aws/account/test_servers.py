# pyright: basic
# boto3's answers have no types.
"""RDS is a real PostgreSQL with TLS, ElastiCache a real Redis with TLS and AUTH; a bucket takes objects."""

from __future__ import annotations

import json
import socket
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
import redis
import redis.exceptions as redis_errors
from botocore.exceptions import ClientError
from redis.backoff import NoBackoff
from redis.retry import Retry

from embedded_aws.account.certificate_authority import CertificateAuthority
from embedded_aws.account.rds import max_connections

from .conftest import client, wait

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from .conftest import Stage

PASSWORD = "it's a \\ secret"
TOKEN = "t" * 32


@pytest.fixture(scope="module")
def database(stage: Stage) -> Iterator[dict[str, Any]]:
    """Create an instance and wait until it is available."""
    rds, name = stage.rds, stage.name("db")
    rds.create_db_parameter_group(
        DBParameterGroupName=name, DBParameterGroupFamily="postgres17", Description="d"
    )
    parameters = {"rds.force_ssl": "1", "log_min_duration_statement": "1234"}
    rds.modify_db_parameter_group(
        DBParameterGroupName=name,
        Parameters=[
            {"ParameterName": n, "ParameterValue": v, "ApplyMethod": "immediate"}
            for n, v in parameters.items()
        ],
    )
    kept = f"/aws/rds/instance/{name}/postgresql"
    stage.logs.create_log_group(logGroupName=kept)
    stage.logs.put_retention_policy(logGroupName=kept, retentionInDays=7)
    created = rds.create_db_instance(
        DBInstanceIdentifier=name, Engine="postgres", EngineVersion="17.5", DBInstanceClass="db.t4g.micro",
        AllocatedStorage=20, MasterUsername="chief", MasterUserPassword=PASSWORD, DBName="app",
        DBParameterGroupName=name, EnableCloudwatchLogsExports=["postgresql", "upgrade"],
    )["DBInstance"]  # fmt: skip
    assert created["DBInstanceStatus"] == "creating"
    yield until_available(stage, name)
    rds.delete_db_instance(DBInstanceIdentifier=name, SkipFinalSnapshot=True)


def until_available(stage: Stage, name: str) -> dict[str, Any]:
    """Wait for an instance."""

    def found() -> dict[str, Any]:
        return stage.rds.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"][0]

    wait(lambda: found()["DBInstanceStatus"] == "available", found)
    return found()


def connect(stage: Stage, database: dict[str, Any], **more: Any) -> psycopg.Connection[Any]:
    """Connect as a container would: by name, with the account's CA."""
    name = database["Endpoint"]["Address"]
    wanted = {
        "host": name,
        "hostaddr": stage.address(name),
        "port": database["Endpoint"]["Port"],
        "user": "chief",
        "password": PASSWORD,
        "dbname": "app",
        "sslmode": "verify-full",
        "sslrootcert": str(stage.home / "ca.pem"),
    }
    return psycopg.connect(**(wanted | more))


@pytest.mark.conformance(
    operation="rds:CreateDBInstance",
    says="With `rds.force_ssl` connections without TLS are refused.",
    source="https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_PostgreSQL.html",
)
@pytest.mark.conformance(
    operation="rds:CreateDBInstance",
    says="The server's certificate names its endpoint.",
    source="https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.SSL.html",
)
def test_database_speaks_tls_only(stage: Stage, database: dict[str, Any], tmp_path: Path) -> None:
    """No plaintext, no other authority, no other host name."""
    with pytest.raises(psycopg.OperationalError, match="no encryption"):
        connect(stage, database, sslmode="disable")
    other = CertificateAuthority(tmp_path)
    with pytest.raises(psycopg.OperationalError, match="certificate verify failed"):
        connect(stage, database, sslrootcert=str(other.path))
    with pytest.raises(psycopg.OperationalError, match="does not match host name"):
        connect(stage, database, host="elsewhere")
    with connect(stage, database) as connection:
        row = connection.execute("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()").fetchone()
        assert row == (True,)


@pytest.mark.conformance(
    operation="rds:CreateDBInstance",
    says="The master user creates roles and databases, and is not a superuser.",
    source="https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_PostgreSQL.html",
)
def test_master_creates_roles_without_being_superuser(stage: Stage, database: dict[str, Any]) -> None:
    """The rights of an RDS master user; parameters of the group hold."""
    with connect(stage, database) as connection:
        facts = connection.execute(
            "SELECT rolsuper, rolcreaterole, current_setting('log_min_duration_statement') FROM pg_roles"
            " WHERE rolname = current_user"
        ).fetchone()
        assert facts == (False, True, "1234ms")
        connection.execute(
            "CREATE ROLE helper LOGIN PASSWORD 'x'; CREATE TABLE t (i int); GRANT SELECT ON t TO helper"
        )


@pytest.mark.conformance(
    operation="rds:CreateDBInstance",
    says="The master user is a member of `rds_superuser`, which is not a superuser.",
    source="https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Appendix.PostgreSQL.CommonDBATasks.Roles.html",
)
def test_rdss_own_roles_are_there(stage: Stage, database: dict[str, Any]) -> None:
    """A role that gets none of them cannot take them, nor the server's files and programs."""
    with connect(stage, database) as connection:
        roles = "SELECT rolname FROM pg_roles WHERE rolname LIKE 'rds\\_%' AND NOT rolsuper"
        found = {name for (name,) in connection.execute(roles)}
        assert found == {"rds_superuser", "rds_iam", "rds_password", "rds_replication"}
        member = "SELECT pg_has_role(current_user, 'rds_superuser', 'USAGE')"
        assert connection.execute(member).fetchone() == (True,)
        connection.execute("CREATE ROLE weak LOGIN PASSWORD 'x'")
    for statement in (
        b"GRANT rds_superuser TO weak",
        b"SET ROLE chief",
        b"CREATE ROLE another",
        b"SELECT pg_read_file('/etc/passwd')",
        b"COPY (SELECT 1) TO PROGRAM 'true'",
    ):
        with (
            connect(stage, database, user="weak", password="x") as connection,
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            connection.execute(statement)


MANAGED = "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-secrets-manager.html"


@pytest.mark.conformance(
    operation="rds:CreateDBInstance",
    says="RDS makes the master user's password and stores it, with the user, in Secrets Manager.",
    source=MANAGED,
)
@pytest.mark.conformance(
    operation="rds:ModifyDBInstance",
    says="A rotated master password is in its secret, and the only one that the database takes.",
    source=MANAGED,
)
@pytest.mark.conformance(
    operation="rds:DeleteDBInstance",
    says="The secret of a managed master password is deleted with its instance.",
    source=MANAGED,
)
def test_a_managed_master_password_is_made_rotated_and_deleted(stage: Stage) -> None:
    """The secret's name and tag are RDS's; management that is asked for again changes nothing."""
    rds, name = stage.rds, stage.name("managed")
    made = rds.create_db_instance(
        DBInstanceIdentifier=name, Engine="postgres", EngineVersion="17.5", DBInstanceClass="db.t4g.micro",
        AllocatedStorage=20, MasterUsername="chief", ManageMasterUserPassword=True, DBName="app",
    )["DBInstance"]  # fmt: skip
    secrets, arn = client(stage.environment, "secretsmanager"), made["MasterUserSecret"]["SecretArn"]
    assert ":secret:rds!db-" in arn
    tags = {tag["Key"]: tag["Value"] for tag in secrets.describe_secret(SecretId=arn)["Tags"]}
    assert tags["aws:rds:primaryDBInstanceArn"] == made["DBInstanceArn"]

    def login() -> dict[str, str]:
        secret = json.loads(secrets.get_secret_value(SecretId=arn)["SecretString"])
        return {"user": secret["username"], "password": secret["password"]}

    database, first = until_available(stage, name), login()
    connect(stage, database, **first).close()
    rds.modify_db_instance(DBInstanceIdentifier=name, ManageMasterUserPassword=True, ApplyImmediately=True)
    until_available(stage, name)
    assert login() == first
    rds.modify_db_instance(DBInstanceIdentifier=name, RotateMasterUserPassword=True, ApplyImmediately=True)
    until_available(stage, name)
    assert login()["password"] != first["password"]
    connect(stage, database, **login()).close()
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        connect(stage, database, **first)
    rds.delete_db_instance(DBInstanceIdentifier=name, SkipFinalSnapshot=True)
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        secrets.get_secret_value(SecretId=arn)


@pytest.mark.conformance(
    operation="rds:ModifyDBInstance",
    says="A new master password is in effect as soon as the instance is available again.",
)
@pytest.mark.conformance(
    operation="rds:RebootDBInstance",
    says="A reboot keeps the data.",
)
def test_database_keeps_its_data_over_a_reboot_and_a_new_password(
    stage: Stage, database: dict[str, Any]
) -> None:
    """ModifyDBInstance and RebootDBInstance reach the real server."""
    name = database["DBInstanceIdentifier"]
    with connect(stage, database) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS i")
    stage.rds.modify_db_instance(
        DBInstanceIdentifier=name, MasterUserPassword="another-one", ApplyImmediately=True
    )
    until_available(stage, name)
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        connect(stage, database)
    stage.rds.reboot_db_instance(DBInstanceIdentifier=name)
    until_available(stage, name)
    with connect(stage, database, password="another-one") as connection:
        assert connection.execute("SELECT i FROM kept").fetchone() == (42,)
    stage.rds.modify_db_instance(
        DBInstanceIdentifier=name, MasterUserPassword=PASSWORD, ApplyImmediately=True
    )
    until_available(stage, name)


def test_container_reaches_the_database_by_name(stage: Stage, database: dict[str, Any]) -> None:
    """By its endpoint, which this machine's DNS does not know."""
    host = database["Endpoint"]["Address"]
    task = stage.run(f"import socket; print(socket.create_connection(({host!r}, 5432), 5).getpeername()[0])")
    assert stage.output(task) == [stage.address(host)]


@pytest.mark.conformance(
    operation="rds:CreateDBInstance",
    says="An instance class has the connections that its memory allows: at most memory / 9531392 bytes, "
    "and 5000.",
    source="https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Limits.html#RDS_Limits.MaxConnections",
)
@pytest.mark.parametrize(
    ("instance_class", "connections"),
    [
        ("db.t4g.micro", 84),
        ("db.t4g.small", 168),
        ("db.m7g.large", 675),
        ("db.r7g.large", 1351),
        ("db.m5d.xlarge", 1351),
        ("db.m7g.12xlarge", 5000),
    ],
)
def test_a_class_has_as_many_connections_as_its_memory_carries(instance_class: str, connections: int) -> None:
    """https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Limits.html."""
    assert max_connections(instance_class) == connections


@pytest.mark.conformance(
    operation="rds:CreateDBInstance",
    says="Exported logs have groups named after the instance, which RDS creates without retention.",
    source="https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_LogAccess.Procedural.UploadtoCloudWatch.html",
)
def test_logs_that_are_exported_have_groups(stage: Stage, database: dict[str, Any]) -> None:
    """RDS makes those that are not there, without retention; it keeps one that is there."""
    name = database["DBInstanceIdentifier"]
    found = stage.logs.describe_log_groups(logGroupNamePrefix=f"/aws/rds/instance/{name}/")["logGroups"]
    assert {one["logGroupName"].rsplit("/", 1)[1]: one.get("retentionInDays") for one in found} == {
        "postgresql": 7,
        "upgrade": None,
    }


@pytest.mark.conformance(
    operation="rds:ModifyDBSubnetGroup",
    says="A subnet group's subnets and description change in place.",
)
def test_a_subnet_group_can_be_changed(stage: Stage) -> None:
    """Its subnets and description; it stays."""
    rds, name = stage.rds, stage.name("subnets")
    rds.create_db_subnet_group(DBSubnetGroupName=name, DBSubnetGroupDescription="d", SubnetIds=stage.subnets)
    third = {"VpcId": stage.vpc, "CidrBlock": "10.0.77.0/24", "AvailabilityZone": "us-east-1c"}
    wanted = [stage.subnets[0], stage.ec2.create_subnet(**third)["Subnet"]["SubnetId"]]
    change = {"DBSubnetGroupDescription": "e", "SubnetIds": wanted}
    rds.modify_db_subnet_group(DBSubnetGroupName=name, **change)
    (found,) = rds.describe_db_subnet_groups(DBSubnetGroupName=name)["DBSubnetGroups"]
    assert found["DBSubnetGroupDescription"] == "e"
    assert [one["SubnetIdentifier"] for one in found["Subnets"]] == wanted
    with pytest.raises(ClientError, match="not found"):
        rds.modify_db_subnet_group(DBSubnetGroupName=f"{name}-none", SubnetIds=stage.subnets)


@pytest.mark.conformance(
    operation="rds:ModifyDBSubnetGroup",
    says="A subnet that an instance may be in is not taken out of its group: with two, neither.",
    error="SubnetAlreadyInUse",
)
@pytest.mark.conformance(
    operation="rds:ModifyDBSubnetGroup",
    says="A subnet group has subnets in two zones.",
    error="DBSubnetGroupDoesNotCoverEnoughAZs",
)
def test_a_subnet_that_a_database_is_in_stays_in_its_group(stage: Stage) -> None:
    """A single instance leaves the others free; one with a standby may be in any, after a failover.

    The group without a database is deleted although there is one without a subnet group.
    """
    rds, name = stage.rds, stage.name("subnets")
    zones = {"b": "10.0.78.0/24", "c": "10.0.79.0/24"}
    b, c = (
        stage.ec2.create_subnet(VpcId=stage.vpc, CidrBlock=cidr, AvailabilityZone=f"us-east-1{zone}")[
            "Subnet"
        ]["SubnetId"]
        for zone, cidr in zones.items()
    )
    a = stage.subnets[0]
    rds.create_db_subnet_group(DBSubnetGroupName=name, DBSubnetGroupDescription="d", SubnetIds=[a, b, c])
    # A server of its own for neither: the account has PostgreSQL's only.
    given = {"Engine": "mysql", "DBInstanceClass": "db.t4g.micro", "AllocatedStorage": 20}
    login = {"MasterUsername": "chief", "MasterUserPassword": "longenough"}
    rds.create_db_instance(DBInstanceIdentifier=f"{name}-free", **given, **login)
    rds.create_db_instance(DBInstanceIdentifier=name, DBSubnetGroupName=name, **given, **login)
    with pytest.raises(ClientError, match=f"to be deleted are currently in use: {a}") as refused:
        rds.modify_db_subnet_group(DBSubnetGroupName=name, SubnetIds=[b, c])
    assert refused.value.response["Error"]["Code"] == "SubnetAlreadyInUse"
    with pytest.raises(ClientError, match="coverage requirement"):
        rds.modify_db_subnet_group(DBSubnetGroupName=name, SubnetIds=[a])
    rds.modify_db_subnet_group(DBSubnetGroupName=name, SubnetIds=[a, b])
    rds.modify_db_instance(DBInstanceIdentifier=name, MultiAZ=True, ApplyImmediately=True)
    with pytest.raises(ClientError, match=f"currently in use: {b}"):
        rds.modify_db_subnet_group(DBSubnetGroupName=name, SubnetIds=[a, c])
    with pytest.raises(ClientError, match=f"at least one database instance: {name} is still using it"):
        rds.delete_db_subnet_group(DBSubnetGroupName=name)
    rds.delete_db_instance(DBInstanceIdentifier=name, SkipFinalSnapshot=True)
    rds.delete_db_subnet_group(DBSubnetGroupName=name)
    rds.delete_db_instance(DBInstanceIdentifier=f"{name}-free", SkipFinalSnapshot=True)


def is_gone(stage: Stage, name: str) -> bool:
    """Tell whether an instance is no more; until then it is being deleted."""
    try:
        (found,) = stage.rds.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"]
    except stage.rds.exceptions.DBInstanceNotFoundFault:
        return True
    assert found["DBInstanceStatus"] == "deleting"
    return False


@pytest.mark.conformance(
    operation="rds:DeleteDBInstance",
    says="An instance is `deleting` until it is gone, with its name.",
    source="https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DeleteDBInstance.html",
)
def test_deleted_database_is_gone(stage: Stage) -> None:
    """With its process, its files and its port."""
    name = stage.name("gone")
    stage.rds.create_db_instance(
        DBInstanceIdentifier=name, Engine="postgres", EngineVersion="16.8", DBInstanceClass="db.t4g.micro",
        AllocatedStorage=20, MasterUsername="chief", MasterUserPassword=PASSWORD, Port=5499,
    )  # fmt: skip
    found = until_available(stage, name)
    address = stage.address(found["Endpoint"]["Address"])
    socket.create_connection((address, 5499), 5).close()
    delete = {"DBInstanceIdentifier": name, "SkipFinalSnapshot": True}
    assert stage.rds.delete_db_instance(**delete)["DBInstance"]["DBInstanceStatus"] == "deleting"
    with pytest.raises(ClientError, match=r"InvalidDBInstanceState|DBInstanceNotFound"):
        stage.rds.delete_db_instance(**delete)
    wait(lambda: is_gone(stage, name))
    wait(lambda: not (stage.home / "rds" / f"us-east-1-{name}").exists())
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((address, 5499), 5)


@pytest.fixture(scope="module")
def cache(stage: Stage) -> dict[str, Any]:
    """Create a replication group and wait until it is available."""
    cache, name = stage.elasticache, stage.name("cache")
    cache.create_cache_parameter_group(
        CacheParameterGroupName=name, CacheParameterGroupFamily="valkey8", Description="d"
    )
    cache.modify_cache_parameter_group(
        CacheParameterGroupName=name,
        ParameterNameValues=[{"ParameterName": "maxmemory-policy", "ParameterValue": "noeviction"}],
    )
    cache.create_cache_subnet_group(
        CacheSubnetGroupName=name, CacheSubnetGroupDescription="d", SubnetIds=stage.subnets
    )
    cache.create_replication_group(
        ReplicationGroupId=name, ReplicationGroupDescription="d", Engine="valkey", NumCacheClusters=2,
        CacheNodeType="cache.t4g.micro", TransitEncryptionEnabled=True, AtRestEncryptionEnabled=True,
        AuthToken=TOKEN, AutomaticFailoverEnabled=True, CacheParameterGroupName=name,
        CacheSubnetGroupName=name,
    )  # fmt: skip

    def found() -> dict[str, Any]:
        return cache.describe_replication_groups(ReplicationGroupId=name)["ReplicationGroups"][0]

    wait(lambda: found()["Status"] == "available", what=found)
    return found()


def ask(stage: Stage, cache: dict[str, Any], **more: Any) -> redis.Redis:
    """Return a client of the primary endpoint."""
    endpoint = cache["NodeGroups"][0]["PrimaryEndpoint"]
    wanted: dict[str, Any] = {"password": TOKEN, "ssl": True, "ssl_ca_certs": str(stage.home / "ca.pem")}
    wanted["retry"] = Retry(NoBackoff(), 0)
    return redis.Redis(host=stage.address(endpoint["Address"]), port=endpoint["Port"], **(wanted | more))


@pytest.mark.conformance(
    operation="elasticache:CreateReplicationGroup",
    says="With in-transit encryption and a token, clients need TLS and AUTH.",
    source="https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/auth.html",
)
def test_cache_wants_tls_and_its_token(stage: Stage, cache: dict[str, Any]) -> None:
    """Plaintext and a missing token are refused; parameters of the group hold."""
    assert ask(stage, cache).ping()
    assert ask(stage, cache).config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
    with pytest.raises(redis_errors.ConnectionError):
        ask(stage, cache, ssl=False, ssl_ca_certs=None).ping()
    with pytest.raises(redis_errors.AuthenticationError):
        ask(stage, cache, password=None).ping()


@pytest.mark.conformance(
    operation="elasticache:DeleteCacheSubnetGroup",
    says="A subnet group that is in use is not deleted.",
    error="CacheSubnetGroupInUse",
)
def test_cache_describes_its_settings(stage: Stage, cache: dict[str, Any]) -> None:
    """What terraform-provider-aws reads back of a group and its members."""
    name = cache["ReplicationGroupId"]
    assert (cache["Engine"], cache["AtRestEncryptionEnabled"], cache["AuthTokenEnabled"]) == (
        "valkey",
        True,
        True,
    )
    assert cache["MemberClusters"] == [f"{name}-001", f"{name}-002"]
    member = stage.elasticache.describe_cache_clusters(CacheClusterId=f"{name}-002")["CacheClusters"][0]
    assert member["CacheParameterGroup"]["CacheParameterGroupName"] == name
    assert (member["Engine"], member["CacheSubnetGroupName"]) == ("valkey", name)
    with pytest.raises(ClientError, match="in use"):
        stage.elasticache.delete_cache_subnet_group(CacheSubnetGroupName=name)


@pytest.mark.conformance(
    operation="elasticache:ModifyReplicationGroup",
    says="`ROTATE` accepts the new token and the one before, and removes an older one.",
    source="https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/auth.html#auth-modifyng-token",
)
@pytest.mark.conformance(
    operation="elasticache:ModifyReplicationGroup",
    says="`SET` accepts the last token rotated only, and is refused for any other.",
    source="https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/auth.html#auth-modifyng-token",
    error="InvalidParameterValue",
)
def test_new_token_replaces_the_old(stage: Stage, cache: dict[str, Any]) -> None:
    """Connections that are open stay, as Redis leaves them."""
    new, newer = "n" * 32, "o" * 32

    def change(token: str, strategy: str) -> None:
        stage.elasticache.modify_replication_group(
            ReplicationGroupId=cache["ReplicationGroupId"],
            ApplyImmediately=True,
            AuthToken=token,
            AuthTokenUpdateStrategy=strategy,
        )

    def accepted() -> list[str]:
        found: list[str] = []
        for token in (TOKEN, new, newer):
            with suppress(redis_errors.AuthenticationError):
                assert ask(stage, cache, password=token).ping()
                found.append(token)
        return found

    change(new, "ROTATE")
    assert accepted() == [TOKEN, new]
    with pytest.raises(ClientError, match="the last AUTH token rotated"):
        change(TOKEN, "SET")
    change(new, "SET")
    assert accepted() == [new]
    change(newer, "ROTATE")
    change(TOKEN, "ROTATE")
    assert accepted() == [TOKEN, newer]
    change(TOKEN, "SET")
    assert accepted() == [TOKEN]


@pytest.mark.conformance(
    operation="elasticache:ModifyReplicationGroup",
    says="Another node type is read back from the group and from its members.",
)
@pytest.mark.conformance(
    operation="elasticache:ModifyCacheSubnetGroup",
    says="A subnet with a node in it is not taken out of its group.",
    error="SubnetInUse",
)
def test_a_change_of_nodes_and_subnets_can_be_read_back(stage: Stage, cache: dict[str, Any]) -> None:
    """By group and by member, as terraform-provider-aws reads them."""
    name, elasticache = cache["ReplicationGroupId"], stage.elasticache
    for wanted in ("cache.t4g.small", "cache.t4g.micro"):
        elasticache.modify_replication_group(
            ReplicationGroupId=name, CacheNodeType=wanted, ApplyImmediately=True
        )
        (group,) = elasticache.describe_replication_groups(ReplicationGroupId=name)["ReplicationGroups"]
        (member,) = elasticache.describe_cache_clusters(CacheClusterId=f"{name}-001")["CacheClusters"]
        assert group["CacheNodeType"] == member["CacheNodeType"] == wanted
    third = {"VpcId": stage.vpc, "CidrBlock": "10.0.80.0/24", "AvailabilityZone": "us-east-1c"}
    added = stage.ec2.create_subnet(**third)["Subnet"]["SubnetId"]
    for subnets in ([*stage.subnets, added], stage.subnets):
        elasticache.modify_cache_subnet_group(CacheSubnetGroupName=name, SubnetIds=subnets)
        (found,) = elasticache.describe_cache_subnet_groups(CacheSubnetGroupName=name)["CacheSubnetGroups"]
        assert {one["SubnetIdentifier"] for one in found["Subnets"]} == set(subnets)
    with pytest.raises(ClientError, match="The subnet ID is in use") as refused:
        elasticache.modify_cache_subnet_group(CacheSubnetGroupName=name, SubnetIds=stage.subnets[:1])
    assert refused.value.response["Error"]["Code"] == "SubnetInUse"


@pytest.mark.conformance(
    operation="elasticache:DecreaseReplicaCount",
    says="A group that fails over keeps one replica.",
    source="https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_DecreaseReplicaCount.html",
    error="InvalidParameterValue",
)
@pytest.mark.conformance(
    operation="elasticache:DecreaseReplicaCount",
    says="The number of replicas that there are is no change.",
    source="https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_DecreaseReplicaCount.html",
    error="NoOperationFault",
)
@pytest.mark.conformance(
    operation="elasticache:IncreaseReplicaCount",
    says="A group has at most five replicas, each with an endpoint of its own.",
    source="https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_IncreaseReplicaCount.html",
    error="InvalidParameterValue",
)
def test_replicas_come_and_go(stage: Stage, cache: dict[str, Any]) -> None:
    """Each is a member that can be reached by a name of its own; a group that fails over keeps one."""
    name, elasticache = cache["ReplicationGroupId"], stage.elasticache
    change = {"ReplicationGroupId": name, "ApplyImmediately": True}

    def found() -> dict[str, Any]:
        return elasticache.describe_replication_groups(ReplicationGroupId=name)["ReplicationGroups"][0]

    elasticache.increase_replica_count(NewReplicaCount=2, **change)
    members = [f"{name}-00{number}" for number in (1, 2, 3)]
    assert found()["MemberClusters"] == members
    (nodes,) = found()["NodeGroups"]
    assert [one["CacheClusterId"] for one in nodes["NodeGroupMembers"]] == members
    third = nodes["NodeGroupMembers"][2]["ReadEndpoint"]
    assert third["Address"].startswith(f"{name}-003.")
    assert ask(stage, {"NodeGroups": [{"PrimaryEndpoint": third}]}).ping()
    described = elasticache.describe_cache_clusters(CacheClusterId=members[2])["CacheClusters"][0]
    assert (described["CacheNodeType"], described["ARN"].endswith(members[2])) == ("cache.t4g.micro", True)
    elasticache.decrease_replica_count(NewReplicaCount=1, **change)
    assert found()["MemberClusters"] == members[:2]
    with pytest.raises(ClientError, match="not found"):
        elasticache.describe_cache_clusters(CacheClusterId=members[2])
    for call, wanted, code in (
        (elasticache.decrease_replica_count, 0, "InvalidParameterValue"),
        (elasticache.decrease_replica_count, 1, "NoOperationFault"),
        (elasticache.increase_replica_count, 6, "InvalidParameterValue"),
    ):
        with pytest.raises(ClientError, match=code):
            call(NewReplicaCount=wanted, **change)


@pytest.mark.conformance(
    operation="elasticache:CreateReplicationGroup",
    says="A token has 16 to 128 printable characters.",
    error="InvalidParameterValue",
)
@pytest.mark.conformance(
    operation="elasticache:CreateReplicationGroup",
    says="A token needs in-transit encryption.",
    error="InvalidParameterCombination",
)
@pytest.mark.parametrize(
    "more",
    [
        {"AuthToken": "short"},
        {"AuthToken": "with/slash" * 3},
        {"AuthToken": TOKEN, "TransitEncryptionEnabled": False},
    ],
)
def test_bad_tokens_are_refused(stage: Stage, more: dict[str, Any]) -> None:
    """And leave no group behind."""
    wanted = {
        "TransitEncryptionEnabled": True,
        "ReplicationGroupId": "bad",
        "ReplicationGroupDescription": "d",
    }
    with pytest.raises(ClientError, match="Invalid"):
        stage.elasticache.create_replication_group(**(wanted | more))
    with pytest.raises(ClientError, match="not found"):
        stage.elasticache.describe_replication_groups(ReplicationGroupId="bad")


@pytest.mark.conformance(
    operation="s3:PutObject",
    says="A bucket's policy that denies everybody denies the account's own users too.",
    source="https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html",
)
def test_bucket_takes_objects_under_a_deny_insecure_transport_policy(stage: Stage) -> None:
    """An unconditional Deny still denies."""
    name = stage.name("bucket")
    stage.s3.create_bucket(Bucket=name)
    deny = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [f"arn:aws:s3:::{name}", f"arn:aws:s3:::{name}/*"],
    }
    secure = deny | {"Condition": {"Bool": {"aws:SecureTransport": "false"}}}
    stage.s3.put_bucket_policy(
        Bucket=name, Policy=json.dumps({"Version": "2012-10-17", "Statement": [secure]})
    )
    stage.s3.put_object(Bucket=name, Key="a", Body=b"b")
    assert stage.s3.get_object(Bucket=name, Key="a")["Body"].read() == b"b"
    stage.s3.put_bucket_policy(Bucket=name, Policy=json.dumps({"Version": "2012-10-17", "Statement": [deny]}))
    with pytest.raises(ClientError, match=r"403|AccessDenied"):
        stage.s3.put_object(Bucket=name, Key="a", Body=b"b")
