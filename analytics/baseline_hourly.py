"""The hourly baseline: every hour of the day answers in its own way to calendar, season and temperature."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from analytics import baseline_margin
from analytics.baseline import HOURLY, VERSION, About, Baseline, Expected, Refused, freeze, hash_of
from analytics.baseline_change import above, below, change_points
from analytics.baseline_days import Days, Setting, as_made, days_of, foreign
from analytics.baseline_enough import lacking, nothing_used, strange
from analytics.baseline_features import Feature, cube, features
from analytics.baseline_fit import fit_of, stretch_errors
from analytics.baseline_ridge import Ridge, chosen_penalty, coarser, left_out, solved, sums
from analytics.baseline_unseen import SEEN_DAYS, vouched
from analytics.hours import HOURS_PER_DAY, Hours, day_grid
from campus.calendar import WORKING, DayKind, local_hours

# The penalty is chosen, and the error of savings told, by months left out; margins by quarters: what a year later
# brings is farther from what was seen than a month in the midst of it.
MONTH_DAYS, QUARTERS = 30, 4
# An hour of more than so many times what nineteen hours in twenty stay below is no use but a fault.
GROSS = 20.0

Numbers = NDArray[np.float64]
Flags = NDArray[np.bool_]


def fit_hours(hours: Hours, setting: Setting, about: About) -> Baseline | Refused:
    """Return the baseline of a meter from its measured hours: all hours given are the baseline period."""
    grid = day_grid(hours, setting.school)
    days = days_of(grid.first, len(grid.kinds), setting)
    known = np.isfinite(grid.value).mean(axis=1)
    lack = lacking(grid.first, known, _mean(days)) + nothing_used(grid.value)
    if lack:
        return Refused(lack)
    bends = _bends(days, grid.value)
    given = list(features(days, bends))
    learnt = _learnt(given, grid.value.T, days)
    return freeze(
        Baseline(
            id="",
            model=HOURLY,
            version=VERSION,
            about=about,
            first=grid.first,
            until=grid.first + timedelta(days=len(days)),
            inputs=_inputs(grid.value, days),
            coverage=float(known.mean()),
            fit=fit_of(learnt.use.T, learnt.fitted.T, learnt.month_unseen.T, learnt.model.freedom),
            numbers=_numbers(learnt, days)
            | {
                "change_points_c": bends,
                "gross_hours": (float(np.isnan(learnt.use[np.isfinite(grid.value.T)]).sum()),),
            },
            names={
                "features": tuple(name for name, _, _ in given),
                "kinds": _kinds(days, known),
                "modes": tuple(days.modes),
            },
        )
    )


@dataclass(frozen=True, slots=True)
class _Learnt:
    """A model, the use it was learnt from, and what it and fits without months and quarters expect: (24, days)."""

    model: Ridge
    use: Numbers
    fitted: Numbers
    month_unseen: Numbers
    quarter_unseen: Numbers


def _learnt(given: list[Feature], use: Numbers, days: Days) -> _Learnt:
    weight, values = np.array([w for _, w, _ in given]), cube(given, use.shape[1])
    months = np.arange(use.shape[1]) // MONTH_DAYS
    kept = _without_gross(use)
    added = sums(values, kept, weight, months)
    penalty = chosen_penalty(added, months, kept)
    model = solved(added, penalty)
    of_month = np.arange(months[-1] + 1) * QUARTERS // (months[-1] + 1)
    quarters = of_month[months]
    near, far = left_out(added, months, penalty), left_out(coarser(added, of_month), quarters, penalty)
    near[:, ~_vouched(days, kept, months)] = np.nan
    far[:, ~_vouched(days, kept, quarters)] = np.nan
    return _Learnt(model, kept, _applied(model, values), near, far)


def _vouched(days: Days, use: Numbers, blocks: NDArray[np.int64]) -> Flags:
    """Return which days (days,) a fit without their block is judged by."""
    kinds = [days.is_kind(kind) for kind in (DayKind.VACATION, DayKind.WEEKEND, DayKind.CLASS)]
    flags = np.stack([*kinds, *days.modes.values()], axis=1)
    known: Flags = np.asarray(np.isfinite(use).any(axis=0))
    return vouched(flags, _mean(days), known, blocks)


def _numbers(learnt: _Learnt, days: Days) -> dict[str, tuple[float, ...]]:
    use, never_less = learnt.use, bool(np.nanmin(learnt.use) >= 0)
    far = np.maximum(learnt.quarter_unseen, 0.0) if never_less else learnt.quarter_unseen
    return {
        "coefficients": tuple(learnt.model.coefficients.ravel().tolist()),
        "temperatures_c": _range(days, np.isfinite(use).T),
        "floor": (0.0,) if never_less else (),
        "penalty": (learnt.model.penalty,),
        **stretch_errors((use - learnt.month_unseen).T.ravel(), MONTH_DAYS * HOURS_PER_DAY),
        **baseline_margin.margins(far, use, ~days.is_kind(*WORKING)).numbers(),
    }


def expected_hours(baseline: Baseline, start_ms: NDArray[np.int64], setting: Setting) -> Expected:
    """Return what the baseline expects at hours (n,) [epoch ms, ascending] of any time."""
    day, hour = local_hours(start_ms, setting.school.timezone)
    first = int(day[0]) if len(day) else baseline.first.toordinal()
    count = int(day[-1]) - first + 1 if len(day) else 0
    modes = baseline.names["modes"]
    days = days_of(date.fromordinal(first), count, as_made(setting, modes, bool(baseline.numbers["temperatures_c"])))
    value = expected_grid(baseline, days)
    value[:, foreign(setting, modes, days.first, count)] = np.nan
    closed = ~days.is_kind(*WORKING)
    low, high = baseline_margin.band(baseline_margin.read(baseline.numbers), value, closed)
    odd = strange(baseline, None if days.now is None else days.now.T, value)
    at = (hour, day - first)
    return Expected(value[at], np.maximum(value - low, baseline.floor)[at], (value + high)[at], odd[at])


def expected_grid(baseline: Baseline, days: Days) -> Numbers:
    """Return the expected use (24, days), NaN where the temperature or the kind of day is unknown to it.

    Sums are taken in one order, so that the same days give the same bits wherever the window begins.
    """
    coefficients = baseline.array("coefficients").reshape(HOURS_PER_DAY, -1)
    value = np.repeat(coefficients[:, :1], len(days), axis=1)
    bends = (baseline.numbers["change_points_c"][0], baseline.numbers["change_points_c"][1])
    given = list(features(days, bends))
    if tuple(name for name, _, _ in given) != baseline.names["features"]:
        raise ValueError(f"baseline {baseline.id} is of formulae that are no longer these")
    for i, (_, _, feature) in enumerate(given, 1):
        value = value + coefficients[:, i, None] * feature.T
    value = np.maximum(value, baseline.floor)
    value[:, ~_known_kind(baseline, days)] = np.nan
    return value


def _applied(model: Ridge, values: Numbers) -> Numbers:
    slopes: Numbers = np.einsum("hdf,hf->hd", values, model.coefficients[:, 1:])
    return model.coefficients[:, :1] + slopes


def _mean(days: Days) -> Numbers | None:
    """Return the temperature of each day's end, the mean of the day."""
    return None if days.before is None else days.before[:, -1]


