"""Everything that watches a cluster, without a cluster: only its names."""

import pulumi
import pulumi_aws as aws

from components.base.resource_defaults import ResourceDefaults
from components.data.encryption_key import EncryptionKey, EncryptionKeyArgs
from components.model.monitoring.alarms import alarms
from components.model.monitoring.names import CLUSTER
from components.model.settings.configuration import parse
from components.model.settings.settings import IamSettings
from components.model.workload.workload import workload
from components.monitoring.alarm_topic import AlarmTopic, AlarmTopicArgs
from components.monitoring.alarms import Alarms, AlarmsArgs
from components.monitoring.dashboard import Dashboard, DashboardArgs
from components.monitoring.event_log import EventLog, EventLogArgs

NAMES = ("namespace", "certificate", "load-balancer", "database", "broker")
asleep = pulumi.Config().require("asleep")
account_id, region = aws.get_caller_identity().account_id, aws.get_region().region
key = EncryptionKey(
    "watched-key",
    EncryptionKeyArgs(
        account_id=account_id,
        partition=aws.get_partition().partition,
        region=region,
        alarms=True,
        protect=False,
    ),
)
cluster = aws.ecs.Cluster("watched")
EventLog(
    "watched-events",
    EventLogArgs(
        cluster_arn=cluster.arn,
        namespace=pulumi.Output.concat("airflow-ecs/", cluster.name),
        families={"migration": "watched-migration", "maintenance": "watched-maintenance"},
        migration="migration",
        counted=True,
        defaults=ResourceDefaults(
            account_id=account_id, iam=IamSettings(), kms_key_arn=key.arn, log_retention_days=7
        ),
    ),
)
topic = AlarmTopic(
    "watched-alarms",
    AlarmTopicArgs(emails=["team@example.com"], alarms="watched", kms_key_arn=key.arn),
)
settings = {
    "executor": "CeleryExecutor",
    "alarmsEmails": '["team@example.com"]',
    "loadBalancerDomain": "airflow.example.com",
    "databaseMaintenanceAfterDays": "90",
    "asleep": asleep,
}
runs = workload(parse(settings))
names: dict[str, pulumi.Input[str]] = {
    **dict.fromkeys(NAMES, "watched"),
    **{
        f"{kind} {service.name}": service.name
        for kind in ("service", "target group")
        for service in runs.services
    },
    CLUSTER.resource: cluster.name,
}
table = alarms(runs)
made = Alarms("watched", AlarmsArgs(table=table, names=names, topic_arn=topic.arn))
Dashboard("watched", DashboardArgs(table=table, names=names, region=region, alarm_arns=made.arns))
