"""How strict the pack is: the stack's own settings say so, read as everything else reads them."""

import json

import pytest
from pulumi_policy import EnforcementLevel

from cli.changes import Changes
from components.model.settings.configuration import parse
from components.model.settings.policy_settings import Enforcement, PolicySettings
from policy.pack import level, policy_settings
from policy.rules import ALL, excepted


def _environment(project: str = "airflow-ecs", **settings: str) -> dict[str, str]:
    """What the engine starts a pack with."""
    configuration = {f"{project}:{key}": text for key, text in settings.items()} | {"aws:region": "eu-west-1"}
    return {
        "PULUMI_STACK": "dev",
        "PULUMI_PROJECT": project,
        "PULUMI_CONFIG": json.dumps(configuration),
    }


@pytest.mark.parametrize("project", ["airflow-ecs", "data-platform"])
@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"policyEnforcement": "mandatory"},
        {"policyEnforcement": "advisory", "policyHardened": "true"},
        {"policyEnforcement": "mandatory", "policyHardened": "false"},
    ],
)
def test_pack_report_and_program_read_the_same(settings: dict[str, str], project: str) -> None:
    """One reader of one declaration: no key is spelt anywhere else, whatever the project is called."""
    expected = parse(settings).policy
    changes = Changes(project=project, settings={f"{project}:{key}": text for key, text in settings.items()})
    assert policy_settings(_environment(project, **settings)) == expected
    assert changes.policy == expected


def test_what_else_is_wrong_in_a_stack_does_not_change_the_pack() -> None:
    """The program refuses it; of its own values one that cannot be read is the default."""
    wrong = _environment(policyEnforcement="mandatory", policyHardened="perhaps", wrokerCount="5", nat="2")
    assert policy_settings(wrong) == PolicySettings(enforcement=Enforcement.MANDATORY, hardened=False)


def test_another_projects_keys_are_not_read() -> None:
    """A stack's configuration may hold those of any package."""
    environment = _environment() | {"PULUMI_CONFIG": json.dumps({"other:policyEnforcement": "mandatory"})}
    assert policy_settings(environment) == PolicySettings()


def test_outside_of_a_stack_the_rules_bind() -> None:
    """As when the pack is published to an organization."""
    assert policy_settings({}) == PolicySettings(enforcement=Enforcement.MANDATORY)


def test_a_rule_is_as_strict_as_the_stack_wants() -> None:
    """Mandatory or advisory; one with an exception is off, until the stack is hardened."""
    rule = next(rule for rule in ALL if rule.name not in excepted(hardened=False))
    strict, lenient = PolicySettings(enforcement=Enforcement.MANDATORY), PolicySettings()
    assert level(rule, strict) is EnforcementLevel.MANDATORY
    assert level(rule, lenient) is EnforcementLevel.ADVISORY
    costly = next(
        rule for rule in ALL if rule.name in {*excepted(hardened=False)} - {*excepted(hardened=True)}
    )
    assert level(costly, strict) is EnforcementLevel.DISABLED
    hardened = PolicySettings(enforcement=Enforcement.MANDATORY, hardened=True)
    assert level(costly, hardened) is EnforcementLevel.MANDATORY
