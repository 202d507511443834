"""Meters with a designed saving (OpenDSM's samples): read as they are, and what could be known of them at best.

Such a meter's hour is noise around base + heating·K + cooling·K with change points that `metadata.json` tells.
`known_form` is what whoever knows that form and the noise finds: no unbiased estimate by anybody who knows less can
be expected to come closer (Cramér and Rao). `replicas` draws other meters of the same design.
"""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from analytics.hours import Hours
from campus.schema import to_ms

HOUR_MS = 3_600_000
# Where a sample stands, by how its name begins.
ZONES = {"il": ZoneInfo("America/Chicago"), "uk": ZoneInfo("Europe/London")}
TIME, VALUE, FAHRENHEIT = ("start", "dt"), ("value", "tempF", "tempC"), "tempF"
# Lags tried between weather and use [h]: a house answers late.
LAGS = range(7)
# Steps of the fit; it changes by less than a thousandth after ten.
STEPS = 30

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Design:
    """A meter with a designed saving: its hours (or None), its days, and the local days of the works [start, end]."""

    key: str
    zone: ZoneInfo
    medium: str
    unit: str
    hourly: bool
    use: Hours
    temperature_c: Hours
    blackout: tuple[date, date]
    share: float
    change_points_c: tuple[float | None, float | None]

    def edges(self) -> tuple[datetime, datetime]:
        """Return the end of the time before the works and the beginning of that after them."""
        start, end = self.blackout
        after = end + timedelta(days=1)
        return tuple(datetime(d.year, d.month, d.day, tzinfo=self.zone) for d in (start, after))  # type: ignore[return-value]

    def parts(self) -> tuple[Hours, Hours]:
        """Return the hours before and after the works."""
        before, after = np.searchsorted(self.use.start_ms, [to_ms(edge) for edge in self.edges()])
        return part(self.use, slice(0, before)), part(self.use, slice(after, None))


def part(hours: Hours, where: slice) -> Hours:
    return Hours(*(c[where] for c in (hours.start_ms, hours.value, hours.coverage, hours.estimated)))


def designs(folder: Path, facts: Mapping[str, Mapping[str, Any]]) -> Iterator[Design]:
    """Yield the meters of `metadata.json` that are read by the hour or day and whose files are there."""
    for key, one in facts.items():
        path, weather = folder / one["meter_data_filename"], folder / one["temperature_filename"]
        if one["freq"] not in ("hourly", "daily") or not (path.exists() and weather.exists()):
            continue
        points = [one.get(f"baseline_{name}_balance_point") for name in ("heating", "cooling")]
        yield Design(
            key=key,
            zone=ZONES.get(key[:2], ZoneInfo("UTC")),
            medium=one["interpretation"],
            unit=one["unit"],
            hourly=one["freq"] == "hourly",
            use=series(path, by_day=one["freq"] == "daily"),
            temperature_c=series(weather),
            blackout=(date.fromisoformat(one["blackout_start_date"]), date.fromisoformat(one["blackout_end_date"])),
            share=1 - one["annual_reporting_total_load"] / one["annual_baseline_total_load"],
            change_points_c=(*(None if p is None else (p - 32) / 1.8 for p in points),),  # type: ignore[arg-type]
        )


