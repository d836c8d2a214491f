"""Draws the settings of stacks, all valid, for tests that hold whatever a stack has set."""

from collections.abc import Callable, Collection, Mapping

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from components.model.settings.configuration import DECLARED, parse
from components.model.settings.errors import SettingsError
from components.model.settings.settings import Executor
from tests.components.model.settings.test_configuration import RIGHT_AND_WRONG, surroundings

EXECUTORS = (
    *(str(executor) for executor in Executor),
    "CeleryExecutor,big:AwsEcsExecutor",
    "LocalExecutor,CeleryExecutor,AwsEcsExecutor",
)


def stacks(
    named: Mapping[str, str], left_out: Collection[str] = (), always: Mapping[str, str] | None = None
) -> st.SearchStrategy[dict[str, str]]:
    """Give a strategy for a stack's settings, keys to texts.

    Args:
        named: values of the keys that name what is there already; of the others the one that
            `test_configuration` knows to be right.
        left_out: keys that are not generated.
        always: settings that every stack has.
    """
    values = {key: right for key, (right, _, _) in RIGHT_AND_WRONG.items()} | dict(named)
    return _stacks({key: text for key, text in values.items() if key not in left_out}, always or {})


@st.composite
def _stacks(draw: st.DrawFn, values: Mapping[str, str], always: Mapping[str, str]) -> dict[str, str]:
    """Draw keys, each with what it needs beside it; one that does not fit to those before is left.

    Sections that are absent as a whole let the other side of each choice be drawn too, such as a VPC that is
    made: https://users.cs.utah.edu/~regehr/papers/swarm12.pdf
    """
    absent = draw(st.sets(st.sampled_from(sorted({_section(key) for key in values}))))
    keys = draw(st.lists(st.sampled_from(sorted(values)), unique=True, min_size=20, max_size=60))
    raw = {"executor": draw(st.sampled_from(EXECUTORS)), **always}
    for key in keys:
        wanted = {*surroundings(key), key} - {*raw}
        if wanted <= {*values} and absent.isdisjoint(map(_section, wanted)):
            wider = raw | {one: values[one] for one in wanted}
            raw = wider if wanted and _fits(wider) else raw
    return dict(sorted(raw.items()))


def executors(raw: Mapping[str, str]) -> set[str]:
    """Name the executors of a stack, without their aliases."""
    return {name.rpartition(":")[2] for name in raw["executor"].split(",")}


def _section(key: str) -> tuple[str, ...]:
    path = DECLARED[key].path
    return path[:-1] or path


def _fits(raw: dict[str, str]) -> bool:
    try:
        parse(raw)
    except SettingsError:
        return False
    return True


def examples(count: int) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give hypothesis's settings for this many examples, the same in every run."""
    return settings(
        max_examples=count,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],  # a failing example is small enough, and takes seconds
        suppress_health_check=[HealthCheck.too_slow],
    )


def generated(strategy: st.SearchStrategy[dict[str, str]], count: int) -> list[dict[str, str]]:
    """Draw this many stacks, the same in every run."""
    found: list[dict[str, str]] = []

    @examples(count)
    @given(raw=strategy)
    def collect(raw: dict[str, str]) -> None:
        found.append(raw)

    collect()
    return found


def far_apart(
    stacks: Collection[dict[str, str]], count: int, choices: Callable[[dict[str, str]], set[tuple[str, str]]]
) -> list[dict[str, str]]:
    """Choose the stacks that together show most.

    Args:
        stacks: what is chosen from.
        count: how many to choose.
        choices: the large choices of a stack, as (name, what is chosen): each is shown both ways before the
            keys are looked at, each set and not set.
    """
    keys = {key for raw in stacks for key in raw}
    seen: set[tuple[str, str]] = set()
    chosen: list[dict[str, str]] = []
    for _ in range(count):
        best = max(
            stacks, key=lambda raw: (len(choices(raw) - seen), len(_facts(raw, keys) - seen), len(raw))
        )
        seen |= choices(best) | _facts(best, keys)
        chosen.append(best)
    return chosen


def _facts(raw: Mapping[str, str], keys: Collection[str]) -> set[tuple[str, str]]:
    return {(key, "set" if key in raw else "not set") for key in keys}
