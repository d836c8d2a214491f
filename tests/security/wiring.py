"""What must be said twice in a stack, and the same both times: ports, counts, sizes, folders.

AWS takes most contradictions in silence, and the cluster then does not work.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from components.model.aws import fargate
from components.model.rendered import Rendered, containers, listed, mapping, of_kind
from embedded_aws.account.ecr.lifecycle import Held, expired
from tests.helpers import existing_account

BLOCKS: Final = {
    "authenticate-oidc": "authenticateOidc",
    "fixed-response": "fixedResponse",
    "forward": "targetGroupArn",
    "redirect": "redirect",
}
"""What an action of the load balancer needs, by its type."""
PLATFORMS: Final = {"X86_64": "linux/amd64", "ARM64": "linux/arm64"}
ENGINE_FAMILIES: Final = {
    "rds/Instance": "rds/ParameterGroup",
    "elasticache/ReplicationGroup": "elasticache/ParameterGroup",
}
PORTS: Final = {"api-server": 8080, "execution-api": 8081, "flower": 5555}
GROUP_PORTS: Final = {"api": 8080, "flower": 5555}
"""By the last word of a target group's name, which AWS keeps short."""
BROKER_PORT: Final = 6379
BUILT: Final = "pulumi-python:dynamic/index:BuiltImage"
APPLICATION: Final = "application"
LOOPBACK: Final = "127.0.0.0/8"
MAX_DNS_SECONDS: Final = 10
"""A stopped API server is out of the tasks' sight after this."""
MIN_ROOM_PERCENT: Final = 400
"""Tasks that protect themselves may outlast a deployment; a second one then still has room."""
PUBLISHED_SECONDS: Final = 10
MAX_COOLDOWN_SECONDS: Final = 60
MAX_VISIBILITY_SECONDS: Final = 43_200
MIN_RETENTION_SECONDS: Final = 4 * 24 * 3600
TRANSPORT: Final = "AIRFLOW__CELERY_BROKER_TRANSPORT_OPTIONS__"
MIN_SUFFIX_BYTES: Final = 4
"""What is random in a name that must not come twice."""


def errors(stack: Sequence[Rendered]) -> list[str]:
    """Say what does not fit together."""
    return [
        *_ports(stack),
        *_targets(stack),
        *_handed_on(stack),
        *_addresses(stack),
        *_trusted_proxies(stack),
        *_counts(stack),
        *_scaled(stack),
        *_one_off_tasks(stack),
        *_deployments(stack),
        *_sizes(stack),
        *_folders(stack),
        *_actions(stack),
        *_names(stack),
        *_engines(stack),
        *_images(stack),
        *_random(stack),
        *_certificates(stack),
        *_queues(stack),
        *_tables(stack),
    ]


def _definitions(stack: Sequence[Rendered]) -> dict[str, Rendered]:
    return {one.name: one for one in of_kind(stack, "ecs/TaskDefinition")}


def _ports(stack: Sequence[Rendered]) -> Iterator[str]:
    """Target group, service, container and host name one port; the broker has Redis's own."""
    for name, definition in _definitions(stack).items():
        for container in containers(definition):
            port = PORTS.get(container["name"])
            for mapped in listed(container.get("portMappings")):
                if mapped != {"containerPort": port, "hostPort": port, "protocol": "tcp"}:
                    yield f"{name}: ports {mapped}"
    handed_on = {one.name for one in of_kind(stack, "lb/TargetGroupAttachment")}
    for group in of_kind(stack, "lb/TargetGroup"):
        if group.name in handed_on:
            continue
        port = GROUP_PORTS[group.name.rsplit("-", 1)[-1]]
        if [group.inputs[key] for key in ("port", "protocol", "targetType")] != [port, "HTTP", "ip"]:
            yield f"{group.name}: another port, protocol or kind of target than its tasks"
    for broker in of_kind(stack, "elasticache/ReplicationGroup"):
        if broker.inputs["port"] != BROKER_PORT:
            yield f"{broker.name}: port {broker.inputs['port']}"


