"""Every name that AWS gets of the program fits, for every form of the program and the longest names of all.

That AWS has these limits is what `components/model/aws/aws_names.py` quotes; nothing here asks AWS.
"""

import re

import pulumi
import pytest

from components.airflow_cluster import AirflowCluster
from components.model.aws import aws_names
from components.model.settings.errors import SettingsError
from components.model.settings.settings import Settings
from embedded_aws.engine.bridge import sdk
from tests.helpers.pulumi_mocks import Registration
from tests.helpers.rendered_stacks import VARIANTS, recording
from tests.program import stacks

LONGEST = ("p" * 16, "s" * aws_names.MAX_STACK_NAME_LENGTH)
"""Prefix and stack."""
COMMON = [("airflow", "staging"), ("airflow", "pr-100"), ("a", "1")]
NOT_OURS = {
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": "AWS gives it",
    "aws:route53/record:Record": "the user's own domain",
}
"""Kinds whose name the program does not make, and whose it is."""


def _variants() -> list[str]:
    """Choose variants that have every name together: the others repeat names, whatever prefix and stack."""
    chosen: list[str] = []
    seen: set[tuple[str, str]] = set()
    for variant, (base, _) in VARIANTS.items():
        names = {
            (one.type, str(one.inputs.get(limit.field, one.name)).replace(f"airflow-{base}", ""))
            for one in recording(variant).resources
            if (limit := aws_names.LIMITS.get(one.type))
        }
        if not names <= seen:
            chosen.append(variant)
            seen |= names
    return chosen


def _rendered(variant: str, prefix: str, stack: str) -> list[Registration]:
    base, settings = VARIANTS[variant]
    config = stacks.configuration(base) | {"imageExtraCaFile": stacks.CA_FILE} | dict(settings)
    return stacks.run(stack, config | {"namePrefix": prefix}).resources


def _wrong(one: Registration) -> str:
    limit = aws_names.LIMITS[one.type]
    given = one.inputs.get(limit.field)
    name = given or f"{one.name}-1234567"
    right = len(name) <= limit.most and re.fullmatch(limit.pattern, name)
    return "" if right else f"{one.type} {name} ({len(name)} of {limit.most})"


def test_the_longest_names_fit() -> None:
    """With the digits that Pulumi adds; and no two of the shortened ones are the same."""
    for variant in _variants():
        _check_longest_names(variant)


@pytest.mark.long
@pytest.mark.parametrize("variant", VARIANTS)
def test_the_longest_names_of_every_variant_fit(variant: str) -> None:
    """Without the choice above, which trusts that names repeat."""
    _check_longest_names(variant)


def _check_longest_names(variant: str) -> None:
    found = [one for one in _rendered(variant, *LONGEST) if one.type in aws_names.LIMITS]
    assert len(found) > 20
    assert [wrong for one in found if (wrong := _wrong(one))] == [], variant
    assert len({one.line for one in found}) == len(found), variant


@pytest.mark.parametrize(("prefix", "stack"), COMMON)
def test_names_of_real_stacks_fit(prefix: str, stack: str) -> None:
    """Those that people choose, and CI for a pull request."""
    found = _rendered("prod behind a Network Load Balancer", prefix, stack)
    assert [wrong for one in found if one.type in aws_names.LIMITS and (wrong := _wrong(one))] == []


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_kind_with_a_name_has_a_limit(variant: str) -> None:
    """By the SDK's own classes: a new kind of resource with a name needs a line in the table."""
    kinds = {one.type for one in recording(variant).resources if one.type.startswith("aws:")}
    named = {kind for kind in kinds if "name" in sdk.resource(kind)} - set(NOT_OURS)
    assert named - set(aws_names.LIMITS) == set()
    assert [
        kind
        for kind in kinds & set(aws_names.LIMITS)
        if aws_names.LIMITS[kind].field not in sdk.resource(kind)
    ] == []


@pytest.mark.parametrize("stack", ["Prod", "a_b", "x--y", "s" * 21])
def test_another_stack_name_is_refused_before_anything_exists(stack: str) -> None:
    """In one sentence, with the name and what to do."""
    with pytest.raises(pulumi.RunError) as refused:
        stacks.run(stack, stacks.configuration("dev"))
    assert str(refused.value) == (
        f"stack {stack} cannot be deployed: its name must be 1 to 20 of a-z 0-9, with single hyphens "
        f"between, as AWS requires in names; got {stack!r}. Create another: pulumi stack init NAME"
    )


def test_a_cluster_of_another_program_is_refused_too() -> None:
    """There the whole name is the program's."""
    with pytest.raises(SettingsError, match=r"the cluster's name must be 1 to 40 of .* got 'My_Cluster'"):
        AirflowCluster("My_Cluster", Settings())
