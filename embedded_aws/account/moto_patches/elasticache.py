# pyright: basic
# moto has no types for its backends.
"""What moto's ElastiCache lacks: member clusters, deletions, parameter groups, tokens; and real servers."""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from moto.core.responses import ActionResult, EmptyResult
from moto.elasticache import urls
from moto.elasticache.exceptions import (
    CacheSubnetGroupNotFound,
    ElastiCacheException,
    InvalidParameterCombinationException,
    InvalidParameterValueException,
)
from moto.elasticache.models import CacheCluster, CacheSubnetGroup, ElastiCacheBackend

from embedded_aws.account.elasticache import Caches
from embedded_aws.account.moto_patches.elasticache_replicas import ReplicaCounts

if TYPE_CHECKING:
    from moto.elasticache.models import ReplicationGroup

    from embedded_aws.account.account import Account

_create = ElastiCacheBackend.create_replication_group
_DEFAULT_VERSIONS = {"redis": "7.1.0", "valkey": "8.0.1"}
_IDENTIFIER = re.compile(r"(?!.*--)[A-Za-z][A-Za-z0-9-]{0,39}(?<!-)")
_MIN_FAILOVER_NODES = 2
_MODIFIABLE = {
    "SnapshotWindow": "snapshot_window",
    "AutoMinorVersionUpgrade": "auto_minor_version_upgrade",
    "PreferredMaintenanceWindow": "preferred_maintenance_window",
    "TransitEncryptionMode": "transit_encryption_mode",
}


@dataclass
class ParameterGroup:
    """A cache parameter group."""

    cache_parameter_group_name: str
    cache_parameter_group_family: str
    description: str
    arn: str
    is_global: bool = False
    parameters: dict[str, str] = field(default_factory=dict)


class ParameterGroupNotFoundError(ElastiCacheException):
    """No such cache parameter group."""

    code = "CacheParameterGroupNotFound"

    def __init__(self, name: str) -> None:
        super().__init__(f"CacheParameterGroup {name} not found.")


