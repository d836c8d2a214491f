"""The only reader of the stack's configuration."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pulumi
from pulumi.runtime import get_config_env, get_config_secret_keys_env

from components.model.airflow_objects import airflow_objects
from components.model.airflow_objects.airflow_objects import ObjectsError
from components.model.aws import aws_names
from components.model.aws.aws_access import AssumedRole, AwsAccess
from components.model.settings.configuration import parse
from components.model.settings.settings import Settings, SettingsError, warnings

PROJECT = Path(__file__).resolve().parent


def load() -> Settings:
    """Read and check the settings of the selected stack.

    Raises:
        pulumi.RunError: every error at once, before any resource exists; printed without a traceback.
    """
    if message := aws_names.stack_error(pulumi.get_stack()):
        raise pulumi.RunError(f"stack {pulumi.get_stack()} cannot be deployed: its name {message}")
    namespace = f"{pulumi.get_project()}:"
    raw = {
        key.removeprefix(namespace): value
        for key, value in get_config_env().items()
        if key.startswith(namespace)
    }
    of_files = [*_missing_files(raw), *_objects_errors(raw), *_secrets(raw, namespace)]
    try:
        settings = parse(raw)
    except SettingsError as error:
        raise _refusal(namespace, [*error.errors, *of_files]) from None
    if of_files:
        raise _refusal(namespace, of_files)
    for warning in warnings(settings):
        pulumi.log.warn(f"{namespace}{warning}")
    return settings


def access() -> AwsAccess:
    """Read as whom Pulumi's AWS provider acts, so that everything else acts as the same.

    https://www.pulumi.com/registry/packages/aws/installation-configuration/
    """
    provider = pulumi.Config("aws")
    roles: list[dict[str, str]] = provider.get_object("assumeRoles") or []
    return AwsAccess(
        profile=provider.get("profile") or "",
        roles=[AssumedRole(arn=one["roleArn"], external_id=one.get("externalId", "")) for one in roles],
    )


def _missing_files(raw: Mapping[str, str]) -> list[str]:
    name = raw.get("imageExtraCaFile", "")
    if not name or (PROJECT / name).is_file():
        return []
    return [
        f"imageExtraCaFile must name a file in {PROJECT}; got {name!r}, which is none. Make it, or unset it"
    ]


def _secrets(raw: Mapping[str, str], namespace: str) -> list[str]:
    return [
        f"{key} must not be set with --secret: its value stands in clear in what is deployed. Put a secret "
        "into Secrets Manager, and its ARN into extraSecrets"
        for key in raw
        if f"{namespace}{key}" in get_config_secret_keys_env()
    ]


@contextmanager
def refusals() -> Generator[None]:
    """Turn what AWS says against the settings into one error without a traceback.

    Raises:
        pulumi.RunError: every error at once, before any resource of the cluster exists.
    """
    try:
        yield
    except SettingsError as error:
        raise _refusal(f"{pulumi.get_project()}:", error.errors) from None


def _objects_errors(raw: Mapping[str, str]) -> list[str]:
    try:
        airflow_objects.load(PROJECT, raw.get(airflow_objects.SETTING, ""))
    except ObjectsError as error:
        return error.errors
    return []


def _refusal(namespace: str, errors: list[str]) -> pulumi.RunError:
    lines = "\n".join(f"  {namespace}{message}" for message in errors)
    return pulumi.RunError(f"stack {pulumi.get_stack()} cannot be deployed with these settings:\n{lines}")