def _queues(stack: Sequence[Rendered]) -> Iterator[str]:
    """Celery waits as long as the queue does, and a task ends before another worker gets its message."""
    of_workers = [
        {one["name"]: one["value"] for one in container["environment"]}
        for definition in _definitions(stack).values()
        for container in containers(definition)
        if container["name"].split("-")[0] == "worker"
    ]
    queues = [one for one in of_kind(stack, "sqs/Queue") if "redrivePolicy" in one.inputs]
    dead = [one for one in of_kind(stack, "sqs/Queue") if one not in queues]
    for queue in queues:
        hours = {float(one["AIRFLOW_ECS_MAX_TASK_DURATION_HOURS"]) for one in of_workers}
        seconds = queue.inputs["visibilityTimeoutSeconds"]
        if not max(hours) * 3600 <= seconds <= MAX_VISIBILITY_SECONDS:
            yield f"{queue.name}: hides a message for {seconds} s"
        if {f"{seconds:g}"} != {one[f"{TRANSPORT}VISIBILITY_TIMEOUT"] for one in of_workers}:
            yield f"{queue.name}: hides a message for another time than workers know"
        if queue.inputs["messageRetentionSeconds"] < MIN_RETENTION_SECONDS:
            yield f"{queue.name}: forgets what waits"
        if any(one.inputs["messageRetentionSeconds"] <= 2 * MIN_RETENTION_SECONDS for one in dead):
            yield f"{queue.name}: dead letters end with the living"
    for one in [*queues, *dead]:
        waits = {float(each[f"{TRANSPORT}WAIT_TIME_SECONDS"]) for each in of_workers}
        if {one.inputs["receiveWaitTimeSeconds"]} != waits:
            yield f"{one.name}: waits for another time than workers do"


def _tables(stack: Sequence[Rendered]) -> Iterator[str]:
    """The image writes and reads text by a key of text."""
    for one in of_kind(stack, "dynamodb/Table"):
        if one.inputs["attributes"] != [{"name": one.inputs["hashKey"], "type": "S"}]:
            yield f"{one.name}: its key is no text"
        if mapping(one.inputs["ttl"]).get("attributeName") != "expires":
            yield f"{one.name}: no item has an end"


def _targets(stack: Sequence[Rendered]) -> Iterator[str]:
    """A service registers the port of its container, and both health checks wait as long at the start."""
    for service in of_kind(stack, "ecs/Service"):
        by_name = {one["name"]: one for one in containers(_definitions(stack)[service.name])}
        for target in listed(service.inputs.get("loadBalancers")):
            container = by_name[target["containerName"]]
            if target["containerPort"] != PORTS.get(target["containerName"]):
                yield f"{service.name}: the load balancer's port {target['containerPort']}"
            start = mapping(container.get("healthCheck")).get("startPeriod")
            if service.inputs.get("healthCheckGracePeriodSeconds") != start:
                yield f"{service.name}: the load balancer waits for another time than ECS"


def _handed_on(stack: Sequence[Rendered]) -> Iterator[str]:
    """Listener, group and target of a Network Load Balancer name one port, at which somebody listens."""
    inner = {
        one.inputs["port"]: one.inputs["protocol"]
        for one in of_kind(stack, "lb/Listener")
        if one.inputs["protocol"] != "TCP"
    }
    outer = {one.name: one for one in of_kind(stack, "lb/Listener") if one.inputs["protocol"] == "TCP"}
    attached = {one.name: one for one in of_kind(stack, "lb/TargetGroupAttachment")}
    groups = {one.name: one for one in of_kind(stack, "lb/TargetGroup") if one.inputs["targetType"] == "alb"}
    if {one.inputs["port"] for one in outer.values()} not in (set(), {*inner}):
        yield f"{', '.join(outer)}: other ports than the load balancer behind"
    if not outer.keys() == groups.keys() == attached.keys():
        yield "a port is not handed on"
        return
    for name, group in groups.items():
        ports = {one.inputs["port"] for one in (outer[name], group, attached[name])}
        checked = mapping(group.inputs["healthCheck"]).get("protocol")
        if len(ports) > 1 or group.inputs["protocol"] != "TCP":
            yield f"{name}: another port or protocol than the load balancer behind"
        elif checked != inner[group.inputs["port"]]:
            yield f"{name}: asks {checked} where {inner[group.inputs['port']]} answers"


