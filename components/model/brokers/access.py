"""What a service gets that uses a resource."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from ..endpoints import Variables
from ..iam.grants import Statements


@dataclass(frozen=True, kw_only=True)
class Access:
    """How a service finds a resource, and what it may do with it.

    Attributes:
        endpoint_variables: give the variables that name the resource.
        statements: what the service may do at AWS.
    """

    endpoint_variables: tuple[Variables, ...] = ()
    statements: tuple[Statements, ...] = ()

    def __add__(self, other: Self) -> "Access":
        """Give both."""
        return Access(
            endpoint_variables=(*self.endpoint_variables, *other.endpoint_variables),
            statements=(*self.statements, *other.statements),
        )


NOTHING = Access()


def nothing(_queues: Sequence[str]) -> Access:
    """Give no access, whatever the queues."""
    return NOTHING
