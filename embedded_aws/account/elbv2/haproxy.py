"""The haproxy configuration of all load balancers, as text.

An Application Load Balancer's listener is a frontend; what a rule forwards to is a backend.
Sources: https://docs.haproxy.org/2.6/configuration.html and
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-rules.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

JSON = dict[str, Any]
_NO_BACKEND = "nowhere"
_TRACE = '"Root=1-%[date,hex,lower,bytes(8)]-%[uuid(4),regsub(-,,g),bytes(0,24)]"'
_ACTIONS = ("forward", "redirect", "fixed-response")
_REDIRECT_CODES = {"HTTP_301": 301, "HTTP_302": 302}


class UnsupportedRuleError(Exception):
    """A rule asks for what this load balancer does not do."""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One listener rule: conditions and actions as the API has them; the default rule has no condition."""

    conditions: list[JSON]
    actions: list[JSON]


@dataclass(frozen=True, kw_only=True)
class Listener:
    """One listener; rules by priority, the default one last."""

    name: str
    port: int
    certificate: str | None = None
    """File of certificate and key, for HTTPS."""
    rules: list[Rule] = field(default_factory=list[Rule])
    tcp: bool = False
    behind: list[str] = field(default_factory=list[str])
    """Addresses of the Network Load Balancers that may hand connections on to it."""
    response_headers: dict[str, str] = field(default_factory=dict[str, str])
    """Set in what targets answer, in place of their own."""


@dataclass(frozen=True, kw_only=True)
class Balancer:
    """One load balancer."""

    address: str
    idle_timeout_seconds: int
    listeners: list[Listener]


@dataclass(frozen=True, kw_only=True)
class TargetGroup:
    """One target group with the targets that get requests, as (address, port)."""

    targets: list[tuple[str, int]]
    tls: bool = False
    sticky_seconds: int | None = None
    least_outstanding: bool = False
    preserves_client: bool = False
    """Whether the targets see the client's address, not the load balancer's."""


def render(balancers: list[Balancer], groups: dict[str, TargetGroup], *, drain_seconds: int) -> str:
    """Return the configuration.

    Args:
        balancers: All of them.
        groups: Target groups by ARN.
        drain_seconds: A replaced haproxy ends its last connections after this long.

    Raises:
        UnsupportedRuleError: A rule cannot be expressed.
    """
    lines = [
        "global",
        f"  hard-stop-after {max(drain_seconds, 1)}s",
        "  nbthread 1",
        "  maxconn 2000",
        "  ssl-default-bind-options ssl-min-ver TLSv1.2",
        "  tune.ssl.default-dh-param 2048",
        "  expose-experimental-directives",  # of which it is: normalize-uri
        "defaults",
        "  mode http",
        "  retries 0",
        "  timeout connect 10s",
        "  timeout client 60s",
        "  timeout server 60s",
        "  option http-server-close",
        "  option forwardfor",
        f"backend {_NO_BACKEND}",
    ]
    for balancer in balancers:
        for listener in balancer.listeners:
            lines += _frontend(balancer, listener, groups)
    return "\n".join([*lines, ""])


def check(conditions: list[JSON], action_types: list[str]) -> None:
    """Refuse what cannot be rendered.

    Raises:
        UnsupportedRuleError: HostsFile the condition or action.
    """
    for condition in conditions:
        _condition(condition)
    for kind in action_types:
        if kind not in _ACTIONS:
            raise UnsupportedRuleError(f"this account's load balancers have no action {kind}")


def _frontend(balancer: Balancer, listener: Listener, groups: dict[str, TargetGroup]) -> list[str]:
    timeout = f"{balancer.idle_timeout_seconds}s"
    tls = f" ssl crt {listener.certificate} alpn h2,http/1.1" if listener.certificate else ""
    scheme = "https" if listener.certificate else "http"
    head = [
        f"frontend {listener.name}",
        f"  bind {balancer.address}:{listener.port}{tls}",
        f"  timeout client {timeout}",
        f"  timeout http-keep-alive {timeout}",
    ]
    if listener.tcp:
        return [*head, *_tcp(balancer, listener, groups)]
    if listener.behind:
        head.append(f"  tcp-request connection expect-proxy layer4 if {{ src {' '.join(listener.behind)} }}")
    head += [
        # A replaced haproxy answers the next request on a connection, where it would drop it unanswered:
        # https://docs.haproxy.org/2.6/configuration.html#4-option%20idle-close-on-response
        "  option idle-close-on-response",
        # Rules see /%61 as /a, and /a%2Fb as it is: AWS compares after "URI normalization", which leaves the
        # reserved characters of https://www.rfc-editor.org/rfc/rfc3986#section-6.2.2.2 encoded.
        # https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-condition-types.html
        "  http-request normalize-uri percent-decode-unreserved",
        f"  http-request set-header X-Forwarded-Proto {scheme}",
        f"  http-request set-header X-Forwarded-Port {listener.port}",
        f"  http-request set-header X-Amzn-Trace-Id {_TRACE} if !{{ req.hdr(X-Amzn-Trace-Id) -m found }}",
    ]
    for name, value in listener.response_headers.items():
        head.append(f"  http-response set-header {name} {_literal(value)}")
    choices: list[str] = []
    actions: list[str] = []
    backends: list[str] = []
    for number, rule in enumerate(listener.rules):
        condition = " ".join(["!{ var(txn.rule) -m found }", *_conditions(rule.conditions)])
        choices.append(f"  http-request set-var(txn.rule) int({number}) if {condition}")
        matched = f"{{ var(txn.rule) -m int {number} }}"
        action = rule.actions[-1]
        check([], [action["Type"]])
        if action["Type"] == "forward":
            name = f"{listener.name}-{number}"
            actions.append(f"  use_backend {name} if {matched}")
            backends += _backend(name, balancer, action, groups)
        elif action["Type"] == "redirect":
            choices.append(f"  http-request redirect {_redirect(action['RedirectConfig'])} if {matched}")
        else:
            choices.append(f"  http-request return {_fixed(action['FixedResponseConfig'])} if {matched}")
    return [*head, *choices, *actions, f"  default_backend {_NO_BACKEND}", *backends]


