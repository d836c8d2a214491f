"""The Markdown report of a preview: what a reviewer must see, most important first."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from cli.changes import Change, Changes
from cli.differences import Difference, differences, flat
from cli.markdown import HALF_A_CENT, code, folded, html, plain, sides, table, usd
from cli.mermaid import render
from components.model.aws.stateful_resources import GENERATED_VALUES
from components.model.pricing.bill import Bill, Line
from components.model.pricing.cost import bill
from components.model.rendered import UNKNOWN, containers
from components.model.settings.policy_settings import Enforcement
from components.model.shown import without_logins
from policy.rule import Finding, findings
from policy.rules import binding

MAX_COMMENT_LENGTH: Final = 65_000
"""GitHub takes 65,536 characters."""
DONE: Final = {
    "create": "created",
    "update": "updated",
    "import": "imported",
    "replace": "replaced",
    "delete": "deleted",
}
AIRFLOW: Final = "AIRFLOW__"
LATER: Final = "known after the deployment"
"""What reviewers read for `UNKNOWN`."""


@dataclass(frozen=True, kw_only=True)
class Report:
    """The report, and whether the change may be deployed.

    Attributes:
        text: Markdown.
        refusals: why not, one line each; empty where it may.
    """

    text: str
    refusals: Sequence[str]


def report(
    stack: str, changes: Changes, *, region: str, allow_data_loss: bool, dropped: Collection[str] = ()
) -> Report:
    """Write the report of a preview.

    Args:
        stack: the stack's name.
        changes: what the preview found.
        region: the AWS region, for prices.
        allow_data_loss: whether something that keeps data may go.
        dropped: names of generated values that may go in any case.
    """
    broken = sorted(
        findings(binding(hardened=changes.policy.hardened), changes.after),
        key=lambda one: (one.rule.name, one.resource.name),
    )
    mandatory = changes.policy.enforcement is Enforcement.MANDATORY
    refusals = [
        *map(without_logins, changes.errors),
        *(_loss_refusal(changes.losing, dropped) if not allow_data_loss else []),
        *(_policy_refusal(broken) if mandatory else []),
    ]
    parts = [
        f"## Preview of stack `{stack}`",
        _summary(changes.changed),
        _losses(changes.losing),
        _refusals(refusals),
        _cost(bill(changes.before, region), bill(changes.after, region)),
        _airflow_settings(changes),
        _stack_settings(changes),
        _policies(broken, mandatory=mandatory),
        *_changes(changes.changed),
        _diagram(changes) if changes.changed else "",
    ]
    return Report(text=_fitted([part for part in parts if part]), refusals=refusals)


def _summary(changed: Sequence[Change]) -> str:
    if not changed:
        return "**No changes.**"
    counts = {operation: sum(one.operation == operation for one in changed) for operation in DONE}
    words = [f"{count} {DONE[operation]}" for operation, count in counts.items() if count]
    return f"**{', '.join(words)}.**"


def _loss_refusal(losing: Sequence[Change], dropped: Collection[str]) -> list[str]:
    refused = [
        one.resource.name
        for one in losing
        if not (one.resource.type in GENERATED_VALUES and one.resource.name in dropped)
    ]
    if not refused:
        return []
    names = ", ".join(refused)
    return [f"data would be lost: {names}. If that is intended: --allow-data-loss"]


def _policy_refusal(broken: Sequence[Finding]) -> list[str]:
    if not broken:
        return []
    names = sorted({one.rule.name for one in broken})
    return [
        f"{len(names)} mandatory {'rule is' if len(names) == 1 else 'rules are'} violated: {', '.join(names)}"
    ]


def _refusals(refusals: Sequence[str]) -> str:
    if not refusals:
        return ""
    lines = [f"- {plain(' '.join(one.split()))}" for one in refusals]
    return "\n".join(["**This change cannot be deployed as it is:**\n", *lines])


def _losses(losing: Sequence[Change]) -> str:
    if not losing:
        return ""
    rows = [
        f"- **{DONE[one.operation]}: {one.resource.kind} {code(one.resource.name)}**{_forced(one)}"
        for one in losing
    ]
    return "\n".join(["### Data loss\n", *rows])


def _forced(one: Change) -> str:
    return f", forced by {', '.join(map(code, one.forcing))}" if one.forcing else ""


def _cost(before: Bill, after: Bill) -> str:
    head = ("monthly cost", "before", "after", "change")
    old, new = _by_item(before.lines), _by_item(after.lines)
    changed = [key for key in sorted({*old, *new}) if abs(_usd(new, key) - _usd(old, key)) >= HALF_A_CENT]
    total = ("total", before.usd_month, after.usd_month)
    rows = [*(_cost_row(key, old, new) for key in changed), [f"**{one}**" for one in _amounts(*total)]]
    note = (
        f"List prices of {after.region}, on demand; usage-based charges come on top."
        if not after.unknown
        else f"A lower bound: {len(after.unknown)} items have no known price "
        f"({', '.join(sorted({line.note for line in after.unknown}))})."
    )
    lines = table(head, [_cost_row(key, old, new) for key in sorted({*old, *new})])
    return f"### Cost\n\n{table(head, rows)}\n\n{note}\n\n{folded('All items', lines)}"


Item = tuple[str, str]
"""A resource's name, and what is paid for."""