def _addresses(stack: Sequence[Rendered]) -> Iterator[str]:
    """What is internal has no public address."""
    for one in of_kind(stack, "lb/LoadBalancer"):
        given = [each for each in listed(one.inputs.get("subnetMappings")) if each.get("allocationId")]
        if given and one.inputs["internal"]:
            yield f"{one.name}: internal, with public addresses"


def _trusted_proxies(stack: Sequence[Rendered]) -> Iterator[str]:
    """Airflow believes only the load balancer's subnets, of all networks in the VPC, who a client is."""
    cidrs = {f"{one.name}.id": one.inputs["cidrBlock"] for one in of_kind(stack, "ec2/Subnet")}
    (balancer,) = (one for one in of_kind(stack, "lb/LoadBalancer") if APPLICATION in one.inputs.values())
    ids = balancer.inputs["subnets"]
    wanted = sorted(cidrs[one] if cidrs else existing_account.SUBNET_CIDRS[one] for one in ids)
    for definition in _definitions(stack).values():
        for container in containers(definition):
            environment = {one["name"]: one["value"] for one in listed(container.get("environment"))}
            trusted = environment.get("FORWARDED_ALLOW_IPS", "").split(",")
            if container["name"] == "api-server" and sorted(trusted) != sorted([*wanted, LOOPBACK]):
                yield f"{definition.name}: it believes {trusted}, and the load balancer is in {wanted}"


def _counts(stack: Sequence[Rendered]) -> Iterator[str]:
    """A rollout waits for what its service wants, alone."""
    services = {one.name: one for one in of_kind(stack, "ecs/Service")}
    scaled = {one.name for one in of_kind(stack, "appautoscaling/Target")}
    for rollout in of_kind(stack, "dynamic/Rollout"):
        service = services[rollout.name.removesuffix("-rollout")]
        if service.name not in scaled and rollout.inputs["maximum_count"] != service.inputs["desiredCount"]:
            yield f"{rollout.name}: lets another count be, and nobody scales its service"
        if rollout.inputs["desired_count"] != service.inputs["desiredCount"]:
            yield f"{rollout.name}: another count than its service"
        if rollout.inputs["asleep"] and rollout.inputs["maximum_count"]:
            yield f"{rollout.name}: sleeps, and has tasks"
        if rollout.inputs["until_idle"] and rollout.inputs["desired_count"]:
            yield f"{rollout.name}: waits for the end of tasks that are to stay"
        if service.inputs.get("waitForSteadyState"):
            yield f"{service.name}: waits by itself, without a reason when it fails"


