"""The settings of the Fernet keys."""

from dataclasses import dataclass

from ..secrets import FIRST_NAME
from .rules import names
from .setting import Section, setting


@dataclass(frozen=True, kw_only=True)
class FernetSettings(Section):
    """The keys that encrypt the passwords in the metadata database."""

    key_names: tuple[str, ...] = setting(
        (FIRST_NAME,),
        "Names of the Fernet keys, 1 to 3: the first encrypts, all decrypt. A new name makes a new key, a "
        "removed one deletes it, and what is encrypted with it cannot be read any more. `airflow-ecs rotate` "
        "changes them (docs/rotation.md).",
        names(3),
    )
