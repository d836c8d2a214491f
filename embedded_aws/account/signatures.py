"""Checks the signature of a request: AWS Signature Version 4, in a header or in a presigned URL.

Not checked: the signatures of single chunks of a streamed S3 upload (that of its head is), and a body that an
S3 client left unsigned (`UNSIGNED-PAYLOAD`). Version 2 and 4A are refused, as S3 refuses the former for
buckets made since 2020.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

from __future__ import annotations

import datetime as dt
import functools
import hashlib
import hmac
import posixpath
import re
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from embedded_aws.account.keys import Key

_ALGORITHM = "AWS4-HMAC-SHA256"
_SKEW = dt.timedelta(minutes=15)
_MAX_PRESIGNED_SECONDS = 7 * 24 * 3600
_SECONDS = re.compile(r"[0-9]{1,9}")
_UNSIGNED = "UNSIGNED-PAYLOAD"
_HEADER = re.compile(
    _ALGORITHM
    + r" +Credential=(?P<credential>[^, ]+), *SignedHeaders=(?P<headers>[^, ]+)"
    + r", *Signature=(?P<signature>\w+)"
)


class Reason(Enum):
    """Why a request is refused."""

    MISSING = auto()
    UNSUPPORTED = auto()
    UNKNOWN_KEY = auto()
    WRONG_TOKEN = auto()
    EXPIRED_TOKEN = auto()
    WRONG_SIGNATURE = auto()
    WRONG_TIME = auto()


class SignatureError(Exception):
    """A request is not signed by a key that the account knows."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.name)
        self.reason = reason


@dataclass(frozen=True)
class Signed:
    """What a request says of its signature."""

    credential: str
    headers: tuple[str, ...]
    signature: str
    time: str
    token: str
    lasts: dt.timedelta | None
    """How long a presigned URL may be used; None: the signature is in the header."""

    @property
    def key_id(self) -> str:
        """The access key id."""
        return self.credential.split("/", 1)[0]

    @property
    def scope(self) -> tuple[str, str, str]:
        """Day, region and service."""
        _, day, region, service, _ = self.credential.split("/")
        return day, region, service


def read(environ: Mapping[str, Any]) -> Signed:
    """Read the signature of a WSGI request.

    Raises:
        SignatureError: There is none, or none of this version.
    """
    header = environ.get("HTTP_AUTHORIZATION", "")
    query = dict(_pairs(environ.get("QUERY_STRING", "")))
    if not header and "X-Amz-Signature" in query:
        return _checked(_presigned(query))
    if not header:
        raise SignatureError(Reason.UNSUPPORTED if "Signature" in query else Reason.MISSING)
    match = _HEADER.fullmatch(header.strip())
    if match is None:
        raise SignatureError(Reason.UNSUPPORTED)
    return _checked(
        Signed(
            match["credential"],
            tuple(match["headers"].split(";")),
            match["signature"],
            environ.get("HTTP_X_AMZ_DATE", ""),
            environ.get("HTTP_X_AMZ_SECURITY_TOKEN", ""),
            None,
        )
    )


def verify(environ: Mapping[str, Any], body: bytes, find: Callable[[str], Key | None]) -> None:
    """Check a request against the key that it names.

    Raises:
        SignatureError: The key is unknown or ended, or did not sign this request at this time.
    """
    signed = read(environ)
    key = find(signed.key_id)
    if key is None:
        raise SignatureError(Reason.UNKNOWN_KEY)
    if not hmac.compare_digest(signed.token.encode(), key.token.encode()):
        raise SignatureError(Reason.WRONG_TOKEN)
    now = dt.datetime.now(dt.UTC)
    if key.expires is not None and key.expires <= now:
        raise SignatureError(Reason.EXPIRED_TOKEN)
    _check_time(signed, now)
    wanted = _signature(key.secret, signed, _canonical(environ, signed, body))
    if not hmac.compare_digest(wanted.encode(), signed.signature.encode()):
        raise SignatureError(Reason.WRONG_SIGNATURE)


