# pyright: basic
# Times of moto have no types.
"""Configurations of brokers: revisions in RabbitMQ's own format, of which Amazon MQ takes some keys.

https://docs.aws.amazon.com/amazon-mq/latest/developer-guide/configurable-values.html,
https://docs.aws.amazon.com/amazon-mq/latest/developer-guide/configure-resource-limits.html
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from moto.core.utils import utcnow

from embedded_aws.account.amazon_mq.errors import BadRequestError, NotModelledError
from embedded_aws.account.amazon_mq.offers import OFFERS

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

_DEFAULT: Final = (
    "# Default RabbitMQ delivery acknowledgement timeout is 30 minutes in milliseconds\n"
    "consumer_timeout = 1800000\n"
)
_NAME: Final = re.compile(r"[A-Za-z0-9._~-]{1,150}")
_LINE: Final = re.compile(r"\s*([\w.]+)\s*=\s*(.*?)\s*")
_SWITCH: Final = ("true", "false")
_NUMBERS: Final = {"consumer_timeout": range(2**31), "heartbeat": range(60, 3601)}
_SWITCHES: Final = frozenset(
    {
        "management.restrictions.operator_policy_changes.disabled",
        "quorum_queue.property_equivalence.relaxed_checks_on_redeclaration",
        "secure.management.http.headers.enabled",
    }
)
_LIMITS: Final = frozenset(
    {
        *("connection_max", "channel_max_per_node", "cluster_queue_limit", "vhost_max"),
        *("runtime_parameters.limits.shovel", "cluster_exchange_limit", "consumer_max_per_channel"),
        "max_message_size",
    }
)
_NOT_MODELLED: Final = ("auth_", "management.oauth_", "amqp_client", "ssl_options", "management.ssl", "aws.")
"""Begin the keys of OAuth, LDAP, HTTP and certificates."""


@dataclass(frozen=True, kw_only=True)
class Revision:
    """A revision of a configuration; `data` in base64, as it was given."""

    number: int
    data: str
    description: str
    created: dt.datetime = field(default_factory=utcnow)

    @property
    def settings(self) -> dict[str, str]:
        """What it sets, by key."""
        return _settings(base64.b64decode(self.data).decode())

    @property
    def summary(self) -> dict[str, Any]:
        """What the API tells of it."""
        return {"Created": self.created, "Description": self.description, "Revision": self.number}


@dataclass(kw_only=True)
class Configuration:
    """A configuration of RabbitMQ; a new one has one revision, with Amazon MQ's defaults."""

    id: str
    arn: str
    name: str
    engine_version: str
    created: dt.datetime = field(default_factory=utcnow)
    revisions: list[Revision] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Add the first revision."""
        text = f"Auto-generated default for {self.name} on RabbitMQ {self.engine_version}"
        self._add(base64.b64encode(_DEFAULT.encode()).decode(), text)

    @property
    def latest(self) -> Revision:
        """The last revision."""
        return self.revisions[-1]

    def update(self, data: str, description: str) -> None:
        """Add a revision.

        Raises:
            BadRequestError: Amazon MQ does not take the data.
        """
        check_data(data, self.engine_version)
        self._add(data, description)

    def revision(self, number: int) -> Revision | None:
        """Return a revision; None: there is no such."""
        return next((one for one in self.revisions if one.number == number), None)

    def described(self, tags: Mapping[str, str]) -> dict[str, Any]:
        """Return what the API tells of it."""
        return {
            "Arn": self.arn,
            "AuthenticationStrategy": "simple",
            "Created": self.created,
            "Description": self.latest.description,
            "EngineType": "RabbitMQ",
            "EngineVersion": self.engine_version,
            "Id": self.id,
            "LatestRevision": self.latest.summary,
            "Name": self.name,
            "Tags": dict(tags),
        }

    def _add(self, data: str, description: str) -> None:
        self.revisions.append(Revision(number=len(self.revisions) + 1, data=data, description=description))


def check_name(name: str) -> None:
    """Refuse a name of another form."""
    if not _NAME.fullmatch(name):
        raise BadRequestError(
            f"Configuration name [{name}] is invalid: 1 to 150 letters, digits and - . _ ~", "name"
        )


def check_data(data: str, version: str) -> None:
    """Refuse what Amazon MQ's RabbitMQ of a version does not take.

    Raises:
        BadRequestError: no base64, no `key = value`, an unknown key, or a value beyond its range.
        NotModelledError: keys of OAuth, LDAP, HTTP and certificates.
    """
    try:
        text = base64.b64decode(data, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise BadRequestError(f"The configuration data is not text in base64: {error}", "data") from error
    for key, value in _settings(text).items():
        _check(key, value, version)


def _settings(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in text.splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        matched = _LINE.fullmatch(line)
        if matched is None:
            raise BadRequestError(f"The configuration data has a line without a key: {line.strip()}", "data")
        found[matched[1]] = matched[2]
    return found


def _check(key: str, value: str, version: str) -> None:
    if key.startswith(_NOT_MODELLED):
        raise NotModelledError(f"the key {key} of a configuration")
    if key in _SWITCHES:
        if value not in _SWITCH:
            raise BadRequestError(f"The value of {key} must be true or false, not {value}", "data")
        return
    limit = key in _LIMITS and OFFERS[version].limits
    if key not in _NUMBERS and not limit:
        raise BadRequestError(f"RabbitMQ {version} on Amazon MQ does not support the key {key}", "data")
    allowed = _NUMBERS.get(key, range(1, 2**31))
    if not value.isdecimal() or int(value) not in allowed:
        raise BadRequestError(
            f"The value of {key} must be between {allowed[0]} and {allowed[-1]}, not {value}", "data"
        )
