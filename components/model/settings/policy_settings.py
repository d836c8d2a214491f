"""How strict the policy pack is."""

from dataclasses import dataclass
from enum import StrEnum

from .setting import Section, setting


class Enforcement(StrEnum):
    """What a violation of the policy pack does."""

    ADVISORY = "advisory"
    MANDATORY = "mandatory"


@dataclass(frozen=True, kw_only=True)
class PolicySettings(Section):
    """Read by the policy pack and the command `airflow-ecs`, not by the program."""

    enforcement: Enforcement = setting(
        Enforcement.ADVISORY,
        "What a violation of the policy pack does: advisory (is reported), mandatory (stops a deployment).",
    )
    hardened: bool = setting(
        default=False,
        doc="Enforce the rules that only cost money too: customer managed keys, a year of logs, a web "
        "firewall.",
    )