def _presigned(query: Mapping[str, str]) -> Signed:
    lasts = query.get("X-Amz-Expires", "")
    if query.get("X-Amz-Algorithm") != _ALGORITHM or not _SECONDS.fullmatch(lasts):
        raise SignatureError(Reason.UNSUPPORTED)
    return Signed(
        query.get("X-Amz-Credential", ""),
        tuple(query.get("X-Amz-SignedHeaders", "").split(";")),
        query["X-Amz-Signature"],
        query.get("X-Amz-Date", ""),
        query.get("X-Amz-Security-Token", ""),
        dt.timedelta(seconds=min(int(lasts), _MAX_PRESIGNED_SECONDS)),
    )


def _checked(signed: Signed) -> Signed:
    parts = signed.credential.split("/")
    if len(parts) != 5 or parts[4] != "aws4_request" or "host" not in signed.headers:  # noqa: PLR2004 - see `scope`
        raise SignatureError(Reason.WRONG_SIGNATURE)
    return signed


def _check_time(signed: Signed, now: dt.datetime) -> None:
    try:
        at = dt.datetime.strptime(signed.time, "%Y%m%dT%H%M%SZ").replace(tzinfo=dt.UTC)
    except ValueError:
        raise SignatureError(Reason.WRONG_TIME) from None
    ends = at + (_SKEW if signed.lasts is None else signed.lasts)
    if not at - _SKEW <= now <= ends or not signed.time.startswith(signed.scope[0]):
        raise SignatureError(Reason.WRONG_TIME)


def _canonical(environ: Mapping[str, Any], signed: Signed, body: bytes) -> str:
    service = signed.scope[2]
    headers = "".join(f"{name}:{_header(environ, name)}\n" for name in signed.headers)
    return "\n".join(
        (
            environ["REQUEST_METHOD"],
            _path(environ, service),
            _query(environ.get("QUERY_STRING", "")),
            headers,
            ";".join(signed.headers),
            _payload(environ, signed, body),
        )
    )


def _path(environ: Mapping[str, Any], service: str) -> str:
    """Return the path as it came, which all but S3 encode a second time."""
    raw = str(environ["RAW_URI"]).split("?", 1)[0] or "/"
    if service == "s3":
        return raw
    normal = posixpath.normpath("/" + raw.lstrip("/"))
    if raw.endswith("/") and normal != "/":
        normal += "/"
    return quote(normal, safe="/~")


def _query(text: str) -> str:
    """Return the query sorted, without the signature of a presigned URL."""
    pairs = [(quote(name, safe="~"), quote(value, safe="~")) for name, value in _pairs(text)]
    return "&".join(f"{name}={value}" for name, value in sorted(pairs) if name != "X-Amz-Signature")


def _pairs(text: str) -> list[tuple[str, str]]:
    """Split a query; unlike in a form, a `+` is a plus sign."""
    parts = (part.partition("=") for part in text.split("&") if part)
    return [(unquote(name), unquote(value)) for name, _, value in parts]


def _header(environ: Mapping[str, Any], name: str) -> str:
    key = name.upper().replace("-", "_")
    value = environ.get(key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}", "")
    return " ".join(str(value).split())


def _payload(environ: Mapping[str, Any], signed: Signed, body: bytes) -> str:
    """Return the hash of the body that was signed: of this body, but where S3 lets a client leave it out."""
    given = str(environ.get("HTTP_X_AMZ_CONTENT_SHA256", ""))
    of_s3 = signed.scope[2] == "s3"
    if of_s3 and signed.lasts is not None:
        return given or _UNSIGNED
    if of_s3 and (given == _UNSIGNED or given.startswith("STREAMING-")):
        return given
    return hashlib.sha256(body).hexdigest()


def _signature(secret: str, signed: Signed, canonical: str) -> str:
    day, region, service = signed.scope
    scope = f"{day}/{region}/{service}/aws4_request"
    hashed = hashlib.sha256(canonical.encode()).hexdigest()
    text = f"{_ALGORITHM}\n{signed.time}\n{scope}\n{hashed}"
    return _mac(_signing_key(secret, day, region, service), text).hex()


@functools.lru_cache(maxsize=256)
def _signing_key(secret: str, day: str, region: str, service: str) -> bytes:
    key = f"AWS4{secret}".encode()
    for part in (day, region, service, "aws4_request"):
        key = _mac(key, part)
    return key


def _mac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()
