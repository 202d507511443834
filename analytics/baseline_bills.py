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
from analytics.baseline_enough import STRANGE_K, few_bills, nothing_used
from analytics.baseline_fit import fit_of, student_t

# Days of a bill whose temperature must be known.
LEAST_WEATHER = 0.9
COVERED = 0.90

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
    cold, warm, _ = _weather(ordered, setting)
    usable = np.isfinite(cold[0])
    used = np.array([bill.amount for bill in ordered])[usable]
    lack = few_bills(int(usable.sum())) + (nothing_used(used) if len(used) else ())
    if lack:
        return Refused(lack)
    days = np.array([float(bill.days) for bill in ordered])[usable]
    cold, warm, per_day = cold[:, usable], warm[:, usable], used / days
    response = best_response(per_day, cold, warm, days)
    design = _design(response, cold, warm)
    fitted = design @ np.array([response.base, response.heating, response.cooling])
    unseen = _unseen(design, per_day, days)
    miss = float(np.sqrt(np.average((per_day - unseen) ** 2, weights=days)))
    freedom = max(len(used) - response.parameters, 1)
    half = student_t((1 + COVERED) / 2, freedom) * miss
    temperatures = _range(ordered, setting)
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
                "temperatures_c": temperatures,
                "half_per_day": (half,),
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
    floor = baseline.numbers["floor"][0] if baseline.numbers["floor"] else -np.inf
    value = np.maximum(value, floor)
    half = baseline.numbers["half_per_day"][0] * days
    coldest, hottest = baseline.numbers["temperatures_c"]
    strange = (mean < coldest - STRANGE_K) | (mean > hottest + STRANGE_K)
    return Expected(value, np.maximum(value - half, floor), value + half, strange)


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

    Of a setting without temperature all are 0: the mean alone is then fitted.
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


def _range(bills: Sequence[Bill], setting: Setting) -> tuple[float, float]:
    mean = _weather(bills, setting)[2]
    return float(np.nanmin(mean)), float(np.nanmax(mean))
