"""Baselines on the terminal and as JSON: who froze what, how well it fits, what it can show and what it cannot."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any
from zoneinfo import ZoneInfo

from rich.table import Table

from analytics import baseline_words
from analytics.baseline import Baseline, from_json
from campus.projects import Frozen
from campus.said import Said
from campus.units import QUANTITIES

_COLUMNS = (
    "编号 id",
    "表 meter",
    "计量 quantity",
    "基准期 period",
    "CV(RMSE)",
    "封存 frozen",
    "谁 by",
    "项目 project",
)


def table(kept: Iterable[Frozen], zone: ZoneInfo) -> Table:
    """Return frozen baselines as a table."""
    made = Table(*_COLUMNS, box=None, pad_edge=False)
    for one in kept:
        fit = from_json(one.body).fit
        row = (one.id, one.meter, one.quantity, period(one).zh, f"{fit.cv_rmse:.1%}", _day(one, zone), one.by)
        made.add_row(*row, one.project or "—")
    return made


def page(one: Frozen, zone: ZoneInfo, changed: bool) -> Iterator[Said]:
    """Yield all there is to say of a frozen baseline; `changed` says that its days are known otherwise by now."""
    quantity = QUANTITIES[one.quantity]
    of = period(one)
    for_zh, for_en = (f"，项目 {one.project}", f", for {one.project}") if one.project else ("", "")
    yield Said(
        f"基准 {one.id}：{one.meter} {quantity.zh}，{of.zh}{for_zh}",
        f"Baseline {one.id}: {one.meter} {quantity.en}, {of.en}{for_en}",
    )
    note = f"（{one.note}）" if one.note else "", f" ({one.note})" if one.note else ""
    yield Said(f"{one.by}于{_day(one, zone)}封存{note[0]}。", f"Frozen by {one.by} on {_day(one, zone)}{note[1]}.")
    yield from of_baseline(from_json(one.body))
    if changed:
        yield Said(
            "这段时间的数据或天气在封存后有更正：封存的基准不变；要用新数据，请另行封存。",
            "Readings or weather of these days were corrected after it was frozen: it stays as it was. To use what is"
            " known now, freeze another.",
        )


def of_baseline(baseline: Baseline) -> Iterator[Said]:
    """Yield what a baseline was made from and what it says nothing of."""
    yield from baseline_words.fit(baseline)
    yield from baseline_words.silences(baseline)


def period(one: Frozen) -> Said:
    """Return the days of a baseline, both included or, in English, the last one not."""
    return Said(f"{one.first}至{one.until}（不含）", f"{one.first} to {one.until} (not included)")


def as_json(one: Frozen) -> dict[str, Any]:
    """Return a frozen baseline for other programs, all of it but the coefficients."""
    baseline = from_json(one.body)
    return {
        "id": one.id,
        "school": one.school,
        "project": one.project,
        "meter": one.meter,
        "quantity": one.quantity,
        "unit": baseline.about.unit,
        "first": one.first.isoformat(),
        "until": one.until.isoformat(),
        "frozen_at": one.at.isoformat(),
        "by": one.by,
        "note": one.note,
        "model": baseline.model,
        "version": baseline.version,
        "with_temperature": bool(baseline.numbers["temperatures_c"]),
        "coverage": baseline.coverage,
        "inputs": baseline.inputs,
        "fit": {name: getattr(baseline.fit, name) for name in baseline.fit.__slots__},
    }


def _day(one: Frozen, zone: ZoneInfo) -> str:
    return f"{one.at.astimezone(zone):%Y-%m-%d}"
