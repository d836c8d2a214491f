"""Alarms on the load balancer, its targets and its certificate.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html
"""

from collections.abc import Iterator

from ..alarm import MINUTE, Alarm, Comparison, Metric, Missing
from ..settings.errors import stack_key
from ..workload.workload import Workload
from .names import BALANCER, CERTIFICATE, target_group

ERRORS = 10
LATENCY_SECONDS = 3
DAYS_TO_EXPIRY = 30
"""ACM renews its certificates 60 days before, so by then that has failed.

https://docs.aws.amazon.com/acm/latest/userguide/managed-renewal.html
"""
DAY = 86400


def alarms(workload: Workload) -> Iterator[Alarm]:
    """List the alarms on the way of users to the API server."""
    (service,) = (one.name for one in workload.targets if one.target and not one.target.path)
    yield _of_balancer(
        "load-balancer-errors",
        ("HTTPCode_ELB_5XX_Count", "Sum", ERRORS),
        minutes=5,
        meaning="The load balancer answers users with errors (5xx), since no target does.",
        remedy=f"See the alarms of {service}: it is down, unhealthy, or slower than "
        f"{stack_key(('load_balancer', 'idle_timeout_seconds'))}.",
    )
    yield _of_balancer(
        f"{service}-errors",
        ("HTTPCode_Target_5XX_Count", "Sum", ERRORS),
        of=service,
        minutes=5,
        meaning="The API server answers users with errors (5xx).",
        remedy=f"airflow-ecs logs {service} has the traceback; alarms of the database, if any, come first.",
    )
    yield _of_balancer(
        f"{service}-latency",
        ("TargetResponseTime", "Average", LATENCY_SECONDS),
        of=service,
        minutes=15,
        meaning=f"The API server takes more than {LATENCY_SECONDS} s to answer, on average.",
        remedy="More or larger API servers; see the database's alarms.",
    )
    yield _of_balancer(
        f"{service}-unhealthy",
        ("UnHealthyHostCount", "Maximum", 1),
        of=service,
        minutes=5,
        meaning="A task of the API server does not answer the load balancer's health check.",
        remedy=f"ECS replaces it. If that does not help: airflow-ecs status, airflow-ecs logs {service}.",
    )
    if workload.settings.load_balancer.https:
        yield _certificate()


def _of_balancer(
    name: str,
    condition: tuple[str, str, float],
    *,
    of: str = "",
    minutes: int,
    meaning: str,
    remedy: str,
) -> Alarm:
    metric, statistic, threshold = condition
    summed = statistic == "Sum"
    return Alarm(
        name=name,
        metric=Metric(
            namespace="AWS/ApplicationELB",
            name=metric,
            dimensions={"LoadBalancer": BALANCER, **({"TargetGroup": target_group(of)} if of else {})},
            statistic=statistic,
        ),
        comparison=Comparison.AT_LEAST,
        threshold=threshold,
        period_seconds=minutes * MINUTE if summed else MINUTE,
        periods=1 if summed else minutes,
        meaning=meaning,
        remedy=remedy,
    )


def _certificate() -> Alarm:
    """Watch the certificate that users see.

    https://docs.aws.amazon.com/acm/latest/userguide/cloudwatch-metrics.html
    """
    return Alarm(
        name="certificate",
        metric=Metric(
            namespace="AWS/CertificateManager",
            name="DaysToExpiry",
            dimensions={"CertificateArn": CERTIFICATE},
            statistic="Minimum",
        ),
        comparison=Comparison.BELOW,
        threshold=DAYS_TO_EXPIRY,
        period_seconds=DAY,
        periods=1,
        missing=Missing.IGNORED,
        meaning=f"The certificate expires in less than {DAYS_TO_EXPIRY} days, and was not renewed.",
        remedy="ACM renews it while its validation record is in the hosted zone; an imported one is imported "
        "again.",
    )
