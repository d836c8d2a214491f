# pyright: basic, reportMissingImports=false
# ruff: noqa: INP001 - Airflow reads the folder, it is no package
# Airflow is in the image's environment, not in the program's.
"""For the image's tests: a trigger that looks around in the triggerer."""

from collections.abc import AsyncIterator
from typing import Any

from airflow.triggers.base import BaseTrigger, TriggerEvent
from curious_look import kept, look


class CuriousTrigger(BaseTrigger):
    """Looks around, and fires."""

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Name this class; it takes nothing."""
        return "curious_trigger.CuriousTrigger", {}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Look, then fire."""
        look("trigger")
        self.log.info("the trigger read %s", kept())
        print(kept())  # noqa: T201 - into the log, as authors do
        yield TriggerEvent("looked")