class ElastiCacheAnswers(ReplicaCounts):
    """Handlers that moto's dispatcher finds by the action's name."""

    def create_replication_group(self) -> ActionResult:
        """Create a group, its member clusters and its server."""
        given = self._get_params()
        backend = self.elasticache_backend
        token = given.get("AuthToken")
        group_name = given.get("CacheParameterGroupName")
        _check_group(given)
        if given.get("CacheSubnetGroupName"):
            self._subnet_group(given["CacheSubnetGroupName"])
        if group_name and not group_name.startswith("default."):
            self._parameter_group(group_name)
        if token and not given.get("TransitEncryptionEnabled"):
            raise InvalidParameterCombinationException(
                "To enable the AUTH token, in-transit encryption must be enabled (TransitEncryptionEnabled)."
            )
        answer = super().create_replication_group()
        group = backend.replication_groups[given["ReplicationGroupId"]]
        parameters = self._groups().get(group_name or "")
        try:
            self.caches.create(group, token, parameters.parameters if parameters else {})
        except ElastiCacheException:
            _forget(backend, group)
            raise
        return answer

    def modify_replication_group(self) -> ActionResult:
        """Change a group; a new AUTH token reaches the server at once."""
        given = self._get_params()
        answer = super().modify_replication_group()
        group = self.elasticache_backend.replication_groups[given["ReplicationGroupId"]]
        for key, attribute in _MODIFIABLE.items():
            if given.get(key) is not None:
                setattr(group, attribute, given[key])
        members = [self.elasticache_backend.cache_clusters[member] for member in group.member_clusters]
        for member in members:
            _follow(member, group, given)
        if given.get("AuthToken") or given.get("AuthTokenUpdateStrategy") == "DELETE":
            strategy = given.get("AuthTokenUpdateStrategy", "ROTATE")
            self.caches.change_token(group, given.get("AuthToken", ""), strategy)
            group.auth_token_enabled = strategy != "DELETE"
        return answer

    def delete_replication_group(self) -> ActionResult:
        """Delete a group: it is gone at once, with its members and its server."""
        answer = super().delete_replication_group()
        group = self.elasticache_backend.replication_groups[self._get_params()["ReplicationGroupId"]]
        _forget(self.elasticache_backend, group)
        self.caches.forget(group)
        return answer

    def modify_cache_subnet_group(self) -> ActionResult:
        """Change description and subnets."""
        given, backend = self._get_params(), self.elasticache_backend
        group: Any = self._subnet_group(given["CacheSubnetGroupName"])
        if subnet_ids := given.get("SubnetIds"):
            if set(self._occupied(group)) - set(subnet_ids):
                raise ElastiCacheException("SubnetInUse", "The subnet ID is in use")
            name, tags = group.cache_subnet_group_name, group.tags
            place = (backend.account_id, backend.region_name)
            changed: Any = CacheSubnetGroup(*place, name, "", subnet_ids, tags)
            group.subnets, group.vpc_id = changed.subnets, changed.vpc_id
        group.cache_subnet_group_description = given.get(
            "CacheSubnetGroupDescription", group.cache_subnet_group_description
        )
        return ActionResult({"CacheSubnetGroup": group})

    def delete_cache_subnet_group(self) -> ActionResult:
        """Delete a subnet group that nobody uses."""
        name = self._get_params()["CacheSubnetGroupName"]
        self._subnet_group(name)
        if any(
            group.cache_subnet_group_name == name
            for group in self.elasticache_backend.replication_groups.values()
        ):
            raise ElastiCacheException("CacheSubnetGroupInUse", f"Cache subnet group {name} is in use.")
        del self.elasticache_backend.cache_subnet_groups[name]
        return EmptyResult()

    def create_cache_parameter_group(self) -> ActionResult:
        """Create an empty parameter group."""
        given = self._get_params()
        name = given["CacheParameterGroupName"].lower()
        if name in self._groups():
            raise ElastiCacheException(
                "CacheParameterGroupAlreadyExists", f"Cache parameter group {name} already exists."
            )
        backend = self.elasticache_backend
        arn = f"arn:aws:elasticache:{backend.region_name}:{backend.account_id}:parametergroup:{name}"
        group = ParameterGroup(name, given["CacheParameterGroupFamily"], given["Description"], arn)
        self._groups()[name] = group
        backend.tagging_service.tag_resource(arn, given.get("Tags") or [])
        return ActionResult({"CacheParameterGroup": group})

    def describe_cache_parameter_groups(self) -> ActionResult:
        """Return one parameter group or all."""
        name = self._get_params().get("CacheParameterGroupName")
        groups = [self._parameter_group(name)] if name else list(self._groups().values())
        return ActionResult({"CacheParameterGroups": groups})

    def describe_cache_parameters(self) -> ActionResult:
        """Return what was set; the defaults of the engine are not told."""
        given = self._get_params()
        parameters = self._parameter_group(given["CacheParameterGroupName"]).parameters
        descriptions = [
            {
                "ParameterName": name,
                "ParameterValue": value,
                "Source": "user",
                "IsModifiable": True,
                "DataType": "string",
            }
            for name, value in parameters.items()
        ]
        return ActionResult({"Parameters": descriptions if given.get("Source", "user") == "user" else []})

    def modify_cache_parameter_group(self) -> ActionResult:
        """Set parameters; servers take them when they start."""
        given = self._get_params()
        group = self._parameter_group(given["CacheParameterGroupName"])
        group.parameters |= {p["ParameterName"]: p["ParameterValue"] for p in given["ParameterNameValues"]}
        return ActionResult({"CacheParameterGroupName": group.cache_parameter_group_name})

    def reset_cache_parameter_group(self) -> ActionResult:
        """Forget parameters, named ones or all."""
        given = self._get_params()
        group = self._parameter_group(given["CacheParameterGroupName"])
        names = [p["ParameterName"] for p in given.get("ParameterNameValues") or []]
        for name in list(group.parameters) if given.get("ResetAllParameters") else names:
            group.parameters.pop(name, None)
        return ActionResult({"CacheParameterGroupName": group.cache_parameter_group_name})

    def delete_cache_parameter_group(self) -> ActionResult:
        """Delete a parameter group that nobody uses."""
        name = self._parameter_group(self._get_params()["CacheParameterGroupName"]).cache_parameter_group_name
        groups = self.elasticache_backend.replication_groups.values()
        if any(group.cache_parameter_group_name == name for group in groups):
            raise ElastiCacheException(
                "InvalidCacheParameterGroupState", f"Cache parameter group {name} is in use."
            )
        del self._groups()[name]
        return EmptyResult()

    def _occupied(self, subnet_group: Any) -> list[str]:
        """List the subnets with a node: those of the first zones, since ElastiCache spreads nodes over zones.

        https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/AutoFailover.html
        """
        nodes = [
            len(group.member_clusters)
            for group in self.elasticache_backend.replication_groups.values()
            if group.cache_subnet_group_name == subnet_group.cache_subnet_group_name
        ]
        by_zone = sorted(subnet_group.subnets, key=lambda one: one.get("subnet_availability_zone", ""))
        return [one["subnet_identifier"] for one in by_zone][: max(nodes, default=0)]

    def _subnet_group(self, name: str) -> Any:
        if name not in self.elasticache_backend.cache_subnet_groups:
            raise CacheSubnetGroupNotFound(name)
        return self.elasticache_backend.cache_subnet_groups[name]

    def _groups(self) -> dict[str, ParameterGroup]:
        backend: Any = self.elasticache_backend
        if not hasattr(backend, "parameter_groups"):
            backend.parameter_groups = {}
            backend.arn_regex = re.compile(backend.arn_regex.pattern.replace("user)", "user|parametergroup)"))
        return backend.parameter_groups

    def _parameter_group(self, name: str) -> ParameterGroup:
        if name not in self._groups():
            raise ParameterGroupNotFoundError(name)
        return self._groups()[name]