def _scaled(stack: Sequence[Rendered]) -> Iterator[str]:
    """What scales a service begins where it does, sets each count up to the largest, and is published."""
    services = {one.name: one for one in of_kind(stack, "ecs/Service")}
    rollouts = {one.name: one.inputs for one in of_kind(stack, "dynamic/Rollout")}
    policies = {one.name: one.inputs for one in of_kind(stack, "appautoscaling/Policy")}
    alarms = {one.name: one.inputs for one in of_kind(stack, "cloudwatch/MetricAlarm")}
    for target in of_kind(stack, "appautoscaling/Target"):
        name, least, most = target.name, target.inputs["minCapacity"], target.inputs["maxCapacity"]
        rollout = rollouts[f"{name}-rollout"]
        if [rollout["desired_count"], rollout["maximum_count"]] != [least, most]:
            yield f"{name}: bounds that its rollout does not have"
        if set(target.inputs["suspendedState"].values()) != {False} or not 0 <= least < most:
            yield f"{name}: is not scaled"
        if least != services[name].inputs["desiredCount"]:
            yield f"{name}: starts with another count than its minimum"
        yield from _steps(name, policies, least, most)
        for kind, threshold in (("out", least + 1), ("in", least)):
            alarm = alarms[f"{name}-{kind}"]
            if alarm["threshold"] != threshold:
                yield f"{name}-{kind}: invoked at {alarm['threshold']}, for {threshold}"
            if (alarm["period"], alarm["evaluationPeriods"]) != (PUBLISHED_SECONDS, 1):
                yield f"{name}-{kind}: looks at another time than what is published last"
            if alarm["dimensions"]["ServiceName"] not in _published(stack):
                yield f"{name}-{kind}: waits for what nobody publishes"


def _steps(name: str, policies: Mapping[str, Mapping[str, Any]], least: int, most: int) -> Iterator[str]:
    """Each step sets the largest number that is needed in it; the last has no end."""
    configured = {
        kind: policies[f"{name}-{kind}"]["stepScalingPolicyConfiguration"] for kind in ("out", "in")
    }
    if any(not 0 < one["cooldown"] <= MAX_COOLDOWN_SECONDS for one in configured.values()):
        yield f"{name}: waits longer than the need is remembered"
    (minimum,) = configured["in"]["stepAdjustments"]
    if minimum["scalingAdjustment"] != least:
        yield f"{name}-in: sets {minimum['scalingAdjustment']}, and the minimum is {least}"
    steps = configured["out"]["stepAdjustments"]
    ends = [one.get("metricIntervalUpperBound") for one in steps]
    wanted = [f"{one['scalingAdjustment'] - least:g}" for one in steps[:-1]]
    if ends != [*wanted, None] or steps[-1]["scalingAdjustment"] != most:
        yield f"{name}-out: its steps do not lead to what is needed"


def _published(stack: Sequence[Rendered]) -> set[str]:
    """List the groups that the scheduler's task publishes, with the queues and slots of their workers."""
    every = {one["name"]: one for each in _definitions(stack).values() for one in containers(each)}
    variables = {
        name: {each["name"]: each["value"] for each in one["environment"]} for name, one in every.items()
    }
    published: dict[str, Any] = json.loads(
        variables.get("metrics", {}).get("AIRFLOW_ECS_SCALED_GROUPS", "{}")
    )
    return {
        name
        for name, group in published.items()
        if ",".join(group["queues"]) in every[name]["command"]
        and str(group["concurrency"]) == variables[name]["AIRFLOW__CELERY__WORKER_CONCURRENCY"]
    }


def _one_off_tasks(stack: Sequence[Rendered]) -> Iterator[str]:
    """They start where services run."""
    services = of_kind(stack, "ecs/Service")
    public = {mapping(one.inputs["networkConfiguration"]).get("assignPublicIp") for one in services}
    for task in of_kind(stack, "dynamic/OneOffTask"):
        if public != {task.inputs["assign_public_ip"]}:
            yield f"{task.name}: another address than the services"
    for schedule in of_kind(stack, "scheduler/Schedule"):
        started = mapping(mapping(schedule.inputs["target"])["ecsParameters"])
        if public != {mapping(started["networkConfiguration"])["assignPublicIp"]}:
            yield f"{schedule.name}: another address than the services"
        if started["launchType"] != "FARGATE":
            yield f"{schedule.name}: does not run on Fargate"
        window = mapping(schedule.inputs["flexibleTimeWindow"])
        if (window["mode"] == "FLEXIBLE") != ("maximumWindowInMinutes" in window):
            yield f"{schedule.name}: a flexible time window needs its length, and no other has one"


