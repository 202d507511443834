"""What a project saved: IPMVP option C, a frozen baseline against what was used, with how sure one may be."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from math import hypot, sqrt

import numpy as np
from numpy.typing import NDArray

from analytics.baseline import Baseline, Expected, Reason, Refused
from analytics.baseline_margin import SIGMAS, YEARLY_DRIFT
from analytics.savings_uncertainty import by_guideline_14, half_width
from analytics.savings_worth import UNKNOWN, Worth, of_prices
from analytics.slot_prices import Priced
from campus.projects import NonRoutine, Project
from campus.said import Said

# The share of the reporting period that must be known on both sides; the rest is neither saved nor wasted.
LEAST_COVERED = 0.6
# ASHRAE Guideline 14, whole-building performance path: at 68 % confidence the ± must be below half of the saving.
GUIDELINE_CONFIDENCE, GUIDELINE_SHARE = 0.68, 0.5

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Adjustment:
    """What a change that is not the project's came to: `amount` [unit of the meters] more use (less, if negative)."""

    amount: float
    reason: Said
    by: str = ""
    document: str = ""


@dataclass(frozen=True, slots=True)
class Metered:
    """One meter in the reporting period, by slot (n,): what its frozen baseline expects, and what was used.

    `day` are the local days (proleptic ordinals, ascending) the slots lie in, `estimated` the share of the used that
    is estimated, `priced` what a unit costs in each of them.
    """

    baseline: Baseline
    expected: Expected
    used: Numbers
    day: NDArray[np.int64]
    estimated: Numbers
    priced: Priced | None = None

    @property
    def known(self) -> NDArray[np.bool_]:
        """Which slots are known on both sides (n,)."""
        both: NDArray[np.bool_] = np.isfinite(self.expected.value) & np.isfinite(self.used)
        return both


def within(metered: Metered, period: tuple[date, date]) -> Metered:
    """Return the slots of the local days [first, until)."""
    part = slice(*np.searchsorted(metered.day, [day.toordinal() for day in period]).tolist())
    expected = metered.expected
    cut = Expected(expected.value[part], expected.low[part], expected.high[part], expected.strange[part])
    priced = None if metered.priced is None else metered.priced.part(part)
    return Metered(metered.baseline, cut, metered.used[part], metered.day[part], metered.estimated[part], priced)


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount with its ± at 80 and at 90 % confidence."""

    value: float
    half_80: float
    half_90: float

    def times(self, factor: float) -> Amount:
        """Return the amount in another unit."""
        return Amount(self.value * factor, abs(factor) * self.half_80, abs(factor) * self.half_90)


@dataclass(frozen=True, slots=True)
class Saving:
    """What a project saved in the local days [first, until): saved = expected + adjustments − used [unit].

    `covered` is the share of the slots that are known on both sides: only they count, nothing is scaled up.
    `strange` is the share of those with a temperature beyond the baseline's, `estimated` that of the use that is
    estimated. `guideline_14` is ± at 90 % by that formula alone, `meets_guideline_14` whether the saving is as sure
    as it asks. `yuan` and `tco2` are None where no price or factor is set; adjustments and ± are worth the mean.
    """

    project: str
    quantity: str
    baselines: tuple[str, ...]
    first: date
    until: date
    unit: str
    expected: float
    used: float
    adjustments: tuple[Adjustment, ...]
    saved: Amount
    share: float
    covered: float
    strange: float
    estimated: float
    guideline_14: float
    meets_guideline_14: bool
    worth: Worth
    yuan: Amount | None
    tco2: Amount | None

    @property
    def told_from_zero(self) -> bool:
        """Whether zero lies outside what is 90 % sure."""
        return abs(self.saved.value) > self.saved.half_90

    @property
    def beyond_drift(self) -> bool:
        """Whether it is more than nine in ten meters drift in a year for reasons of their own, ± included."""
        return abs(self.saved.value) > hypot(self.saved.half_90, SIGMAS * YEARLY_DRIFT * self.expected)


def saving(
    project: Project,
    period: tuple[date, date],
    meters: Sequence[Metered],
    *,
    adjustments: Sequence[Adjustment] = (),
    worth: Worth = UNKNOWN,
) -> Saving | Refused:
    """Return what a project saved in the local days [first, until) at its meters of one quantity.

    Raises ValueError where the meters have several units: each has a saving of its own.
    """
    lack = _lacking(project, period, meters)
    if lack:
        return Refused(lack)
    (quantity,) = {metered.baseline.about.quantity for metered in meters}
    (unit,) = {metered.baseline.about.unit for metered in meters}
    slots, count = sum(len(m.used) for m in meters), sum(int(m.known.sum()) for m in meters)
    expected = float(sum(m.expected.value[m.known].sum() for m in meters))
    used = float(sum(m.used[m.known].sum() for m in meters))
    guessed = float(sum((m.used * m.estimated)[m.known].sum() for m in meters))
    value = expected + sum(adjustment.amount for adjustment in adjustments) - used
    saved = Amount(value, _together(meters, half_width, 0.8), _together(meters, half_width, 0.9))
    return Saving(
        project=project.key,
        quantity=quantity,
        baselines=tuple(metered.baseline.id for metered in meters),
        first=period[0],
        until=period[1],
        unit=unit,
        expected=expected,
        used=used,
        adjustments=tuple(adjustments),
        saved=saved,
        share=value / expected if expected else 0.0,
        covered=count / slots,
        strange=float(sum(m.expected.strange[m.known].sum() for m in meters)) / count,
        estimated=guessed / used if used else 0.0,
        guideline_14=_together(meters, by_guideline_14, 0.9),
        meets_guideline_14=_together(meters, half_width, GUIDELINE_CONFIDENCE) < GUIDELINE_SHARE * value,
        worth=worth,
        yuan=_yuan(saved, worth),
        tco2=None if worth.kgco2_per_unit is None else saved.times(worth.kgco2_per_unit / 1000),
    )


def of_slots(meters: Sequence[Metered]) -> Worth:
    """Return what a unit that meters saved costs, by the slots it was saved in."""
    return of_prices(
        [
            (None if m.priced is None else m.priced.part(m.known), m.expected.value[m.known], m.used[m.known])
            for m in meters
        ]
    )


def _yuan(saved: Amount, worth: Worth) -> Amount | None:
    if worth.yuan_per_unit is None:
        return None
    mean = saved.times(worth.yuan_per_unit)
    return replace(mean, value=mean.value + worth.yuan_beyond)


def adjusted(changes: Sequence[NonRoutine], period: tuple[date, date], meters: Sequence[Metered]) -> list[Adjustment]:
    """Return what changes that are not the project's came to in the days of a period that can be compared."""
    found = []
    for change in changes:
        first, until = max(change.first, period[0]), min(change.until or period[1], period[1])
        if first < until:
            parts = [within(metered, (first, until)).known for metered in meters]
            share = sum(int(known.sum()) for known in parts) / max(sum(len(known) for known in parts), 1)
            amount = change.per_day * (until - first).days * share
            found.append(Adjustment(amount, change.reason, change.by, change.document))
    return found