def series(path: Path, by_day: bool = False) -> Hours:
    """Return a file's values by the hour [°C, or its unit an hour], half hours added up; days are spread evenly.

    Times without an offset are UTC.
    """
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    time, name = (next(n for n in names if n in rows[0]) for names in (TIME, VALUE))
    kept = [(_utc_ms(row[time]), float(row[name])) for row in rows if row[name].strip()]
    start_ms, value = np.array([ms for ms, _ in kept]), np.array([v for _, v in kept])
    if by_day:
        return _spread(start_ms, value)
    grid = np.arange(start_ms.min() // HOUR_MS * HOUR_MS, start_ms.max() + 1, HOUR_MS)
    place = (start_ms - grid[0]) // HOUR_MS
    total, count = np.bincount(place, value, len(grid)), np.bincount(place, minlength=len(grid))
    whole = count == int(np.median(count[count > 0]))
    laid = np.where(whole, total / (count.clip(1) if name.startswith("temp") else 1), np.nan)
    return _known(grid, (laid - 32) / 1.8 if name == FAHRENHEIT else laid)


def _utc_ms(text: str) -> int:
    time = datetime.fromisoformat(text)
    return to_ms(time if time.tzinfo else time.replace(tzinfo=UTC))


def _spread(start_ms: NDArray[np.int64], value: Numbers) -> Hours:
    grid = np.arange(start_ms[0], start_ms[-1] + 24 * HOUR_MS, HOUR_MS)
    place = np.searchsorted(start_ms, grid, side="right") - 1
    length = np.bincount(place, minlength=len(start_ms))
    return _known(grid, (value / length)[place])


def _known(start_ms: NDArray[np.int64], value: Numbers) -> Hours:
    return Hours(start_ms, value, np.isfinite(value).astype(np.float64), np.zeros(len(value)))


@dataclass(frozen=True, slots=True)
class Form:
    """The form a meter was made by, fitted: the expected use (n,) of all its hours, and what a fit of it finds.

    `saved` is the share saved, `standard_error` how far that is off by chance. `dispersion` is the noise's variance
    over the squared expected use.
    """

    expected: Numbers
    saved: float
    standard_error: float
    dispersion: float


def known_form(design: Design) -> Form:
    """Return what is found by whoever knows the form: maximum likelihood with noise in proportion to the use."""
    before, after = (np.isin(design.use.start_ms, p.start_ms) & np.isfinite(design.use.value) for p in design.parts())
    best: tuple[float, Numbers, Numbers] | None = None
    for lag in LAGS:
        columns = _columns(design, lag)
        slopes, deviance = _fit(columns[before], design.use.value[before])
        if best is None or deviance < best[0]:
            best = deviance, columns, slopes
    assert best is not None
    _, columns, slopes = best
    return _found(columns, slopes, (design.use.value, before, after))


def _found(columns: Numbers, slopes: Numbers, of: tuple[Numbers, NDArray[np.bool_], NDArray[np.bool_]]) -> Form:
    use, before, after = of
    expected = columns @ slopes
    dispersion = float(np.mean((use[before] / expected[before] - 1) ** 2))
    whole = expected[after].sum()
    saved = 1 - use[after].sum() / whole
    weighed = columns[before] / expected[before][:, None]
    covariance = np.linalg.inv(weighed.T @ weighed)
    gradient = columns[after].sum(axis=0)
    own = float(gradient @ covariance @ gradient) * (1 - saved) ** 2
    chance = float((expected[after] ** 2).sum()) * (1 - saved) ** 2
    return Form(expected, float(saved), float(np.sqrt(dispersion * (own + chance)) / whole), dispersion)


def _columns(design: Design, lag: int) -> Numbers:
    """Return base, heating and cooling of every hour (n, columns), the temperature `lag` hours before."""
    weather = design.temperature_c
    known = np.isfinite(weather.value)
    outside = np.interp(design.use.start_ms - lag * HOUR_MS, weather.start_ms[known], weather.value[known])
    heating, cooling = design.change_points_c
    columns = [np.ones(len(outside))]
    columns += [] if heating is None else [np.maximum(heating - outside, 0.0)]
    columns += [] if cooling is None else [np.maximum(outside - cooling, 0.0)]
    return np.stack(columns, axis=1)


def _fit(columns: Numbers, use: Numbers) -> tuple[Numbers, float]:
    """Return the coefficients by iterated weights 1/expected², and the deviance of exponential noise."""
    least = 1e-3 * use.mean()
    slopes = np.linalg.lstsq(columns, use, rcond=None)[0]
    for _ in range(STEPS):
        heavy = columns / np.maximum(columns @ slopes, least)[:, None] ** 2
        slopes = np.linalg.solve(heavy.T @ columns, heavy.T @ use)
    expected = np.maximum(columns @ slopes, least)
    return np.asarray(slopes, np.float64), 2 * float((np.log(expected) + use / expected).sum())


def replicas(design: Design, form: Form, count: int) -> Iterator[Design]:
    """Yield meters of the same design and noise on the same weather, with the designed saving after the works."""
    _, after = design.edges()
    left = np.where(design.use.start_ms >= to_ms(after), 1 - design.share, 1.0)
    mean = np.maximum(form.expected, 0.0) * left
    for seed in range(count):
        noise = np.random.default_rng(seed).gamma(1 / form.dispersion, form.dispersion, len(mean))
        use = _known(design.use.start_ms, mean * noise)
        yield Design(**{name: getattr(design, name) for name in Design.__slots__} | {"use": use})
