"""The baseline of bills: use per day of each bill against how cold and how hot its days were (3P, 4P, 5P)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from analytics.baseline import BILLS, VERSION, About, Baseline, Expected, Refused, freeze, hash_of
from analytics.baseline_change import COOLING_C, HEATING_C, Response, above, below, best_response
from analytics.baseline_days import Setting, day_temperatures
from analytics.baseline_enough import few_bills, nothing_used, strange
from analytics.baseline_fit import fit_of, student_t
from analytics.baseline_margin import COVERED

# Days of a bill whose temperature must be known.
LEAST_WEATHER = 0.9

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Bill:
    """The use [unit] of the local days [first, until)."""

    first: date
    until: date
    amount: float

    @property
    def days(self) -> int:
        """How many days the bill is for."""
        return (self.until - self.first).days


def fit_bills(bills: Sequence[Bill], setting: Setting, about: About) -> Baseline | Refused:
    """Return the baseline of a meter from its bills, those without weather left out."""
    ordered = sorted(bills, key=lambda bill: bill.first)
    usable = np.isfinite(_weather(ordered, setting)[0][0]) if ordered else np.zeros(0, bool)
    kept = [bill for bill, good in zip(ordered, usable, strict=True) if good]
    used, days = (np.array([float(getattr(bill, name)) for bill in kept]) for name in ("amount", "days"))
    lack = few_bills(len(kept)) or nothing_used(used)
    if lack:
        return Refused(lack)
    cold, warm, mean = _weather(kept, setting)
    per_day = used / days
    response = best_response(per_day, cold, warm, days)
    design = _design(response, cold, warm)
    fitted = design @ np.array([response.base, response.heating, response.cooling])
    unseen = _unseen(design, per_day, days)
    return freeze(
        Baseline(
            id="",
            model=BILLS,
            version=VERSION,
            about=about,
            first=ordered[0].first,
            until=ordered[-1].until,
            inputs=hash_of(used, days, cold, warm),
            coverage=float(usable.mean()),
            fit=fit_of(per_day, fitted, unseen, float(response.parameters)),
            numbers={
                "coefficients": (response.base, response.heating, response.cooling),
                "change_points_c": (response.heating_c, response.cooling_c),
                "temperatures_c": (float(mean.min()), float(mean.max())),
                "half_per_day": (_half(per_day - unseen, days, response.parameters),),
                "floor": (0.0,) if used.min() >= 0 else (),
                "stretch_errors": tuple((per_day - unseen).tolist()),
                "stretch_slots": (float(days.mean()),),
            },
            names={"form": (response.form,)},
        )
    )


def expected_bills(baseline: Baseline, bills: Sequence[Bill], setting: Setting) -> Expected:
    """Return what the baseline expects of bills (n,) [unit a bill], of whatever amount they are."""
    cold, warm, mean = _weather(bills, setting)
    points = baseline.numbers["change_points_c"]
    base, heating, cooling = baseline.numbers["coefficients"]
    days = np.array([float(bill.days) for bill in bills])
    value = (base + heating * cold[HEATING_C.index(points[0])] + cooling * warm[COOLING_C.index(points[1])]) * days
    value = np.maximum(value, baseline.floor)
    half = baseline.numbers["half_per_day"][0] * days
    odd = strange(baseline, mean, value)
    return Expected(value, np.maximum(value - half, baseline.floor), value + half, odd)


def _half(miss: Numbers, days: Numbers, parameters: int) -> float:
    """Return the margin around a bill [unit a day] from how far bills left out were missed."""
    spread = float(np.sqrt(np.average(miss**2, weights=days)))
    return student_t((1 + COVERED) / 2, max(len(miss) - parameters, 1)) * spread


def _design(response: Response, cold: Numbers, warm: Numbers) -> Numbers:
    columns = [np.ones(cold.shape[1]), cold[HEATING_C.index(response.heating_c)]]
    return np.stack([*columns, warm[COOLING_C.index(response.cooling_c)]], axis=1)


def _unseen(design: Numbers, per_day: Numbers, days: Numbers) -> Numbers:
    """Return what a fit of the same form without each bill expects of it."""
    used = np.ptp(design, axis=0) > 0
    used[0] = True
    plain, root = design[:, used], np.sqrt(days)
    expected = np.empty(len(per_day))
    for i in range(len(per_day)):
        keep = np.arange(len(per_day)) != i
        heavy = plain[keep] * root[keep, None]
        expected[i] = plain[i] @ np.linalg.lstsq(heavy, per_day[keep] * root[keep], rcond=None)[0]
    return expected


def _weather(bills: Sequence[Bill], setting: Setting) -> tuple[Numbers, Numbers, Numbers]:
    """Return cold and warm (points, bills) as means over the days of each bill, and its mean temperature (bills,).

    NaN where too little of it is known; of a setting without temperature all are 0: the mean alone is then fitted.
    """
    cold, warm = np.full((len(HEATING_C), len(bills)), np.nan), np.full((len(COOLING_C), len(bills)), np.nan)
    mean = np.full(len(bills), np.nan)
    for i, bill in enumerate(bills):
        temperature = day_temperatures(bill.first, bill.days, setting)
        known = np.zeros(1) if temperature is None else temperature[np.isfinite(temperature)]
        if temperature is None or len(known) >= LEAST_WEATHER * bill.days:
            cold[:, i], warm[:, i], mean[i] = below(known).mean(axis=1), above(known).mean(axis=1), known.mean()
    if setting.temperature is None:
        cold, warm = np.zeros_like(cold), np.zeros_like(warm)
    return cold, warm, mean
