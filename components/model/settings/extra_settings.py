"""What a company adds to the containers: environment, secrets, Airflow settings."""

import re
from collections.abc import Mapping
from typing import Any, Final

from .airflow_keys import owned

_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_AIRFLOW_KEY: Final = re.compile(r"AIRFLOW__[A-Z0-9_]+?__[A-Z0-9_]+")
_SECRET: Final = re.compile(r"PASSWORD|PASSWD|SECRET|TOKEN|PRIVATE_KEY|ACCESS_KEY|FERNET|CREDENTIAL|_CONN_")
_REFERENCE: Final = re.compile(
    r"arn:aws[a-z-]*:(secretsmanager:[a-z0-9-]+:\d{12}:secret|ssm:[a-z0-9-]+:\d{12}:parameter)[:/]\S+"
)


def airflow_settings(values: Mapping[str, Any]) -> str | None:
    """Airflow's own settings, `AIRFLOW__SECTION__KEY`, that the program does not set itself."""
    for name, value in values.items():
        if not _AIRFLOW_KEY.fullmatch(name):
            return f"must hold names such as AIRFLOW__CORE__MAX_ACTIVE_RUNS_PER_DAG; got {name!r}"
        if error := _clear_error(name, value):
            return error
    return None


def environment(values: Any) -> str | None:
    """Variables in clear that neither Airflow nor the program reads."""
    if not isinstance(values, Mapping):
        return f"must be a mapping of names to texts; got {values!r}"
    for name, value in values.items():  # pyright: ignore[reportUnknownVariableType]
        if error := _name_error(name) or _clear_error(name, value):  # pyright: ignore[reportUnknownArgumentType]
            return error
        if _AIRFLOW_KEY.fullmatch(name):  # pyright: ignore[reportUnknownArgumentType]
            return (
                f"must not hold {name}: Airflow's settings are those of all roles. Set it in airflowSettings"
            )
    return None


def secrets(values: Any) -> str | None:
    """Variables whose values ECS reads from Secrets Manager or Parameter Store."""
    if not isinstance(values, Mapping):
        return f"must be a mapping of names to ARNs; got {values!r}"
    for name, arn in values.items():  # pyright: ignore[reportUnknownVariableType]
        if error := _name_error(name):  # pyright: ignore[reportUnknownArgumentType]
            return error
        if not isinstance(arn, str) or not _REFERENCE.fullmatch(arn):
            return f"must hold ARNs of Secrets Manager secrets or SSM parameters; got {arn!r} for {name}"
    return None


def _name_error(name: str) -> str | None:
    if not _VARIABLE.fullmatch(name):
        return f"must hold names of variables; got {name!r}"
    return f"must not hold {name}: the program sets it" if owned(name) else None


def _clear_error(name: str, value: Any) -> str | None:
    if owned(name):
        return f"must not hold {name}: the program sets it"
    if _SECRET.search(name.upper()):
        return f"must not hold {name} in clear. Put it into Secrets Manager, and its ARN into extraSecrets"
    return None if isinstance(value, str) else f"must hold texts; got {value!r} for {name}. Put it in quotes"
