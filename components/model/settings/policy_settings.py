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
    """Read by the command `airflow-ecs`, not by the program."""

    enforcement: Enforcement = setting(
        Enforcement.ADVISORY,
        "What a broken rule of the policy pack does: advisory (is told), mandatory (stops a deploy).",
    )
    hardened: bool = setting(
        default=False,
        doc="Keep also the rules that only cost money: keys of one's own, a year of logs, a web firewall.",
    )