def _together(meters: Sequence[Metered], width: Callable[[Baseline, int, float], float], level: float) -> float:
    """Return the ± of all meters: their errors are their own and add up in squares."""
    return sqrt(sum(width(metered.baseline, int(metered.known.sum()), level) ** 2 for metered in meters))


def normal_year(before: Sequence[Metered], after: Sequence[Metered]) -> Amount:
    """Return what is saved in a typical year: what baselines of before and after both expect of it.

    Each pair has `expected` of the same typical slots; `used` is not looked at. Both baselines' ± are added in
    squares.
    """
    value, squares = 0.0, {0.8: 0.0, 0.9: 0.0}
    for old, new in zip(before, after, strict=True):
        both = np.isfinite(old.expected.value) & np.isfinite(new.expected.value)
        value += float((old.expected.value - new.expected.value)[both].sum())
        for level in squares:
            for metered in (old, new):
                squares[level] += half_width(metered.baseline, int(both.sum()), level) ** 2
    return Amount(value, sqrt(squares[0.8]), sqrt(squares[0.9]))


def _lacking(project: Project, period: tuple[date, date], meters: Sequence[Metered]) -> tuple[Reason, ...]:
    reasons = []
    if any(metered.baseline.until > project.started for metered in meters):
        zh = f"基准期延续到改造开始（{project.started}）之后，已含改造的影响。"
        en = f"A baseline goes on after works began ({project.started}) and holds the project's effect already."
        reasons.append(Reason("baseline", Said(zh, en)))
    if project.finished is None:
        zh, en = "改造还没有完成（项目没有填写 finished）。", "The works are not finished yet (no `finished`)."
        reasons.append(Reason("works", Said(zh, en)))
    elif period[0] < project.finished:
        zh = f"报告期早于改造完成（{project.finished}）。"
        en = f"The reporting period begins before the works were finished ({project.finished})."
        reasons.append(Reason("period", Said(zh, en)))
    known = [metered.known for metered in meters]
    covered = sum(int(both.sum()) for both in known) / max(sum(len(both) for both in known), 1)
    if covered < LEAST_COVERED:
        zh = f"报告期内只有{covered:.0%}的时间可比，至少要{LEAST_COVERED:.0%}。"
        en = f"Only {covered:.0%} of the reporting period can be compared, and {LEAST_COVERED:.0%} are needed."
        reasons.append(Reason("coverage", Said(zh, en)))
    return tuple(reasons)
