"""Every rule with what keeps it and what breaks it, and the shipped stacks against all rules.

The inputs are made up: that a provider renders them in this form is seen in the tests of the program.
"""

import re
from typing import Any

import pytest

from components.model.rendered import UNKNOWN, Rendered
from policy.identity import ATTACHMENTS, POLICIES, RESOURCE_POLICIES
from policy.rule import Rule, broken, findings
from policy.rules import ALL, BY_NAME, binding
from tests.helpers.rendered_stacks import VARIANTS, stack, variant
from tests.policy.cases import CASES, EVERY, PROTECTED, Case


def _resource(rule: Rule, inputs: Any, *, protect: bool = False, kind: str = "") -> Rendered:
    service, name = (kind or rule.kinds[0]).split("/")
    return Rendered(type=f"aws:{service}/x:{name}", name="it", inputs=inputs, protect=protect)


def test_every_rule_has_a_case() -> None:
    """A new rule needs both sides."""
    assert {*CASES, PROTECTED} == {rule.name for rule in ALL}
    assert len(BY_NAME) == len(ALL)


@pytest.mark.parametrize(("name", "case"), EVERY)
def test_a_rule_holds_where_it_is_kept(name: str, case: Case) -> None:
    """No false alarm."""
    rule = BY_NAME[name]
    one = _resource(rule, case.right, kind=case.kind)
    assert one.kind in rule.kinds
    assert broken(rule, one, [one, *case.alongside]) is None


@pytest.mark.parametrize(("name", "case"), EVERY)
def test_a_rule_is_broken_where_it_is_not_kept(name: str, case: Case) -> None:
    """Each wrong form by itself, with a reason; and what must stand beside the resource, missing."""
    rule = BY_NAME[name]
    for inputs in case.wrong:
        one = _resource(rule, inputs, kind=case.kind)
        assert broken(rule, one, [one, *case.alongside]), inputs
    if not case.wrong and case is CASES[name]:
        alone = _resource(rule, case.right)
        assert case.alongside
        assert broken(rule, alone, [alone])


def test_what_keeps_data_must_be_protected() -> None:
    """An option of the resource, which Pulumi keeps, not AWS."""
    rule = BY_NAME[PROTECTED]
    for kind in rule.kinds:
        service, name = kind.split("/")
        for protect in (True, False):
            one = Rendered(type=f"aws:{service}/x:{name}", name="it", inputs={}, protect=protect)
            assert (broken(rule, one, [one]) is None) is protect


@pytest.mark.parametrize("name", CASES)
def test_an_unknown_value_is_not_checked(name: str) -> None:
    """In the preview of a new stack a value may be known only later: neither right nor wrong."""
    rule, case = BY_NAME[name], CASES[name]
    unknown: dict[str, Any] = dict.fromkeys(
        {key for one in (case.right, *case.wrong) for key in one}, UNKNOWN
    )
    one = _resource(rule, unknown)
    if unknown and name != "elb-two-zones":  # counts, which are known
        assert broken(rule, one, [one, *case.alongside]) is None


NETWORK = {"loadBalancerType": "network", "subnets": ["a", "b"], "enableDeletionProtection": True}


def test_what_only_an_application_load_balancer_can_do_is_not_asked_of_a_network_one() -> None:
    """It has no web ACL, reads no headers, and writes an access log of TLS listeners alone."""
    one = Rendered(type="aws:lb/x:LoadBalancer", name="nlb", inputs=NETWORK)
    applicable = [rule for rule in ALL if "lb/LoadBalancer" in rule.kinds]
    assert {rule.name for rule in applicable if broken(rule, one, [one])} == {"elb-cross-zone"}


def test_a_forwarded_port_is_checked_where_it_is_answered() -> None:
    """A TCP listener without an Application Load Balancer behind it answers in plaintext."""
    rule, somebody = BY_NAME["elb-tls"], CASES["elb-tls"].alongside
    listener = _resource(rule, {"protocol": "TCP", "port": 443, "defaultActions": [{"type": "forward"}]})
    for kind, port, holds in (("alb", 443, True), ("alb", 80, False), ("ip", 443, False)):
        group = Rendered(type="aws:lb/x:TargetGroup", name="group", inputs={"targetType": kind, "port": port})
        assert (broken(rule, listener, [listener, group, *somebody]) is None) is holds


@pytest.mark.parametrize("rule", ALL, ids=lambda rule: rule.name)
def test_a_rule_is_complete(rule: Rule) -> None:
    """Name, controls and remedy in one form; ours without ids."""
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", rule.name)
    assert rule.description.endswith(".")
    assert rule.remedy.endswith((".", "..."))
    pattern = r"(CKV2?_AWS_\d+|CT\.[A-Z]+\.PR\.\d+|CIS \d+(\.\d+)+|[A-Za-z0-9]+\.\d+)"
    assert all(re.fullmatch(pattern, one) for one in rule.ids), rule.ids


@pytest.mark.parametrize("name", [name for name, (base, _) in VARIANTS.items() if base == "prod"])
def test_prod_keeps_every_rule_that_binds(name: str) -> None:
    """As shipped, as people run it (with a certificate, open to everybody), and in a company."""
    assert [(one.rule.name, one.why) for one in findings(binding(), variant(name))] == []


def test_prod_without_tls_is_refused_once_a_network_is_allowed() -> None:
    """Nobody's password travels in plaintext."""
    prod = stack("prod", loadBalancerAllowedCidrs='["203.0.113.0/24"]')
    assert {one.rule.name for one in findings(binding(), prod)} == {"elb-tls"}


def test_what_dev_saves_is_known() -> None:
    """Advice, not a refusal: cheap and easily deleted is what a development stack is for."""
    assert {one.rule.name for one in findings(binding(), stack("dev"))} == {
        "data-protected",
        "ecr-keeps-images",
        "ecs-container-insights",
        "ecs-no-public-address",
        "elb-deletion-protection",
        "rds-deletion-protection",
        "rds-final-snapshot",
        "rds-two-zones",
        "s3-not-emptied",
        "secrets-recoverable",
        "vpc-flow-log",
    }


def test_the_rules_check_what_the_program_creates() -> None:
    """A rule for a kind that no stack has any more, or whose name was misspelt, would never speak."""
    made = {one.kind for name in VARIANTS for one in variant(name)}
    not_made = {
        *("efs/FileSystem", "mq/Broker", "ec2/SecurityGroupRule"),
        *({*POLICIES, *ATTACHMENTS} - {"iam/Role", "iam/RolePolicy"}),
        *(
            {*RESOURCE_POLICIES}
            - {"kms/Key", "s3/BucketPolicy", "ecr/RepositoryPolicy", "sns/TopicPolicy"}
            - {"cloudwatch/LogResourcePolicy", "sqs/QueuePolicy"}
        ),
    }
    kinds = {kind for rule in ALL for kind in rule.kinds}
    assert kinds - made == not_made


def test_a_case_that_breaks_nothing_would_be_seen() -> None:
    """The test of the tests: a right input is not taken for a wrong one."""
    case = Case(right={"multiAz": True}, wrong=({"multiAz": True},))
    one = _resource(BY_NAME["rds-two-zones"], case.wrong[0])
    assert broken(BY_NAME["rds-two-zones"], one, [one]) is None
