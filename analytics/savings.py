"""What a project saved: IPMVP option C, a frozen baseline against what was used, with how sure one may be."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from analytics.baseline import Baseline, Expected, Reason, Refused
from analytics.savings_uncertainty import by_guideline_14, half_width
from campus.results import Price
from campus.said import Said

# The share of the reporting period that must be known on both sides; the rest is neither saved nor wasted.
LEAST_COVERED = 0.6
# ASHRAE Guideline 14, whole-building performance path: at 68 % confidence the ± must be below half of the saving.
GUIDELINE_CONFIDENCE, GUIDELINE_SHARE = 0.68, 0.5

Numbers = NDArray[np.float64]


class Measure(StrEnum):
    """What kind of project it is."""

    PIPES = "pipes"
    WINDOWS = "windows"
    CHILLER_PLANT = "chiller_plant"
    LIGHTING = "lighting"
    HEATING_CONTROL = "heating_control"
    PV = "pv"


@dataclass(frozen=True, slots=True)
class Project:
    """A measure on meters: works from `started` on, in service from `finished` on (local days).

    What was used between the two is neither baseline nor reporting period.
    """

    key: str
    name: str
    name_en: str
    measure: Measure
    meters: tuple[str, ...]
    started: date
    finished: date


@dataclass(frozen=True, slots=True)
class Adjustment:
    """A change that is not the project's: `amount` [unit of the meters] more use (less, if negative) it caused."""

    amount: float
    reason: Said


@dataclass(frozen=True, slots=True)
class Metered:
    """One meter in the reporting period: its frozen baseline, what that expects, and what was used, by slot (n,)."""

    baseline: Baseline
    expected: Expected
    used: Numbers


@dataclass(frozen=True, slots=True)
class Worth:
    """What one unit is worth: a price and kilograms of CO2 with the factor's id; None where nothing is set."""

    price: Price | None = None
    kgco2_per_unit: float | None = None
    factor: str = ""


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
    `strange` is the share of those with a temperature beyond the baseline's. `guideline_14` is ± at 90 % by that
    formula alone, `meets_guideline_14` whether the saving is as sure as it asks. `yuan` and `tco2` are None where
    no price or factor is set.
    """

    project: str
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
    guideline_14: float
    meets_guideline_14: bool
    worth: Worth
    yuan: Amount | None
    tco2: Amount | None

    @property
    def told_from_zero(self) -> bool:
        """Whether zero lies outside what is 90 % sure."""
        return abs(self.saved.value) > self.saved.half_90


def saving(
    project: Project,
    period: tuple[date, date],
    meters: Sequence[Metered],
    *,
    adjustments: Sequence[Adjustment] = (),
    worth: Worth | None = None,
) -> Saving | Refused:
    """Return what a project saved in a reporting period [first, until) at meters of one unit.

    Raises ValueError where the meters have several units: each has a saving of its own.
    """
    lack = _lacking(project, period, meters)
    if lack:
        return Refused(lack)
    (unit,) = {metered.baseline.about.unit for metered in meters}
    known = [(metered, _known(metered)) for metered in meters]
    slots, count = sum(len(both) for _, both in known), sum(int(both.sum()) for _, both in known)
    expected = float(sum(metered.expected.value[both].sum() for metered, both in known))
    used = float(sum(metered.used[both].sum() for metered, both in known))
    value = expected + sum(adjustment.amount for adjustment in adjustments) - used
    saved = Amount(value, _together(known, half_width, 0.8), _together(known, half_width, 0.9))
    worth = worth or Worth()
    return Saving(
        project=project.key,
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
        strange=float(sum(metered.expected.strange[both].sum() for metered, both in known)) / count,
        guideline_14=_together(known, by_guideline_14, 0.9),
        meets_guideline_14=_together(known, half_width, GUIDELINE_CONFIDENCE) < GUIDELINE_SHARE * value,
        worth=worth,
        yuan=saved.times(worth.price.yuan) if worth.price is not None and worth.price.unit == unit else None,
        tco2=None if worth.kgco2_per_unit is None else saved.times(worth.kgco2_per_unit / 1000),
    )


def _together(
    known: Sequence[tuple[Metered, NDArray[np.bool_]]], width: Callable[[Baseline, int, float], float], level: float
) -> float:
    """Return the ± of all meters: their errors are their own and add up in squares."""
    return sqrt(sum(width(metered.baseline, int(both.sum()), level) ** 2 for metered, both in known))


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


def _known(metered: Metered) -> NDArray[np.bool_]:
    both: NDArray[np.bool_] = np.isfinite(metered.expected.value) & np.isfinite(metered.used)
    return both


def _lacking(project: Project, period: tuple[date, date], meters: Sequence[Metered]) -> tuple[Reason, ...]:
    reasons = []
    if any(metered.baseline.until > project.started for metered in meters):
        zh = f"基准期延续到改造开始（{project.started}）之后，已含改造的影响。"
        en = f"A baseline goes on after works began ({project.started}) and holds the project's effect already."
        reasons.append(Reason("baseline", Said(zh, en)))
    if period[0] < project.finished:
        zh = f"报告期早于改造完成（{project.finished}）。"
        en = f"The reporting period begins before the works were finished ({project.finished})."
        reasons.append(Reason("period", Said(zh, en)))
    known = [_known(metered) for metered in meters]
    covered = sum(int(both.sum()) for both in known) / max(sum(len(both) for both in known), 1)
    if covered < LEAST_COVERED:
        zh = f"报告期内只有{covered:.0%}的时间可比，至少要{LEAST_COVERED:.0%}。"
        en = f"Only {covered:.0%} of the reporting period can be compared, and {LEAST_COVERED:.0%} are needed."
        reasons.append(Reason("coverage", Said(zh, en)))
    return tuple(reasons)
