"""What watches a cluster: its alarms and who is notified, the log of ECS's events, the dashboard."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi

from ..base.component import Component
from ..data.data_stores import DataStores
from ..ingress.ingress import Ingress
from ..model.monitoring.alarms import alarms
from ..model.monitoring.names import BALANCER, CERTIFICATE, CLUSTER, NAMESPACE, service_name, target_group
from ..model.services import scaling
from ..model.settings.settings import Settings
from ..model.workload.workload import Workload
from ..services.airflow_services import AirflowServices
from ..services.shared_infrastructure import SharedInfrastructure
from .alarm_topic import AlarmTopic, AlarmTopicArgs
from .alarms import Alarms, AlarmsArgs
from .dashboard import Dashboard, DashboardArgs
from .event_log import EventLog, EventLogArgs


@dataclass(frozen=True, kw_only=True)
class MonitoringArgs:
    """Inputs of `Monitoring`."""

    workload: Workload
    """The settings, and what runs."""
    shared: SharedInfrastructure
    """The ECS cluster, and defaults of log groups."""
    data_stores: DataStores
    """Database and broker."""
    ingress: Ingress
    """Load balancer and certificate."""
    services: AirflowServices
    """The ECS services."""
    families: Mapping[str, pulumi.Input[str]]
    """Task definition's family by one-off task."""

    @property
    def settings(self) -> Settings:
        """The settings of the cluster."""
        return self.workload.settings


class Monitoring(Component):
    """Makes `EventLog`; where anybody is notified, `Alarms`; where the settings want one, `Dashboard`.

    Idle cost: 0.10 USD a month for each alarm, and see `metrics` in docs/cost.md.
    """

    topic_arn: pulumi.Output[str] | None
    """The topic that alarms notify, if there are any."""
    event_log_group: pulumi.Output[str] | None
    """Name of the log group of ECS's events, if they are logged."""

    def __init__(self, name: str, args: MonitoringArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        self._name, self._args = name, args
        settings, names = args.settings, self._names()
        self.event_log_group = self._event_log().log_group if settings.logs.events else None
        self.topic_arn = self._topic_arn() if settings.alarms.notify else None
        table = alarms(args.workload)
        made = (
            Alarms(name, AlarmsArgs(table=table, names=names, topic_arn=self.topic_arn), self._child())
            if self.topic_arn is not None
            else None
        )
        if settings.alarms.dashboard:
            dashboard = DashboardArgs(
                table=table, names=names, region=args.shared.region, alarm_arns=made.arns if made else []
            )
            Dashboard(name, dashboard, self._child())
        self._register()

    def _names(self) -> dict[str, pulumi.Input[str]]:
        """Give what AWS names the resources that alarms are about."""
        args = self._args
        cluster_name = args.shared.cluster.cluster_name
        by_host = {host.name: args.services.service_names[host.name] for host, *_ in args.workload.tasks}
        certificate = args.ingress.certificate_arn
        return {
            CLUSTER.resource: cluster_name,
            NAMESPACE.resource: cluster_name.apply(scaling.namespace),
            BALANCER.resource: args.ingress.arn_suffix,
            **({CERTIFICATE.resource: certificate} if certificate is not None else {}),
            **{service_name(host).resource: name for host, name in by_host.items()},
            **{
                target_group(service).resource: suffix
                for service, suffix in args.ingress.target_group_suffixes.items()
            },
            **args.data_stores.resource_names,
        }

    def _event_log(self) -> EventLog:
        args, cluster = self._args, self._args.shared.cluster
        return EventLog(
            f"{self._name}-events",
            EventLogArgs(
                cluster_arn=cluster.arn,
                namespace=cluster.cluster_name.apply(scaling.namespace),
                families=args.families,
                migration=args.workload.migration.name,
                counted=args.settings.alarms.watch,
                defaults=args.shared.defaults,
            ),
            self._child(),
        )

    def _topic_arn(self) -> pulumi.Output[str]:
        settings = self._args.settings.alarms
        if settings.topic_arn:
            return pulumi.Output.from_input(settings.topic_arn)
        topic = AlarmTopicArgs(
            emails=settings.emails, alarms=self._name, kms_key_arn=self._args.shared.defaults.kms_key_arn
        )
        return AlarmTopic(f"{self._name}-alarms", topic, self._child()).arn
