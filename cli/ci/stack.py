"""The names by which a stack's things are told from all others in an account."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

Document = Mapping[str, Any]
OURS: Final = "airflow-ecs"
"""What the names of CI's own things begin with: roles, policies, keys, the bucket of the state."""


@dataclass(frozen=True, kw_only=True)
class CiStack:
    """A stack, or a family of stacks such as `pr` for `pr-7`, in one account and region.

    Attributes:
        name: the stack's name.
        prefix: the stack's setting `namePrefix`.
        bucket: where Pulumi's states are.
        key_arn: the key of the secrets in this stack's state.
        existing: ARNs of buckets, image repositories and parameters that were there before, which the
            stack uses.
        secrets: ARNs of secrets that were there before, whose values the program or its tasks read.
        ports: ports of the load balancer.
        cluster_key: whether the stack makes a KMS key of its own (`kmsCreateKey`).
        task_statements: what the cluster's roles may have beside what the program gives them.
    """

    name: str
    prefix: str = "airflow"
    partition: str = "aws"
    account: str
    region: str
    bucket: str
    key_arn: str
    existing: Sequence[str] = ()
    secrets: Sequence[str] = ()
    ports: Sequence[int] = (80, 443)
    cluster_key: bool = False
    task_statements: Sequence[Document] = field(default=())

    @property
    def base(self) -> str:
        """What the names of all that the program makes begin with; a dash follows."""
        return f"{self.prefix}-{self.name}"

    @property
    def ci_name(self) -> str:
        """What the names of this stack's CI things begin with."""
        return f"{OURS}-{self.name}"

    @property
    def role_path(self) -> str:
        """Path of the cluster's roles: it ends in a slash, so no other stack's begins with it."""
        return f"/{OURS}/{self.name}/"

    @property
    def state_prefix(self) -> str:
        """Where this stack's state lies in the bucket; it ends in a slash too."""
        return f"{self.name}/"

    @property
    def boundary_arn(self) -> str:
        """The policy that bounds every role of the cluster."""
        return self.arn("iam", f"policy/{self.ci_name}-boundary", region="")

    @property
    def roles_arn(self) -> str:
        """Every role of the cluster."""
        return self.arn("iam", f"role{self.role_path}*", region="")

    @property
    def state_arn(self) -> str:
        """Every object of this stack's state."""
        return f"arn:{self.partition}:s3:::{self.bucket}/{self.state_prefix}*"

    @property
    def dns_suffix(self) -> str:
        """What the names of this partition's endpoints end with."""
        return "amazonaws.com.cn" if self.partition == "aws-cn" else "amazonaws.com"

    def arn(self, service: str, resource: str, *, region: str | None = None) -> str:
        """Give an ARN of this account, in this region where no other is named."""
        where = self.region if region is None else region
        return f"arn:{self.partition}:{service}:{where}:{self.account}:{resource}"

    def there_before(self, service: str) -> list[str]:
        """List what was there before of a service; of a bucket, its objects too."""
        found = [one for one in self.existing if one.split(":")[2] == service]
        return [*found, *(f"{one}/*" for one in found)] if service == "s3" else found


def collision(base: str, name: str, others: Sequence[str]) -> str | None:
    """Say why a stack's names would cover, or be covered by, those of another one or of CI itself.

    Args:
        base: what the names of the stack's things begin with.
        name: the stack's name.
        others: names of the stacks that have roles in the account.
    """
    if f"{base}-".startswith(f"{OURS}-"):
        return f"its things would be named {base}-..., as CI's own roles, keys and bucket are"
    for other in others:
        shorter, longer = sorted((name, other), key=len)
        if longer.startswith(f"{shorter}-"):
            return (
                f"permissions of {shorter} would cover everything named {longer}-..., which has the same "
                "beginning"
            )
    return None
