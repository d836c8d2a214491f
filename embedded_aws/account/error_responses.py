"""How AWS refuses a request that is not signed or not allowed, in the words and form of each protocol.

https://docs.aws.amazon.com/AmazonECS/latest/APIReference/CommonErrors.html (JSON),
https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html (query),
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html,
https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from embedded_aws.account.signatures import Reason, SignatureError, read

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_MISMATCH = "The request signature we calculated does not match the signature you provided."
_WRONG_SIGNATURE = (
    f"{_MISMATCH} Check your AWS Secret Access Key and signing method. Consult the service documentation for "
    "details."
)
_INVALID_TOKEN = "The security token included in the request is invalid."  # noqa: S105 - a message
_NOT_NOW = "Signature expired: the time in the request is not within 15 minutes of this machine's."
_BAD_REQUEST = 400
_XML_OF_QUERY = ("route53", "cloudfront")
"""REST services whose errors look like those of the query protocol."""

_S3 = {
    Reason.MISSING: (403, "AccessDenied", "Access Denied"),
    Reason.UNSUPPORTED: (
        400,
        "InvalidRequest",
        "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.",
    ),
    Reason.UNKNOWN_KEY: (
        403,
        "InvalidAccessKeyId",
        "The AWS Access Key Id you provided does not exist in our records.",
    ),
    Reason.WRONG_TOKEN: (
        400,
        "InvalidToken",
        "The provided token is malformed or otherwise invalid.",
    ),
    Reason.EXPIRED_TOKEN: (400, "ExpiredToken", "The provided token has expired."),
    Reason.WRONG_SIGNATURE: (
        403,
        "SignatureDoesNotMatch",
        f"{_MISMATCH} Check your key and signing method.",
    ),
    Reason.WRONG_TIME: (
        403,
        "RequestTimeTooSkewed",
        "The difference between the request time and the current time is too large.",
    ),
}
_QUERY = {
    Reason.MISSING: (403, "MissingAuthenticationToken", "Request is missing Authentication Token"),
    Reason.UNSUPPORTED: (
        400,
        "IncompleteSignature",
        "Authorization header is not of AWS4-HMAC-SHA256.",
    ),
    Reason.UNKNOWN_KEY: (403, "InvalidClientTokenId", _INVALID_TOKEN),
    Reason.WRONG_TOKEN: (403, "InvalidClientTokenId", _INVALID_TOKEN),
    Reason.EXPIRED_TOKEN: (
        403,
        "ExpiredToken",
        "The security token included in the request is expired",
    ),
    Reason.WRONG_SIGNATURE: (403, "SignatureDoesNotMatch", _WRONG_SIGNATURE),
    Reason.WRONG_TIME: (403, "SignatureDoesNotMatch", _NOT_NOW),
}
_EC2 = dict.fromkeys(
    Reason, (401, "AuthFailure", "AWS was not able to validate the provided access credentials")
)
_JSON = {
    Reason.MISSING: (400, "MissingAuthenticationTokenException", "Missing Authentication Token"),
    Reason.UNSUPPORTED: (
        400,
        "IncompleteSignatureException",
        "Authorization header is not of AWS4-HMAC-SHA256.",
    ),
    Reason.UNKNOWN_KEY: (400, "UnrecognizedClientException", _INVALID_TOKEN),
    Reason.WRONG_TOKEN: (400, "UnrecognizedClientException", _INVALID_TOKEN),
    Reason.EXPIRED_TOKEN: (
        400,
        "ExpiredTokenException",
        "The security token included in the request is expired",
    ),
    Reason.WRONG_SIGNATURE: (400, "InvalidSignatureException", _WRONG_SIGNATURE),
    Reason.WRONG_TIME: (400, "InvalidSignatureException", _NOT_NOW),
}


@dataclass(frozen=True)
class ErrorResponse:
    """An answer: its status, headers and body."""

    status: int
    headers: dict[str, str]
    body: bytes


Error = tuple[int, str, str]
"""Status, code and message."""


@dataclass(frozen=True)
class _Errors:
    """One error in the words of each protocol."""

    s3: Error
    query: Error
    ec2: Error
    json: Error


def error_response(environ: Mapping[str, Any], reason: Reason) -> ErrorResponse:
    """Return what AWS answers to a request that is not signed as it must be."""
    return _response(environ, _Errors(_S3[reason], _QUERY[reason], _EC2[reason], _JSON[reason]))


def access_denied(environ: Mapping[str, Any], message: str) -> ErrorResponse:
    """Return what AWS answers to a call that IAM does not allow.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html (UnauthorizedOperation),
    https://docs.aws.amazon.com/sns/latest/api/API_Publish.html (AuthorizationError)
    """
    of_query = "AuthorizationError" if _service(environ) == "sns" else "AccessDenied"
    of_ec2 = f"You are not authorized to perform this operation. {message}"
    errors = _Errors(
        (403, "AccessDenied", message),
        (403, of_query, message),
        (403, "UnauthorizedOperation", of_ec2),
        (400, "AccessDeniedException", message),
    )
    return _response(environ, errors)


def not_implemented(environ: Mapping[str, Any], message: str) -> ErrorResponse:
    """Say that a call cannot be evaluated: AWS may allow it."""
    error = (501, "NotImplemented", message)
    return _response(environ, _Errors(error, error, error, error))


def objects_not_deleted(refused: Sequence[tuple[str, str]]) -> ErrorResponse:
    """Return what S3 answers where none of the named objects may be deleted: an error each, by key.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html
    """
    entries = "".join(
        f"<Error><Key>{escape(key)}</Key><Code>AccessDenied</Code><Message>{escape(message)}</Message></Error>"
        for key, message in refused
    )
    text = f"<?xml version='1.0' encoding='UTF-8'?><DeleteResult>{entries}</DeleteResult>"
    return ErrorResponse(200, {"Content-Type": "application/xml"}, text.encode())


def _response(environ: Mapping[str, Any], errors: _Errors) -> ErrorResponse:
    """Choose the form by the protocol that a request is in."""
    service = _service(environ)
    if environ.get("HTTP_SMITHY_PROTOCOL") == "rpc-v2-cbor":
        status, code, text = errors.json
        headers = {"Content-Type": "application/cbor", "smithy-protocol": "rpc-v2-cbor"}
        return ErrorResponse(status, headers, _cbor({"__type": code, "message": text}))
    if environ.get("HTTP_X_AMZ_TARGET"):
        compatible = errors.query[1] if service == "sqs" else ""
        return _json(*errors.json, query_code=compatible)
    form = str(environ.get("CONTENT_TYPE", "")).startswith("application/x-www-form-urlencoded")
    if service == "ec2":
        status, code, text = errors.ec2
        return _xml(status, f"<Response><Errors>{_error(code, text)}</Errors>", "RequestID", "</Response>")
    if form or service in _XML_OF_QUERY:
        status, code, text = errors.query
        inner = _error(code, text, "<Type>Sender</Type>")
        return _xml(status, f"<ErrorResponse>{inner}", "RequestId", "</ErrorResponse>")
    if service in ("", "s3"):
        status, code, text = errors.s3
        inner = f"<Code>{code}</Code><Message>{escape(text)}</Message>"
        return _xml(status, f"<Error>{inner}", "RequestId", "</Error>")
    status, code, text = errors.json
    return _json(403 if status == _BAD_REQUEST else status, code, text)


def _service(environ: Mapping[str, Any]) -> str:
    try:
        return read(environ).scope[2]
    except SignatureError:
        return ""


def _json(status: int, code: str, text: str, query_code: str = "") -> ErrorResponse:
    """Write JSON; `query_code` is the code that the service had in its query protocol, which SDKs go on with.

    https://smithy.io/2.0/aws/protocols/aws-query-compatible.html
    """
    headers = {"Content-Type": "application/x-amz-json-1.1", "x-amzn-ErrorType": code}
    if query_code:
        headers["x-amzn-query-error"] = f"{query_code};Sender"
    return ErrorResponse(status, headers, json.dumps({"__type": code, "message": text}).encode())


def _error(code: str, text: str, kind: str = "") -> str:
    return f"<Error>{kind}<Code>{code}</Code><Message>{escape(text)}</Message></Error>"


def _xml(status: int, start: str, request_id: str, end: str) -> ErrorResponse:
    text = f"<?xml version='1.0' encoding='UTF-8'?>{start}<{request_id}>{uuid.uuid4()}</{request_id}>{end}"
    return ErrorResponse(status, {"Content-Type": "text/xml"}, text.encode())


def _cbor(fields: Mapping[str, str]) -> bytes:
    """Encode a map of texts: https://www.rfc-editor.org/rfc/rfc8949#section-3.1."""

    def text(value: str) -> bytes:
        data = value.encode()
        return b"\x79" + len(data).to_bytes(2, "big") + data

    return bytes([0xA0 + len(fields)]) + b"".join(text(part) for pair in fields.items() for part in pair)
