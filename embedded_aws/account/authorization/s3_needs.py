# pyright: basic
# moto has no types for its backends.
"""What a request of S3 needs.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html,
https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote
from xml.etree import ElementTree as ET

from moto.s3.models import FakeKey, s3_backends

from embedded_aws.account.authorization.calls import raw_path
from embedded_aws.account.authorization.needs import Need
from embedded_aws.account.iam import UnmodelledError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from moto.s3.models import FakeBucket

    from embedded_aws.account.authorization.needs import Place

_PLAIN = re.compile(
    r"list-type|prefix|delimiter|marker|max-keys|encoding-type|continuation-token|fetch-owner|start-after|"
    r"key-marker|version-id-marker|upload-id-marker|max-uploads|max-parts|part-number-marker|max-buckets|"
    r"bucket-region|x-id|versionId|partNumber|response-[a-z-]+|X-Amz-.+",
    re.IGNORECASE,
)
"""Parameters that change nothing in what a request needs."""
_OF_BUCKET = {
    "": {"GET": "ListBucket", "HEAD": "ListBucket", "PUT": "CreateBucket", "DELETE": "DeleteBucket"},
    "accelerate": {"GET": "GetAccelerateConfiguration", "PUT": "PutAccelerateConfiguration"},
    "acl": {"GET": "GetBucketAcl", "PUT": "PutBucketAcl"},
    "cors": {"GET": "GetBucketCORS", "PUT": "PutBucketCORS", "DELETE": "PutBucketCORS"},
    "encryption": {
        "GET": "GetEncryptionConfiguration",
        "PUT": "PutEncryptionConfiguration",
        "DELETE": "PutEncryptionConfiguration",
    },
    "lifecycle": {
        "GET": "GetLifecycleConfiguration",
        "PUT": "PutLifecycleConfiguration",
        "DELETE": "PutLifecycleConfiguration",
    },
    "location": {"GET": "GetBucketLocation"},
    "logging": {"GET": "GetBucketLogging", "PUT": "PutBucketLogging"},
    "notification": {"GET": "GetBucketNotification", "PUT": "PutBucketNotification"},
    "object-lock": {
        "GET": "GetBucketObjectLockConfiguration",
        "PUT": "PutBucketObjectLockConfiguration",
    },
    "ownershipControls": {
        "GET": "GetBucketOwnershipControls",
        "PUT": "PutBucketOwnershipControls",
        "DELETE": "PutBucketOwnershipControls",
    },
    "policy": {"GET": "GetBucketPolicy", "PUT": "PutBucketPolicy", "DELETE": "DeleteBucketPolicy"},
    "policyStatus": {"GET": "GetBucketPolicyStatus"},
    "publicAccessBlock": {
        "GET": "GetBucketPublicAccessBlock",
        "PUT": "PutBucketPublicAccessBlock",
        "DELETE": "PutBucketPublicAccessBlock",
    },
    "replication": {
        "GET": "GetReplicationConfiguration",
        "PUT": "PutReplicationConfiguration",
        "DELETE": "PutReplicationConfiguration",
    },
    "requestPayment": {"GET": "GetBucketRequestPayment", "PUT": "PutBucketRequestPayment"},
    "tagging": {"GET": "GetBucketTagging", "PUT": "PutBucketTagging", "DELETE": "PutBucketTagging"},
    "uploads": {"GET": "ListBucketMultipartUploads"},
    "versioning": {"GET": "GetBucketVersioning", "PUT": "PutBucketVersioning"},
    "versions": {"GET": "ListBucketVersions"},
    "website": {"GET": "GetBucketWebsite", "PUT": "PutBucketWebsite", "DELETE": "DeleteBucketWebsite"},
}
_OF_OBJECT = {
    "": {"GET": "GetObject", "HEAD": "GetObject", "PUT": "PutObject", "DELETE": "DeleteObject"},
    "acl": {"GET": "GetObjectAcl", "PUT": "PutObjectAcl"},
    "attributes": {"GET": "GetObjectAttributes"},
    "legal-hold": {"GET": "GetObjectLegalHold", "PUT": "PutObjectLegalHold"},
    "restore": {"POST": "RestoreObject"},
    "retention": {"GET": "GetObjectRetention", "PUT": "PutObjectRetention"},
    "select": {"POST": "GetObject"},
    "tagging": {"GET": "GetObjectTagging", "PUT": "PutObjectTagging", "DELETE": "DeleteObjectTagging"},
    "uploadId": {
        "GET": "ListMultipartUploadParts",
        "PUT": "PutObject",
        "POST": "PutObject",
        "DELETE": "AbortMultipartUpload",
    },
    "uploads": {"POST": "PutObject"},
}
_OF_VERSION = re.compile(r"((?:Get|Put|Delete)Object)(|Acl|Tagging)")
"""Actions with a name of their own for a version: https://docs.aws.amazon.com/AmazonS3/latest/userguide/versioning-workflows.html"""
_CONTEXT = {"prefix": "s3:prefix", "delimiter": "s3:delimiter", "max-keys": "s3:max-keys"}
_KMS = {"GetObject": "kms:Decrypt", "GetObjectVersion": "kms:Decrypt", "PutObject": "kms:GenerateDataKey"}


