"""Answers that AWS clients wait for and moto does not give, one module a service."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.aws.fixes import failures, small_services, storage

if TYPE_CHECKING:
    from local.aws.account import Account


def install(account: Account) -> None:
    """Mend moto in this process."""
    del account
    for module in (failures, small_services, storage):
        module.install()


def end() -> None:
    """End the servers that stand behind the services."""
