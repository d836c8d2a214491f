"""What AWS allows in names, in one place, and names that keep to it.

Pulumi makes a resource's name of its logical name, a hyphen and seven digits, and refuses what is longer than
AWS takes. https://www.pulumi.com/docs/iac/concepts/resources/names/#autonaming
"""

import hashlib
import re
from dataclasses import dataclass
from typing import Final

SUFFIX_LENGTH: Final = len("-1234567")
"""What Pulumi adds to a logical name."""
MAX_CLUSTER_NAME_LENGTH: Final = 40
"""Characters of a cluster's name: what is made of it without `fitting` has room for so many."""
MAX_STACK_NAME_LENGTH: Final = 20
"""Characters of a stack's name; with the longest prefix it fits into `MAX_CLUSTER_NAME_LENGTH`."""
_DIGEST_LENGTH: Final = 6
_MAX_SUFFIX_LENGTH: Final = 10
_WORDS: Final = r"[a-z0-9]+(-[a-z0-9]+)*"
_LETTER_FIRST: Final = r"[a-z][a-z0-9]*(-[a-z0-9]+)*"


@dataclass(frozen=True, kw_only=True)
class Limit:
    """What AWS takes as a name of a kind of resource; it may take more characters than `pattern` does.

    Attributes:
        most: characters.
        field: the property that bears the name.
        pattern: form of the names that the program makes.
    """

    most: int
    field: str = "name"
    pattern: str = _WORDS


LIMITS: Final = {
    # https://docs.aws.amazon.com/autoscaling/application/APIReference/API_PutScalingPolicy.html
    "aws:appautoscaling/policy:Policy": Limit(most=256),
    # https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
    "aws:cloudwatch/metricAlarm:MetricAlarm": Limit(most=255),
    # https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html
    "aws:cloudwatch/logGroup:LogGroup": Limit(
        most=512, pattern=rf"(/aws/rds/instance/{_WORDS}/|/aws/events/)?{_WORDS}"
    ),
    # https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutDashboard.html
    "aws:cloudwatch/dashboard:Dashboard": Limit(most=255, field="dashboardName"),
    # https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutRule.html
    "aws:cloudwatch/eventRule:EventRule": Limit(most=64),
    # https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutMetricFilter.html
    "aws:cloudwatch/logMetricFilter:LogMetricFilter": Limit(most=512),
    # https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutResourcePolicy.html
    "aws:cloudwatch/logResourcePolicy:LogResourcePolicy": Limit(most=255, field="policyName"),
    # https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CreateTable.html
    "aws:dynamodb/table:Table": Limit(most=255),
    # https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html (not sg-...)
    "aws:ec2/securityGroup:SecurityGroup": Limit(most=255, pattern=rf"(?!sg-){_WORDS}"),
    # https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html
    "aws:ecr/repository:Repository": Limit(most=256, pattern=_LETTER_FIRST),
    # https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateCluster.html
    "aws:ecs/cluster:Cluster": Limit(most=255),
    # https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateService.html
    "aws:ecs/service:Service": Limit(most=255),
    # https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RegisterTaskDefinition.html
    "aws:ecs/taskDefinition:TaskDefinition": Limit(most=255, field="family"),
    # https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_CreateCacheParameterGroup.html
    "aws:elasticache/parameterGroup:ParameterGroup": Limit(most=255, pattern=_LETTER_FIRST),
    # https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_CreateReplicationGroup.html
    "aws:elasticache/replicationGroup:ReplicationGroup": Limit(
        most=40, field="replicationGroupId", pattern=_LETTER_FIRST
    ),
    # https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_CreateCacheSubnetGroup.html
    "aws:elasticache/subnetGroup:SubnetGroup": Limit(most=255),
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    "aws:iam/role:Role": Limit(most=64),
    "aws:iam/rolePolicy:RolePolicy": Limit(most=128),
    # https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html
    "aws:lb/loadBalancer:LoadBalancer": Limit(most=32, pattern=rf"(?!internal-){_WORDS}"),
    # https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html
    "aws:lb/targetGroup:TargetGroup": Limit(most=32),
    # https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Limits.html#RDS_Limits.Constraints
    "aws:rds/instance:Instance": Limit(most=63, field="identifier", pattern=_LETTER_FIRST),
    "aws:rds/parameterGroup:ParameterGroup": Limit(most=255, pattern=_LETTER_FIRST),
    "aws:rds/subnetGroup:SubnetGroup": Limit(most=255, pattern=_LETTER_FIRST),
    # https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
    "aws:s3/bucket:Bucket": Limit(
        most=63,
        field="bucket",
        pattern=rf"(?!xn--|sthree-|amzn-s3-demo-)(?!.*(-s3alias|--ol-s3|--x-s3)$){_WORDS}",
    ),
    # https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateSchedule.html
    "aws:scheduler/schedule:Schedule": Limit(most=64),
    # https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html
    "aws:secretsmanager/secret:Secret": Limit(most=512),
    # https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html
    "aws:sns/topic:Topic": Limit(most=256),
    # A label of DNS: https://docs.aws.amazon.com/cloud-map/latest/api/API_CreatePrivateDnsNamespace.html
    "aws:servicediscovery/privateDnsNamespace:PrivateDnsNamespace": Limit(
        most=63 + len(".internal"), pattern=rf"{_WORDS}\.internal"
    ),
    # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html
    "aws:sqs/queue:Queue": Limit(most=80, pattern=r"[A-Za-z0-9_-]+"),
    # https://docs.aws.amazon.com/cloud-map/latest/api/API_CreateService.html
    "aws:servicediscovery/service:Service": Limit(most=127),
}
"""By Pulumi's type: every kind of resource of the program that AWS knows by a name."""


def fitting(kind: str, name: str) -> str:
    """Give a logical name from which Pulumi can make one that AWS takes: this one, or a shorter one.

    A shorter one begins as `name` does, ends with its last words where they are short, and has a digest of
    all of it between.
    """
    most = LIMITS[kind].most - SUFFIX_LENGTH
    if len(name) <= most:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:_DIGEST_LENGTH]
    room = most - len(f"-{digest}")
    _, _, tail = name[-min(_MAX_SUFFIX_LENGTH, room // 2) :].partition("-")
    end = f"{digest}-{tail}" if tail else digest
    return f"{name[: most - len(end) - 1].rstrip('-')}-{end}"


def cluster_error(name: str) -> str | None:
    """Return why a cluster cannot have a name: names in it begin so, and the strictest service decides."""
    if re.fullmatch(_LETTER_FIRST, name) and len(name) <= MAX_CLUSTER_NAME_LENGTH:
        return None
    form = "a-z 0-9, with single hyphens between, a letter first"
    return f"must be 1 to {MAX_CLUSTER_NAME_LENGTH} of {form}; got {name!r}"


def stack_error(name: str) -> str | None:
    """Return why a stack cannot have a name; its cluster's name is made of the prefix and this."""
    if re.fullmatch(_WORDS, name) and len(name) <= MAX_STACK_NAME_LENGTH:
        return None
    return (
        f"must be 1 to {MAX_STACK_NAME_LENGTH} of a-z 0-9, with single hyphens between, as AWS requires in "
        f"names; got {name!r}. Create another: pulumi stack init NAME"
    )