def _deployments(stack: Sequence[Rendered]) -> Iterator[str]:
    """What a deployment changes can be changed, and watched, and gone back from."""
    services = {one.name: one for one in of_kind(stack, "ecs/Service")}
    offered = {
        name
        for one in of_kind(stack, "ecs/ClusterCapacityProviders")
        for name in one.inputs["capacityProviders"]
    }
    everything = {one["name"] for task in _definitions(stack).values() for one in containers(task)}
    workers = {name for name in everything if name.split("-")[0] == "worker"}
    for service in services.values():
        if service.inputs["deploymentMaximumPercent"] < MIN_ROOM_PERCENT:
            yield f"{service.name}: no room for a second deployment while tasks of the first finish"
        if offered and not offered >= {"FARGATE", "FARGATE_SPOT"}:
            yield f"{service.name}: could not move to another kind of capacity of {offered}"
        if service.inputs.get("forceNewDeployment") is not True or "launchType" in service.inputs:
            yield f"{service.name}: could not move to another kind of capacity"
        names = {one["name"] for one in containers(_definitions(stack)[service.name])}
        keeps = bool(workers & names) or ("scheduler" in names and not workers)
        if service.inputs.get("availabilityZoneRebalancing") != ("DISABLED" if keeps else "ENABLED"):
            yield f"{service.name}: balanced over the zones, or not, against what runs in it"
    for rollout in of_kind(stack, "dynamic/Rollout"):
        service = services[rollout.name.removesuffix("-rollout")]
        if service.inputs["capacityProviderStrategies"] != rollout.inputs["capacity_provider_strategy"]:
            yield f"{rollout.name}: watches tasks on other capacity than its service's"
    for definition in _definitions(stack).values():
        if definition.inputs.get("skipDestroy") is not True:
            yield f"{definition.name}: deregistered while a service runs it, after a rollback"


def _sizes(stack: Sequence[Rendered]) -> Iterator[str]:
    """A task has a size of Fargate's and its containers all of it, on the processor it was built for."""
    built = {one.inputs["platform"] for one in stack if one.type == BUILT}
    for definition in _definitions(stack).values():
        memory, cpu = int(definition.inputs["memory"]), int(definition.inputs["cpu"])
        if error := fargate.cpu_units_error(cpu) or fargate.memory_error(cpu, memory):
            yield f"{definition.name}: {error}"
        if sum(one["memory"] for one in containers(definition)) != memory:
            yield f"{definition.name}: its containers have another memory"
        processor = mapping(definition.inputs["runtimePlatform"])["cpuArchitecture"]
        if built and built != {PLATFORMS[processor]}:
            yield f"{definition.name}: runs on {processor}, the image on {built}"


def _folders(stack: Sequence[Rendered]) -> Iterator[str]:
    """A volume without content that cannot be written to is of no use; one of two writers mixes them up."""
    for definition in _definitions(stack).values():
        empty = {one["name"] for one in listed(definition.inputs.get("volumes")) if set(one) == {"name"}}
        mounts = [mount for one in containers(definition) for mount in listed(one.get("mountPoints"))]
        for mount in mounts:
            if mount["sourceVolume"] in empty and mount.get("readOnly"):
                yield f"{definition.name}: {mount['containerPath']} cannot be written to"
        if len({mount["sourceVolume"] for mount in mounts}) < len(mounts):
            yield f"{definition.name}: two containers write to one folder"


