"""Worker groups in a stack's configuration: every key right and wrong, and what must hold between them."""

import json
from typing import Any

import pytest

from components.model.settings import configuration
from components.model.settings.errors import SettingsError, python_name, stack_key
from components.model.settings.setting import declarations
from components.model.settings.settings import Executor, Settings, WorkerGroup

SMALL = {"name": "small", "queues": ["default"]}
LARGE = {"name": "large", "queues": ["large", "default"]}
STATEMENT = {"Action": "sqs:SendMessage", "Resource": "*"}

RIGHT_AND_WRONG: dict[str, tuple[Any, Any, str]] = {
    "cpuUnits": (512, 1000, "must be one of 256, 512, 1024, 2048, 4096, 8192, 16384; got 1000"),
    "memoryMib": ("4096", 9216, "must be one of 2048, 3072, 4096, 5120, 6144, 7168, 8192 for 1024 CPU units"),
    "count": (3, 101, "must be from 0 to 100; got 101"),
    "scaledExternally": (True, "always", "must be true or false; got 'always'"),
    "minimumCount": (1, -1, "must be from 0 to 99; got -1"),
    "maximumCount": (10, 101, "must be from 0 to 100; got 101"),
    "name": ("gpu-2", "Large", "must be 1 to 20 of a-z 0-9, with single hyphens between"),
    "queues": (
        ["default", "gpu_2.x"],
        ["default", "a,b"],
        "must hold queues of 1 to 64 of A-Z a-z 0-9 _ . -",
    ),
    "concurrency": (4, 257, "must be from 0 to 256; got 257"),
    "ephemeralStorageGib": (200, 201, "must be from 20 to 200; got 201"),
    "spotPercent": (75, 101, "must be from 0 to 100; got 101"),
    "onDemandBase": (1, -1, "must be from 0 to 99; got -1"),
    "architecture": ("ARM64", "arm64", "must be x86_64 or ARM64, or empty; got 'arm64'"),
    "extraStatements": ([STATEMENT], [{"Action": "*"}], "must be a statement with Action and Resource"),
    "environment": ({"A": 1}, {"A_TOKEN": "x"}, "must not be in plaintext. Store it in Secrets Manager, and"),
}


def _parsed(*groups: Any, **others: str) -> Settings:
    return configuration.parse({"executor": "CeleryExecutor", "workerGroups": json.dumps(groups), **others})


def _errors(*groups: Any, **others: str) -> list[str]:
    with pytest.raises(SettingsError) as stopped:
        _parsed(*groups, **others)
    return stopped.value.lines(stack_key)


def _around(key: str) -> dict[str, Any]:
    """Give what a key needs."""
    share = {"spotPercent": 75, "count": 4} if key == "onDemandBase" else {}
    share |= {"maximumCount": 4} if key == "minimumCount" else {}
    return SMALL | share | ({"memoryMib": 2048} if key == "cpuUnits" else {})


def test_the_table_above_has_every_key() -> None:
    """A new one needs a line here."""
    assert {*RIGHT_AND_WRONG} == {one.key for one in declarations(WorkerGroup)}


@pytest.mark.parametrize("key", RIGHT_AND_WRONG)
def test_a_right_value_is_taken(key: str) -> None:
    """It lands in the field of the key, as a stack file in YAML or `pulumi config set --path` write it."""
    right, _, _ = RIGHT_AND_WRONG[key]
    others = {"imageUri": "registry.example.com/airflow:1"} if key == "architecture" else {}
    (group,) = _parsed(_around(key) | {key: right}, **others).worker_groups
    (declared,) = (one for one in declarations(WorkerGroup) if one.key == key)
    found = getattr(group, declared.path[0])
    assert type(found) is declared.type
    assert found != declared.default
    assert json.loads(json.dumps(found), parse_int=str) == json.loads(
        json.dumps(right).replace('"4096"', "4096"), parse_int=str
    )


@pytest.mark.parametrize("key", RIGHT_AND_WRONG)
def test_a_wrong_value_is_refused(key: str) -> None:
    """One line with the place, the rule and what to do."""
    _, wrong, message = RIGHT_AND_WRONG[key]
    (line,) = _errors(_around(key) | {key: wrong})
    assert line.startswith(f"workerGroups[0].{key}")
    assert message in line


OF_ANOTHER_TYPE = {
    "count": ("many", "must be a whole number; got 'many'"),
    "queues": ("default", "must be a list of strings; got 'default'"),
    "environment": (["A"], "must be a mapping; got a list"),
    "extraStatements": (["s3:*"], "must be a list of mappings; got one with a string"),
    "name": (["x"], "must be one value; got ['x']"),
    "memoryMib": (None, "must be one value; got None"),
}


@pytest.mark.parametrize("key", OF_ANOTHER_TYPE)
def test_a_value_of_another_type_is_refused(key: str) -> None:
    """With its place in the list."""
    wrong, message = OF_ANOTHER_TYPE[key]
    assert _errors(SMALL, LARGE | {key: wrong}) == [f"workerGroups[1].{key} {message}"]


