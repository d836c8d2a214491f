"""Calls that name what does not exist, and the error of each: one test an entry (`test_errors.py`)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

ACCOUNT: Final = "123456789012"
NONE: Final = "none-such"
DIGEST: Final = f"sha256:{'0' * 64}"
TAGS: Final = [{"Key": "a", "Value": "b"}]
KEYS: Final = {"TagKeys": ["a"]}
POLICY: Final = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}'
TRUST: Final = (
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole",'
    '"Principal":{"Service":"ecs-tasks.amazonaws.com"}}]}'
)
DATABASE: Final = {
    "DBInstanceIdentifier": "missing-parts",
    "Engine": "postgres",
    "DBInstanceClass": "db.t4g.micro",
    "AllocatedStorage": 20,
    "MasterUsername": "chief",
    "MasterUserPassword": "longenough",
}


def arn(service: str, rest: str) -> str:
    """Return an ARN of the account."""
    return f"arn:aws:{service}:us-east-1:{ACCOUNT}:{rest}"


@dataclass(frozen=True)
class Missing:
    """What does not exist, and the calls that name it, by operation."""

    service: str
    error: str
    sentence: str
    calls: Mapping[str, Mapping[str, Any]]


def each(given: Mapping[str, Any], **calls: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Give several operations the same arguments, and each its own besides."""
    return {operation: {**given, **more} for operation, more in calls.items()}


