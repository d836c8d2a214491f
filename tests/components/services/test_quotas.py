"""A stack that the account may not run is warned of at preview; mocks answer for Service Quotas."""

from collections.abc import Callable
from typing import Any

import pulumi
import pytest

from components.model.settings.settings import Settings
from components.model.workload.vcpus import ON_DEMAND, peak_vcpus
from components.model.workload.workload import workload
from components.services.quotas import warn_of_quotas
from tests.helpers.pulumi_mocks import RefusedError, record

TOKEN = "aws:servicequotas/getServiceQuota:getServiceQuota"


def _logged(monkeypatch: pytest.MonkeyPatch, answer: Callable[[], Any]) -> dict[str, list[str]]:
    messages: dict[str, list[str]] = {"warn": [], "info": []}
    for level, found in messages.items():
        monkeypatch.setattr(pulumi.log, level, found.append)
    everything = workload(Settings())
    answers: dict[str, Any] = {TOKEN: lambda _args: answer()}  # pyright: ignore[reportUnknownLambdaType]
    record(lambda: warn_of_quotas(everything, pulumi.InvokeOptions()), answers=answers)
    return messages


def test_a_new_account_may_run_less_than_a_deployment_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is needed, what is allowed, and how to get more."""
    needed = peak_vcpus(workload(Settings()))[ON_DEMAND]
    (warning,) = _logged(monkeypatch, lambda: {"value": needed - 1})["warn"]
    assert f"up to {needed:g} vCPUs, and this account may run {needed - 1:g}" in warning
    assert "--quota-code L-3032A538" in warning
    assert _logged(monkeypatch, lambda: {"value": needed}) == {"warn": [], "info": []}


def test_a_quota_that_may_not_be_read_is_not_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    """It stops nothing."""

    def refuse() -> Any:
        raise RefusedError("AccessDeniedException")

    messages = _logged(monkeypatch, refuse)
    assert messages["warn"] == []
    (message,) = messages["info"]
    assert "AccessDeniedException" in message
