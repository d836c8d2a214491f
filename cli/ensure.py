"""Makes things of AWS that are to be there once, and sets what is there as it should be."""

import json
import re
import sys
from collections.abc import Sequence
from typing import Any, Final

from botocore.exceptions import ClientError

from cli.ci.roles import AUDIENCE, HOST, SESSION_SECONDS, CiRole, document
from cli.ci.stack import OURS, Document
from cli.errors import UsageError

OLD_STATE_DAYS: Final = 90
"""How long former versions of the state are kept."""
MAX_VERSIONS: Final = 5
DEPLOY_ROLE: Final = re.compile(rf"{OURS}-(.+)-deploy")


class Ensure:
    """Makes what is missing in one account and region; says each thing that it makes."""

    def __init__(self, session: Any, region: str, account: str) -> None:
        """Take a boto3 session, and the account that it is of."""
        self._s3, self._kms, self._iam = (session.client(one) for one in ("s3", "kms", "iam"))
        self._region, self._account = region, account

    def key(self, alias: str, description: str) -> str:
        """Give the ARN of a key with yearly rotation."""
        try:
            arn: str = self._kms.describe_key(KeyId=alias)["KeyMetadata"]["Arn"]
        except self._kms.exceptions.NotFoundException:
            arn = self._kms.create_key(Description=description)["KeyMetadata"]["Arn"]
            self._kms.create_alias(AliasName=alias, TargetKeyId=arn)
            _made("key", alias)
        self._kms.enable_key_rotation(KeyId=arn)
        return arn

    def state_bucket(self, bucket: str) -> None:
        """Keep every version, encrypted, for named roles and TLS only.

        Raises:
            UsageError: the name belongs to another account.
        """
        # A name that somebody else took first, and opened, gets no state:
        # https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-owner-condition.html
        ours = {"Bucket": bucket, "ExpectedBucketOwner": self._account}
        self._bucket(ours)
        s3 = self._s3
        s3.put_public_access_block(
            **ours,
            PublicAccessBlockConfiguration={
                "BlockPublicAcls": True,
                "BlockPublicPolicy": True,
                "IgnorePublicAcls": True,
                "RestrictPublicBuckets": True,
            },
        )
        s3.put_bucket_versioning(**ours, VersioningConfiguration={"Status": "Enabled"})
        encryption = {
            "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"},
            "BucketKeyEnabled": True,
        }
        s3.put_bucket_encryption(**ours, ServerSideEncryptionConfiguration={"Rules": [encryption]})
        s3.put_bucket_lifecycle_configuration(**ours, LifecycleConfiguration={"Rules": [_expiry()]})
        s3.put_bucket_policy(**ours, Policy=json.dumps(_tls_only(bucket, s3.meta.partition)))

    def _bucket(self, ours: dict[str, str]) -> None:
        bucket = ours["Bucket"]
        try:
            self._s3.head_bucket(**ours)
        except ClientError as error:
            if error.response["Error"]["Code"] != "404":
                raise UsageError(
                    f"bucket {bucket} cannot be used: {error}. Name another (--bucket)"
                ) from None
        else:
            return
        # us-east-1 is the default, and refused as a constraint.
        elsewhere: dict[str, Any] = {"CreateBucketConfiguration": {"LocationConstraint": self._region}}
        self._s3.create_bucket(Bucket=bucket, **({} if self._region == "us-east-1" else elsewhere))
        _made("bucket", bucket)

    def github_provider(self) -> str:
        """Give the ARN of GitHub's OpenID provider, of which an account has one."""
        for one in self._iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]:
            if one["Arn"].endswith(f"/{HOST}"):
                return one["Arn"]
        made = self._iam.create_open_id_connect_provider(Url=f"https://{HOST}", ClientIDList=[AUDIENCE])
        _made("OpenID provider", HOST)
        return made["OpenIDConnectProviderArn"]

    def stacks(self) -> list[str]:
        """List the stacks that have roles in the account."""
        pages = self._iam.get_paginator("list_roles").paginate(PathPrefix="/")
        found = (DEPLOY_ROLE.fullmatch(one["RoleName"]) for page in pages for one in page["Roles"])
        return sorted(one[1] for one in found if one)

    def policy(self, arn: str, statements: Sequence[Document]) -> None:
        """Make a managed policy, or make its current version say this.

        A policy keeps five versions; the oldest goes when there are as many.
        https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-versioning.html
        """
        iam, name = self._iam, arn.rpartition("/")[2]
        text = json.dumps(document(statements), separators=(",", ":"))
        try:
            current = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        except iam.exceptions.NoSuchEntityException:
            iam.create_policy(PolicyName=name, PolicyDocument=text)
            _made("policy", name)
            return
        current_document = iam.get_policy_version(PolicyArn=arn, VersionId=current)["PolicyVersion"][
            "Document"
        ]
        if current_document == json.loads(text):
            return
        versions = iam.list_policy_versions(PolicyArn=arn)["Versions"]
        others = sorted(
            (one for one in versions if not one["IsDefaultVersion"]), key=lambda one: one["CreateDate"]
        )
        if len(versions) >= MAX_VERSIONS:
            iam.delete_policy_version(PolicyArn=arn, VersionId=others[0]["VersionId"])
        iam.create_policy_version(PolicyArn=arn, PolicyDocument=text, SetAsDefault=True)
        print(f"changed policy {name}", file=sys.stderr)

    def role(self, role: CiRole, policy_arns: Sequence[str]) -> None:
        """Make a role, or give it the trust and the permissions that it should have, and no others."""
        iam, trust = self._iam, json.dumps(role.trust)
        try:
            iam.create_role(RoleName=role.name, AssumeRolePolicyDocument=trust)
        except iam.exceptions.EntityAlreadyExistsException:
            iam.update_assume_role_policy(RoleName=role.name, PolicyDocument=trust)
        else:
            _made("role", role.name)
        iam.update_role(RoleName=role.name, MaxSessionDuration=SESSION_SECONDS)
        for page in iam.get_paginator("list_attached_role_policies").paginate(RoleName=role.name):
            for one in page["AttachedPolicies"]:
                if one["PolicyArn"] not in policy_arns:
                    iam.detach_role_policy(RoleName=role.name, PolicyArn=one["PolicyArn"])
                    print(f"took {one['PolicyName']} from role {role.name}", file=sys.stderr)
        for arn in policy_arns:
            iam.attach_role_policy(RoleName=role.name, PolicyArn=arn)
        own = json.dumps(document(role.statements), separators=(",", ":"))
        iam.put_role_policy(RoleName=role.name, PolicyName=OURS, PolicyDocument=own)


def _expiry() -> dict[str, Any]:
    return {
        "ID": "former-versions",
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "NoncurrentVersionExpiration": {"NoncurrentDays": OLD_STATE_DAYS},
    }


def _tls_only(bucket: str, partition: str) -> dict[str, Any]:
    arn = f"arn:{partition}:s3:::{bucket}"
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:*",
                "Resource": [arn, f"{arn}/*"],
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            }
        ],
    }


def _made(kind: str, name: str) -> None:
    print(f"made {kind} {name}", file=sys.stderr)
