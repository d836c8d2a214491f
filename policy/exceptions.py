"""What this program does not keep by default, each with its reason and what keeping it would cost."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, kw_only=True)
class PolicyException:
    """A rule that does not bind.

    Attributes:
        rule: its name.
        reason: why not.
        cost: what it would cost to comply.
        only_money: whether nothing but money speaks against it; `hardened` then turns the exception off.
    """

    rule: str
    reason: str
    cost: str
    only_money: bool = False


EXCEPTIONS: Final = (
    PolicyException(
        rule="rds-iam-login",
        reason="A token is valid for 15 minutes, and Airflow keeps its connection URL for longer.",
        cost="A custom connection pool that renews tokens, in every component and in Celery.",
    ),
    PolicyException(
        rule="rds-other-port",
        reason="The security group admits only the services; another port keeps nobody out.",
        cost="Nothing for a new database; an existing one restarts.",
    ),
    PolicyException(
        rule="elasticache-backups",
        reason="A restored queue would rerun yesterday's tasks; the database is the source of truth.",
        cost="$0.085 per GB-month.",
    ),
    PolicyException(
        rule="rds-monitored",
        reason="CloudWatch's standard metrics show when a small database is too small.",
        cost="Log volume: about $1 to $3 a month at one minute.",
        only_money=True,
    ),
    PolicyException(
        rule="rds-insights",
        reason="Rarely useful for Airflow's database; databaseInsights enables it.",
        cost="Nothing for 7 days of history; by vCPU for longer.",
        only_money=True,
    ),
    PolicyException(
        rule="rds-own-key",
        reason="The AWS managed key encrypts as well; another key only adds a second check.",
        cost="$1 per month for a key, plus its requests; an existing database is restored from a snapshot.",
        only_money=True,
    ),
    PolicyException(
        rule="elasticache-own-key",
        reason="As rds-own-key.",
        cost="$1 per month for a key, plus its requests; an existing broker is replaced.",
        only_money=True,
    ),
    PolicyException(
        rule="sqs-own-key",
        reason="As rds-own-key; SQS encrypts every message.",
        cost="$1 per month for a key, plus its requests, one in five minutes for each queue and service.",
        only_money=True,
    ),
    PolicyException(
        rule="dynamodb-own-key",
        reason="As rds-own-key; a table of results holds no data of pipelines.",
        cost="$1 per month for a key, plus its requests, one in five minutes for each service.",
        only_money=True,
    ),
    PolicyException(
        rule="dynamodb-recovery",
        reason="A result of a task is of use for an hour, and nobody waits for those of a restored table.",
        cost="$0.20 per GB-month.",
    ),
    PolicyException(
        rule="secrets-own-key",
        reason="As rds-own-key.",
        cost="$1 per month for a key, plus its requests.",
        only_money=True,
    ),
    PolicyException(
        rule="logs-own-key",
        reason="As rds-own-key.",
        cost="$1 per month for a key, plus its requests.",
        only_money=True,
    ),
    PolicyException(
        rule="sns-own-key",
        reason="A notification says which alarm it is, and no more; it travels over TLS.",
        cost="$1 per month for a key, plus its requests.",
        only_money=True,
    ),
    PolicyException(
        rule="s3-own-key",
        reason="As rds-own-key; S3 encrypts every object.",
        cost="$1 per month for a key, plus its requests, few with a bucket key.",
        only_money=True,
    ),
    PolicyException(
        rule="ecr-own-key",
        reason="As rds-own-key; an image holds no secret.",
        cost="$1 per month for a key, plus its requests; an existing repository is replaced.",
        only_money=True,
    ),
    PolicyException(
        rule="logs-for-a-year",
        reason="Container output rarely matters after weeks; task logs are in S3.",
        cost="$0.03 per GB-month.",
        only_money=True,
    ),
    PolicyException(
        rule="elb-access-log",
        reason="Airflow logs user actions; the load balancer's log only adds addresses.",
        cost="A bucket that the load balancer may write to (loadBalancerLogsBucket), and its storage.",
        only_money=True,
    ),
    PolicyException(
        rule="elb-firewall",
        reason="Airflow's login is behind allowed networks, or TLS and a password.",
        cost="From $6 per month for a web ACL with rules (loadBalancerWebAclArn), plus its requests.",
        only_money=True,
    ),
)
"""What does not bind; the test of each is in `tests/policy/test_exceptions.py`."""

WITHOUT_RULE: Final[Mapping[str, str]] = {
    "CKV2_AWS_19": "The Elastic IPs are the Network Load Balancer's; checkov expects instances.",
    "CKV2_AWS_20": "A Network Load Balancer cannot redirect: it forwards port 80 to one that does.",
    "CKV2_AWS_5": "The migration's security group is used by a task that the deployment itself starts.",
    "CKV2_AWS_57": "A new Fernet key or password restarts services: an operation, not a timer.",
    "CKV2_AWS_62": "Nothing consumes notifications; Airflow's sensors poll where a DAG needs it.",
    "CKV2_AWS_76": "The web ACL exists already: its rules are up to its owner.",
    "CKV_AWS_18": "Only Airflow's services access the buckets; logging it would need a third bucket.",
    "CKV_AWS_144": "Logs and data stay in the cluster's region; a second region would double the storage.",
    "CKV_AWS_260": "Port 80 only redirects to 443.",
    "CKV_AWS_297": "The schedule holds a task and its start times, nothing that needs another key.",
    "CKV_AWS_378": "TLS ends at the load balancer; behind it, traffic is limited to one security group.",
}
"""Controls of checkov that no rule stands for, and why the program does not follow them."""
