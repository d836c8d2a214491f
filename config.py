"""The only reader of the stack's configuration."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pulumi
from pulumi.runtime import get_config_env, get_config_secret_keys_env

from components.model.airflow_resources import airflow_resources
from components.model.aws import aws_names
from components.model.aws.aws_access import AwsAccess
from components.model.settings.configuration import Configuration, of_project, path_of, read
from components.model.settings.errors import Errors, SettingError, SettingsError, at, name_of, stack_key
from components.model.settings.settings import Settings
from components.model.shown import shown
from components.model.workload.catalogue import CATALOGUE, Catalogue
from components.model.workload.named_services import unknown_services


def load(catalogue: Catalogue = CATALOGUE, project: Path = Path()) -> Settings:
    """Read and check the settings of the selected stack.

    Args:
        catalogue: which services, executors, brokers and DAG sources there are.
        project: the folder of the files that settings name; by default that of the program, where Pulumi runs
            it.

    Raises:
        pulumi.RunError: every error at once, before any resource exists; printed without a traceback.
    """
    if message := aws_names.stack_error(pulumi.get_stack()):
        raise pulumi.RunError(f"stack {pulumi.get_stack()} cannot be deployed: its name {message}")
    raw = of_project(pulumi.get_project(), get_config_env())
    configuration = read(raw)
    further = [
        *unknown_services(configuration.values, catalogue),
        *_file_errors(configuration, project.resolve()),
        *_secret_errors(raw),
    ]
    with run_errors():
        settings = configuration.settings(further)
    for warning in settings.warnings():
        pulumi.log.warn(_line(warning))
    return settings


def cluster_name(settings: Settings) -> str:
    """Give the name that those of the stack's resources begin with."""
    return f"{settings.name_prefix}-{pulumi.get_stack()}"


def access() -> AwsAccess:
    """Read the identity of Pulumi's AWS provider, so that all other calls to AWS have the same."""
    provider = pulumi.Config("aws")
    return AwsAccess.of_provider(provider.get("profile"), provider.get_object("assumeRoles"))


def _file_errors(configuration: Configuration, project: Path) -> Errors:
    """Files that settings name must be there, also where other settings are wrong."""
    name = configuration.values.get(("image", "extra_ca_file"))
    if name and not (project / name).is_file():
        message = (
            f"must name a file in {project}; got {shown(name)}, which does not exist. Make it, or unset it"
        )
        yield at("image.extra_ca_file", message)
    try:
        airflow_resources.load(project, configuration.values.get(airflow_resources.SETTING, ""))
    except SettingsError as error:
        yield from error.errors


def _secret_errors(raw: Mapping[str, str]) -> Errors:
    for key in raw:
        if f"{pulumi.get_project()}:{key}" in get_config_secret_keys_env():
            yield SettingError(
                path_of(key),
                "must not be set with --secret: its value is in plaintext in what is deployed. Store a "
                f"secret in Secrets Manager, and set its ARN in {name_of('extra_secrets')}",
            )


@contextmanager
def run_errors() -> Generator[None]:
    """Turn a `SettingsError` into one error of Pulumi without a traceback, in the keys of a stack file.

    Raises:
        pulumi.RunError: every error at once, before any resource of the cluster exists.
    """
    try:
        yield
    except SettingsError as error:
        lines = "\n".join(f"  {_line(one)}" for one in error.errors)
        raise pulumi.RunError(
            f"stack {pulumi.get_stack()} cannot be deployed with these settings:\n{lines}"
        ) from None


def _line(error: SettingError) -> str:
    """Write an error as whoever edits a stack file reads it."""
    line = error.render(stack_key)
    return f"{pulumi.get_project()}:{line}" if error.path else line