def _tcp(balancer: Balancer, listener: Listener, groups: dict[str, TargetGroup]) -> list[str]:
    name = f"{listener.name}-tcp"
    targets, group = _targets(listener.rules[-1].actions[-1], groups)
    # The client's address goes ahead of its bytes, which are handed on as they are.
    client = " send-proxy-v2" if group.preserves_client else ""
    return [
        "  mode tcp",
        f"  default_backend {name}",
        f"backend {name}",
        "  mode tcp",
        f"  timeout server {balancer.idle_timeout_seconds}s",
        f"  source {balancer.address}",
        *(f"  server s{i} {host}:{port}{client}" for i, (host, port) in enumerate(targets)),
    ]


def _backend(name: str, balancer: Balancer, action: JSON, groups: dict[str, TargetGroup]) -> list[str]:
    targets, group = _targets(action, groups)
    lines = [
        f"backend {name}",
        f"  balance {'leastconn' if group.least_outstanding else 'roundrobin'}",
        f"  timeout server {balancer.idle_timeout_seconds}s",
        f"  timeout tunnel {balancer.idle_timeout_seconds}s",
        f"  source {balancer.address}",
    ]
    if group.sticky_seconds is not None:
        lines.append(f"  cookie AWSALB insert indirect nocache maxlife {group.sticky_seconds}s")
    tls = " ssl verify none" if group.tls else ""
    for host, port in targets:
        mark = f"{host}:{port}"
        cookie = f" cookie {mark.replace(':', '-')}" if group.sticky_seconds is not None else ""
        lines.append(f"  server {mark.replace(':', '-')} {mark}{tls}{cookie}")
    return lines


def _targets(action: JSON, groups: dict[str, TargetGroup]) -> tuple[list[tuple[str, int]], TargetGroup]:
    """Return the targets of a forward action, of all its target groups that have a weight."""
    arns = forwarded([action])
    registered = [groups[arn] for arn in arns if arn in groups]
    if not registered:
        return [], TargetGroup(targets=[])
    return [target for group in registered for target in group.targets], registered[0]


def forwarded(actions: list[JSON]) -> list[str]:
    """Return the ARNs of the target groups that actions forward to."""
    arns: list[str] = []
    for action in actions:
        config: JSON = action.get("ForwardConfig") or {}
        several: list[JSON] = config.get("TargetGroups") or []
        arns += [group["TargetGroupArn"] for group in several if int(group.get("Weight", 1)) > 0]
        if not several and action.get("TargetGroupArn"):
            arns.append(action["TargetGroupArn"])
    return arns


def _conditions(conditions: list[JSON]) -> list[str]:
    return [_condition(condition) for condition in conditions]


def _condition(condition: JSON) -> str:
    kind = condition["Field"]
    if kind == "path-pattern":
        return f"{{ path -m reg {_patterns(_values(condition, 'PathPatternConfig'))} }}"
    if kind == "host-header":
        values = _values(condition, "HostHeaderConfig")
        return f"{{ req.hdr(host),field(1,:) -m reg -i {_patterns(values)} }}"
    if kind == "http-request-method":
        return f"{{ method {' '.join(_values(condition, 'HttpRequestMethodConfig'))} }}"
    if kind == "source-ip":
        return f"{{ src {' '.join(_values(condition, 'SourceIpConfig'))} }}"
    if kind == "http-header":
        name = condition["HttpHeaderConfig"]["HttpHeaderName"]
        return f"{{ req.hdr({name}) -m reg -i {_patterns(condition['HttpHeaderConfig']['Values'])} }}"
    raise UnsupportedRuleError(f"this account's load balancers have no condition {kind}")


def _values(condition: JSON, config: str) -> list[str]:
    given: JSON = condition.get(config) or {}
    return list(given.get("Values") or condition.get("Values") or [])


def _patterns(values: list[str]) -> str:
    """Return one quoted regular expression for patterns with * and ?."""
    patterns = [re.escape(value).replace(r"\*", ".*").replace(r"\?", ".") for value in values]
    return _quoted(f"^({'|'.join(patterns)})$")


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def _literal(text: str) -> str:
    """Return a quoted text in which haproxy finds no variable."""
    return _quoted(text.replace("%", "%%"))


def _redirect(config: JSON) -> str:
    protocol = (
        config.get("Protocol", "#{protocol}").lower().replace("#{protocol}", "%[req.hdr(X-Forwarded-Proto)]")
    )
    host = config.get("Host", "#{host}").replace("#{host}", "%[req.hdr(host),field(1,:)]")
    port = config.get("Port", "#{port}").replace("#{port}", "%[dst_port]")
    path, query = config.get("Path", "/#{path}"), config.get("Query", "#{query}")
    if (path, query) == ("/#{path}", "#{query}"):
        rest = "%[pathq]"
    else:
        rest = path.replace("/#{path}", "%[path]") + (
            f"?{query.replace('#{query}', '%[query]')}" if query else ""
        )
    return f'location "{protocol}://{host}:{port}{rest}" code {_REDIRECT_CODES[config["StatusCode"]]}'


def _fixed(config: JSON) -> str:
    body = config.get("MessageBody") or ""
    content = (
        f" content-type {_quoted(config.get('ContentType') or 'text/plain')} string {_quoted(body)}"
        if body
        else ""
    )
    return f"status {config['StatusCode']}{content}"
