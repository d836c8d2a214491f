"""What a cluster gets whose DAGs are versions in a bucket."""

import json

import pytest

from components.model.dag_sources import bundle, dag_archive
from components.model.iam.grants import Grants
from components.model.image import build_args
from components.model.services import task_role_policy
from components.model.settings.dag_settings import DagSettings, DagSourceKind
from components.model.settings.errors import SettingsError
from components.model.settings.settings import Executor, Settings
from components.model.workload.workload import workload
from tests.components.model.samples import ENDPOINTS

BUNDLE = DagSettings(source=DagSourceKind.BUNDLE)
GRANTS = Grants(
    logs_bucket_arn="arn:l",
    logs_prefix="logs",
    data_bucket_arn="arn:d",
    dags_bucket_arn="arn:aws:s3:::the-dags",
    cluster_arn="arn:aws:ecs:eu-west-1:123456789012:cluster/air",
)
READ = {"Action": ["s3:GetObject"], "Effect": "Allow", "Resource": ["arn:aws:s3:::the-dags/dags/*"]}


@pytest.mark.parametrize(
    ("executor", "readers"),
    [
        (Executor.LOCAL, ["dag-processor", "scheduler"]),
        (Executor.CELERY, ["dag-processor", "worker"]),
    ],
)
def test_only_services_that_load_dags_read_the_bucket_and_none_writes(
    executor: Executor, readers: list[str]
) -> None:
    """Whoever writes it decides what runs as the DAG processor, which reaches the database."""
    settings = Settings(dag=BUNDLE, executor=executor)
    found: list[str] = []
    for service in workload(settings).everything:
        statements = task_role_policy.statements(settings, [service], GRANTS)
        of_dags = [one for one in statements if "the-dags" in json.dumps(one)]
        assert of_dags in ([], [READ]), service.name
        found += [service.name] * len(of_dags)
    assert sorted(found) == readers


def test_every_service_knows_the_bundle() -> None:
    """By a name that runs of the image's DAGs know; no modules of the image come before a version's."""
    source = workload(Settings(dag=BUNDLE)).dag_source
    (config,) = json.loads(
        source.endpoint_variables(ENDPOINTS)["AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST"]
    )
    assert config == {
        "name": "dags-folder",
        "classpath": "airflow_ecs_image.dag_bundle.DagArchiveBundle",
        "kwargs": {"bucket": "the-dags", "prefix": dag_archive.PREFIX},
    }
    for service in workload(Settings(dag=BUNDLE)).everything:
        assert service.environment["AIRFLOW__CORE__DAGS_FOLDER"] == "/opt/airflow/run/no-dags"
        assert service.environment["AIRFLOW__CORE__MIN_SERIALIZED_DAG_UPDATE_INTERVAL"] == "0"
        assert service.environment["AIRFLOW__DAG_PROCESSOR__BUNDLE_REFRESH_CHECK_INTERVAL"] == "2"


def test_the_dag_processor_is_the_one_that_knows_versions() -> None:
    """Airflow's own command stores DAGs under versions that they were not parsed from."""
    commands = {one.name: one.command for one in workload(Settings(dag=BUNDLE)).everything}
    assert commands["dag-processor"] == ("/opt/airflow/bin/dag-processor",)
    of_image = {one.name: one.command for one in workload(Settings()).everything}
    assert {name for name in commands if commands[name] != of_image[name]} == {"dag-processor"}


def test_the_image_has_no_dags() -> None:
    """And is another one than that with DAGs; the image's own tag stays as it was."""

    def arguments(settings: Settings) -> dict[str, str]:
        return build_args.build_args(settings, "", airflow_version="3", revision="")

    assert arguments(Settings(dag=BUNDLE)) == {**arguments(Settings()), "DAG_SOURCE": "bundle"}
    assert bundle.dag_source(Settings()) is None


def test_what_has_no_effect_or_is_the_programs_is_an_error() -> None:
    """The interval without a bundle; with one, Airflow's settings that name another. All at once."""
    with pytest.raises(SettingsError, match=r"needs dag\.source bundle; with image it has no effect"):
        Settings(dag=DagSettings(refresh_seconds=5))
    other = {"AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST": "[]"}
    assert Settings(airflow_settings=other).airflow_settings == other
    with pytest.raises(SettingsError, match="must not be set: the program sets it"):
        Settings(dag=BUNDLE, airflow_settings=other)
    arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:bundles-AbCdEf"
    with pytest.raises(SettingsError, match=r'^extra_secrets\["all"\]\["\w+"\] must not be set'):
        Settings(dag=BUNDLE, extra_secrets={"all": dict.fromkeys(other, arn)})