BALANCER: Final = arn("elasticloadbalancing", "loadbalancer/app/none/0123456789abcdef")
LISTENER: Final = arn("elasticloadbalancing", "listener/app/none/0123456789abcdef/0123456789abcdef")
GROUP: Final = arn("elasticloadbalancing", "targetgroup/none/0123456789abcdef")
RULE: Final = arn(
    "elasticloadbalancing", "listener-rule/app/none/0123456789abcdef/0123456789abcdef/0123456789abcdef"
)
FORWARD: Final = [{"Type": "forward", "TargetGroupArn": GROUP}]
TARGETS: Final = [{"Id": "127.0.0.1"}]
UPLOAD: Final = "0" * 36
SCHEDULE: Final = {
    "FlexibleTimeWindow": {"Mode": "OFF"},
    "ScheduleExpression": "rate(1 day)",
    "Target": {"Arn": "arn:c", "RoleArn": "arn:r"},
}
SCALED: Final = {
    "ServiceNamespace": "ecs",
    "ResourceId": "service/none/none",
    "ScalableDimension": "ecs:service:DesiredCount",
}
TRACKING: Final = {
    "PolicyName": "p",
    "PolicyType": "TargetTrackingScaling",
    "TargetTrackingScalingPolicyConfiguration": {
        "TargetValue": 50.0,
        "PredefinedMetricSpecification": {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"},
    },
}
RECORD: Final = {
    "Name": "a.example.com",
    "Type": "A",
    "TTL": 60,
    "ResourceRecords": [{"Value": "127.0.0.1"}],
}

CONTAINERS: Final = (
    Missing(
        "ecs",
        "ClusterNotFoundException",
        "A cluster that does not exist is an error.",
        each(
            {"cluster": NONE},
            CreateService={"serviceName": "x", "taskDefinition": "x"},
            DeleteCluster={},
            DeleteService={"service": "x"},
            DescribeServices={"services": ["x"]},
            DescribeTasks={"tasks": ["x"]},
            GetTaskProtection={},
            ListServiceDeployments={"service": "x"},
            ListTasks={},
            PutClusterCapacityProviders={"capacityProviders": [], "defaultCapacityProviderStrategy": []},
            RunTask={"taskDefinition": "x"},
            StopTask={"task": "x"},
            UpdateCluster={},
            UpdateService={"service": "x"},
            UpdateTaskProtection={"tasks": ["x"], "protectionEnabled": True},
        )
        | each(
            {"resourceArn": arn("ecs", "cluster/none")},
            ListTagsForResource={},
            TagResource={"tags": [{"key": "a", "value": "b"}]},
            UntagResource={"tagKeys": ["a"]},
        ),
    ),
    Missing(
        "ecs",
        "ServiceNotFoundException",
        "A service that does not exist is an error.",
        each(
            {"cluster": "stage", "service": NONE},
            DeleteService={},
            ListServiceDeployments={},
            UpdateService={},
        )
        | {"ListTasks": {"cluster": "stage", "serviceName": NONE}},
    ),
    Missing(
        "ecs",
        "ClientException",
        "A task definition that does not exist is an error.",
        {
            "CreateService": {"cluster": "stage", "serviceName": "x", "taskDefinition": NONE},
            "DeregisterTaskDefinition": {"taskDefinition": "none:1"},
            "DescribeTaskDefinition": {"taskDefinition": "none:1"},
        },
    ),
    Missing(
        "ecr",
        "RepositoryNotFoundException",
        "A repository that does not exist is an error.",
        each(
            {"repositoryName": NONE},
            BatchCheckLayerAvailability={"layerDigests": [DIGEST]},
            BatchDeleteImage={"imageIds": [{"imageTag": "x"}]},
            BatchGetImage={"imageIds": [{"imageTag": "x"}]},
            CompleteLayerUpload={"uploadId": UPLOAD, "layerDigests": [DIGEST]},
            DeleteLifecyclePolicy={},
            DeleteRepository={},
            DeleteRepositoryPolicy={},
            DescribeImages={},
            GetDownloadUrlForLayer={"layerDigest": DIGEST},
            GetLifecyclePolicy={},
            GetRepositoryPolicy={},
            InitiateLayerUpload={},
            PutImage={"imageManifest": "{}"},
            PutImageScanningConfiguration={"imageScanningConfiguration": {"scanOnPush": True}},
            PutImageTagMutability={"imageTagMutability": "MUTABLE"},
            PutLifecyclePolicy={"lifecyclePolicyText": '{"rules": []}'.ljust(100)},
            SetRepositoryPolicy={"policyText": POLICY},
            UploadLayerPart={
                "uploadId": UPLOAD,
                "partFirstByte": 0,
                "partLastByte": 0,
                "layerPartBlob": b"x",
            },
        )
        | {"DescribeRepositories": {"repositoryNames": [NONE]}}
        | each(
            {"resourceArn": arn("ecr", "repository/none")},
            ListTagsForResource={},
            TagResource={"tags": TAGS},
            UntagResource={"tagKeys": ["a"]},
        ),
    ),
)
NETWORK: Final = (
    Missing(
        "elasticloadbalancing",
        "LoadBalancerNotFound",
        "A load balancer that does not exist is an error.",
        each(
            {"LoadBalancerArn": BALANCER},
            CreateListener={"Protocol": "HTTP", "Port": 80, "DefaultActions": FORWARD},
            DescribeListeners={},
            DescribeLoadBalancerAttributes={},
            DescribeTargetGroups={},
            ModifyLoadBalancerAttributes={
                "Attributes": [{"Key": "idle_timeout.timeout_seconds", "Value": "60"}]
            },
            SetIpAddressType={"IpAddressType": "ipv4"},
            SetSecurityGroups={"SecurityGroups": ["sg-1"]},
            SetSubnets={"Subnets": ["subnet-1"]},
        )
        | {"DescribeLoadBalancers": {"LoadBalancerArns": [BALANCER]}}
        | each({"ResourceArns": [BALANCER]}, AddTags={"Tags": TAGS}, RemoveTags=KEYS),
    ),
    Missing(
        "elasticloadbalancing",
        "ListenerNotFound",
        "A listener that does not exist is an error.",
        each(
            {"ListenerArn": LISTENER},
            CreateRule={"Conditions": [], "Priority": 1, "Actions": FORWARD},
            DeleteListener={},
            DescribeListenerAttributes={},
            DescribeRules={},
            ModifyListener={"Port": 81},
            ModifyListenerAttributes={"Attributes": []},
        )
        | {"DescribeListeners": {"ListenerArns": [LISTENER]}},
    ),
    Missing(
        "elasticloadbalancing",
        "RuleNotFound",
        "A rule that does not exist is an error.",
        {
            "DeleteRule": {"RuleArn": RULE},
            "DescribeRules": {"RuleArns": [RULE]},
            "ModifyRule": {"RuleArn": RULE, "Actions": FORWARD},
            "SetRulePriorities": {"RulePriorities": [{"RuleArn": RULE, "Priority": 1}]},
        },
    ),
    Missing(
        "elasticloadbalancing",
        "TargetGroupNotFound",
        "A target group that does not exist is an error.",
        each(
            {"TargetGroupArn": GROUP},
            DeregisterTargets={"Targets": TARGETS},
            DescribeTargetGroupAttributes={},
            DescribeTargetHealth={},
            ModifyTargetGroup={"HealthCheckPath": "/"},
            ModifyTargetGroupAttributes={"Attributes": [{"Key": "stickiness.enabled", "Value": "true"}]},
            RegisterTargets={"Targets": TARGETS},
        )
        | {"DescribeTargetGroups": {"TargetGroupArns": [GROUP]}}
        | each({"ResourceArns": [GROUP]}, AddTags={"Tags": TAGS}, RemoveTags=KEYS),
    ),
    Missing(
        "servicediscovery",
        "NamespaceNotFound",
        "A namespace that does not exist is an error.",
        each(
            {"Id": "ns-none"},
            DeleteNamespace={},
            GetNamespace={},
            UpdatePrivateDnsNamespace={"Namespace": {"Description": "x"}},
        )
        | {"CreateService": {"Name": "x", "NamespaceId": "ns-none"}},
    ),
    Missing(
        "servicediscovery",
        "ServiceNotFound",
        "A service that does not exist is an error.",
        {
            "DeregisterInstance": {"ServiceId": "srv-none", "InstanceId": "x"},
            "DeleteService": {"Id": "srv-none"},
            "GetService": {"Id": "srv-none"},
            "ListInstances": {"ServiceId": "srv-none"},
            "UpdateService": {"Id": "srv-none", "Service": {"Description": "x"}},
        },
    ),
    Missing(
        "servicediscovery",
        "OperationNotFound",
        "An operation that does not exist is an error.",
        {"GetOperation": {"OperationId": "none"}},
    ),
    Missing(
        "route53",
        "NoSuchHostedZone",
        "A hosted zone that does not exist is an error.",
        {
            "ChangeResourceRecordSets": {
                "HostedZoneId": "Z0000000000000",
                "ChangeBatch": {"Changes": [{"Action": "CREATE", "ResourceRecordSet": RECORD}]},
            },
            "DeleteHostedZone": {"Id": "Z0000000000000"},
            "GetHostedZone": {"Id": "Z0000000000000"},
            "ListResourceRecordSets": {"HostedZoneId": "Z0000000000000"},
        },
    ),
    Missing(
        "acm",
        "ResourceNotFoundException",
        "A certificate that does not exist is an error.",
        each(
            {"CertificateArn": arn("acm", "certificate/00000000-0000-0000-0000-000000000000")},
            AddTagsToCertificate={"Tags": TAGS},
            DeleteCertificate={},
            DescribeCertificate={},
            ListTagsForCertificate={},
            RemoveTagsFromCertificate={"Tags": TAGS},
        ),
    ),
    Missing(
        "wafv2",
        "WAFNonexistentItemException",
        "A web ACL that does not exist is an error.",
        {
            "AssociateWebACL": {"WebACLArn": arn("wafv2", "regional/webacl/none/0"), "ResourceArn": BALANCER},
            "GetWebACL": {"Name": "none", "Scope": "REGIONAL", "Id": "0"},
        },
    ),
)
DATA: Final = (
    Missing(
        "rds",
        "DBInstanceNotFound",
        "An instance that does not exist is an error.",
        each(
            {"DBInstanceIdentifier": NONE},
            CreateDBSnapshot={"DBSnapshotIdentifier": "s"},
            DeleteDBInstance={"SkipFinalSnapshot": True},
            DescribeDBInstances={},
            ModifyDBInstance={"AllocatedStorage": 30},
            RebootDBInstance={},
            StartDBInstance={},
        ),
    ),
    Missing(
        "rds",
        "DBParameterGroupNotFound",
        "A parameter group that does not exist is an error.",
        each(
            {"DBParameterGroupName": NONE},
            CreateDBInstance=DATABASE,
            DeleteDBParameterGroup={},
            DescribeDBParameters={},
            ModifyDBParameterGroup={
                "Parameters": [
                    {"ParameterName": "timezone", "ParameterValue": "UTC", "ApplyMethod": "immediate"}
                ]
            },
        ),
    ),
    Missing(
        "rds",
        "DBSubnetGroupNotFoundFault",
        "A subnet group that does not exist is an error.",
        each(
            {"DBSubnetGroupName": NONE},
            CreateDBInstance=DATABASE,
            DeleteDBSubnetGroup={},
            DescribeDBSubnetGroups={},
        ),
    ),
    Missing(
        "rds",
        "DBSnapshotNotFound",
        "A snapshot that does not exist is an error.",
        {"DescribeDBSnapshots": {"DBSnapshotIdentifier": NONE}},
    ),
    Missing(
        "elasticache",
        "ReplicationGroupNotFoundFault",
        "A replication group that does not exist is an error.",
        each(
            {"ReplicationGroupId": NONE},
            CreateSnapshot={"SnapshotName": "s"},
            DecreaseReplicaCount={"ApplyImmediately": True, "NewReplicaCount": 1},
            DeleteReplicationGroup={},
            DescribeReplicationGroups={},
            IncreaseReplicaCount={"ApplyImmediately": True, "NewReplicaCount": 2},
            ModifyReplicationGroup={},
        ),
    ),
    Missing(
        "elasticache",
        "CacheClusterNotFound",
        "A cluster that does not exist is an error.",
        {"DescribeCacheClusters": {"CacheClusterId": NONE}},
    ),
    Missing(
        "elasticache",
        "CacheParameterGroupNotFound",
        "A parameter group that does not exist is an error.",
        each(
            {"CacheParameterGroupName": NONE},
            CreateReplicationGroup={"ReplicationGroupId": "x", "ReplicationGroupDescription": "d"},
            DeleteCacheParameterGroup={},
            DescribeCacheParameterGroups={},
            DescribeCacheParameters={},
            ModifyCacheParameterGroup={
                "ParameterNameValues": [{"ParameterName": "timeout", "ParameterValue": "1"}]
            },
            ResetCacheParameterGroup={"ResetAllParameters": True},
        ),
    ),
    Missing(
        "elasticache",
        "CacheSubnetGroupNotFoundFault",
        "A subnet group that does not exist is an error.",
        each(
            {"CacheSubnetGroupName": NONE},
            CreateReplicationGroup={"ReplicationGroupId": "x", "ReplicationGroupDescription": "d"},
            DeleteCacheSubnetGroup={},
            DescribeCacheSubnetGroups={},
            ModifyCacheSubnetGroup={"CacheSubnetGroupDescription": "d"},
        ),
    ),
    Missing(
        "s3",
        "NoSuchBucket",
        "A bucket that does not exist is an error.",
        each(
            {"Bucket": NONE},
            DeleteBucket={},
            GetBucketPolicy={},
            GetObject={"Key": "k"},
            ListObjectVersions={},
            PutBucketVersioning={"VersioningConfiguration": {"Status": "Enabled"}},
            PutObject={"Key": "k"},
        ),
    ),
)
OTHERS: Final = (
    Missing(
        "scheduler",
        "ResourceNotFoundException",
        "A schedule that does not exist is an error.",
        each({"Name": NONE}, DeleteSchedule={}, GetSchedule={}, UpdateSchedule=SCHEDULE)
        | {"CreateSchedule": {"Name": "x", "GroupName": NONE, **SCHEDULE}},
    ),
    Missing(
        "secretsmanager",
        "ResourceNotFoundException",
        "A secret that does not exist is an error.",
        each(
            {"SecretId": NONE},
            DeleteSecret={},
            DescribeSecret={},
            GetResourcePolicy={},
            GetSecretValue={},
            ListSecretVersionIds={},
            PutSecretValue={"SecretString": "s"},
            TagResource={"Tags": TAGS},
            UntagResource=KEYS,
            UpdateSecret={"SecretString": "s"},
            UpdateSecretVersionStage={"VersionStage": "AWSCURRENT"},
        ),
    ),
    Missing(
        "kms",
        "NotFoundException",
        "A key that does not exist is an error.",
        each(
            {"KeyId": "00000000-0000-0000-0000-000000000000"},
            DescribeKey={},
            DisableKey={},
            DisableKeyRotation={},
            EnableKey={},
            EnableKeyRotation={},
            GetKeyPolicy={"PolicyName": "default"},
            GetKeyRotationStatus={},
            ListResourceTags={},
            PutKeyPolicy={"PolicyName": "default", "Policy": "{}"},
            ScheduleKeyDeletion={},
            TagResource={"Tags": [{"TagKey": "a", "TagValue": "b"}]},
            UntagResource=KEYS,
            UpdateKeyDescription={"Description": "x"},
        ),
    ),
    Missing(
        "logs",
        "ResourceNotFoundException",
        "A log group that does not exist is an error.",
        each(
            {"logGroupName": NONE},
            DeleteLogGroup={},
            DeleteRetentionPolicy={},
            GetLogEvents={"logStreamName": "x"},
            PutRetentionPolicy={"retentionInDays": 7},
        ),
    ),
    Missing(
        "iam",
        "NoSuchEntity",
        "A role that does not exist is an error.",
        each(
            {"RoleName": NONE},
            DeleteRole={},
            DeleteRolePolicy={"PolicyName": "p"},
            GetRole={},
            GetRolePolicy={"PolicyName": "p"},
            ListAttachedRolePolicies={},
            ListInstanceProfilesForRole={},
            ListRolePolicies={},
            ListRoleTags={},
            PutRolePolicy={"PolicyName": "p", "PolicyDocument": POLICY},
            TagRole={"Tags": TAGS},
            UntagRole=KEYS,
            UpdateAssumeRolePolicy={"PolicyDocument": TRUST},
            UpdateRole={"Description": "x"},
            UpdateRoleDescription={"Description": "x"},
        ),
    ),
    Missing(
        "application-autoscaling",
        "ObjectNotFoundException",
        "A policy or an action needs a target that is registered.",
        each(
            SCALED,
            DeleteScalingPolicy={"PolicyName": "p"},
            DeleteScheduledAction={"ScheduledActionName": "a"},
            DeregisterScalableTarget={},
            PutScalingPolicy=TRACKING,
            PutScheduledAction={"ScheduledActionName": "a", "Schedule": "rate(1 day)"},
        ),
    ),
    Missing(
        "servicequotas",
        "NoSuchResourceException",
        "A quota that does not exist is an error.",
        each(
            {"ServiceCode": "fargate", "QuotaCode": "L-00000000"},
            GetAWSDefaultServiceQuota={},
            GetServiceQuota={},
        ),
    ),
)
ALL: Final = (*CONTAINERS, *NETWORK, *DATA, *OTHERS)
