"""docs/policy.md: rules, the controls they stand for, remedies and exceptions."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from cli.markdown import table
from policy.exceptions import EXCEPTIONS, WITHOUT_RULE
from policy.rule import Rule
from policy.rules import ALL

PAGE: Final = Path(__file__).resolve().parents[2] / "docs" / "policy.md"
SERVICES: Final = {
    "ecs": "Containers (ECS)",
    "data": "Stateful resources",
    "rds": "Database (RDS)",
    "elasticache": "Broker (ElastiCache)",
    "s3": "Buckets (S3)",
    "efs": "File systems (EFS)",
    "sqs": "Queues (SQS)",
    "dynamodb": "Tables (DynamoDB)",
    "sns": "Topics (SNS)",
    "mq": "Brokers (Amazon MQ)",
    "secrets": "Secrets",
    "logs": "Logs",
    "kms": "Keys (KMS)",
    "ecr": "Images (ECR)",
    "vpc": "Network (VPC)",
    "subnet": "Subnets",
    "security": "Security groups",
    "elb": "Load balancer",
    "iam": "Permissions (IAM)",
}
"""Headings, by the first word of a rule's name."""

HEAD: Final = f"""\
# Rules

{len(ALL)} rules check what a stack renders, before anything is created. They implement controls of AWS
Security Hub (`RDS.3`), Control Tower (`CT.ECS.PR.3`), CIS AWS Foundations 7.0 (`CIS 3.2.1`) and checkov
(`CKV_AWS_16`); a rule without an id is this project's own. `airflow-ecs preview` and `airflow-ecs deploy`
apply them; so does Pulumi itself, on a laptop and in CI:

```sh
pulumi preview --policy-pack policy
```

The stack sets how strict they are: `policyEnforcement: mandatory` (as in `Pulumi.prod.yaml`) stops a
deployment, `advisory` (the default) prints violations. Values that are known only after the deployment are
not checked. `make docs` generates this page, and a test compares it with the rules.
"""

EXCEPTIONS_HEAD: Final = """\
## Exceptions

These rules are not enforced. `policyHardened: true` enforces those whose only drawback is cost.
"""

WITHOUT_RULE_HEAD: Final = """\
## Controls without a rule

`make test` runs checkov over the rendered program. In addition to the exceptions above, these checks fail:
"""


def page() -> str:
    """Write the page."""
    parts = [HEAD]
    for word, title in SERVICES.items():
        rules = [rule for rule in ALL if rule.name.split("-")[0] == word]
        parts.append(f"## {title}\n\n{_rules(rules)}")
    parts.append(EXCEPTIONS_HEAD + "\n" + _exceptions())
    rows = sorted(WITHOUT_RULE.items())
    parts.append(WITHOUT_RULE_HEAD + "\n" + table(("check", "why"), ((f"`{id_}`", why) for id_, why in rows)))
    return "\n\n".join(part.strip() for part in parts) + "\n"


def _rules(rules: Sequence[Rule]) -> str:
    return table(
        ("rule", "what must hold", "remedy", "controls"),
        ((f"`{rule.name}`", rule.description, rule.remedy, ", ".join(rule.ids)) for rule in rules),
    )


def _exceptions() -> str:
    return table(
        ("rule", "why it is not enforced", "cost of complying", "`policyHardened`"),
        ((f"`{one.rule}`", one.reason, one.cost, "enforced" if one.only_money else "") for one in EXCEPTIONS),
    )


if __name__ == "__main__":
    PAGE.write_text(page())
