"""What a project saved, on the terminal and as JSON: the sentence first, then where each number comes from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.table import Table

from analytics.baseline import Refused
from analytics.savings import Amount, Saving
from analytics.savings_words import cautions, of_project, sources, verdict, worth
from analytics.slot_prices import Grounds
from app.savings import Judged
from campus.projects import MEASURES, Project
from campus.results import Price
from campus.said import Said
from campus.units import QUANTITIES

_MONTHS = {
    "zh": ("月", "不改造会用", "实用", "调整", "节约", "±90%", "可比"),
    "en": ("month", "without it", "used", "adjusted", "saved", "±90%", "comparable"),
}


def head(project: Project) -> Said:
    """Return what a project is and since when it is in service."""
    measure, done = MEASURES[project.measure], project.finished
    since = Said("还没有完成", "not finished") if done is None else Said(f"{done}投用", f"in service from {done}")
    meters = ", ".join(meter for meter, _ in project.meters)
    return Said(
        f"{project.name}（{project.key}，{measure.zh}）：{since.zh}；表 {meters}",
        f"{project.name_en} ({project.key}, {measure.en}): {since.en}; meters {meters}",
    )


def summary(judged: Judged) -> Iterator[Said]:
    """Yield what a project saved of a quantity, and what that is worth."""
    whole, quantity = judged.whole, QUANTITIES[judged.whole.quantity]
    yield Said(
        f"{quantity.zh}，{whole.first}至{whole.until}（不含）：{verdict(whole).zh}",
        f"{quantity.en}, {whole.first} to {whole.until} (not included): {verdict(whole).en}",
    )
    yield worth(whole)


def grounds(judged: Judged) -> Iterator[Said]:
    """Yield where the numbers of a saving come from, and what is to be known of them."""
    whole = judged.whole
    half = f"{_number(whole.saved.half_80)} {whole.unit}"
    yield Said(f"80%可信的误差是±{half}。", f"At 80 % confidence it is ± {half}.")
    yield from sources(whole)
    yield from of_project(judged.project)
    yield from cautions(whole)
    yield from _promised(judged)


def _promised(judged: Judged) -> Iterator[Said]:
    """Yield what was promised, as much of it as falls into the period."""
    project, whole = judged.project, judged.whole
    if project.expected_per_year is None or whole.quantity != project.quantities[0]:
        return
    due = project.expected_per_year * (whole.until - whole.first).days / 365 * whole.covered
    said = f"{_number(due)} {whole.unit}"
    yield Said(f"按承诺，这段可比时间应省{said}。", f"What was promised for the time that can be compared: {said}.")


def refusal(quantity: str, refused: Refused) -> Said:
    """Return why nothing is said of a quantity."""
    of = QUANTITIES[quantity]
    return Said(
        f"{of.zh}：不能核定。" + "".join(r.said.zh for r in refused.reasons),
        f"{of.en}: cannot be verified. " + " ".join(r.said.en for r in refused.reasons),
    )


def months(judged: Judged, lang: str) -> Table:
    """Return the months of a reporting period as a table."""
    made = Table(box=None, pad_edge=False)
    for place, name in enumerate(_MONTHS[lang]):
        made.add_column(name, justify="left" if place == 0 else "right")
    for one in judged.months:
        adjusted = sum(adjustment.amount for adjustment in one.adjustments)
        numbers = (one.expected, one.used, adjusted, one.saved.value, one.saved.half_90)
        made.add_row(f"{one.first:%Y-%m}", *map(_number, numbers), f"{one.covered:.0%}")
    return made


def as_json(judged: Judged | Refused, quantity: str) -> dict[str, Any]:
    """Return a saving, or why there is none, for other programs."""
    if isinstance(judged, Refused):
        reasons = [{"word": r.word, "zh": r.said.zh, "en": r.said.en} for r in judged.reasons]
        return {"quantity": quantity, "refused": reasons}
    words = verdict(judged.whole)
    parts = {name: [_saving(one) for one in getattr(judged, name)] for name in ("months", "years")}
    return {**_saving(judged.whole), "zh": words.zh, "en": words.en, **parts}


def _saving(one: Saving) -> dict[str, Any]:
    return {
        "quantity": one.quantity,
        "unit": one.unit,
        "first": one.first.isoformat(),
        "until": one.until.isoformat(),
        "baselines": one.baselines,
        "expected": one.expected,
        "used": one.used,
        "adjustments": [
            {"amount": a.amount, "zh": a.reason.zh, "en": a.reason.en, "by": a.by, "document": a.document}
            for a in one.adjustments
        ],
        "saved": _amount(one.saved),
        "share": one.share,
        "told_from_zero": one.told_from_zero,
        "beyond_drift": one.beyond_drift,
        "meets_guideline_14": one.meets_guideline_14,
        "covered": one.covered,
        "estimated": one.estimated,
        "strange": one.strange,
        "yuan": _amount(one.yuan),
        "tco2": _amount(one.tco2),
        "prices": [_price(price, one.worth.prices) for price in one.worth.prices.prices],
        "factors": one.worth.factors,
    }


def _price(price: Price, of: Grounds) -> dict[str, Any]:
    """Return a price; where it goes by the hour also whether each hour was counted at its own."""
    said = {"yuan": price.yuan, "unit": price.unit, "document": price.document, "assumed": price.assumed}
    return said | ({"by_hour": price in of.by_hour} if price.timed else {})


def _amount(amount: Amount | None) -> dict[str, float] | None:
    return None if amount is None else {name: getattr(amount, name) for name in ("value", "half_80", "half_90")}


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 or value == 0 else f"{value:,.1f}"
