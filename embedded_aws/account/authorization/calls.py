# pyright: basic
# botocore's models have no types.
"""Which operation of which service a request asks for, and with what parameters.

https://smithy.io/2.0/aws/protocols/ (JSON by `X-Amz-Target`, query by `Action`, CBOR and REST by the path)
"""

from __future__ import annotations

import functools
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote

from botocore.exceptions import UnknownServiceError
from botocore.loaders import create_loader

from embedded_aws.account.iam import UnmodelledError
from embedded_aws.account.signatures import read

if TYPE_CHECKING:
    from collections.abc import Mapping

_MODELS = {"elasticfilesystem": "efs"}
"""botocore's name of a service where it is not the one that requests are signed for."""
_LABEL = re.compile(r"\{(\w+)(\+?)\}")


@dataclass(frozen=True)
class Call:
    """A call of an operation.

    Attributes:
        service: the name that the request is signed for.
        region: the region that it is signed for.
        operation: such as `ListClusters`; empty for S3, whose requests say it by their form alone.
        parameters: of the operation, as far as they are read: of JSON, of a query, of a REST path.
    """

    service: str
    region: str
    operation: str
    parameters: Mapping[str, Any]

    def strings(self, *names: str) -> list[str]:
        """Return the strings of the first parameter that is there, which has one or several."""
        given = next((self.parameters[name] for name in names if self.parameters.get(name)), [])
        return [str(one) for one in (given if isinstance(given, list) else [given])]

    def string(self, *names: str) -> str:
        """Return the first string of the first parameter that is there."""
        return next(iter(self.strings(*names)), "")


def read_call(environ: Mapping[str, Any], body: bytes) -> Call:
    """Read a signed request.

    Raises:
        UnmodelledError: it is of a form that is not known here.
    """
    _, region, service = read(environ).scope
    if service == "s3":
        return Call(service, region, "", {})
    if target := environ.get("HTTP_X_AMZ_TARGET"):
        return Call(service, region, target.rpartition(".")[2], _json(body))
    if environ.get("HTTP_SMITHY_PROTOCOL") == "rpc-v2-cbor":
        return Call(service, region, raw_path(environ).rpartition("/")[2], {})
    form = dict(parse_qsl(environ.get("QUERY_STRING", "")))
    if str(environ.get("CONTENT_TYPE", "")).startswith("application/x-www-form-urlencoded"):
        form |= dict(parse_qsl(body.decode(errors="replace")))
    if "Action" in form:
        return Call(service, region, form["Action"], form)
    return Call(service, region, *_rest(service, environ["REQUEST_METHOD"], raw_path(environ), form))


def raw_path(environ: Mapping[str, Any]) -> str:
    """Return the path as it was sent."""
    return str(environ["RAW_URI"]).split("?", 1)[0] or "/"


def _json(body: bytes) -> Mapping[str, Any]:
    try:
        given = json.loads(body or b"{}")
    except ValueError:
        return {}
    return given if isinstance(given, dict) else {}


def _rest(service: str, method: str, path: str, query: Mapping[str, str]) -> tuple[str, Mapping[str, Any]]:
    """Find the operation whose path fits; the one with the most fixed parts where several do."""
    for wanted, pattern, fixed, operation in _operations(service):
        match = pattern.fullmatch(path)
        if (
            wanted == method
            and match
            and fixed.items() <= {name: query.get(name, "") for name in fixed}.items()
        ):
            return operation, {**query, **{name: unquote(value) for name, value in match.groupdict().items()}}
    raise UnmodelledError(f"the request {method} {path} of {service}")


@functools.cache
def _operations(service: str) -> list[tuple[str, re.Pattern[str], dict[str, str], str]]:
    try:
        model = create_loader().load_service_model(_MODELS.get(service, service), "service-2")
    except UnknownServiceError:
        raise UnmodelledError(f"the service {service}") from None
    found = []
    for name, operation in model["operations"].items():
        path, _, query = operation["http"]["requestUri"].partition("?")
        fixed = dict(part.partition("=")[::2] for part in query.split("&") if part)
        found.append((operation["http"]["method"], _expression(path), fixed, name, len(_LABEL.findall(path))))
    found.sort(key=lambda one: (one[4], -len(one[2])))
    return [one[:4] for one in found]


def _expression(path: str) -> re.Pattern[str]:
    parts, end = [], 0
    for label in _LABEL.finditer(path):
        parts += [re.escape(path[end : label.start()]), f"(?P<{label[1]}>{'.+' if label[2] else '[^/]+'})"]
        end = label.end()
    return re.compile("".join(parts) + re.escape(path[end:].rstrip("/")) + "/?")