def _by_item(lines: Iterable[Line]) -> dict[Item, Line]:
    found: dict[Item, Line] = {}
    for line in lines:
        key = (line.resource, line.item)
        same = found.get(key)
        amount = line.usd_month if same is None else (same.usd_month or 0) + (line.usd_month or 0)
        found[key] = replace(line, usd_month=amount)
    return found


def _usd(lines: Mapping[Item, Line], key: Item) -> float:
    return lines[key].usd_month or 0 if key in lines else 0


def _cost_row(key: Item, old: Mapping[Item, Line], new: Mapping[Item, Line]) -> Sequence[str]:
    name, line = plain(f"{key[0]}: {key[1]}"), new.get(key) or old[key]
    if line.usd_month is None:
        return (name, line.note if key in old else "", line.note if key in new else "", "")
    return _amounts(name, _usd(old, key), _usd(new, key))


def _amounts(name: str, before: float, after: float) -> Sequence[str]:
    return (name, usd(before), usd(after), usd(after - before, sign=True))


def _airflow_settings(changes: Changes) -> str:
    """Tell which of Airflow's own settings change, in Airflow's words, for which services."""
    rows: dict[tuple[str, str, str], list[str]] = {}
    for change in changes.changed:
        if change.before and change.after and change.resource.kind == "ecs/TaskDefinition":
            for one in differences(_environment(change, before=True), _environment(change, before=False)):
                service, _, variable = one.path.partition(".")
                key = (_airflow_name(variable), one.before or "", one.after or "")
                rows.setdefault(key, []).append(service)
    if not rows:
        return ""
    body = [
        (code(name), *_sides(old, new), ", ".join(services))
        for (name, old, new), services in sorted(rows.items())
    ]
    return "### Airflow settings\n\n" + table(("setting", "before", "after", "services"), body)


def _environment(change: Change, *, before: bool) -> dict[str, dict[str, str]]:
    task = change.before if before else change.after
    found: dict[str, dict[str, str]] = {}
    for container in containers(task) if task else []:
        pairs = flat({"e": container.get("environment")})
        variables = {path.removeprefix("e."): text for path, text in pairs.items()}
        found[container["name"]] = {
            name: text for name, text in variables.items() if name.startswith(AIRFLOW)
        }
    return found


def _airflow_name(variable: str) -> str:
    section, _, name = variable.removeprefix(AIRFLOW).partition("__")
    return f"[{section.lower()}] {name.lower()}"


