"""Plans in tables: which there are, and what became of a keep-on list, line by line."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from rich.table import Table

from campus.plans import KINDS, RATE_UNITS, STAGES, Kept, stage
from campus.registry import Registry
from campus.said import Said
from campus.units import QUANTITIES

_DASH = "—"


def listed(registry: Registry, now: datetime) -> Table:
    """Return a school's plans, newest first."""
    table = Table(
        "编号 key", "种类 kind", "名称 name", "从 from", "到 to", "地点 where", "留用 keeps", "状态 stage", box=None
    )
    for plan in sorted(registry.plans, key=lambda plan: plan.start, reverse=True):
        kind, now_is = KINDS[plan.kind], STAGES[stage(plan, now)]
        hours = "" if plan.daily is None else f" {plan.daily[0]:%H:%M}–{plan.daily[1]:%H:%M}"
        first, last = (_moment(at, registry.school.timezone) for at in (plan.start, plan.end))
        where = "、".join(_named(registry, building) for building in plan.buildings) or registry.school.name
        row = f"{kind.zh}{hours} {kind.en}", plan.name, first, last, where
        table.add_row(plan.key, *row, str(len(plan.keep) or ""), f"{now_is.zh} {now_is.en}")
    return table


def audit(registry: Registry, lines: Sequence[Kept]) -> Table:
    """Return an audit's lines: allowed, what the meters showed, kept or not, what went beyond it."""
    head = ("楼 building", "留用项 kept on", "能源 quantity", "允许 allowed", "最低 low", "中位 median", "最高 high")
    table = Table(*head, "覆盖 coverage", "结论 kept?", "多用 too much", "元 yuan", show_lines=True)
    for line in lines:
        place = _named(registry, line.building) if line.building else registry.school.name
        quantity = QUANTITIES.get(line.quantity)
        unit = "" if quantity is None else RATE_UNITS[quantity.unit]
        rates = [_rate(value) for value in (line.allowed, line.low, line.median, line.high)]
        said = verdict(line)
        over = _DASH if line.over is None or quantity is None else f"{line.over:,.1f} {quantity.unit}"
        yuan = _DASH if line.yuan is None else f"{line.yuan:,.1f}"
        named = "" if quantity is None else f"{quantity.zh} {quantity.en} [{unit}]"
        table.add_row(place, line.what.zh, named, *rates, f"{line.coverage:.0%}", said, over, yuan)
    return table


def prices(registry: Registry, lines: Sequence[Kept]) -> list[Said]:
    """Return by which prices the yuan of an audit's lines are reckoned, each of them once."""
    said = []
    for line in lines:
        if line.yuan and line.priced is not None:
            place = _named(registry, line.building) if line.building else registry.school.name
            quantity = QUANTITIES[line.quantity]
            zh, en = f"{place}{quantity.zh}：{line.priced.zh}", f"{place}, {quantity.en}: {line.priced.en}"
            said.append(Said(zh, en))
    return list(dict.fromkeys(said))


def verdict(line: Kept) -> str:
    """Return whether a line was kept, or why that cannot be judged."""
    if line.kept is None:
        why = "" if line.reason is None else f"：{line.reason.zh} / {line.reason.en}"
        return f"无法判断 cannot be judged{why}"
    by_day = "（按天 by the day）" if line.by_day else ""
    return f"{'已做到 kept' if line.kept else '没做到 not kept'}{by_day}"


def _named(registry: Registry, building: str) -> str:
    known = registry.buildings.get(building)
    return building if known is None else known.name


def _rate(value: float | None) -> str:
    return _DASH if value is None else f"{value:.3g}"


def _moment(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}"
