"""Settings of the shapes that tests ask for."""

from components.model.endpoints import Endpoints
from components.model.services.service import Service
from components.model.settings.settings import (
    DatabaseMaintenanceSettings,
    Executor,
    LoadBalancerSettings,
    ServiceSettings,
    Settings,
    SsoSettings,
    WorkerGroup,
)
from components.model.workload.workload import workload

LOCAL = Settings()
CELERY = Settings(executor=Executor.CELERY)
ECS = Settings(executor="LocalExecutor,big:AwsEcsExecutor")
FLOWER = Settings(executor=Executor.CELERY, flower=ServiceSettings(cpu_units=256, memory_mib=512, count=1))
SSO = Settings(
    load_balancer=LoadBalancerSettings(
        certificate_arn="arn:aws:acm:eu-west-1:123456789012:certificate/8c0e4f2a",
        domain="airflow.example.com",
    ),
    sso=SsoSettings(
        issuer_url="https://id.example/tenant",
        client_id="airflow",
        client_secret_arn="arn:aws:secretsmanager:eu-west-1:123456789012:secret:oidc-AbCdEf",
        group_roles={"airflow-admins": "Admin"},
    ),
)
CLEANED = Settings(
    executor=Executor.CELERY,
    flower=ServiceSettings(cpu_units=256, memory_mib=512, count=1),
    database_maintenance=DatabaseMaintenanceSettings(after_days=90),
)
SCALED = Settings(
    executor=Executor.CELERY,
    worker_groups=(
        WorkerGroup(name="small", queues=("default",), minimum_count=1, maximum_count=10),
        WorkerGroup(name="large", queues=("large", "gpu"), maximum_count=100, concurrency=2),
        WorkerGroup(name="fixed", queues=("fixed",), count=3),
    ),
)
ENDPOINTS = Endpoints(
    base_url="https://airflow.example",
    execution_api_url="http://execution-api.airflow.internal:8081/execution/",
    region="eu-west-1",
    logs_bucket="the-logs",
    logs_prefix="airflow/tasks",
    data_bucket="the-data",
    load_balancer_cidrs=["10.20.128.0/19", "10.20.160.0/19"],
    dags_bucket="the-dags",
    cluster_name="airflow-1234567",
)


def members(settings: Settings) -> list[Service]:
    """List all that runs in a cluster."""
    return workload(settings).everything


def member(settings: Settings, name: str) -> Service:
    """Give one service."""
    return {service.name: service for service in members(settings)}[name]