def _images(stack: Sequence[Rendered]) -> Iterator[str]:
    """ECR takes the rules, and they spare what runs and let go of the rest."""
    pushed = [Held(digest=f"{number}", tags=frozenset({"v"}), pushed_at=number) for number in range(100)]
    runs = Held(digest="runs", tags=frozenset({"v", "deployed-air-0123456789ab"}), pushed_at=-1)
    for policy in of_kind(stack, "ecr/LifecyclePolicy"):
        rules: list[dict[str, Any]] = json.loads(policy.inputs["policy"])["rules"]
        order = [rule["rulePriority"] for rule in rules]
        last = max(rules, key=lambda rule: rule["rulePriority"])
        statuses = [rule["selection"]["tagStatus"] for rule in rules]
        if len(set(order)) < len(order) or min(order) < 1:
            yield f"{policy.name}: priorities {order}"
        if last["selection"]["tagStatus"] != "any" or statuses.count("any") != 1:
            yield f"{policy.name}: the rule for any image is not the last"
        if {rule["action"]["type"] for rule in rules} != {"expire"}:
            yield f"{policy.name}: another action than to expire"
        if {rule["selection"]["countType"] for rule in rules} != {"imageCountMoreThan"}:
            yield f"{policy.name}: counts days, for which a unit is wanted"
        gone = expired(json.dumps({"rules": rules}), [runs, *pushed], now=0)
        if runs.digest in gone or len(gone) < len(pushed) / 2:
            yield f"{policy.name}: {len(gone)} of {len(pushed)} images go, and what runs among them"


def _actions(stack: Sequence[Rendered]) -> Iterator[str]:
    """An action has what its type needs, and every rule a priority of its own."""
    priorities: Counter[tuple[str, float]] = Counter()
    for kind, key in (("lb/Listener", "defaultActions"), ("lb/ListenerRule", "actions")):
        for one in of_kind(stack, kind):
            for action in listed(one.inputs[key]):
                if not action.get(BLOCKS.get(action["type"], "")):
                    yield f"{one.name}: {action['type']} without what it needs"
            if kind == "lb/ListenerRule":
                priorities[one.inputs["listenerArn"], one.inputs["priority"]] += 1
    for (listener, priority), count in priorities.items():
        if priority < 1 or count > 1:
            yield f"{listener}: {count} rules of priority {priority:g}"


def _names(stack: Sequence[Rendered]) -> Iterator[str]:
    """Tasks find the execution API where it is healthy, by an address, every one, and forget it soon."""
    for service in of_kind(stack, "servicediscovery/Service"):
        config = mapping(service.inputs["dnsConfig"])
        if service.inputs.get("healthCheckCustomConfig") is None:
            yield f"{service.name}: leads to tasks that still start"
        if not service.inputs.get("forceDestroy"):
            yield f"{service.name}: is not deleted while ECS takes its last tasks out"
        if config.get("routingPolicy") != "MULTIVALUE":
            yield f"{service.name}: gives one address of many"
        for record in listed(config["dnsRecords"]):
            if record["type"] != "A" or record["ttl"] > MAX_DNS_SECONDS:
                yield f"{service.name}: {record['type']} for {record['ttl']:g} s"
    for record in of_kind(stack, "route53/Record"):
        if record.inputs["type"] != ("A" if record.inputs.get("aliases") else "CNAME"):
            yield f"{record.name}: {record.inputs['type']}"


def _engines(stack: Sequence[Rendered]) -> Iterator[str]:
    """A parameter group belongs to its engine and version."""
    for kind, groups in ENGINE_FAMILIES.items():
        families = {one.name: str(one.inputs["family"]) for one in of_kind(stack, groups)}
        for one in of_kind(stack, kind):
            if not families[one.name].startswith(str(one.inputs["engine"])):
                yield f"{one.name}: {one.inputs['engine']} with parameters of {families[one.name]}"


def _random(stack: Sequence[Rendered]) -> Iterator[str]:
    """What makes a name unique does so."""
    for one in of_kind(stack, "index/RandomId"):
        if one.inputs["byteLength"] < MIN_SUFFIX_BYTES:
            yield f"{one.name}: may come twice"


def _certificates(stack: Sequence[Rendered]) -> Iterator[str]:
    """A certificate is issued by the record that is written for it, without a person."""
    for one in of_kind(stack, "acm/Certificate"):
        if one.inputs["validationMethod"] != "DNS":
            yield f"{one.name}: waits for a mail to be answered"
