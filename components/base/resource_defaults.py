"""IAM roles and log groups with the defaults of a cluster: path and boundary, KMS key, retention."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from ..model.aws import aws_names
from ..model.iam import iam_documents
from ..model.iam.iam_documents import Document
from ..model.settings.settings import IamSettings


@dataclass(frozen=True, kw_only=True)
class ResourceDefaults:
    """The defaults of a cluster, and the resources that are made in many places with them."""

    account_id: str
    """The AWS account, for which alone services may take the roles."""
    iam: IamSettings
    """Path and permissions boundary of the roles."""
    kms_key_arn: pulumi.Output[str] | None
    """The KMS key that all stored data is encrypted with; None: AWS owned or managed keys."""
    log_retention_days: int
    """Retention of log groups in days."""

    def role(
        self,
        name: str,
        *,
        service: str,
        document: pulumi.Output[Document] | None,
        opts: pulumi.ResourceOptions,
    ) -> aws.iam.Role:
        """Make a role that a service of AWS assumes, with an inline policy where `document` is given."""
        trust = iam_documents.assume_by(service, self.account_id)
        role = aws.iam.Role(
            aws_names.fitting("aws:iam/role:Role", name),
            assume_role_policy=pulumi.Output.json_dumps(trust, sort_keys=True),
            path=self.iam.role_path,
            permissions_boundary=self.iam.permissions_boundary_arn or None,
            opts=opts,
        )
        if document is not None:
            policy = pulumi.Output.json_dumps(document, sort_keys=True)
            aws.iam.RolePolicy(name, role=role.name, policy=policy, opts=opts)
        return role

    def log_group(
        self,
        name: str,
        opts: pulumi.ResourceOptions,
        *,
        retention_days: int | None = None,
        group_name: pulumi.Input[str] | None = None,
    ) -> aws.cloudwatch.LogGroup:
        """Create a log group.

        Args:
            name: the logical name.
            opts: of the resource.
            retention_days: where it differs from that of all others.
            group_name: where a service of AWS writes to a group of this name.
        """
        days = self.log_retention_days if retention_days is None else retention_days
        return aws.cloudwatch.LogGroup(
            name, name=group_name, retention_in_days=days, kms_key_id=self.kms_key_arn, opts=opts
        )