@dataclass(frozen=True)
class Request:
    """A request of S3, whose path begins with the bucket."""

    method: str
    bucket: str
    key: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    @classmethod
    def of(cls, environ: Mapping[str, Any], body: bytes) -> Request:
        """Read a WSGI request."""
        bucket, _, key = unquote(raw_path(environ)).lstrip("/").partition("/")
        query = dict(parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True))
        headers = {
            name.removeprefix("HTTP_").lower().replace("_", "-"): str(value)
            for name, value in environ.items()
            if name.startswith("HTTP_X_AMZ_")
        }
        return cls(environ["REQUEST_METHOD"], bucket, key, query, headers, body)

    @property
    def subresource(self) -> str:
        """The part of the bucket or object that the query names."""
        names = [name for name in self.query if not _PLAIN.fullmatch(name)]
        if "uploadId" in names:
            return "uploadId"
        if len(names) > 1:
            raise UnmodelledError(f"a request of S3 for {' and '.join(names)}")
        return "".join(names)


def needs(environ: Mapping[str, Any], body: bytes, place: Place) -> list[Need]:
    """List what a request needs, the use of customer managed keys included.

    Raises:
        UnmodelledError: it is of a form that is not known here.
    """
    request = Request.of(environ, body)
    return [need for first in _needs(request, place) for need in (first, *_of_key(first, request, place))]


def is_deletion_of_several(environ: Mapping[str, Any]) -> bool:
    """Tell whether a request names the objects to delete in its body."""
    return environ["REQUEST_METHOD"] == "POST" and Request.of(environ, b"").subresource == "delete"


def _needs(request: Request, place: Place) -> Iterator[Need]:
    bucket = f"arn:{place.partition}:s3:::{request.bucket}"
    part, version = request.subresource, request.query.get("versionId", "")
    if not request.bucket:
        yield Need("s3:ListAllMyBuckets")
    elif not request.key and part == "delete" and request.method == "POST":
        yield from _deletions(request, bucket)
    elif not request.key:
        context = {key: request.query[name] for name, key in _CONTEXT.items() if name in request.query}
        yield Need(f"s3:{_action(_OF_BUCKET, part, request.method)}", bucket, context)
    else:
        name = _action(_OF_OBJECT, part, request.method)
        yield Need(f"s3:{_of_version(name) if version else name}", f"{bucket}/{request.key}")
        yield from _in_addition(request, bucket, name, place)
        if name in ("GetObject", "GetObjectAttributes") and not version:
            yield from _listing(f"{bucket}/{request.key}", place)


def _action(table: Mapping[str, Mapping[str, str]], part: str, method: str) -> str:
    action = table.get(part, {}).get(method)
    if action is None:
        raise UnmodelledError(f"the request {method} of S3 for {part or 'a bucket or object'}")
    return action


