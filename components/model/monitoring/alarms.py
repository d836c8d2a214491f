"""All alarms of a cluster: the table that resources, dashboard and docs/monitoring.md are made from."""

from ..alarm import Alarm
from ..workload.workload import Workload
from . import airflow_alarms, data_alarms, ingress_alarms, service_alarms


def alarms(workload: Workload) -> list[Alarm]:
    """List the alarms that a cluster can have, whether or not anybody is notified."""
    parts = (service_alarms, airflow_alarms, data_alarms, ingress_alarms)
    return [alarm for part in parts for alarm in part.alarms(workload)]
