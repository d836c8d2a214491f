"""Settings of the shapes that tests ask for."""

from components.model.airflow_env import Endpoints
from components.model.settings import Executor, RoleSettings, Settings

LOCAL = Settings()
CELERY = Settings(executor=Executor.CELERY)
FLOWER = Settings(executor=Executor.CELERY, flower=RoleSettings(cpu_units=256, memory_mib=512, count=1))
ENDPOINTS = Endpoints(
    base_url="https://airflow.example",
    execution_api_url="http://api-server.airflow.internal:8080/execution/",
    region="eu-west-1",
    logs_bucket="the-logs",
    data_bucket="the-data",
)
