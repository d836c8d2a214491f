"""What a cluster must know of the place that its DAGs come from."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ..endpoints import Endpoints
from ..iam.grants import Statements


def _no_variables(_endpoints: Endpoints) -> Mapping[str, str]:
    return {}


@dataclass(frozen=True, kw_only=True)
class DagSource:
    """Where Airflow gets its DAGs from.

    Attributes:
        environment: variables that every service gets.
        endpoint_variables: gives the variables that name resources, which every service gets.
        volumes: folders in the containers of services that load DAGs, which they may write to.
        statements: what services that load DAGs may do at AWS.
        parser_command: what the service that parses DAGs runs, where it is not Airflow's own command.
        uploaded: whether `up` uploads the DAGs into a bucket of the cluster; then the image has none.
    """

    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    endpoint_variables: Callable[[Endpoints], Mapping[str, str]] = _no_variables
    volumes: tuple[str, ...] = ()
    statements: tuple[Statements, ...] = ()
    parser_command: tuple[str, ...] = ()
    uploaded: bool = False
