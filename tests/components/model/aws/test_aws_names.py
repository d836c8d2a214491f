"""Names that AWS takes: as they are where they fit, shorter where they do not, refused where they cannot."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.model.aws import aws_names
from components.model.aws.aws_names import LIMITS, SUFFIX_LENGTH, cluster_error, fitting, stack_error

PARTS = st.from_regex(r"[a-z][a-z0-9]{0,8}(-[a-z0-9]{1,9}){0,8}", fullmatch=True)


@given(kind=st.sampled_from(sorted(LIMITS)), name=PARTS)
def test_a_fitting_name_leaves_room_for_pulumis_digits(kind: str, name: str) -> None:
    """And is a name of the same form, with no two hyphens in a row."""
    found = fitting(kind, name)
    assert len(found) + SUFFIX_LENGTH <= LIMITS[kind].most
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", found)
    assert (found == name) == (len(name) + SUFFIX_LENGTH <= LIMITS[kind].most)


def test_a_shortened_name_is_still_recognised() -> None:
    """It begins with the cluster's and ends with its part's; the digest tells it from its neighbours."""
    group = "aws:lb/targetGroup:TargetGroup"
    assert fitting(group, "airflow-production-api") == "airflow-production-api"
    assert re.fullmatch(r"airflow-a-qui-[0-9a-f]{6}-api", fitting(group, "airflow-a-quite-long-stack-api"))
    assert fitting(group, "airflow-a-quite-long-stack1-api") != fitting(
        group, "airflow-a-quite-long-stack2-api"
    )


def test_a_shortened_role_keeps_the_whole_name_of_its_cluster() -> None:
    """CI's roles may change what is named so (`cli/ci/permissions.py`)."""
    cluster = f"{'p' * 16}-{'s' * aws_names.MAX_STACK_NAME_LENGTH}"
    role = fitting("aws:iam/role:Role", f"{cluster}-dag-processor-execution")
    assert role.startswith(f"{cluster}-")
    assert role.endswith("-execution")


@pytest.mark.parametrize("name", ["a", "airflow", "air-1-b", "a" * 40])
def test_a_clusters_name_is_taken(name: str) -> None:
    """The least and the most."""
    assert cluster_error(name) is None


@pytest.mark.parametrize("name", ["", "1a", "Air", "a_b", "a--b", "a-", "-a", "a.b", "a" * 41])
def test_a_clusters_name_is_refused(name: str) -> None:
    """RDS and ElastiCache would refuse it in the middle of `up`."""
    assert cluster_error(name) == (
        f"must be 1 to 40 of a-z 0-9, with single hyphens between, a letter first; got {name!r}"
    )


def test_a_stacks_name_may_begin_with_a_digit() -> None:
    """The prefix goes before it."""
    assert [name for name in ("1", "prod", "pr-100", "a" * 20) if stack_error(name)] == []
    assert [
        name for name in ("Prod", "a_b", "x--y", "-a", "a-", "a.b", "a" * 21) if not stack_error(name)
    ] == []
