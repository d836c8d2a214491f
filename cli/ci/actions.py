"""What Pulumi's AWS provider asks of AWS for each kind of resource, and for each lookup.

Reads are what it asks when it refreshes a resource, writes what it asks beside to create, change, tag and
delete it, as the sources of the provider's resources (hashicorp/terraform-provider-aws, internal/service)
and AWS's Service Authorization Reference say. Roles of CI are made from this, and a test renders every
stack against it: a new kind of resource is added here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Needs:
    """Actions by kind of use."""

    reads: frozenset[str]
    writes: frozenset[str]


def _needs(reads: str, writes: str = "") -> Needs:
    """Take actions as words; a word without a service is of the service before it."""
    return Needs(frozenset(_words(reads)), frozenset(_words(writes)))


def _words(text: str) -> Iterable[str]:
    service = ""
    for word in text.split():
        service, _, name = word.rpartition(":") if ":" in word else (service, "", word)
        yield f"{service}:{name}"


_GROUPS: Final = (
    "ec2:DescribeSecurityGroups DescribeSecurityGroupRules DescribeNetworkInterfaces DescribeTags"
)
_EC2_TAGS: Final = "ec2:CreateTags DeleteTags"
_BALANCER: Final = "elasticloadbalancing:AddTags RemoveTags"
_ECS_TAGS: Final = "ecs:TagResource UntagResource"
_CACHE_TAGS: Final = "elasticache:AddTagsToResource RemoveTagsFromResource"
_RDS_TAGS: Final = "rds:AddTagsToResource RemoveTagsFromResource"
_TASKS: Final = "ecs:DescribeTasks ListTasks DescribeTaskDefinition DescribeServices"
_SCALING_TAGS: Final = "application-autoscaling:TagResource UntagResource"
_PUSH: Final = (
    "ecr:BatchCheckLayerAvailability BatchGetImage GetDownloadUrlForLayer InitiateLayerUpload "
    "UploadLayerPart CompleteLayerUpload PutImage"
)

RESOURCES: Final[Mapping[str, Needs]] = {
    "acm/Certificate": _needs(
        "acm:DescribeCertificate ListTagsForCertificate",
        "acm:RequestCertificate DeleteCertificate UpdateCertificateOptions AddTagsToCertificate "
        "RemoveTagsFromCertificate",
    ),
    "acm/CertificateValidation": _needs("acm:DescribeCertificate"),
    "appautoscaling/Policy": _needs(
        "application-autoscaling:DescribeScalingPolicies cloudwatch:DescribeAlarms",
        "application-autoscaling:PutScalingPolicy DeleteScalingPolicy cloudwatch:PutMetricAlarm DeleteAlarms",
    ),
    "appautoscaling/ScheduledAction": _needs(
        "application-autoscaling:DescribeScheduledActions",
        "application-autoscaling:PutScheduledAction DeleteScheduledAction",
    ),
    "appautoscaling/Target": _needs(
        "application-autoscaling:DescribeScalableTargets ListTagsForResource",
        f"application-autoscaling:RegisterScalableTarget DeregisterScalableTarget {_SCALING_TAGS}",
    ),
    "cloudwatch/MetricAlarm": _needs(
        "cloudwatch:DescribeAlarms ListTagsForResource",
        "cloudwatch:PutMetricAlarm DeleteAlarms TagResource UntagResource",
    ),
    "cloudwatch/LogGroup": _needs(
        "logs:DescribeLogGroups ListTagsForResource",
        "logs:CreateLogGroup DeleteLogGroup PutRetentionPolicy DeleteRetentionPolicy AssociateKmsKey "
        "DisassociateKmsKey TagResource UntagResource",
    ),
    "dynamodb/Table": _needs(
        "dynamodb:DescribeTable DescribeTimeToLive DescribeContinuousBackups ListTagsOfResource",
        "dynamodb:CreateTable UpdateTable UpdateTimeToLive UpdateContinuousBackups DeleteTable TagResource "
        "UntagResource",
    ),
    "cloudwatch/Dashboard": _needs("cloudwatch:GetDashboard", "cloudwatch:PutDashboard DeleteDashboards"),
    "cloudwatch/EventRule": _needs(
        "events:DescribeRule ListTagsForResource ListTargetsByRule",
        "events:PutRule DeleteRule EnableRule DisableRule TagResource UntagResource RemoveTargets",
    ),
    "cloudwatch/EventTarget": _needs("events:ListTargetsByRule", "events:PutTargets RemoveTargets"),
    "cloudwatch/LogMetricFilter": _needs(
        "logs:DescribeMetricFilters", "logs:PutMetricFilter DeleteMetricFilter"
    ),
    "cloudwatch/LogResourcePolicy": _needs(
        "logs:DescribeResourcePolicies", "logs:PutResourcePolicy DeleteResourcePolicy"
    ),
    "ec2/DefaultSecurityGroup": _needs(
        _GROUPS,
        "ec2:AuthorizeSecurityGroupEgress AuthorizeSecurityGroupIngress RevokeSecurityGroupEgress "
        f"RevokeSecurityGroupIngress {_EC2_TAGS}",
    ),
    "ec2/Eip": _needs(
        "ec2:DescribeAddresses DescribeAddressesAttribute DescribeNetworkInterfaces",
        f"ec2:AllocateAddress ReleaseAddress AssociateAddress DisassociateAddress {_EC2_TAGS}",
    ),
    "ec2/FlowLog": _needs("ec2:DescribeFlowLogs", f"ec2:CreateFlowLogs DeleteFlowLogs {_EC2_TAGS}"),
    "ec2/InternetGateway": _needs(
        "ec2:DescribeInternetGateways",
        "ec2:CreateInternetGateway DeleteInternetGateway AttachInternetGateway DetachInternetGateway "
        f"{_EC2_TAGS}",
    ),
    "ec2/NatGateway": _needs(
        "ec2:DescribeNatGateways DescribeAddresses", f"ec2:CreateNatGateway DeleteNatGateway {_EC2_TAGS}"
    ),
    "ec2/Route": _needs("ec2:DescribeRouteTables", "ec2:CreateRoute ReplaceRoute DeleteRoute"),
    "ec2/RouteTable": _needs(
        "ec2:DescribeRouteTables",
        "ec2:CreateRouteTable DeleteRouteTable CreateRoute ReplaceRoute DeleteRoute DisassociateRouteTable "
        f"{_EC2_TAGS}",
    ),
    "ec2/RouteTableAssociation": _needs(
        "ec2:DescribeRouteTables",
        "ec2:AssociateRouteTable DisassociateRouteTable ReplaceRouteTableAssociation",
    ),
    "ec2/SecurityGroup": _needs(
        _GROUPS,
        "ec2:CreateSecurityGroup DeleteSecurityGroup AuthorizeSecurityGroupEgress "
        "AuthorizeSecurityGroupIngress RevokeSecurityGroupEgress RevokeSecurityGroupIngress "
        "UpdateSecurityGroupRuleDescriptionsEgress UpdateSecurityGroupRuleDescriptionsIngress "
        f"{_EC2_TAGS}",
    ),
    "ec2/Subnet": _needs(
        "ec2:DescribeSubnets DescribeNetworkInterfaces",
        "ec2:CreateSubnet DeleteSubnet ModifySubnetAttribute DetachNetworkInterface DeleteNetworkInterface "
        f"{_EC2_TAGS}",
    ),
    "ec2/Vpc": _needs(
        "ec2:DescribeVpcs DescribeVpcAttribute DescribeNetworkAcls DescribeRouteTables "
        "DescribeSecurityGroups",
        f"ec2:CreateVpc DeleteVpc ModifyVpcAttribute {_EC2_TAGS}",
    ),
    "ec2/VpcEndpoint": _needs(
        "ec2:DescribeVpcEndpoints DescribePrefixLists",
        f"ec2:CreateVpcEndpoint ModifyVpcEndpoint DeleteVpcEndpoints {_EC2_TAGS}",
    ),
    "ecr/LifecyclePolicy": _needs("ecr:GetLifecyclePolicy", "ecr:PutLifecyclePolicy DeleteLifecyclePolicy"),
    "ecr/Repository": _needs(
        "ecr:DescribeRepositories ListTagsForResource",
        "ecr:CreateRepository DeleteRepository PutImageScanningConfiguration PutImageTagMutability "
        "BatchDeleteImage TagResource UntagResource",
    ),
    "ecr/RepositoryPolicy": _needs(
        "ecr:GetRepositoryPolicy", "ecr:SetRepositoryPolicy DeleteRepositoryPolicy"
    ),
    "ecs/Cluster": _needs(
        "ecs:DescribeClusters ListTagsForResource",
        f"ecs:CreateCluster UpdateCluster UpdateClusterSettings DeleteCluster {_ECS_TAGS}",
    ),
    "ecs/ClusterCapacityProviders": _needs("ecs:DescribeClusters", "ecs:PutClusterCapacityProviders"),
    "ecs/Service": _needs(
        "ecs:DescribeServices DescribeServiceDeployments ListServiceDeployments ListTagsForResource",
        f"ecs:CreateService UpdateService DeleteService {_ECS_TAGS}",
    ),
    "ecs/TaskDefinition": _needs(
        "ecs:DescribeTaskDefinition ListTagsForResource",
        f"ecs:RegisterTaskDefinition DeregisterTaskDefinition {_ECS_TAGS}",
    ),
    "elasticache/ParameterGroup": _needs(
        "elasticache:DescribeCacheParameterGroups DescribeCacheParameters ListTagsForResource",
        "elasticache:CreateCacheParameterGroup ModifyCacheParameterGroup ResetCacheParameterGroup "
        f"DeleteCacheParameterGroup {_CACHE_TAGS}",
    ),
    "elasticache/ReplicationGroup": _needs(
        "elasticache:DescribeReplicationGroups DescribeCacheClusters ListTagsForResource",
        "elasticache:CreateReplicationGroup ModifyReplicationGroup DeleteReplicationGroup "
        "ModifyReplicationGroupShardConfiguration IncreaseReplicaCount DecreaseReplicaCount "
        f"CreateSnapshot {_CACHE_TAGS}",
    ),
    "elasticache/SubnetGroup": _needs(
        "elasticache:DescribeCacheSubnetGroups ListTagsForResource",
        f"elasticache:CreateCacheSubnetGroup ModifyCacheSubnetGroup DeleteCacheSubnetGroup {_CACHE_TAGS}",
    ),
    "iam/Role": _needs(
        "iam:GetRole GetRolePolicy ListRolePolicies ListAttachedRolePolicies ListInstanceProfilesForRole "
        "ListRoleTags",
        "iam:CreateRole DeleteRole UpdateRole UpdateRoleDescription UpdateAssumeRolePolicy PassRole TagRole "
        "UntagRole",
    ),
    "iam/RolePolicy": _needs("iam:GetRolePolicy", "iam:PutRolePolicy DeleteRolePolicy"),
    "kms/Key": _needs(
        "kms:DescribeKey GetKeyPolicy GetKeyRotationStatus ListResourceTags",
        "kms:CreateKey PutKeyPolicy EnableKey DisableKey EnableKeyRotation DisableKeyRotation "
        "UpdateKeyDescription ScheduleKeyDeletion TagResource UntagResource",
    ),
    "lb/Listener": _needs(
        "elasticloadbalancing:DescribeListeners DescribeListenerAttributes DescribeTags",
        "elasticloadbalancing:CreateListener ModifyListener ModifyListenerAttributes DeleteListener "
        f"{_BALANCER}",
    ),
    "lb/ListenerRule": _needs(
        "elasticloadbalancing:DescribeRules DescribeTags",
        f"elasticloadbalancing:CreateRule ModifyRule DeleteRule SetRulePriorities {_BALANCER}",
    ),
    "lb/LoadBalancer": _needs(
        "elasticloadbalancing:DescribeLoadBalancers DescribeLoadBalancerAttributes "
        "DescribeCapacityReservation DescribeTags ec2:DescribeAccountAttributes DescribeAddresses "
        "DescribeInternetGateways DescribeNetworkInterfaces DescribeSecurityGroups DescribeSubnets "
        "DescribeVpcs",
        "elasticloadbalancing:CreateLoadBalancer DeleteLoadBalancer ModifyLoadBalancerAttributes "
        f"SetSecurityGroups SetSubnets SetIpAddressType {_BALANCER}",
    ),
    "lb/TargetGroup": _needs(
        "elasticloadbalancing:DescribeTargetGroups DescribeTargetGroupAttributes DescribeTags",
        "elasticloadbalancing:CreateTargetGroup ModifyTargetGroup ModifyTargetGroupAttributes "
        f"DeleteTargetGroup {_BALANCER}",
    ),
    "lb/TargetGroupAttachment": _needs(
        "elasticloadbalancing:DescribeTargetHealth",
        "elasticloadbalancing:RegisterTargets DeregisterTargets",
    ),
    "pulumi-python:dynamic/index:BuiltImage": _needs("ecr:DescribeImages", _PUSH),
    "pulumi-python:dynamic/index:DagArchive": _needs("s3:GetObject ListBucket", "s3:PutObject"),
    "pulumi-python:dynamic/index:DagPointer": _needs("s3:GetObject ListBucket", "s3:PutObject"),
    "pulumi-python:dynamic/index:ImageCopy": _needs("ecr:DescribeImages", _PUSH),
    "pulumi-python:dynamic/index:KeptImage": _needs(
        "ecr:DescribeImages", "ecr:BatchGetImage PutImage BatchDeleteImage"
    ),
    "pulumi-python:dynamic/index:OneOffTask": _needs(_TASKS, "ecs:RunTask StopTask logs:GetLogEvents"),
    "pulumi-python:dynamic/index:ReleasedImages": _needs("ecr:DescribeImages", "ecr:BatchDeleteImage"),
    "pulumi-python:dynamic/index:Rollout": _needs(
        f"{_TASKS} ecs:DescribeServiceDeployments ListServiceDeployments GetTaskProtection "
        "elasticloadbalancing:DescribeTargetHealth",
        "ecs:UpdateService UpdateTaskProtection logs:GetLogEvents",
    ),
    "rds/Instance": _needs(
        "rds:DescribeDBInstances DescribeDBSnapshots DescribeDBEngineVersions ListTagsForResource",
        "rds:CreateDBInstance RestoreDBInstanceFromDBSnapshot ModifyDBInstance RebootDBInstance "
        f"StartDBInstance DeleteDBInstance CreateDBSnapshot {_RDS_TAGS} "
        "secretsmanager:CreateSecret TagResource",
    ),
    "rds/ParameterGroup": _needs(
        "rds:DescribeDBParameterGroups DescribeDBParameters ListTagsForResource",
        "rds:CreateDBParameterGroup ModifyDBParameterGroup ResetDBParameterGroup DeleteDBParameterGroup "
        f"{_RDS_TAGS}",
    ),
    "rds/SubnetGroup": _needs(
        "rds:DescribeDBSubnetGroups ListTagsForResource",
        f"rds:CreateDBSubnetGroup ModifyDBSubnetGroup DeleteDBSubnetGroup {_RDS_TAGS}",
    ),
    "route53/Record": _needs(
        "route53:GetHostedZone ListResourceRecordSets GetChange", "route53:ChangeResourceRecordSets"
    ),
    "s3/Bucket": _needs(
        "s3:ListBucket ListBucketVersions GetAccelerateConfiguration GetBucketAcl GetBucketCORS "
        "GetBucketLocation GetBucketLogging GetBucketObjectLockConfiguration GetBucketPolicy "
        "GetBucketRequestPayment GetBucketTagging GetBucketVersioning GetBucketWebsite "
        "GetEncryptionConfiguration GetLifecycleConfiguration GetReplicationConfiguration "
        "ListTagsForResource",
        "s3:CreateBucket DeleteBucket DeleteObject DeleteObjectVersion PutBucketTagging TagResource "
        "UntagResource",
    ),
    "sns/Topic": _needs(
        "sns:GetTopicAttributes ListTagsForResource",
        "sns:CreateTopic DeleteTopic SetTopicAttributes TagResource UntagResource",
    ),
    "sns/TopicPolicy": _needs("sns:GetTopicAttributes", "sns:SetTopicAttributes"),
    "sns/TopicSubscription": _needs(
        "sns:GetSubscriptionAttributes ListSubscriptionsByTopic", "sns:Subscribe Unsubscribe"
    ),
    "s3/BucketLifecycleConfiguration": _needs("s3:GetLifecycleConfiguration", "s3:PutLifecycleConfiguration"),
    "s3/BucketObjectv2": _needs(
        "s3:GetObject GetObjectTagging GetObjectVersion ListBucket ListBucketVersions",
        "s3:PutObject PutObjectTagging DeleteObject DeleteObjectVersion",
    ),
    "s3/BucketOwnershipControls": _needs("s3:GetBucketOwnershipControls", "s3:PutBucketOwnershipControls"),
    "s3/BucketPolicy": _needs("s3:GetBucketPolicy", "s3:PutBucketPolicy DeleteBucketPolicy"),
    "s3/BucketPublicAccessBlock": _needs("s3:GetBucketPublicAccessBlock", "s3:PutBucketPublicAccessBlock"),
    "s3/BucketServerSideEncryptionConfiguration": _needs(
        "s3:GetEncryptionConfiguration", "s3:PutEncryptionConfiguration"
    ),
    "s3/BucketVersioning": _needs("s3:GetBucketVersioning", "s3:PutBucketVersioning"),
    "scheduler/Schedule": _needs(
        "scheduler:GetSchedule", "scheduler:CreateSchedule UpdateSchedule DeleteSchedule"
    ),
    "secretsmanager/Secret": _needs(
        "secretsmanager:DescribeSecret GetResourcePolicy",
        "secretsmanager:CreateSecret UpdateSecret DeleteSecret TagResource UntagResource",
    ),
    "secretsmanager/SecretVersion": _needs(
        "secretsmanager:DescribeSecret GetSecretValue ListSecretVersionIds",
        "secretsmanager:PutSecretValue UpdateSecretVersionStage",
    ),
    "servicediscovery/PrivateDnsNamespace": _needs(
        "servicediscovery:GetNamespace GetOperation ListNamespaces ListTagsForResource "
        "route53:GetHostedZone ListHostedZonesByName ec2:DescribeVpcs",
        "servicediscovery:CreatePrivateDnsNamespace UpdatePrivateDnsNamespace DeleteNamespace TagResource "
        "UntagResource route53:CreateHostedZone DeleteHostedZone ChangeResourceRecordSets",
    ),
    "servicediscovery/Service": _needs(
        "servicediscovery:GetService GetOperation ListInstances ListTagsForResource",
        "servicediscovery:CreateService UpdateService DeleteService DeregisterInstance TagResource "
        "UntagResource",
    ),
    "sqs/Queue": _needs(
        "sqs:GetQueueAttributes ListQueueTags",
        "sqs:CreateQueue SetQueueAttributes DeleteQueue TagQueue UntagQueue",
    ),
    "sqs/QueuePolicy": _needs("sqs:GetQueueAttributes", "sqs:SetQueueAttributes"),
    "sqs/RedriveAllowPolicy": _needs("sqs:GetQueueAttributes", "sqs:SetQueueAttributes"),
    "vpc/SecurityGroupEgressRule": _needs(
        "ec2:DescribeSecurityGroupRules",
        f"ec2:AuthorizeSecurityGroupEgress ModifySecurityGroupRules RevokeSecurityGroupEgress {_EC2_TAGS}",
    ),
    "vpc/SecurityGroupIngressRule": _needs(
        "ec2:DescribeSecurityGroupRules",
        f"ec2:AuthorizeSecurityGroupIngress ModifySecurityGroupRules RevokeSecurityGroupIngress {_EC2_TAGS}",
    ),
    "wafv2/WebAclAssociation": _needs(
        "wafv2:GetWebACLForResource GetWebACL",
        "wafv2:AssociateWebACL DisassociateWebACL elasticloadbalancing:SetWebAcl",
    ),
}
"""By `Rendered.kind` where AWS's provider makes them, else by type."""