def _check_group(given: dict[str, Any]) -> None:
    """Refuse an identifier of another form, and a failover to nowhere.

    https://docs.aws.amazon.com/goto/WebAPI/elasticache-2015-02-02/CreateReplicationGroup
    """
    if not _IDENTIFIER.fullmatch(given["ReplicationGroupId"]):
        raise InvalidParameterValueException(
            "The parameter ReplicationGroupIdentifier is not a valid identifier: it begins with a letter, "
            "has at most 40 letters, digits and hyphens, and neither ends with a hyphen nor has two in a row."
        )
    nodes = given.get("NumCacheClusters")
    if given.get("AutomaticFailoverEnabled") and nodes is not None and int(nodes) < _MIN_FAILOVER_NODES:
        raise InvalidParameterCombinationException(
            "Replication group with automatic failover should have at least 2 nodes."
        )
    if given.get("MultiAZEnabled") and not given.get("AutomaticFailoverEnabled"):
        raise InvalidParameterCombinationException("Multi-AZ needs automatic failover.")


def create_replication_group(self: ElastiCacheBackend, **given: Any) -> ReplicationGroup:
    """Create a group with as many member clusters as asked for; they can be described."""
    if not given["num_node_groups"] and given["num_cache_clusters"]:
        given["replicas_per_node_group"] = given["num_cache_clusters"] - 1  # moto looks at this number only
    given["engine"] = given["engine"] or "redis"
    given["engine_version"] = given["engine_version"] or _DEFAULT_VERSIONS.get(given["engine"])
    group = _create(self, **given)
    group.auto_minor_version_upgrade = given["auto_minor_version_upgrade"] not in (False, "false")
    for node_group in group.node_groups:
        if "reader_endpoint_address" in node_group:
            node_group["reader_endpoint"] = {
                "address": node_group["reader_endpoint_address"],
                "port": group.port,
            }
    names = inspect.signature(CacheCluster).parameters
    for member in group.member_clusters:
        fields = dict.fromkeys(names) | {name: given[name] for name in names if name in given}
        fields |= {
            "account_id": self.account_id,
            "region_name": self.region_name,
            "cache_cluster_id": member,
            "replication_group_id": group.replication_group_id,
            "engine": "redis",  # moto gives the fields of a member to no other engine
            "port": group.port,
        }
        cluster: Any = CacheCluster(**fields)
        cluster.engine = group.engine
        _follow(cluster, group, {})
        self.cache_clusters[member] = cluster
    return group


def _follow(cluster: Any, group: Any, changes: dict[str, Any]) -> None:
    """Let a member cluster tell what its group was told."""
    version = changes.get("EngineVersion")
    if version:
        cluster.engine_version = group.engine_version = version
    name = changes.get("CacheParameterGroupName") or group.cache_parameter_group_name
    if not name:
        major = str(group.engine_version).split(".")[0]
        name = f"default.{group.engine}{major}"
    group.cache_parameter_group_name = name
    groups = changes.get("SecurityGroupIds") or group.security_group_ids or []
    group.security_group_ids = groups
    cluster.cache_parameter_group = {"CacheParameterGroupName": name, "ParameterApplyStatus": "in-sync"}
    cluster.security_groups = [
        {"SecurityGroupId": security_group, "Status": "active"} for security_group in groups
    ]
    cluster.cache_node_type = group.cache_node_type
    cluster.preferred_maintenance_window = group.preferred_maintenance_window or "sun:05:00-sun:06:00"
    cluster.auth_token_enabled = group.auth_token_enabled
    cluster.at_rest_encryption_enabled = group.at_rest_encryption_enabled
    cluster.transit_encryption_enabled = group.transit_encryption_enabled
    cluster.auto_minor_version_upgrade = group.auto_minor_version_upgrade


def _forget(backend: ElastiCacheBackend, group: ReplicationGroup) -> None:
    for member in [
        name for name in backend.cache_clusters if name.startswith(f"{group.replication_group_id}-")
    ]:
        del backend.cache_clusters[member]
    del backend.replication_groups[group.replication_group_id]


def install(account: Account) -> Caches:
    """Let moto's server answer ElastiCache with these handlers."""
    setattr(ElastiCacheBackend, "create_replication_group", create_replication_group)  # noqa: B010 - untyped
    ElastiCacheAnswers.caches = Caches(account)
    urls.url_paths = dict.fromkeys(urls.url_paths, ElastiCacheAnswers.dispatch)
    return ElastiCacheAnswers.caches
