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
        reason="A token is good for 15 minutes, and Airflow keeps its connection URL for the process's life.",
        cost="A connection pool of our own that renews tokens, in every role and in Celery.",
    ),
    PolicyException(
        rule="rds-other-port",
        reason="The security group lets only the roles in; another number keeps nobody out.",
        cost="Nothing for a new database; an existing one restarts.",
    ),
    PolicyException(
        rule="elasticache-backups",
        reason="A restored queue would run yesterday's tasks again; the database has the truth.",
        cost="$0.085 per GB and month.",
    ),
    PolicyException(
        rule="rds-monitored",
        reason="CloudWatch's own metrics tell when a small database is too small.",
        cost="Log volume: about $1 to $3 a month at one minute.",
        only_money=True,
    ),
    PolicyException(
        rule="rds-insights",
        reason="Seldom read for Airflow's database; databaseInsights turns it on.",
        cost="Nothing for 7 days of history; by vCPU for longer.",
        only_money=True,
    ),
    PolicyException(
        rule="rds-own-key",
        reason="AWS's key encrypts as well; a customer managed key adds only a second lock.",
        cost="$1 a month for a key, and its requests; an existing database must be restored from a snapshot.",
        only_money=True,
    ),
    PolicyException(
        rule="elasticache-own-key",
        reason="As rds-own-key.",
        cost="$1 a month for a key, and its requests; an existing broker is replaced.",
        only_money=True,
    ),
    PolicyException(
        rule="secrets-own-key",
        reason="As rds-own-key.",
        cost="$1 a month for a key, and its requests.",
        only_money=True,
    ),
    PolicyException(
        rule="logs-own-key",
        reason="As rds-own-key.",
        cost="$1 a month for a key, and its requests.",
        only_money=True,
    ),
    PolicyException(
        rule="s3-own-key",
        reason="As rds-own-key; S3 encrypts every object.",
        cost="$1 a month for a key, and its requests, few with a bucket key.",
        only_money=True,
    ),
    PolicyException(
        rule="ecr-own-key",
        reason="As rds-own-key; an image holds no secret.",
        cost="$1 a month for a key, and its requests; an existing repository is replaced.",
        only_money=True,
    ),
    PolicyException(
        rule="logs-for-a-year",
        reason="Containers' output seldom matters after weeks; the tasks' logs lie in S3.",
        cost="$0.03 per GB and month.",
        only_money=True,
    ),
    PolicyException(
        rule="elb-access-log",
        reason="Airflow logs who did what; the load balancer's log adds addresses.",
        cost="A bucket that lets the load balancer write (loadBalancerLogsBucket), and its storage.",
        only_money=True,
    ),
    PolicyException(
        rule="elb-firewall",
        reason="Airflow's login stands behind named networks, or TLS and a password.",
        cost="$6 a month and more for a web ACL with rules (loadBalancerWebAclArn), and its requests.",
        only_money=True,
    ),
)
"""What does not bind; the test of each is in `tests/policy/test_exceptions.py`."""

WITHOUT_RULE: Final[Mapping[str, str]] = {
    "CKV2_AWS_19": "The Network Load Balancer has its addresses; checkov looks for servers that have them.",
    "CKV2_AWS_20": "A Network Load Balancer redirects nobody: it hands port 80 on to one that does.",
    "CKV2_AWS_5": "The migration's security group is taken by a task that the deployment itself starts.",
    "CKV2_AWS_57": "A new Fernet key or database password restarts roles: it is an operation, not a timer.",
    "CKV2_AWS_62": "Nobody listens for new objects; Airflow's own sensors look where a DAG asks.",
    "CKV2_AWS_76": "The web ACL is there already: what stands in it is its owner's.",
    "CKV_AWS_18": "Requests to the buckets come from Airflow's roles alone; their log costs a third bucket.",
    "CKV_AWS_144": "Logs and data follow the region of the cluster; a second region doubles their storage.",
    "CKV_AWS_260": "Port 80 only sends browsers to 443.",
    "CKV_AWS_297": "The schedule names a task and when it starts; no customer managed key for that.",
    "CKV_AWS_378": "TLS ends at the load balancer; behind it one security group lets one other in.",
}
"""Controls of checkov that no rule stands for, and why the program does not follow them."""
