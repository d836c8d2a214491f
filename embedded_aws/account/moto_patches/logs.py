# pyright: basic
# moto has no types for its handlers.
"""CloudWatch Logs: FilterLogEvents, and the keys of log groups, which moto takes as they come.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
"""

from __future__ import annotations

import json
from typing import Any

from moto.core.exceptions import JsonRESTError
from moto.kms.models import kms_backends
from moto.logs.exceptions import InvalidParameterException, ResourceNotFoundException
from moto.logs.models import LogGroup, LogsBackend
from moto.logs.responses import LogsResponse

from embedded_aws.account.authorization import Need, Place, permitted
from embedded_aws.account.iam import UnmodelledError

_create_log_group = LogsBackend.create_log_group
_ACTIONS = (
    "Decrypt",
    "Encrypt",
    "GenerateDataKey",
    "GenerateDataKeyWithoutPlaintext",
    "ReEncryptFrom",
    "ReEncryptTo",
)
"""What a key's policy has to allow; not DescribeKey, which has no encryption context to name."""
_NOT_FOUND = "The specified KMS Key Id could not be found."
"""In the words of https://github.com/hashicorp/terraform/issues/24194."""


class _UnevaluatedError(JsonRESTError):
    """A key's policy that AWS may read either way."""

    code = 501

    def __init__(self, error: UnmodelledError) -> None:
        super().__init__(
            "NotImplemented", f"This account cannot evaluate the key's policy: it does not model {error}"
        )


def create_log_group(self: LogsBackend, log_group_name: str, tags: dict[str, str], **given: Any) -> LogGroup:
    """Create a log group, if CloudWatch Logs may use its key."""
    if given.get("kmsKeyId") and log_group_name not in self.groups:
        _check_key(self, log_group_name, given["kmsKeyId"])
    return _create_log_group(self, log_group_name, tags, **given)


def associate_kms_key(self: LogsResponse) -> str:
    """https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_AssociateKmsKey.html."""
    group, key = _group(self), self._get_param("kmsKeyId")
    if not key:
        raise InvalidParameterException
    _check_key(self.logs_backend, group.name, key)
    group.kms_key_id = key
    return ""


def disassociate_kms_key(self: LogsResponse) -> str:
    """https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DisassociateKmsKey.html."""
    _group(self).kms_key_id = None
    return ""


def filter_log_events(self: LogsResponse) -> str:
    """Return the events of several streams in order of time, of streams that begin with a prefix too.

    moto returns one stream after the other, and those of every stream whatever the prefix.
    https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html
    """
    group, names, prefix = (
        self._get_param(one) for one in ("logGroupName", "logStreamNames", "logStreamNamePrefix")
    )
    if names and prefix:
        raise InvalidParameterException
    if prefix and group in self.logs_backend.groups:
        streams = self.logs_backend.groups[group].streams
        names = [name for name in streams if name.startswith(prefix)] or [""]
    events, token, searched = self.logs_backend.filter_log_events(
        group,
        names or [],
        *(self._get_param(one) for one in ("startTime", "endTime", "limit", "nextToken", "filterPattern")),
        interleaved=True,
    )
    return json.dumps({"events": events, "nextToken": token, "searchedLogStreams": searched})


def _group(response: LogsResponse) -> LogGroup:
    """Find the log group that a request names, by its name or by its ARN."""
    name, arn = (response._get_param(one) for one in ("logGroupName", "resourceIdentifier"))  # noqa: SLF001 - of moto
    if bool(name) == bool(arn):
        raise InvalidParameterException
    groups = response.logs_backend.groups
    if arn and ":query-result:" in arn:
        raise JsonRESTError("UnsupportedOperation", "the embedded account has no keys of query results")
    found = groups.get(name) if name else next((one for one in groups.values() if one.arn == arn), None)
    if found is None:
        raise ResourceNotFoundException
    return found


def _check_key(backend: LogsBackend, group: str, given: str) -> None:
    """Refuse a key that CloudWatch Logs cannot use, or may not use for this log group.

    The API reference has InvalidParameterException for a key that does not exist or is disabled. AWS answers
    AccessDeniedException for a policy: https://github.com/hashicorp/terraform-provider-aws/issues/29282
    """
    place = Place(backend.partition, backend.region_name, backend.account_id)
    arn = place.arn("logs", f"log-group:{group}")
    refused = f"The specified KMS key does not exist or is not allowed to be used with Arn '{arn}'"
    keys = kms_backends[place.account_id][place.region].keys
    key = next((one for one in keys.values() if one.arn == given), None)
    if key is None:
        raise InvalidParameterException(_NOT_FOUND)
    if key.key_state != "Enabled" or key.key_spec != "SYMMETRIC_DEFAULT":
        raise InvalidParameterException(refused)
    context = {"kms:EncryptionContext:aws:logs:arn": arn}
    needs = [Need(f"kms:{action}", key.arn, context) for action in _ACTIONS]
    try:
        allowed = permitted(f"logs.{place.region}.amazonaws.com", needs, place)
    except UnmodelledError as error:
        raise _UnevaluatedError(error) from error
    if not allowed:
        raise JsonRESTError("AccessDeniedException", refused)


def install() -> None:
    """Add the missing actions, and the check of a new log group's key."""
    LogsBackend.create_log_group = create_log_group
    for action in (associate_kms_key, disassociate_kms_key, filter_log_events):
        setattr(LogsResponse, action.__name__, action)
