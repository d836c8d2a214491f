"""The settings of the keys of Airflow's tokens."""

from dataclasses import dataclass

from ..secrets import FIRST_NAME
from .rules import names
from .setting import Section, setting


@dataclass(frozen=True, kw_only=True)
class JwtSettings(Section):
    """The key pairs that sign and verify Airflow's tokens."""

    key_names: tuple[str, ...] = setting(
        (FIRST_NAME,),
        "Names of the key pairs that sign and verify Airflow's tokens, 1 to 3: the first signs, all are "
        "trusted. A new name makes a new pair, a removed one deletes it. `airflow-ecs rotate` changes them "
        "(docs/rotation.md).",
        names(3),
    )
