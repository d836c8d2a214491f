"""Fargate's sizes, against AWS's own table.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html#fargate-tasks-size
"""

import pytest

from components.model.aws import fargate

GIB = 1024
AWS_TABLE = {
    256: [512, 1 * GIB, 2 * GIB],
    512: [gib * GIB for gib in (1, 2, 3, 4)],
    1024: [gib * GIB for gib in (2, 3, 4, 5, 6, 7, 8)],
    2048: [gib * GIB for gib in (4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16)],
    4096: [gib * GIB for gib in (8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24)]
    + [gib * GIB for gib in (25, 26, 27, 28, 29, 30)],
    8192: [gib * GIB for gib in (16, 20, 24, 28, 32, 36, 40, 44, 48, 52, 56, 60)],
    16384: [gib * GIB for gib in (32, 40, 48, 56, 64, 72, 80, 88, 96, 104, 112, 120)],
}


def test_the_cpu_sizes_are_those_of_aws() -> None:
    """No row is missing and none is invented."""
    assert list(fargate.MEMORY_MIB_BY_CPU_UNITS) == list(AWS_TABLE)


@pytest.mark.parametrize("cpu_units", AWS_TABLE)
def test_each_row_is_that_of_aws(cpu_units: int) -> None:
    """A CPU size goes with exactly the memory sizes of its row."""
    assert fargate.cpu_units_error(cpu_units) is None
    candidates = range(256, 130 * GIB, 256)
    legal = [memory for memory in candidates if fargate.memory_error(cpu_units, memory) is None]
    assert legal == AWS_TABLE[cpu_units]


def test_the_table_cannot_be_changed() -> None:
    """A table that somebody sorts in place would lead everybody after them astray."""
    with pytest.raises(TypeError):
        fargate.MEMORY_MIB_BY_CPU_UNITS[1] = ()  # pyright: ignore[reportIndexIssue]


@pytest.mark.parametrize(
    ("cpu_units", "memory_mib", "error"),
    [
        (1000, 2048, "must be one of 256, 512, 1024, 2048, 4096, 8192, 16384; got 1000. Nearest: 1024"),
        (
            1024,
            1536,
            (
                "must be one of 2048, 3072, 4096, 5120, 6144, 7168, 8192 for 1024 CPU units; got 1536. "
                "Nearest: 2048"
            ),
        ),
        (
            8192,
            17 * GIB,
            "must be one of 16384 to 61440 in steps of 4096 for 8192 CPU units; got 17408. Nearest: 16384",
        ),
    ],
)
def test_an_error_names_the_legal_and_the_nearest_values(cpu_units: int, memory_mib: int, error: str) -> None:
    """Short rows are listed, long ones given as a range."""
    found = fargate.cpu_units_error(cpu_units) or fargate.memory_error(cpu_units, memory_mib)
    assert found == error
