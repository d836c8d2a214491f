"""What may be added to the containers: environment variables, secrets, Airflow's own settings."""

import re
from collections.abc import Mapping
from typing import Any, Final

from ..documents import is_mapping, kind
from ..shown import shown
from .airflow_keys import OF_DAG_BUNDLE, owned
from .dag_settings import DagSourceKind
from .errors import Errors, Key, SettingError, invalid, name_of
from .plaintext import is_secret

_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_AIRFLOW_KEY: Final = re.compile(r"AIRFLOW__[A-Z0-9_]+?__[A-Z0-9_]+")
_REFERENCE: Final = re.compile(
    r"arn:aws[a-z-]*:(secretsmanager:[a-z0-9-]+:\d{12}:secret|ssm:[a-z0-9-]+:\d{12}:parameter)[:/]\S+"
)


def airflow_settings(values: Mapping[str, Any]) -> Errors:
    """Airflow's own settings, `AIRFLOW__SECTION__KEY`, that the program does not set itself."""
    for name, value in values.items():
        if _AIRFLOW_KEY.fullmatch(name):
            yield from _plaintext(name, value)
        else:
            yield invalid(
                f"must hold names such as AIRFLOW__CORE__MAX_ACTIVE_RUNS_PER_DAG; got {shown(name)}"
            )


def environment(values: Any) -> Errors:
    """Variables in plaintext that neither Airflow nor the program reads."""
    if not is_mapping(values):
        yield invalid(f"must be a mapping of names to strings; got {kind(values)}")
        return
    for name, value in values.items():
        if not _VARIABLE.fullmatch(name):
            yield _not_a_variable(name)
        elif errors := [*_plaintext(name, value)]:
            yield from errors
        elif _AIRFLOW_KEY.fullmatch(name):
            yield invalid(
                f"must not be set: Airflow's settings apply to all services. Set it in "
                f"{name_of('.airflow_settings')}",
                Key(name),
            )


def secrets(values: Any) -> Errors:
    """Variables whose values ECS reads from Secrets Manager or Parameter Store."""
    if not is_mapping(values):
        yield invalid(f"must be a mapping of names to ARNs; got {kind(values)}")
        return
    for name, arn in values.items():
        if not _VARIABLE.fullmatch(name):
            yield _not_a_variable(name)
        elif owned(name):
            yield _owned(name)
        elif not isinstance(arn, str) or not _REFERENCE.fullmatch(arn):
            yield invalid(
                "must be the ARN of a Secrets Manager secret or SSM parameter; its value is not shown",
                Key(name),
            )


def dag_source(
    source: DagSourceKind, values: Mapping[str, Any], secrets: Mapping[str, Mapping[str, Any]]
) -> Errors:
    """Airflow settings that the program sets only where DAGs are versions in a bucket."""
    if source is not DagSourceKind.BUNDLE:
        return
    for name in sorted(values.keys() & OF_DAG_BUNDLE):
        yield _owned(name).below("airflow_settings")
    for service, variables in secrets.items():
        for name in sorted(OF_DAG_BUNDLE.intersection(variables)):
            yield _owned(name).below("extra_secrets", Key(service))


def _plaintext(name: str, value: Any) -> Errors:
    if owned(name):
        yield _owned(name)
    elif is_secret(name, value):
        yield invalid(
            "must not be in plaintext. Store it in Secrets Manager, and set its ARN in "
            f"{name_of('.extra_secrets')}",
            Key(name),
        )
    elif not isinstance(value, str):
        yield invalid(f"must be a string; got {shown(value)}. Put it in quotes", Key(name))


def _not_a_variable(name: Any) -> SettingError:
    return invalid(f"must hold names of environment variables; got {shown(name)}")


def _owned(name: str) -> SettingError:
    return invalid("must not be set: the program sets it", Key(name))
