# pyright: basic
# moto has no types for its backends.
"""Events of AWS services: the rules of the default event bus deliver them to log groups.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events.html
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import queue
import re
import threading
import time
import uuid
from typing import TYPE_CHECKING, Any

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.events.models import events_backends
from moto.logs.models import logs_backends

from embedded_aws.account.authorization import Need, Place, permitted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LOG = logging.getLogger(__name__)
_CALLER = "events.amazonaws.com"
_PLACEHOLDER = re.compile(r"<([\w.-]+)>")
_STEP = re.compile(r"\.([\w-]+)|\[(\d+)\]")
_LOG_GROUP = re.compile(r"arn:[\w-]+:logs:[\w-]+:\d{12}:log-group:(?P<name>[^:]+)(:\*)?")


class EventBus:
    """Delivers events in a thread: a service does not wait for its rules."""

    def __init__(self) -> None:
        self._events: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="event-bus", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def end(self) -> None:
        """Deliver what waits, and no more."""
        self._events.put(None)
        self._thread.join()

    def send(
        self, source: str, kind: str, region: str, resources: Sequence[str], detail: Mapping[str, Any]
    ) -> None:
        """Send a service's event.

        Args:
            source: of the event, such as aws.ecs.
            kind: its detail-type.
            region: where.
            resources: ARNs.
            detail: of JSON's values, and times.
        """
        self._events.put(
            {
                "version": "0",
                "id": str(uuid.uuid4()),
                "detail-type": kind,
                "source": source,
                "account": DEFAULT_ACCOUNT_ID,
                "time": dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
                "region": region,
                "resources": list(resources),
                "detail": json.loads(json.dumps(detail, default=_written)),
            }
        )

    def _run(self) -> None:
        while (event := self._events.get()) is not None:
            try:
                _deliver(event)
            except Exception:
                LOG.exception("event %s", event["detail-type"])


def _written(value: Any) -> str:
    """Write a time as events have them; moto's are UTC without a zone."""
    if not isinstance(value, dt.datetime):
        raise TypeError(f"an event cannot have {value!r}")
    return value.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def _deliver(event: dict[str, Any]) -> None:
    bus = events_backends[DEFAULT_ACCOUNT_ID][event["region"]].event_buses["default"]
    for rule in list(bus.rules.values()):
        pattern: Any = rule.event_pattern
        if rule.state == "ENABLED" and pattern.matches_event(event):
            for target in list(rule.targets):
                _to_target(rule.arn, target, event)


def _to_target(rule_arn: str, target: Mapping[str, Any], event: dict[str, Any]) -> None:
    """Deliver to a target; EventBridge drops what it cannot deliver.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html#eb-cloudwatchlogs-permissions
    """
    group = _LOG_GROUP.fullmatch(target["Arn"])
    if group is None:
        LOG.warning("rule %s: this account delivers to log groups only, not to %s", rule_arn, target["Arn"])
        return
    message = _message(target, event)
    if message is None:
        LOG.warning("rule %s: a log group takes a template of timestamp and message alone", rule_arn)
        return
    place = Place("aws", event["region"], DEFAULT_ACCOUNT_ID)
    stream = str(uuid.uuid4())
    arn = place.arn("logs", f"log-group:{group['name']}:log-stream:{stream}")
    needs = [Need(f"logs:{action}", arn, {}) for action in ("CreateLogStream", "PutLogEvents")]
    logs = logs_backends[DEFAULT_ACCOUNT_ID][event["region"]]
    if group["name"] not in logs.groups or not permitted(_CALLER, needs, place):
        LOG.warning("rule %s may not write to %s, or it does not exist", rule_arn, target["Arn"])
        return
    logs.create_log_stream(group["name"], stream)
    logs.put_log_events(group["name"], stream, [{"timestamp": int(time.time() * 1000), "message": message}])


def _message(target: Mapping[str, Any], event: dict[str, Any]) -> str | None:
    """Return what is logged: the event, or the message of a template; None: no such template.

    https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutTargets.html
    """
    if target.get("Input") or target.get("InputPath"):
        return None
    transformer = target.get("InputTransformer")
    if not transformer:
        return json.dumps(event)
    paths: Mapping[str, str] = transformer.get("InputPathsMap") or {}
    values = {name: _at(event, path) for name, path in paths.items()}
    template = transformer["InputTemplate"]

    def value(found: re.Match[str]) -> str:
        quoted = template.count('"', 0, found.start()) % 2 == 1
        given = values.get(found[1])
        if quoted:  # a variable whose path leads nowhere is not there
            return "" if given is None else json.dumps(str(given))[1:-1]
        return json.dumps(given)

    try:
        made = json.loads(_PLACEHOLDER.sub(value, template))
    except ValueError:
        return None
    strings = isinstance(made, dict) and all(isinstance(one, str) for one in made.values())
    return made["message"] if strings and {*made} == {"timestamp", "message"} else None


def _at(event: Any, path: str) -> Any:
    for name, index in _STEP.findall(path):
        try:
            event = event[name] if name else event[int(index)]
        except (KeyError, IndexError, TypeError):
            return None
    return event
