"""The table of Celery's results belongs to no broker in particular."""

from dataclasses import replace

from components.model.brokers.broker import Broker
from components.model.brokers.result_table import RESULT_TABLE
from components.model.endpoints import Endpoints
from components.model.services import flower, worker
from components.model.settings.settings import Executor, Settings
from components.model.workload.catalogue import CATALOGUE
from components.model.workload.workload import workload

ENDPOINTS = Endpoints(
    base_url="http://a",
    execution_api_url="http://e.x",
    region="eu-west-1",
    logs_bucket="l",
    logs_prefix="p",
    data_bucket="d",
    load_balancer_cidrs=[],
    cluster_name="c",
    result_table="results",
)
VARIABLES = {"AIRFLOW__CELERY__RESULT_BACKEND": "dynamodb://@eu-west-1/results"}
BROKER = Broker(result_table=RESULT_TABLE)


def _broker(_settings: Settings) -> Broker:
    return BROKER


def test_any_broker_may_have_it() -> None:
    """Schedulers, workers and Flower find it; the last may not use it."""
    settings = Settings(executor=Executor.CELERY)
    catalogue = replace(CATALOGUE, brokers=(_broker,))
    services = {one.name: one for one in workload(settings, catalogue).services}
    services["flower"] = flower.service(settings, BROKER)
    for name in ("scheduler", "worker", "flower"):
        found = {
            key: value
            for variables in services[name].endpoint_variables
            for key, value in variables(ENDPOINTS).items()
        }
        assert found == VARIABLES, name
    assert set(RESULT_TABLE.reads.statements) <= {*services["scheduler"].statements}
    assert set(RESULT_TABLE.writes.statements) <= {*services["worker"].statements}
    assert services["flower"].statements == ()


def test_a_broker_that_keeps_results_has_none() -> None:
    """Redis' workers ask nothing of DynamoDB."""
    assert worker.service(Settings(), Broker(), size=Settings().worker).endpoint_variables == ()
