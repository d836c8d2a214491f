"""Kinds of resources that cost nothing by themselves, with the reason."""

from collections.abc import Mapping
from typing import Final

from ..rendered import Rendered

FREE: Final[Mapping[str, str]] = {
    "appautoscaling/Policy": "only its alarms cost",
    "appautoscaling/ScheduledAction": "no charge",
    "appautoscaling/Target": "no charge",
    "cloudwatch/EventRule": "events of AWS services are free",
    "cloudwatch/EventTarget": "no charge by itself",
    "cloudwatch/LogResourcePolicy": "no charge",
    "ec2/DefaultSecurityGroup": "no charge",
    "ec2/FlowLog": "its log group is charged",
    "ec2/InternetGateway": "no charge by itself",
    "ec2/Route": "no charge",
    "ec2/RouteTable": "no charge",
    "ec2/RouteTableAssociation": "no charge",
    "ec2/SecurityGroup": "no charge",
    "ec2/Subnet": "no charge",
    "ec2/Vpc": "no charge",
    "ecr/LifecyclePolicy": "no charge",
    "ecs/CapacityProvider": "no charge by itself",
    "ecs/ClusterCapacityProviders": "no charge",
    "ecs/TaskDefinition": "paid by the service that runs it",
    "efs/AccessPoint": "no charge",
    "efs/BackupPolicy": "backups are charged by use",
    "efs/FileSystemPolicy": "no charge",
    "efs/MountTarget": "no charge",
    "elasticache/ParameterGroup": "no charge",
    "elasticache/SubnetGroup": "no charge",
    "elasticache/User": "no charge",
    "elasticache/UserGroup": "no charge",
    "iam/InstanceProfile": "no charge",
    "iam/Policy": "no charge",
    "iam/Role": "no charge",
    "iam/RolePolicy": "no charge",
    "iam/RolePolicyAttachment": "no charge",
    "kms/Alias": "no charge",
    "kms/KeyPolicy": "no charge",
    "lb/Listener": "part of the load balancer",
    "lb/ListenerCertificate": "part of the load balancer",
    "lb/ListenerRule": "part of the load balancer",
    "lb/TargetGroup": "part of the load balancer",
    "lb/TargetGroupAttachment": "part of the load balancer",
    "acm/Certificate": "public certificates are free",
    "acm/CertificateValidation": "no charge",
    "rds/EventSubscription": "no charge by itself",
    "rds/ParameterGroup": "no charge",
    "rds/SubnetGroup": "no charge",
    "route53/Record": "an alias to a load balancer is free",
    "s3/BucketLifecycleConfiguration": "no charge",
    "s3/BucketLogging": "no charge by itself",
    "s3/BucketNotification": "no charge",
    "s3/BucketObjectv2": "a file of some kilobytes, in addition to the bucket's objects",
    "s3/BucketOwnershipControls": "no charge",
    "s3/BucketPolicy": "no charge",
    "s3/BucketPublicAccessBlock": "no charge",
    "s3/BucketServerSideEncryptionConfiguration": "no charge",
    "s3/BucketVersioning": "old versions are charged as storage",
    "scheduler/ScheduleGroup": "no charge",
    "secretsmanager/SecretPolicy": "no charge",
    "secretsmanager/SecretVersion": "part of the secret",
    "servicediscovery/Service": "free for what ECS registers",
    "sns/TopicPolicy": "no charge",
    "sns/TopicSubscription": "paid by message",
    "sqs/QueuePolicy": "no charge",
    "sqs/RedriveAllowPolicy": "no charge",
    "sqs/RedrivePolicy": "no charge",
    "ssm/Parameter": "standard parameters are free",
    "vpc/SecurityGroupEgressRule": "no charge",
    "vpc/SecurityGroupIngressRule": "no charge",
    "wafv2/WebAclAssociation": "part of the web ACL",
    "wafv2/WebAclLoggingConfiguration": "no charge by itself",
}
"""Reason by kind."""

NOT_AWS: Final = ("airflow-ecs:", "pulumi:", "pulumi-python:", "random:")
"""Types that are no resources of AWS: components, the engine's own, steps of the deploy, random values."""


def is_free(resource: Rendered) -> bool:
    """Return whether a resource costs nothing by itself."""
    return resource.type.startswith(NOT_AWS) or resource.kind in FREE or resource.type in FREE
