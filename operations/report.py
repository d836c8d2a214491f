"""The Markdown report of a preview: what a reviewer must see, most important first."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from components.model.cost import Bill, Line, bill
from components.model.rendered import containers
from operations.changes import OURS, Change, Changes
from operations.differences import Difference, differences, flat, shown
from policy.rule import Finding, findings
from policy.rules import binding

LONGEST_COMMENT: Final = 65_000
"""GitHub takes 65,536 characters."""
LONGEST_VALUE: Final = 160
DONE: Final = {"create": "created", "update": "updated", "replace": "replaced", "delete": "deleted"}
AIRFLOW: Final = "AIRFLOW__"


@dataclass(frozen=True, kw_only=True)
class Report:
    """The report, and whether the change may be deployed.

    Attributes:
        text: Markdown.
        refusals: why not, one line each; empty where it may.
    """

    text: str
    refusals: Sequence[str]


def report(stack: str, changes: Changes, *, region: str, allow_data_loss: bool) -> Report:
    """Write the report of a preview.

    Args:
        stack: the stack's name.
        changes: what the preview found.
        region: the AWS region, for prices.
        allow_data_loss: whether something that keeps data may go.
    """
    broken = list(findings(binding(hardened=changes.hardened), changes.after))
    mandatory = changes.mandatory
    refusals = [
        *changes.errors,
        *(_loss_refusal(changes.losing) if not allow_data_loss else []),
        *(_policy_refusal(broken) if mandatory else []),
    ]
    parts = [
        f"## Preview of stack `{stack}`",
        _summary(changes.changed),
        _refusals(refusals),
        _losses(changes.losing),
        _cost(bill(changes.before, region), bill(changes.after, region)),
        _airflow_settings(changes),
        _stack_settings(changes),
        _policies(broken, mandatory=mandatory),
        *map(_change, changes.changed),
    ]
    return Report(text=_fitted([part for part in parts if part]), refusals=refusals)


def _summary(changed: Sequence[Change]) -> str:
    if not changed:
        return "**No changes.**"
    counts = {operation: sum(one.operation == operation for one in changed) for operation in DONE}
    words = [f"{count} {DONE[operation]}" for operation, count in counts.items() if count]
    return f"**{', '.join(words)}.**"


def _loss_refusal(losing: Sequence[Change]) -> list[str]:
    if not losing:
        return []
    names = ", ".join(one.resource.name for one in losing)
    return [f"data would be lost: {names}. Where that is meant: --allow-data-loss"]


def _policy_refusal(broken: Sequence[Finding]) -> list[str]:
    if not broken:
        return []
    return [
        f"{len(broken)} mandatory rules are broken: {', '.join(sorted({one.rule.name for one in broken}))}"
    ]


def _refusals(refusals: Sequence[str]) -> str:
    return (
        "\n".join(
            ["**This change cannot be deployed as it is:**\n", *(f"- {_cell(one)}" for one in refusals)]
        )
        if refusals
        else ""
    )


def _losses(losing: Sequence[Change]) -> str:
    if not losing:
        return ""
    rows = [
        f"- **{DONE[one.operation]}: {one.resource.kind} `{one.resource.name}`**{_forced(one)}"
        for one in losing
    ]
    return "\n".join(["### Data goes\n", *rows])


def _forced(change: Change) -> str:
    return f", forced by {', '.join(f'`{key}`' for key in change.forcing)}" if change.forcing else ""


def _cost(before: Bill, after: Bill) -> str:
    table = _table(("a month", "before", "after", "change"), _cost_rows(before, after))
    note = (
        f"List prices of {after.region}, on demand; what depends on use comes on top."
        if not after.unknown
        else f"At least: {len(after.unknown)} positions have no known price "
        f"({', '.join(sorted({line.note for line in after.unknown}))})."
    )
    lines = _table(
        ("resource", "what", "USD a month"),
        [(line.resource, line.item, _amount(line)) for line in after.lines],
    )
    return f"### Cost\n\n{table}\n\n{note}\n\n{_folded('Line by line', lines)}"


def _cost_rows(before: Bill, after: Bill) -> list[tuple[str, ...]]:
    old, new = _by_item(before.lines), _by_item(after.lines)
    rows = [
        (f"{resource}: {item}", _usd(old.get(key, 0)), _usd(new.get(key, 0)), _usd(difference, sign=True))
        for key in sorted({*old, *new})
        for resource, item in [key]
        if abs(difference := new.get(key, 0) - old.get(key, 0)) >= 0.005  # noqa: PLR2004, half a cent
    ]
    total = (
        "**in all**",
        f"**{_usd(before.usd_month)}**",
        f"**{_usd(after.usd_month)}**",
        f"**{_usd(after.usd_month - before.usd_month, sign=True)}**",
    )
    return [*rows, total]


def _by_item(lines: Iterable[Line]) -> dict[tuple[str, str], float]:
    found: dict[tuple[str, str], float] = {}
    for line in lines:
        key = (line.resource, line.item)
        found[key] = found.get(key, 0) + (line.usd_month or 0)
    return found


def _amount(line: Line) -> str:
    return line.note if line.usd_month is None else _usd(line.usd_month)


def _usd(amount: float, *, sign: bool = False) -> str:
    mark = "-" if amount < -0.005 else "+" if sign and amount > 0.005 else ""  # noqa: PLR2004, half a cent
    return f"{mark}${abs(amount):.2f}"


def _airflow_settings(changes: Changes) -> str:
    """Tell which of Airflow's own settings change, in Airflow's words, for which roles."""
    rows: dict[tuple[str, str, str], list[str]] = {}
    for change in changes.changed:
        if change.before and change.after and change.resource.kind == "ecs/TaskDefinition":
            for one in differences(_environment(change, before=True), _environment(change, before=False)):
                role, _, variable = one.path.partition(".")
                key = (_airflow_name(variable), one.before or "", one.after or "")
                rows.setdefault(key, []).append(role)
    if not rows:
        return ""
    body = [
        (f"`{name}`", _code(old), _code(new), ", ".join(roles))
        for (name, old, new), roles in sorted(rows.items())
    ]
    return "### Airflow settings\n\n" + _table(("setting", "before", "after", "roles"), body)


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
    old, new = changes.old_settings, {k: v for k, v in changes.settings.items() if k.startswith(OURS)}
    if not old:
        return ""
    rows = [
        (f"`{key.removeprefix(OURS)}`", _code(old.get(key)), _code(new.get(key)))
        for key in sorted({*old, *new})
        if old.get(key) != new.get(key)
    ]
    return "### Stack settings\n\n" + _table(("setting", "before", "after"), rows) if rows else ""


def _policies(broken: Sequence[Finding], *, mandatory: bool) -> str:
    if not broken:
        return "### Policies\n\nAll rules hold."
    by_rule: dict[str, list[Finding]] = {}
    for one in broken:
        by_rule.setdefault(one.rule.name, []).append(one)
    rows = [
        (
            f"`{name}` {_ids(found[0])}",
            "; ".join(f"{one.resource.name}: {one.why}" for one in found),
            found[0].rule.remedy,
        )
        for name, found in sorted(by_rule.items())
    ]
    table = _table(("rule", "broken by", "remedy"), rows)
    level = "Mandatory" if mandatory else "Advisory: nothing is stopped"
    return f"### Policies\n\n{level}.\n\n" + (
        table if mandatory else _folded(f"{len(rows)} rules are broken", table)
    )


def _ids(finding: Finding) -> str:
    return f"({', '.join(finding.rule.ids)})" if finding.rule.ids else ""


def _change(change: Change) -> str:
    resource = change.resource
    note = " (keeps data)" if change.loses_data else ""
    title = f"{DONE[change.operation]}: {resource.kind} <code>{resource.name}</code>{note}"
    if change.before is None or change.after is None:
        return (
            _folded(title, _table(("input", "value"), _inputs(change))) if _inputs(change) else f"- {title}"
        )
    rows = [_row(one, change) for one in differences(change.before.inputs, change.after.inputs)]
    return _folded(title, _table(("input", "before", "after"), rows)) if rows else f"- {title}"


def _inputs(change: Change) -> list[tuple[str, ...]]:
    if change.operation != "create":
        return []
    return [(f"`{path}`", _code(text)) for path, text in sorted(flat(change.resource.inputs).items())]


def _row(one: Difference, change: Change) -> tuple[str, ...]:
    forced = any(one.path == key or one.path.startswith((f"{key}.", f"{key}[")) for key in change.forcing)
    return (f"`{one.path}`{' (forces replacement)' if forced else ''}", _code(one.before), _code(one.after))


def _code(text: str | None) -> str:
    if text is None:
        return ""
    if not text:
        return "(empty)"
    cut = text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}..."
    return f"`{cut.replace('`', ' ')}`"


def _cell(text: str) -> str:
    return shown(text).replace("|", "\\|").replace("\n", " ")


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [" | ".join(head), " | ".join("---" for _ in head)]
    lines += [" | ".join(map(_cell, row)) for row in rows]
    return "\n".join(f"| {line} |" for line in lines)


def _folded(title: str, text: str) -> str:
    return f"<details><summary>{title}</summary>\n\n{text}\n\n</details>"


def _fitted(parts: Sequence[str]) -> str:
    """Join what fits into a comment, whole parts only, and say how much did not."""
    kept: list[str] = []
    room = LONGEST_COMMENT
    for part in parts:
        room -= len(part) + 2
        if room < 0:
            kept.append(f"... and {len(parts) - len(kept)} more parts, which do not fit here.")
            break
        kept.append(part)
    return "\n\n".join(kept) + "\n"