LOOKUPS: Final[Mapping[str, Needs]] = {
    "aws:ec2/getElasticIp:getElasticIp": _needs("ec2:DescribeAddresses"),
    "aws:ec2/getRouteTable:getRouteTable": _needs("ec2:DescribeRouteTables"),
    "aws:ec2/getRouteTables:getRouteTables": _needs("ec2:DescribeRouteTables"),
    "aws:ec2/getSubnet:getSubnet": _needs("ec2:DescribeSubnets"),
    "aws:ec2/getSubnets:getSubnets": _needs("ec2:DescribeSubnets"),
    "aws:ec2/getVpc:getVpc": _needs("ec2:DescribeVpcs DescribeVpcAttribute DescribeRouteTables"),
    "aws:ec2/getVpcEndpoint:getVpcEndpoint": _needs("ec2:DescribeVpcEndpoints DescribePrefixLists"),
    "aws:ec2/getVpcs:getVpcs": _needs("ec2:DescribeVpcs"),
    "aws:ecr/getRepository:getRepository": _needs("ecr:DescribeRepositories ListTagsForResource"),
    "aws:index/getAvailabilityZones:getAvailabilityZones": _needs("ec2:DescribeAvailabilityZones"),
    "aws:index/getCallerIdentity:getCallerIdentity": _needs(""),
    "aws:index/getPartition:getPartition": _needs(""),
    "aws:index/getRegion:getRegion": _needs("ec2:DescribeRegions"),
    "aws:kms/getKey:getKey": _needs("kms:DescribeKey"),
    "aws:route53/getZone:getZone": _needs("route53:GetHostedZone ListHostedZones ListTagsForResource"),
    "aws:s3/getBucket:getBucket": _needs("s3:ListBucket GetBucketLocation"),
    "aws:secretsmanager/getSecretRotation:getSecretRotation": _needs("secretsmanager:DescribeSecret"),
    "aws:secretsmanager/getSecretVersion:getSecretVersion": _needs("secretsmanager:GetSecretValue"),
    "aws:secretsmanager/getSecretVersions:getSecretVersions": _needs("secretsmanager:ListSecretVersionIds"),
    "aws:servicequotas/getServiceQuota:getServiceQuota": _needs(
        "servicequotas:GetServiceQuota GetAWSDefaultServiceQuota"
    ),
}
"""By the function's token; GetCallerIdentity needs no right."""

WITHOUT_PERMISSION: Final = ("airflow-ecs:", "random:")
"""What the types of resources begin with for which AWS is not asked."""


def read_by_lookups() -> frozenset[str]:
    """Give what the program's lookups read: all that a preview asks of AWS."""
    return _all(one.reads for one in LOOKUPS.values())


def reads() -> frozenset[str]:
    """Give what is asked to look at everything that a stack may hold."""
    return read_by_lookups() | _all(one.reads for one in RESOURCES.values())


def writes() -> frozenset[str]:
    """Give what is asked beside, to change it."""
    return _all(one.writes for one in RESOURCES.values())


def _all(several: Iterable[frozenset[str]]) -> frozenset[str]:
    return frozenset(action for one in several for action in one)