TOGETHER: dict[str, tuple[list[dict[str, Any]], dict[str, str]]] = {
    "workerGroups[1].name must differ from workerGroups[0].name; got 'small' twice. Rename one": (
        [SMALL, LARGE | {"name": "small"}],
        {},
    ),
    "workerGroups[0].name must be 1 to 20 of a-z 0-9, with single hyphens between, a letter first; got ''": (
        [{"queues": ["default"]}],
        {},
    ),
    "workerGroups must serve the queue default, where tasks wait that name none; got gpu, large. Add it to "
    "the queues of a group": ([LARGE | {"queues": ["large", "gpu"]}], {}),
    "workerGroups[1].queues must name at least one queue; got none. Its workers would take no task": (
        [SMALL, {"name": "large"}],
        {},
    ),
    "workerGroups[0].queues must hold each queue once; got default 2 times": (
        [SMALL | {"queues": ["default", "default"]}],
        {},
    ),
    "workerGroups[1].count must be at least 1; got 0, and no other group serves large. Raise it, or remove "
    "the group": ([SMALL, LARGE | {"count": 0}], {}),
    "workerGroups[0].cpuUnit is not a setting. Did you mean workerGroups[0].cpuUnits?": (
        [SMALL | {"cpuUnit": 512}],
        {},
    ),
    "workerGroups[0].zzz is not a setting. docs/configuration.md lists all keys": ([SMALL | {"zzz": 1}], {}),
    "workerGroups needs executor CeleryExecutor; with LocalExecutor it has no effect. Remove it, or set "
    "executor": ([SMALL], {"executor": "LocalExecutor"}),
    "workerCount has no effect with workerGroups: each group has its own. Set it there, or remove it": (
        [SMALL],
        {"workerCount": "3"},
    ),
    "workerGroups[0].onDemandBase has no effect with workerGroups[0].spotPercent 0; got 1. Remove it, or set "
    "workerGroups[0].spotPercent": ([SMALL | {"onDemandBase": 1}], {}),
    "workerGroups[0].onDemandBase needs workerGroups[0].spotPercent of at most 99; got 100: ECS places no "
    "task on capacity of weight 0, the base neither. Lower it": (
        [SMALL | {"onDemandBase": 1, "spotPercent": 100, "count": 2}],
        {},
    ),
    "workerGroups[0].onDemandBase must be below workerGroups[0].count (2); got 2: no worker would run on "
    "Spot. Lower it": ([SMALL | {"onDemandBase": 2, "spotPercent": 50, "count": 2}], {}),
    "workerGroups[0].onDemandBase must be below workerGroups[0].maximumCount (2); got 2: no worker would run "
    "on Spot. Lower it": ([SMALL | {"onDemandBase": 2, "spotPercent": 50, "maximumCount": 2}], {}),
    "workerGroups[0].minimumCount has no effect without workerGroups[0].maximumCount; got 1. Remove it, or "
    "set workerGroups[0].maximumCount": ([SMALL | {"minimumCount": 1}], {}),
    "workerGroups[0].minimumCount must be below workerGroups[0].maximumCount (2); got 2. Lower it, or set "
    "workerGroups[0].count in place of both": ([SMALL | {"minimumCount": 2, "maximumCount": 2}], {}),
    "workerGroups[0].count has no effect with workerGroups[0].maximumCount: AWS scales the group. Remove one "
    "of them": ([SMALL | {"count": 3, "maximumCount": 9}], {}),
    "workerGroups[0].scaledExternally has no effect with workerGroups[0].maximumCount: AWS scales the group. "
    "Remove one of them": ([SMALL | {"scaledExternally": True, "maximumCount": 9}], {}),
    "workerGroups[1].queues must be of this group alone, which is scaled by the tasks in them; got default, "
    "which the group small serves too. Give one of them another queue, or remove "
    "workerGroups[1].maximumCount": ([SMALL, LARGE | {"maximumCount": 9}], {}),
    "workerGroups[0].architecture must be x86_64, for which the program builds the image; got ARM64. Remove "
    "it, or deploy an existing image for both (imageUri)": ([SMALL | {"architecture": "ARM64"}], {}),
    "workerGroups[0].environment.AIRFLOW__CORE__X must not be set: Airflow's settings apply to all services. "
    "Set it in airflowSettings": ([SMALL | {"environment": {"AIRFLOW__CORE__X": "1"}}], {}),
    "workerGroups[0].environment.PATH must not be set: the program sets it": (
        [SMALL | {"environment": {"PATH": "/"}}],
        {},
    ),
    "workerGroups must hold at most 50 groups; got 51": (
        [SMALL | {"name": f"g{number}"} for number in range(51)],
        {},
    ),
}


def test_a_group_whose_queues_another_serves_may_run_empty() -> None:
    """So its workers end when their tasks have ended, and then it can be removed."""
    (_, old) = _parsed(SMALL, SMALL | {"name": "old", "count": 0, "spotPercent": 50}).worker_groups
    assert old.count == 0


def test_a_group_that_is_scaled_from_zero_serves_its_queues() -> None:
    """The first task that waits starts a worker."""
    (group,) = _parsed(SMALL | {"maximumCount": 4}).worker_groups
    assert (group.minimum_count, group.maximum_count) == (0, 4)


@pytest.mark.parametrize("line", TOGETHER)
def test_what_does_not_go_together_is_one_line(line: str) -> None:
    """What, where, why, what to do."""
    groups, others = TOGETHER[line]
    assert _errors(*groups, **others) == [line]


def test_one_that_is_wrong_in_many_ways_hears_all_at_once() -> None:
    """In the words of a stack file, and of Python."""
    groups = [SMALL | {"memoryMib": 9216, "spotPercent": 101}, SMALL | {"count": 101}]
    lines = _errors(*groups)
    assert sorted(line.split(" ")[0] for line in lines) == [
        "workerGroups[0].memoryMib",
        "workerGroups[0].spotPercent",
        "workerGroups[1].count",
        "workerGroups[1].name",
    ]
    with pytest.raises(SettingsError) as stopped:
        Settings(executor=Executor.CELERY, worker_groups=(WorkerGroup(name="a", queues=("b",)),))
    assert stopped.value.lines(python_name)[0].startswith("worker_groups must serve the queue default")