def _bends(days: Days, use: Numbers) -> tuple[float, float]:
    """Return the meter's change points [°C], from its days that are known."""
    temperature = _mean(days)
    if temperature is None:
        return change_points(np.zeros(1), below(np.zeros(1)), above(np.zeros(1)), np.zeros(1))
    count = np.isfinite(use).sum(axis=1)
    good = (count >= HOURS_PER_DAY // 2) & np.isfinite(temperature)
    mean = np.nansum(use[good], axis=1) / count[good]
    closed = (~days.is_kind(*WORKING))[good].astype(np.float64)
    return change_points(mean, below(temperature[good]), above(temperature[good]), closed)


def _without_gross(use: Numbers) -> Numbers:
    """Return the use without hours that no meter of its size can have had."""
    limit = GROSS * np.nanquantile(np.abs(use), 0.95)
    return np.where(np.abs(use) > limit, np.nan, use) if limit > 0 else use


def _kinds(days: Days, known: Numbers) -> tuple[str, ...]:
    """Return the kinds of day the baseline can speak of."""
    seen = Counter(kind for kind, share in zip(days.kinds, known, strict=True) if share > 0)
    return tuple(sorted(kind.value for kind, count in seen.items() if count >= SEEN_DAYS))


def _known_kind(baseline: Baseline, days: Days) -> Flags:
    passes = {DayKind.HOLIDAY: DayKind.WEEKEND, DayKind.MAKEUP: DayKind.CLASS}
    kinds = baseline.names["kinds"]
    return np.array([kind in kinds or passes.get(kind) in kinds for kind in days.kinds], bool)


def _range(days: Days, known: Flags) -> tuple[float, ...]:
    if days.now is None:
        return ()
    seen = days.now[known & np.isfinite(days.now)]
    return float(seen.min()), float(seen.max())


def _inputs(use: Numbers, days: Days) -> str:
    weather = [] if days.now is None or days.before is None else [days.now, days.before]
    modes = [on for _, on in sorted(days.modes.items())]
    return hash_of(",".join(days.kinds), days.first.isoformat(), use, *weather, *modes)
