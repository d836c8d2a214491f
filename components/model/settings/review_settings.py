"""How a change of the stack is reviewed."""

from dataclasses import dataclass
from enum import StrEnum

from .setting import setting


class Enforcement(StrEnum):
    """What a broken rule of the policy pack does."""

    ADVISORY = "advisory"
    MANDATORY = "mandatory"


@dataclass(frozen=True, kw_only=True)
class ReviewSettings:
    """Read by the command `airflow-ecs`, not by the program."""

    enforcement: Enforcement = setting(
        Enforcement.ADVISORY,
        "What a broken rule of the policy pack does: advisory (is told), mandatory (stops a deploy).",
    )
    hardened: bool = setting(
        default=False,
        doc="Keep also the rules that only cost money: keys of one's own, a year of logs, a web firewall.",
    )