def _stack_settings(changes: Changes) -> str:
    """Tell what changes in the stack's file, the providers' settings among it: who acts, and where."""
    old, new = changes.old_settings, changes.settings
    if not old:
        return ""
    rows = [
        (code(key.removeprefix(f"{changes.project}:")), *_sides(old.get(key), new.get(key)))
        for key in sorted({*old, *new})
        if old.get(key) != new.get(key)
    ]
    return "### Stack settings\n\n" + table(("setting", "before", "after"), rows) if rows else ""


def _policies(broken: Sequence[Finding], *, mandatory: bool) -> str:
    if not broken:
        return "### Policies\n\nNo violations."
    by_rule: dict[str, list[Finding]] = {}
    for one in broken:
        by_rule.setdefault(one.rule.name, []).append(one)
    rows = [
        (
            f"`{name}`{_ids(found[0])}",
            plain("; ".join(f"{one.resource.name}: {one.why}" for one in found)),
            found[0].rule.remedy,
        )
        for name, found in sorted(by_rule.items())
    ]
    level = "Mandatory" if mandatory else "Advisory: violations do not stop a deployment"
    lines = table(("rule", "violated by", "remedy"), rows)
    return f"### Policies\n\n{level}.\n\n" + (
        lines if mandatory else folded(f"{len(rows)} violated rules", lines)
    )


def _ids(finding: Finding) -> str:
    return f" ({', '.join(finding.rule.ids)})" if finding.rule.ids else ""


def _changes(changed: Sequence[Change]) -> list[str]:
    """Tell each change; those that only pass another's new id on come last, in one list."""
    following = [one for one in changed if _only_follows(one)]
    rows = [f"- {_title(one)}" for one in following]
    lines = [_change(one) for one in changed if one not in following]
    return (
        [*lines, folded(f"{len(rows)} further changes that follow from these", "\n".join(rows))]
        if rows
        else lines
    )


def _only_follows(change: Change) -> bool:
    if change.operation != "update" or change.before is None or change.after is None:
        return False
    found = differences(change.before.inputs, change.after.inputs)
    return bool(found) and all(one.after == UNKNOWN for one in found)


def _title(change: Change) -> str:
    resource, note = change.resource, " (stateful)" if change.loses_data else ""
    return f"{DONE[change.operation]}: {resource.kind} <code>{html(resource.name)}</code>{note}"


def _diagram(changes: Changes) -> str:
    return folded("Diagram after the change", f"```mermaid\n{render(changes.after)}```")


def _change(change: Change) -> str:
    title = _title(change)
    if change.before is None or change.after is None:
        return folded(title, table(("input", "value"), _inputs(change))) if _inputs(change) else f"- {title}"
    rows = [_row(one, change) for one in differences(change.before.inputs, change.after.inputs)]
    return folded(title, table(("input", "before", "after"), rows)) if rows else f"- {title}"


def _inputs(change: Change) -> list[tuple[str, ...]]:
    if change.operation not in {"create", "import"}:
        return []
    return [(code(path), code(_shown(text))) for path, text in sorted(flat(change.resource.inputs).items())]


def _row(one: Difference, change: Change) -> tuple[str, ...]:
    forced = any(one.path == key or one.path.startswith((f"{key}.", f"{key}[")) for key in change.forcing)
    return (f"{code(one.path)}{' (forces replacement)' if forced else ''}", *_sides(one.before, one.after))


def _sides(before: str | None, after: str | None) -> tuple[str, str]:
    return sides(_shown(before), _shown(after))


def _shown(text: str | None) -> str | None:
    """Write what is not known yet in words, also as one item of a list, and no login of a URL."""
    return None if text is None else without_logins(text.replace(UNKNOWN, LATER))


def _fitted(parts: Sequence[str]) -> str:
    """Join what fits into a comment, whole parts only, and say how much did not."""
    kept: list[str] = []
    room = MAX_COMMENT_LENGTH
    for part in parts:
        room -= len(part) + 2
        if room < 0:
            kept.append(f"... and {len(parts) - len(kept)} more sections, omitted for length.")
            break
        kept.append(part)
    return "\n\n".join(kept) + "\n"