def _of_version(name: str) -> str:
    match = _OF_VERSION.fullmatch(name)
    return f"{match[1]}Version{match[2]}" if match else name


def _in_addition(request: Request, bucket: str, name: str, place: Place) -> Iterator[Need]:
    """List what headers of an upload ask for beside it: a source, an ACL, tags."""
    if name == "GetObjectAttributes":
        yield Need("s3:GetObject", f"{bucket}/{request.key}")
    if name != "PutObject":
        return
    if copied := request.headers.get("x-amz-copy-source"):
        source, _, query = copied.partition("?")
        version = query.startswith("versionId=")
        path = unquote(source).lstrip("/")
        original = f"arn:{place.partition}:s3:::{path}"
        yield Need("s3:GetObjectVersion" if version else "s3:GetObject", original)
        if not version:
            yield from _listing(original, place)
    target = f"{bucket}/{request.key}"
    if any(header == "x-amz-acl" or header.startswith("x-amz-grant-") for header in request.headers):
        yield Need("s3:PutObjectAcl", target)
    if "x-amz-tagging" in request.headers:
        yield Need("s3:PutObjectTagging", target)


def _listing(resource: str, place: Place) -> Iterator[Need]:
    """Ask for what lists the bucket where an object is missing: others do not learn that it is.

    One whose newest version is a delete marker is missing too.
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html, "Permissions";
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/DeleteMarker.html
    """
    bucket, _, key = resource.partition(":::")[2].partition("/")
    if bucket in _buckets(place) and _stored(bucket, key, place) is None:
        yield Need("s3:ListBucket", resource.partition("/")[0])


def _buckets(place: Place) -> dict[str, FakeBucket]:
    return s3_backends[place.account_id][place.partition].buckets


def _stored(bucket: str, key: str, place: Place) -> FakeKey | None:
    """Return an object, None where it is missing or deleted."""
    found = _buckets(place)[bucket].keys.get(key)
    return found if isinstance(found, FakeKey) else None


def _deletions(request: Request, bucket: str) -> Iterator[Need]:
    try:
        listed = ET.fromstring(request.body)  # noqa: S314 - the caller's own, and without entities
    except ET.ParseError:
        return
    for entry in listed.iterfind("{*}Object"):
        version = entry.findtext("{*}VersionId")
        action = "s3:DeleteObjectVersion" if version else "s3:DeleteObject"
        yield Need(action, f"{bucket}/{entry.findtext('{*}Key')}")


def _of_key(need: Need, request: Request, place: Place) -> Iterator[Need]:
    """Ask for the key that an object is encrypted with, if it is customer managed.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html#require-sse-kms
    """
    action = _KMS.get(need.action.removeprefix("s3:"))
    name, _, key = need.resource.partition(":::")[2].partition("/")
    bucket = _buckets(place).get(name)
    if action is None or bucket is None or request.method == "HEAD":
        return
    if action == "kms:Decrypt":
        stored = _stored(name, key, place)
        key_arn = stored.kms_key_id if stored is not None and stored.encryption == "aws:kms" else None
    else:
        rules = bucket.encryption["Rule"]["ApplyServerSideEncryptionByDefault"] if bucket.encryption else {}
        default = rules.get("KMSMasterKeyID") if rules.get("SSEAlgorithm") == "aws:kms" else None
        key_arn = request.headers.get("x-amz-server-side-encryption-aws-kms-key-id", default)
    if key_arn and "alias/aws/" not in key_arn:
        arn = key_arn if key_arn.startswith("arn:") else place.arn("kms", f"key/{key_arn}")
        yield Need(action, arn, {"kms:ViaService": f"s3.{place.region}.amazonaws.com"})
        # The parts of an upload are read again when it is completed.
        if action == "kms:GenerateDataKey" and request.subresource in ("uploads", "uploadId"):
            yield Need("kms:Decrypt", arn, {"kms:ViaService": f"s3.{place.region}.amazonaws.com"})
