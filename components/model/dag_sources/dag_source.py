"""What a cluster must know of the place that its DAGs come from."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..iam.grants import Statements


@dataclass(frozen=True, kw_only=True)
class DagSource:
    """Where Airflow gets its DAGs from.

    Attributes:
        environment: variables that every service gets.
        volumes: folders in the containers of services that load DAGs, which they may write to.
        statements: what services that load DAGs may do at AWS.
    """

    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    volumes: tuple[str, ...] = ()
    statements: tuple[Statements, ...] = ()
