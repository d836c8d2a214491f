# pyright: basic
# moto has no types for its backends.
"""Replicas of a replication group with cluster mode off, which moto only knows from its creation.

https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_IncreaseReplicaCount.html,
https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_DecreaseReplicaCount.html
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from moto.core.responses import ActionResult
from moto.elasticache.exceptions import (
    ElastiCacheException,
    InvalidParameterValueException,
    ReplicationGroupNotFound,
)
from moto.elasticache.responses import ElastiCacheResponse

if TYPE_CHECKING:
    from embedded_aws.account.elasticache import Caches

_MAX_REPLICAS = 5
"""https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Replication.html."""


class NothingToDoError(ElastiCacheException):
    """The group has this number of replicas."""

    code = "NoOperationFault"
    message = "The operation was not performed because no changes were required."


class ReplicaCounts(ElastiCacheResponse):
    """Handlers that moto's dispatcher finds by the action's name."""

    caches: Caches

    def increase_replica_count(self) -> ActionResult:
        """Add replicas; they can be reached at once."""
        group, wanted = self._asked()
        if wanted < _replicas(group):
            raise InvalidParameterValueException(
                "NewReplicaCount must be greater than the number of replicas."
            )
        if wanted > _MAX_REPLICAS:
            raise InvalidParameterValueException(f"A replication group has at most {_MAX_REPLICAS} replicas.")
        while _replicas(group) < wanted:
            self._add(group)
        self.caches.publish(group)
        return ActionResult({"ReplicationGroup": group})

    def decrease_replica_count(self) -> ActionResult:
        """Remove the last replicas; one has to stay where the group fails over."""
        group, wanted = self._asked()
        if wanted > _replicas(group):
            raise InvalidParameterValueException("NewReplicaCount must be less than the number of replicas.")
        if not wanted and "enabled" in (group.multi_az, group.automatic_failover):
            raise InvalidParameterValueException(
                "A replication group with Multi-AZ or automatic failover has at least one replica."
            )
        (node_group,) = group.node_groups
        while _replicas(group) > wanted:
            gone = node_group["node_group_members"].pop()["cache_cluster_id"]
            group.member_clusters.remove(gone)
            del self.elasticache_backend.cache_clusters[gone]
        self.caches.publish(group)
        return ActionResult({"ReplicationGroup": group})

    def _asked(self) -> tuple[Any, int]:
        """Return the group, and the number of replicas that it is to have."""
        given = self._get_params()
        group: Any = self.elasticache_backend.replication_groups.get(given["ReplicationGroupId"])
        if group is None:
            raise ReplicationGroupNotFound(given["ReplicationGroupId"])
        if not self._get_bool_param("ApplyImmediately"):
            raise InvalidParameterValueException("ApplyImmediately=False is not currently supported.")
        if (
            group.cluster_mode != "disabled"
            or given.get("ReplicaConfiguration")
            or given.get("ReplicasToRemove")
        ):
            raise NotImplementedError("replicas of cluster mode, or chosen ones")
        wanted = int(given["NewReplicaCount"])
        if wanted == _replicas(group):
            raise NothingToDoError
        return group, wanted

    def _add(self, group: Any) -> None:
        (node_group,) = group.node_groups
        primary, number = node_group["node_group_members"][0], len(node_group["node_group_members"]) + 1
        name = f"{group.replication_group_id}-{number:0>3}"
        domain = primary["read_endpoint"]["address"].partition(".")[2]
        member = copy.deepcopy(primary)
        member |= {"cache_cluster_id": name, "current_role": "replica"}
        member["read_endpoint"]["address"] = f"{name}.{domain}"
        node_group["node_group_members"].append(member)
        group.member_clusters.append(name)
        clusters: Any = self.elasticache_backend.cache_clusters
        first = clusters[primary["cache_cluster_id"]]
        clusters[name] = cluster = copy.copy(first)
        cluster.cache_cluster_id = name
        cluster.arn = first.arn.removesuffix(primary["cache_cluster_id"]) + name


def _replicas(group: Any) -> int:
    return len(group.member_clusters) - 1
