# pyright: basic
# moto has no types for its backends.
"""A repository of the caller's account, or of another one whose policy lets the caller in.

https://docs.aws.amazon.com/AmazonECR/latest/userguide/repository-policies.html
"""

from __future__ import annotations

import json
from typing import Any

from moto.ecr.exceptions import RepositoryNotFoundException
from moto.ecr.models import ECRBackend, Repository, ecr_backends

from embedded_aws.account.ecr.errors import denied


def repository_for(
    caller: ECRBackend, name: str, registry_id: str | None = None, action: str | None = None
) -> Repository:
    """Find a repository.

    Args:
        caller: the registry of whoever asks.
        name: the repository's name.
        registry_id: account of the registry; None: the caller's.
        action: what is wanted, where another account may allow it.
    """
    foreign = registry_id not in (None, caller.account_id)
    registry = ecr_backends[str(registry_id)][caller.region_name] if foreign else caller
    repository = registry.repositories.get(name)
    if foreign and (repository is None or not _allows(repository.policy, caller.account_id, action)):
        resource = f"arn:aws:ecr:{caller.region_name}:{registry_id}:repository/{name}"
        raise denied(f"arn:aws:iam::{caller.account_id}:root", action or "ecr:*", resource)
    if repository is None:
        raise RepositoryNotFoundException(name, registry_id or caller.account_id)
    return repository


def _allows(policy: str | None, account: str, action: str | None) -> bool:
    """Evaluate the allowing statements that name accounts; conditions and denials are not known here."""
    statements: list[dict[str, Any]] = json.loads(policy)["Statement"] if policy else []
    return any(
        statement["Effect"] == "Allow"
        and "Condition" not in statement
        and action in _listed(statement["Action"])
        and {account, f"arn:aws:iam::{account}:root"} & set(_listed(statement["Principal"]["AWS"]))
        for statement in statements
    )


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
