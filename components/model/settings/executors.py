"""Airflow's executors as `[core] executor` names them: one, or several with commas between.

https://airflow.apache.org/docs/apache-airflow/stable/core-concepts/executor/index.html#using-multiple-executors-concurrently
"""

import difflib
import re
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Self

from ..shown import shown
from .errors import Errors, invalid

ALIAS: Final = r"[A-Za-z][A-Za-z0-9_-]{0,63}"


class Executor(StrEnum):
    """Who runs the tasks."""

    LOCAL = "LocalExecutor"
    CELERY = "CeleryExecutor"
    ECS = "AwsEcsExecutor"


@dataclass(frozen=True)
class NamedExecutor:
    """One of the executors of a cluster.

    Attributes:
        executor: which.
        name: by what a task chooses it: `executor=` of an operator or a DAG's default arguments.
    """

    executor: Executor
    name: str


class Executors(str):
    """The executors of a cluster in Airflow's form, the default first: `LocalExecutor,big:AwsEcsExecutor`.

    Raises:
        ValueError: not executors in this form; continues a sentence that begins with the setting.
    """

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        """Take a text of that form."""
        if error := next(errors(text), None):
            raise ValueError(error.message)
        return super().__new__(cls, text)


def named(text: str) -> list[NamedExecutor]:
    """List the executors that a valid text names."""
    parts = [_parts(one) for one in text.split(",")]
    return [NamedExecutor(Executor(executor), alias or executor) for alias, executor in parts]


def errors(text: str) -> Errors:
    """Yield what is wrong first with a text that names executors."""
    known = {str(one) for one in Executor}
    parts = [_parts(one) for one in text.split(",")]
    names = Counter(alias or executor for alias, executor in parts)
    if ";" in text or "=" in text:
        yield invalid(
            f"must not name teams; got {shown(text)}. Their tasks would share this cluster's network and "
            "roles. Deploy a stack for each team"
        )
    elif others := [executor for _, executor in parts if executor not in known]:
        near = difflib.get_close_matches(others[0], known, n=1, cutoff=0.3)
        hint = f". Did you mean {near[0]}?" if near else ""
        listed = ", ".join(Executor)
        yield invalid(f"must be one of {listed}, or several with commas between; got {shown(text)}{hint}")
    elif twice := [name for name, count in Counter(executor for _, executor in parts).items() if count > 1]:
        yield invalid(f"must name {twice[0]} once; got {shown(text)}. Airflow loads each executor once")
    elif wrong := [one for one, _ in parts if one and (one in known or not re.fullmatch(ALIAS, one))]:
        yield invalid(
            f"must have aliases of 1 to 64 of A-Z a-z 0-9 _ -, a letter first, that are no executor's name; "
            f"got {shown(wrong[0])}"
        )
    elif twice := [name for name, count in names.items() if count > 1]:
        yield invalid(f"must have each alias once; got {shown(twice[0])} twice. Rename one")


def _parts(one: str) -> tuple[str, str]:
    """Give alias and name; the alias is empty where there is none."""
    alias, colon, executor = one.strip().partition(":")
    return (alias or colon, executor) if colon else ("", alias)
