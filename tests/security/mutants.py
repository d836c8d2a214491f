"""Changes of one input each: booleans, numbers, enumerations, and who IAM documents name on what condition.

Who finds them says how much the rules and the tests of rendered stacks really hold:
`make mutants` prints it, with the list of those that nobody finds.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from components.model.rendered import Rendered
from tests.security import statement_mutants

DOCUMENTS: Final = {"assumeRolePolicy", "containerDefinitions", "policy"}
"""Inputs that are JSON."""
FOREIGN: Final = ("airflow-ecs:", "pulumi:")
"""Components, which have no inputs that AWS sees."""

ENUMERATIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "acm/Certificate.validationMethod": ("DNS", "EMAIL"),
    "dynamic/Rollout.capacity_provider_strategy.capacityProvider": ("FARGATE", "FARGATE_SPOT"),
    "ec2/Eip.domain": ("vpc", "standard"),
    "ec2/FlowLog.trafficType": ("ALL", "ACCEPT", "REJECT"),
    "dynamodb/Table.attributes.type": ("S", "N", "B"),
    "dynamodb/Table.billingMode": ("PAY_PER_REQUEST", "PROVISIONED"),
    "ec2/VpcEndpoint.vpcEndpointType": ("Gateway", "Interface"),
    "ecr/LifecyclePolicy.policy.rules.action.type": ("expire", "transition"),
    "ecr/LifecyclePolicy.policy.rules.selection.countType": ("imageCountMoreThan", "sinceImagePushed"),
    "ecr/LifecyclePolicy.policy.rules.selection.tagStatus": ("any", "tagged", "untagged"),
    "ecr/Repository.encryptionConfigurations.encryptionType": ("KMS", "AES256"),
    "ecr/Repository.imageTagMutability": ("IMMUTABLE", "MUTABLE"),
    "ecs/Cluster.settings.value": ("enabled", "enhanced", "disabled"),
    "ecs/ClusterCapacityProviders.capacityProviders": ("FARGATE", "FARGATE_SPOT"),
    "ecs/Service.capacityProviderStrategies.capacityProvider": ("FARGATE", "FARGATE_SPOT"),
    "ecs/Service.availabilityZoneRebalancing": ("DISABLED", "ENABLED"),
    "ecs/Service.platformVersion": ("LATEST", "1.4.0", "1.3.0"),
    "ecs/Service.propagateTags": ("SERVICE", "TASK_DEFINITION", "NONE"),
    "ecs/TaskDefinition.containerDefinitions.linuxParameters.capabilities.drop": ("ALL", "NET_RAW"),
    "ecs/TaskDefinition.containerDefinitions.logConfiguration.logDriver": ("awslogs", "json-file", "none"),
    "ecs/TaskDefinition.containerDefinitions.portMappings.protocol": ("tcp", "udp"),
    "ecs/TaskDefinition.networkMode": ("awsvpc", "bridge", "host", "none"),
    "ecs/TaskDefinition.requiresCompatibilities": ("FARGATE", "EC2", "EXTERNAL"),
    "ecs/TaskDefinition.runtimePlatform.cpuArchitecture": ("X86_64", "ARM64"),
    "ecs/TaskDefinition.runtimePlatform.operatingSystemFamily": ("LINUX", "WINDOWS_SERVER_2022_CORE"),
    "scheduler/Schedule.flexibleTimeWindow.mode": ("OFF", "FLEXIBLE"),
    "scheduler/Schedule.target.ecsParameters.launchType": ("FARGATE", "EC2", "EXTERNAL"),
    "elasticache/ParameterGroup.parameters.value": ("noeviction", "allkeys-lru", "volatile-lru"),
    "elasticache/ReplicationGroup.engine": ("valkey", "redis"),
    "iam/Role.assumeRolePolicy.Statement.Effect": ("Allow", "Deny"),
    "iam/RolePolicy.policy.Statement.Effect": ("Allow", "Deny"),
    "ecr/RepositoryPolicy.policy.Statement.Effect": ("Allow", "Deny"),
    "kms/Key.policy.Statement.Effect": ("Allow", "Deny"),
    "lb/Listener.defaultActions.redirect.protocol": ("HTTPS", "HTTP"),
    "lb/Listener.defaultActions.redirect.statusCode": ("HTTP_301", "HTTP_302"),
    "lb/Listener.defaultActions.type": ("forward", "redirect", "fixed-response"),
    "lb/Listener.protocol": ("HTTP", "HTTPS", "TCP"),
    "lb/Listener.routingHttpResponseXFrameOptionsHeaderValue": ("SAMEORIGIN", "DENY"),
    "lb/Listener.sslPolicy": ("ELBSecurityPolicy-TLS13-1-2-2021-06", "ELBSecurityPolicy-2016-08"),
    "lb/ListenerRule.actions.type": ("forward", "fixed-response", "redirect"),
    "lb/LoadBalancer.loadBalancerType": ("application", "network"),
    "lb/TargetGroup.healthCheck.protocol": ("HTTP", "HTTPS", "TCP"),
    "lb/TargetGroup.protocol": ("HTTP", "HTTPS", "TCP"),
    "lb/TargetGroup.targetType": ("ip", "alb", "instance", "lambda"),
    "rds/Instance.engine": ("postgres", "mysql"),
    "rds/Instance.storageType": ("gp3", "gp2", "standard"),
    "rds/ParameterGroup.parameters.value": ("1", "0"),
    "route53/Record.type": ("A", "AAAA", "CNAME"),
    "s3/BucketLifecycleConfiguration.rules.status": ("Enabled", "Disabled"),
    "s3/BucketOwnershipControls.rule.objectOwnership": (
        "BucketOwnerEnforced",
        "BucketOwnerPreferred",
        "ObjectWriter",
    ),
    "s3/BucketPolicy.policy.Statement.Condition.Bool.aws:SecureTransport": ("false", "true"),
    "s3/BucketPolicy.policy.Statement.Effect": ("Deny", "Allow"),
    "s3/BucketServerSideEncryptionConfiguration.rules.applyServerSideEncryptionByDefault.sseAlgorithm": (
        "AES256",
        "aws:kms",
    ),
    "s3/BucketVersioning.versioningConfiguration.status": ("Enabled", "Suspended"),
    "servicediscovery/Service.dnsConfig.dnsRecords.type": ("A", "AAAA", "SRV"),
    "servicediscovery/Service.dnsConfig.routingPolicy": ("MULTIVALUE", "WEIGHTED"),
    "sqs/QueuePolicy.policy.Statement.Condition.Bool.aws:SecureTransport": ("false", "true"),
    "sqs/QueuePolicy.policy.Statement.Effect": ("Deny", "Allow"),
    "sqs/RedriveAllowPolicy.redriveAllowPolicy.redrivePermission": ("byQueue", "allowAll", "denyAll"),
    "vpc/SecurityGroupEgressRule.ipProtocol": ("-1", "tcp", "udp"),
    "vpc/SecurityGroupIngressRule.ipProtocol": ("tcp", "udp", "-1"),
}
"""Values that AWS knows, by the input's path; the first ones are the program's."""


EXCLUDED: Final[Mapping[str, str]] = {
    "dynamic/OneOffTask.timeout_seconds": "How long `up` waits; nothing that is made depends on it.",
    "dynamic/Rollout.scaled_externally": "A setting; tests/components/services compares it with the service.",
    "dynamic/Rollout.settling_seconds": "How long `up` watches: a setting, from 0.",
    "dynamic/Rollout.timeout_seconds": "As above: how long `up` waits.",
    "ec2/Eip.domain": "AWS takes no other value any more.",
    "elasticache/ReplicationGroup.applyImmediately": "When a change is made, not what.",
    "lb/Listener.defaultActions.redirect.statusCode": "Browsers follow both.",
    "lb/LoadBalancer.idleTimeout": "A setting without a wrong value.",
    "rds/Instance.applyImmediately": "When a change is made, not what.",
    "rds/Instance.maxAllocatedStorage": "A setting: how far storage may grow.",
    "servicediscovery/Service.healthCheckCustomConfig.failureThreshold": "AWS always takes 1.",
}
"""Inputs that are not changed, with the reason."""
HARMLESS: Final[Mapping[str, str]] = {
    "appautoscaling/Policy.stepScalingPolicyConfiguration.cooldown smaller": (
        "Workers that none of the last five minutes needed go sooner."
    ),
    "index/RandomId.byteLength larger": "Comes twice even less likely.",
    "index/RandomPassword.length larger": "Harder to guess.",
    "rds/Instance.backupRetentionPeriod larger": "Kept longer.",
    "s3/BucketLifecycleConfiguration.rules.abortIncompleteMultipartUpload.daysAfterInitiation smaller": (
        "Removed sooner, and still after any upload."
    ),
    "s3/BucketLifecycleConfiguration.rules.noncurrentVersionExpiration.noncurrentDays larger": "Kept longer.",
    "secretsmanager/Secret.recoveryWindowInDays larger": "Kept longer.",
    "servicediscovery/Service.dnsConfig.dnsRecords.ttl smaller": "Forgotten sooner.",
}
"""Changes that ask for more than is needed: nothing is wrong with them."""


@dataclass(frozen=True, kw_only=True)
class Mutant:
    """A stack with one input of one resource changed.

    Attributes:
        path: the input's path, such as `rds/Instance.multiAz`.
    """

    before: Rendered
    after: Rendered
    path: str
    old: Any
    new: Any

    @property
    def excluded(self) -> bool:
        """Whether it is left out, with a reason."""
        numbers = isinstance(self.old, int | float) and not isinstance(self.old, bool)
        direction = "larger" if numbers and self.new > self.old else "smaller"
        return self.path in EXCLUDED or f"{self.path} {direction}" in HARMLESS

    def stack(self, stack: list[Rendered]) -> list[Rendered]:
        """Put it into its stack."""
        return [self.after if one is self.before else one for one in stack]


def mutants(stack: list[Rendered]) -> Iterator[Mutant]:
    """Change every boolean, number, enumeration, principal and condition of a stack, one at a time."""
    for one in stack:
        if one.type.startswith(FOREIGN):
            continue
        for path, old, new, inputs in _changed(_opened(one.inputs), one.kind):
            yield Mutant(before=one, after=replace(one, inputs=_closed(inputs)), path=path, old=old, new=new)


def leaves(stack: list[Rendered]) -> Iterator[tuple[str, Any]]:
    """Give every leaf of every input: path and value."""
    for one in stack:
        if not one.type.startswith(FOREIGN):
            yield from _leaves(_opened(one.inputs), one.kind)


def _leaves(tree: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(tree, dict):
        for key, value in tree.items():  # pyright: ignore[reportUnknownVariableType]
            yield from _leaves(value, f"{path}.{key}")
    elif isinstance(tree, list):
        for value in tree:  # pyright: ignore[reportUnknownVariableType]
            yield from _leaves(value, path)
    else:
        yield path, tree


def _opened(inputs: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: json.loads(value) if key in DOCUMENTS and isinstance(value, str) else value
        for key, value in inputs.items()
    }


def _closed(inputs: Mapping[str, Any]) -> dict[str, Any]:
    return {key: json.dumps(value) if key in DOCUMENTS else value for key, value in inputs.items()}


def _changed(tree: Any, path: str) -> Iterator[tuple[str, Any, Any, Any]]:
    """Give each change: path, old value, new value, the whole tree."""
    if isinstance(tree, dict):
        if "Effect" in tree:
            yield from statement_mutants.changed(tree, path)  # pyright: ignore[reportUnknownArgumentType]
        for key, value in tree.items():  # pyright: ignore[reportUnknownVariableType]
            for where, old, new, inner in _changed(value, f"{path}.{key}"):
                yield where, old, new, {**tree, key: inner}
    elif isinstance(tree, list):
        for index, value in enumerate(tree):  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
            for where, old, new, inner in _changed(value, path):
                yield where, old, new, [*tree[:index], inner, *tree[index + 1 :]]
    else:
        for new in others(path, tree):
            yield path, tree, new, new


def others(path: str, value: Any) -> list[Any]:
    """Give other values of a leaf: the opposite, a smaller and a larger number, AWS's other words."""
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int | float) or path in NUMBERS:
        smaller, larger = int(value) // 2, int(value) * 2 + 1
        return [type(value)(one) for one in (smaller, larger) if one != int(value)]
    return [one for one in ENUMERATIONS.get(path, ()) if one != value]


NUMBERS: Final = {"ecs/TaskDefinition.cpu", "ecs/TaskDefinition.memory"}
"""Texts that are numbers."""
