"""The daily baseline: time of week and temperature, the model that savings contracts know (TOWT).

Mathieu, Price, Kiliccote & Piette 2011, "Quantifying changes in building electricity use", IEEE Transactions on
Smart Grid 2(3), as LBNL's RMV2.0 and nmecr compute it for days, with operating modes as further columns.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from analytics import baseline_margin
from analytics.baseline import DAILY, VERSION, About, Baseline, Expected, Refused, freeze, hash_of
from analytics.baseline_days import Days, Setting, as_made, day_temperatures, days_of, foreign
from analytics.baseline_enough import lacking, nothing_used, strange
from analytics.baseline_fit import fit_of, stretch_errors
from analytics.baseline_unseen import SEEN_DAYS, vouched
from campus.calendar import WORKING, DayKind

# Weekdays on which a regression on temperature alone (bent at 50 and 65 °F) falls short on more than this share of
# days are busy ones (RMV2.0's occupancy threshold); busy and quiet weekdays have a temperature response each.
OCCUPIED_SHARE, OCCUPANCY_BENDS_C = 0.65, (10.0, 18.0 + 1 / 3)
# Temperature is cut into this many stretches of equally many days; a bend with fewer days beyond it is dropped.
SEGMENTS, LEAST_BEYOND = 6, 20
MONTH_DAYS, QUARTERS = 30, 4
# Days that differ from their weekday by the school's own calendar.
MARKED = (DayKind.HOLIDAY, DayKind.VACATION, DayKind.MAKEUP)

Numbers = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class DayUse:
    """Use per local day from `first` on: `value` (days,) [unit], NaN where unknown."""

    first: date
    value: Numbers


@dataclass(frozen=True, slots=True)
class _Shape:
    """What the columns of the regression are: busy weekdays, bends [°C], names of the marked days."""

    busy: frozenset[int]
    bends: Numbers
    marks: tuple[str, ...]


def fit_days(use: DayUse, setting: Setting, about: About) -> Baseline | Refused:
    """Return the baseline of a meter from its daily use: all days given are the baseline period."""
    days = days_of(use.first, len(use.value), setting)
    temperature = day_temperatures(use.first, len(days), setting)
    lack = lacking(use.first, np.isfinite(use.value).astype(np.float64), temperature) + nothing_used(use.value)
    if lack:
        return Refused(lack)
    weathered = np.ones(len(days), bool) if temperature is None else np.isfinite(temperature)
    value = np.where(weathered, use.value, np.nan)
    shape = _shape(value, temperature, days)
    design = _design(shape, days, temperature)
    coefficients, rank = _solved(design, value)
    near, far = (
        _unseen(design, value, blocks, (days, shape, temperature))
        for blocks in (np.arange(len(days)) // MONTH_DAYS, np.arange(len(days)) * QUARTERS // len(days))
    )
    band = baseline_margin.margins(far[None], value[None], ~days.is_kind(*WORKING))
    return freeze(
        Baseline(
            id="",
            model=DAILY,
            version=VERSION,
            about=about,
            first=use.first,
            until=use.first + timedelta(days=len(days)),
            inputs=hash_of(use.value, design, use.first.isoformat()),
            coverage=float(np.isfinite(value).mean()),
            fit=fit_of(value, _sum(design, coefficients), near, float(rank)),
            numbers={
                "coefficients": tuple(coefficients.tolist()),
                **_of_shape(shape, value, temperature),
                **stretch_errors(value - near, MONTH_DAYS),
                **band.numbers(),
            },
            names={"marks": shape.marks},
        )
    )


def expected_days(baseline: Baseline, first: date, count: int, setting: Setting) -> Expected:
    """Return what the baseline expects of `count` local days from `first` on."""
    marks = baseline.names["marks"]
    told = as_made(setting, tuple(name for name in marks if name not in MARKED), bool(baseline.numbers["bends_c"]))
    days, temperature = days_of(first, count, told), day_temperatures(first, count, told)
    busy = frozenset(int(d) for d in baseline.numbers["busy"])
    shape = _Shape(busy, baseline.array("bends_c"), marks)
    value = np.maximum(_sum(_design(shape, days, temperature), baseline.array("coefficients")), baseline.floor)
    unseen = days.is_kind(DayKind.VACATION) & (DayKind.VACATION not in marks)
    value[unseen | foreign(setting, marks, first, count)] = np.nan
    closed = ~days.is_kind(*WORKING)
    low, high = baseline_margin.band(baseline_margin.read(baseline.numbers), value[None], closed)
    odd = strange(baseline, temperature, value)
    return Expected(value, np.maximum(value - low[0], baseline.floor), value + high[0], odd)


def _of_shape(shape: _Shape, value: Numbers, temperature: Numbers | None) -> dict[str, tuple[float, ...]]:
    seen = np.empty(0) if temperature is None else temperature[np.isfinite(value)]
    return {
        "busy": tuple(float(d) for d in sorted(shape.busy)),
        "bends_c": tuple(shape.bends.tolist()),
        "temperatures_c": (float(seen.min()), float(seen.max())) if len(seen) else (),
        "floor": (0.0,) if np.nanmin(value) >= 0 else (),
    }


def _shape(value: Numbers, temperature: Numbers | None, days: Days) -> _Shape:
    known = np.isfinite(value)
    flags = _marks(days)
    marks = tuple(name for name, on in flags.items() if (on & known).sum() >= SEEN_DAYS)
    if temperature is None:
        return _Shape(_busy(value, np.zeros(len(value)), days.weekday()), np.empty(0), marks)
    return _Shape(_busy(value, temperature, days.weekday()), _bends(temperature[known]), marks)


def _marks(days: Days) -> dict[str, Flags]:
    return {kind.value: days.is_kind(kind) for kind in MARKED} | dict(days.modes)


def _busy(value: Numbers, temperature: Numbers, weekday: NDArray[np.int64]) -> frozenset[int]:
    """Return the weekdays on which temperature alone usually expects too little."""
    known = np.isfinite(value)
    cold, warm = OCCUPANCY_BENDS_C
    columns = [np.ones(len(value)), np.minimum(temperature - cold, 0.0), np.maximum(temperature - warm, 0.0)]
    plain = np.stack(columns, axis=1)[known]
    above = value[known] > plain @ np.linalg.lstsq(plain, value[known], rcond=None)[0]
    of = weekday[known]
    return frozenset(d for d in range(7) if above[of == d].sum() > OCCUPIED_SHARE * (of == d).sum())


def _bends(temperature: Numbers) -> Numbers:
    """Return the bends [°C]: order statistics between stretches of equally many days, bare ends dropped."""
    ordered = np.sort(temperature)
    width = len(ordered) / SEGMENTS
    places = np.floor(np.sort(len(ordered) - width * np.arange(SEGMENTS + 1)) + 1e-3).astype(np.int64)
    bends = ordered[places[places > 0] - 1].tolist()
    while len(bends) > 1 and (temperature > bends[-1]).sum() < LEAST_BEYOND:
        bends.pop()
    while len(bends) > 1 and (temperature < bends[0]).sum() < LEAST_BEYOND:
        bends.pop(0)
    return np.array(bends)


def _design(shape: _Shape, days: Days, temperature: Numbers | None) -> Numbers:
    """Return the columns (days, columns): temperature pieces, weekdays and marks, of busy and of quiet weekdays."""
    weekday, flags = days.weekday(), _marks(days)
    absent = np.zeros(len(days), bool)
    pieces = [] if temperature is None else _pieces(temperature, shape.bends)
    columns = []
    for group in (shape.busy, frozenset(range(7)) - shape.busy):
        inside = np.isin(weekday, sorted(group))
        columns += [np.where(inside, piece, 0.0) for piece in pieces]
        columns += [(weekday == d).astype(np.float64) for d in sorted(group)]
        columns += [(inside & flags.get(name, absent)).astype(np.float64) for name in shape.marks]
    return np.stack(columns, axis=1)


def _pieces(temperature: Numbers, bends: Numbers) -> list[Numbers]:
    """Return the temperature cut into pieces that add up to it: to the first bend, between bends, above the last."""
    between = [
        np.clip(temperature - low, 0.0, high - low)
        for low, high in zip(bends, np.append(bends[1:], np.inf), strict=True)
    ]
    return [np.minimum(temperature, bends[0]), *between]


def _solved(design: Numbers, value: Numbers) -> tuple[Numbers, int]:
    known = np.isfinite(value)
    coefficients, _, rank, _ = np.linalg.lstsq(design[known], value[known], rcond=None)
    return np.asarray(coefficients, np.float64), int(rank)


def _sum(design: Numbers, coefficients: Numbers) -> Numbers:
    """Return the products' sum, column by column: the same bits for the same day in any window."""
    total = np.zeros(len(design))
    for column, coefficient in zip(design.T, coefficients, strict=True):
        total = total + column * coefficient
    return total


def _unseen(
    design: Numbers, value: Numbers, blocks: NDArray[np.int64], of: tuple[Days, _Shape, Numbers | None]
) -> Numbers:
    """Return what fits without each block expect of it (days,); NaN where they would not vouch for it."""
    days, shape, temperature = of
    expected = np.empty(len(value))
    for block in np.unique(blocks):
        here = blocks == block
        expected[here] = _sum(design[here], _solved(design, np.where(here, np.nan, value))[0])
    flags = _marks(days)
    kinds = np.stack([days.weekday() == d for d in range(7)] + [flags[name] for name in shape.marks], axis=1)
    return np.where(vouched(kinds, temperature, np.isfinite(value), blocks), expected, np.nan)
