"""Savings whose truth is known: `python benchmarks/savings.py [--data DIR] [--quick]`.

DIR holds `nmecr/` (a published saving, and a school with operating modes) and `opendsm/` (meters with a designed
saving; its truth is in `metadata.json`), each left out where it is absent. A designed saving is measured over all
that was read before and after the works, from the hours of a meter where there are hours; what the days alone would
have told stands beside it (`designed_saving_daily_pct`), and OpenDSM's hourly model where the extra `bench` is there.

How close could anybody come? `known_form_*` is what is found by whoever is told how these meters were made, up to a
few coefficients, and fits those by maximum likelihood; its standard error is the least of any unbiased estimate.
On `replicas`, other meters of the same designs, ours and the known form are measured side by side
(`replicas_rms_error_pct`): what they share is chance, what ours has more is the model's. `--quick` draws fewer.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

# A program's own folder comes first in the path: `store` would be a benchmark.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from analytics.baseline import About, Baseline, Refused
from analytics.baseline_daily import DayUse, expected_days, fit_days
from analytics.baseline_days import Setting
from analytics.baseline_hourly import expected_hours, fit_hours
from analytics.hours import Hours
from analytics.savings import Metered, Saving, saving
from analytics.savings_words import verdict
from benchmarks.support.designed import Design, designs, known_form, replicas
from benchmarks.support.opendsm_hourly import Broken, available, opendsm
from campus.calendar import local_hours
from campus.projects import Measure, Project
from campus.registry import School
from campus.schema import to_ms

DATA = Path(__file__).resolve().parents[1] / ".." / "shared" / "data"
HOUR_MS = 3_600_000
# The published days of nmecr's example stand one day later than the dates in its file.
PUBLISHED_LATER = timedelta(days=1)
# Of the hours a file has of a day so many must be known: the day then counts as their mean for all of them.
LEAST_OF_DAY = 21 / 24
# What the issue asks of a designed saving [share], and how many meters of each design are drawn to see who could.
ONE_POINT, REPLICAS, REPLICAS_QUICK = 0.01, 40, 4
NMECR_BASELINE, NMECR_REPORTING = (date(2012, 3, 1), date(2013, 3, 1)), (date(2014, 3, 1), date(2015, 3, 1))

Numbers = NDArray[np.float64]


def school(zone: ZoneInfo) -> School:
    """Return a school without holidays: the published examples know none."""
    return School("s", "", "", "school", zone, "", "none")


def celsius(fahrenheit: Numbers) -> Numbers:
    return (fahrenheit - 32) / 1.8


def as_hours(start_ms: NDArray[np.int64], value: Numbers) -> Hours:
    """Return values by time [epoch ms] on a complete hourly grid."""
    grid = np.arange(start_ms.min(), start_ms.max() + HOUR_MS, HOUR_MS)
    laid = np.full(len(grid), np.nan)
    laid[(start_ms - grid[0]) // HOUR_MS] = value
    return Hours(grid, laid, np.isfinite(laid).astype(np.float64), np.zeros(len(grid)))


def columns(path: Path) -> tuple[list[datetime], Numbers]:
    """Return times as they stand and the first number of each row of a CSV file."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = [row for row in list(csv.reader(file))[1:] if len(row) > 1]
    values = [float(row[1]) if row[1].strip() else np.nan for row in rows]
    return [datetime.fromisoformat(row[0]) for row in rows], np.array(values)


def by_day(path: Path, later: timedelta = timedelta(0)) -> tuple[date, Numbers]:
    """Return the first local day and the use, or of a temperature the sum, of every day since."""
    times, values = columns(path)
    row = np.array([(time + later).date().toordinal() for time in times])
    count = int(row.max() - row.min()) + 1
    total = np.bincount(row - row.min(), np.nan_to_num(values), count)
    known = np.bincount(row - row.min(), np.isfinite(values), count)
    whole = np.bincount(row - row.min(), minlength=count)
    enough = (known >= LEAST_OF_DAY * whole) & (known > 0)
    scale = np.divide(whole, known, out=np.full(count, np.nan), where=enough)
    return date.fromordinal(int(row.min())), total * scale


def daily_weather(first: date, mean_c: Numbers) -> Hours:
    """Return daily means as hours of their UTC day."""
    start = to_ms(datetime(first.year, first.month, first.day, tzinfo=UTC))
    return as_hours(start + HOUR_MS * np.arange(24 * len(mean_c)), np.repeat(mean_c, 24))


def cut(first: date, values: Numbers, window: tuple[date, date]) -> DayUse:
    start, until = ((day - first).days for day in window)
    return DayUse(first + timedelta(days=max(start, 0)), values[max(start, 0) : until])


def told(found: Saving | Refused) -> Saving:
    if isinstance(found, Refused):
        raise SystemExit("; ".join(reason.said.en for reason in found.reasons))
    return found


def fitted(found: Baseline | Refused) -> Baseline:
    if isinstance(found, Refused):
        raise SystemExit("; ".join(reason.said.en for reason in found.reasons))
    return found


def nmecr(folder: Path) -> Saving:
    """Return the saving of nmecr's published example."""
    first, use = by_day(folder / "eload.csv", PUBLISHED_LATER)
    weather_first, mean = by_day(folder / "temp.csv", PUBLISHED_LATER)
    setting = Setting(school(ZoneInfo("UTC")), daily_weather(weather_first, celsius(mean)))
    baseline = fitted(fit_days(cut(first, use, NMECR_BASELINE), setting, About("meter/nmecr", "electricity", "kWh")))
    after = cut(first, use, NMECR_REPORTING)
    meters, works = (("nmecr", "electricity"),), (NMECR_BASELINE[1], NMECR_REPORTING[0])
    project = Project("nmecr", "", "", Measure.HEATING_CONTROL, meters, *works)
    return told(saving(project, NMECR_REPORTING, [by_days(baseline, after, setting)]))


def school_with_modes(folder: Path) -> tuple[Baseline, Baseline]:
    """Return the baselines of nmecr's school without and with its operating modes."""
    first, use = by_day(folder / "school_eload.csv")
    times, temperature = columns(folder / "school_temp.csv")
    stamps = np.array([to_ms(time.replace(tzinfo=UTC)) for time in times])
    plain = Setting(school(ZoneInfo("UTC")), as_hours(stamps, celsius(temperature)))
    with (folder / "school_op_mode.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    names = [name for name in rows[0] if name != "time"]
    modes = {name: frozenset(date.fromisoformat(r["time"][:10]) for r in rows if float(r[name])) for name in names}
    about = About("meter/school", "electricity", "kWh")
    return fitted(fit_days(DayUse(first, use), plain, about)), fitted(
        fit_days(DayUse(first, use), replace(plain, modes=modes), about)
    )


def one_designed(design: Design) -> Saving | Refused:
    """Return the saving found of a meter over all that was read before and after the works."""
    setting = Setting(school(design.zone), design.temperature_c)
    start, after = (edge.date() for edge in design.edges())
    project = Project("designed", "", "", Measure.LIGHTING, (("m", design.medium),), start, after)
    about = About("meter/designed", design.medium, design.unit)
    whole = _whole_days(design)
    found = _by_hours(design, setting, about) if design.hourly else _by_days(design, setting, (about, *whole))
    return found if isinstance(found, Refused) else saving(project, (after, whole[1]), [found])


def _whole_days(design: Design) -> tuple[date, date]:
    """Return the local days [first, until) that the readings cover whole."""
    use = design.use.start_ms
    first, last = (datetime.fromtimestamp(ms / 1000, design.zone) for ms in (use[0], use[-1] + HOUR_MS))
    return (first + timedelta(hours=23)).date(), last.date()


def _by_hours(design: Design, setting: Setting, about: About) -> Metered | Refused:
    before, after = design.parts()
    baseline = fit_hours(before, setting, about)
    if isinstance(baseline, Refused):
        return baseline
    day, _ = local_hours(after.start_ms, design.zone)
    return Metered(baseline, expected_hours(baseline, after.start_ms, setting), after.value, day, after.estimated)


def _by_days(design: Design, setting: Setting, of: tuple[About, date, date]) -> Metered | Refused:
    about, first, until = of
    day, _ = local_hours(design.use.start_ms, design.zone)
    use = np.bincount(day - day[0], design.use.value)
    start, after = (edge.date() for edge in design.edges())
    baseline = fit_days(cut(date.fromordinal(int(day[0])), use, (first, start)), setting, about)
    if isinstance(baseline, Refused):
        return baseline
    then = cut(date.fromordinal(int(day[0])), use, (after, until))
    return by_days(baseline, then, setting)


def by_days(baseline: Baseline, use: DayUse, setting: Setting) -> Metered:
    expected = expected_days(baseline, use.first, len(use.value), setting)
    day = use.first.toordinal() + np.arange(len(use.value))
    return Metered(baseline, expected, use.value, day, np.zeros(len(day)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA, help="a folder that holds nmecr/ and opendsm/")
    parser.add_argument("--quick", action="store_true", help=f"{REPLICAS_QUICK} replicas a meter, not {REPLICAS}")
    options = parser.parse_args()
    folder = options.data
    figures: dict[str, object] = dict.fromkeys(
        ("nmecr_saving_kwh", "school_cvrmse", "designed_saving_pct", "designed_saving_covered")
    )
    if (folder / "nmecr" / "eload.csv").exists():
        found = nmecr(folder / "nmecr")
        print(f"nmecr    {verdict(found).en}")
        print(f"         by Guideline 14's formula alone ± {found.guideline_14:,.0f}; baseline {found.baselines[0]}")
        figures |= {"nmecr_saving_kwh": round(found.saved.value, 1), "nmecr_half_90_kwh": round(found.saved.half_90)}
    if (folder / "nmecr" / "school_eload.csv").exists():
        plain, modes = school_with_modes(folder / "nmecr")
        print(f"school   CV(RMSE) {plain.fit.cv_rmse:.2%}, with its operating modes {modes.fit.cv_rmse:.2%}")
        print(f"         of months left out {plain.fit.left_out:.2%} and {modes.fit.left_out:.2%}")
        figures |= {"school_cvrmse": round(100 * modes.fit.cv_rmse, 2)}
        figures |= {"school_cvrmse_without_modes": round(100 * plain.fit.cv_rmse, 2)}
    if (folder / "opendsm" / "metadata.json").exists():
        facts = json.loads((folder / "opendsm" / "metadata.json").read_text(encoding="utf-8"))
        every = list(designs(folder / "opendsm", facts))
        figures |= of_designed(every, REPLICAS_QUICK if options.quick else REPLICAS)
    print(json.dumps(figures))


def of_designed(every: list[Design], count: int) -> dict[str, object]:
    """Print the designed savings found and return their figures, of each meter by its finest readings."""
    found = {design.key: one_designed(design) for design in every}
    finest = {design.key.rpartition("-")[0]: design for design in sorted(every, key=lambda d: d.hourly)}
    kept: dict[str, Judged] = {}
    for design in every:
        one = found[design.key]
        if isinstance(one, Refused):
            print(f"designed {design.key}: left out. {'; '.join(reason.said.en for reason in one.reasons)}")
            continue
        half = 100 * one.saved.half_90 / one.expected
        print(f"designed {design.key:32s} {one.share:6.2%} ± {half:.2f} at 90 % (true {design.share:.0%})", end="")
        if finest[meter := design.key.rpartition("-")[0]] is design:
            kept[meter] = judged(design, one, count)
            print(f"; {kept[meter].told}", end="")
        print()
    daily = {d.key: one for d in every if not d.hourly and isinstance(one := found[d.key], Saving)}
    return of_judged(kept) | {"designed_saving_daily_pct": {key: pct(one.share) for key, one in daily.items()}}


@dataclass(frozen=True, slots=True)
class Judged:
    """A designed meter: found share and ±, whether ± holds the truth, what OpenDSM finds and whoever knows the form.

    `errors` (n, 2) are ours and those of the known form on other meters of the same design, `held` (n,) whether our ±
    held the truth there.
    """

    share: float
    half_90: float
    covered: bool
    peer: float | None
    known: float
    known_error: float
    errors: Numbers
    held: Numbers

    @property
    def told(self) -> str:
        ours, known = np.sqrt((self.errors**2).mean(axis=0)) if len(self.errors) else (np.nan, np.nan)
        peer = "-" if self.peer is None else f"{self.peer:.2%}"
        return (
            f"OpenDSM {peer}; by the known form {self.known:.2%} ± {self.known_error:.2%} (standard error); on"
            f" {len(self.errors)} others like it off by {ours:.2%}, by the known form {known:.2%} (root mean square)"
        )


def judged(design: Design, one: Saving, count: int) -> Judged:
    form = known_form(design) if design.hourly else None
    errors, held = [], []
    for other in replicas(design, form, count) if form is not None else ():
        again = told(one_designed(other))
        errors.append((again.share - design.share, known_form(other).saved - design.share))
        held.append(abs(again.share - design.share) <= again.saved.half_90 / again.expected)
    half = one.saved.half_90 / one.expected
    return Judged(
        share=one.share,
        half_90=half,
        covered=abs(one.share - design.share) <= half,
        peer=peer(design),
        known=np.nan if form is None else form.saved,
        known_error=np.nan if form is None else form.standard_error,
        errors=np.array(errors).reshape(-1, 2),
        held=np.array(held, np.float64),
    )


def peer(design: Design) -> float | None:
    """Return the share OpenDSM finds saved, None where it is not installed or cannot tell."""
    if not (available() and design.hourly):
        return None
    before, after = design.parts()
    try:
        expected, _ = opendsm(before, after, design.temperature_c, design.medium, zone=design.zone.key)
    except Broken as broken:
        print(f"designed {design.key}: OpenDSM: {broken}")
        return None
    both = np.isfinite(expected) & np.isfinite(after.value)
    return float(1 - after.value[both].sum() / expected[both].sum())


def pct(share: float | None) -> float | None:
    return None if share is None or not np.isfinite(share) else round(100 * share, 2)


def of_judged(kept: dict[str, Judged]) -> dict[str, object]:
    errors = np.concatenate([one.errors for one in kept.values()]) if kept else np.empty((0, 2))
    held = np.concatenate([one.held for one in kept.values()]) if kept else np.empty(0)
    of: dict[str, Callable[[Judged], float | None]] = {
        "designed_saving_pct": lambda one: one.share,
        "designed_half_90_pct": lambda one: one.half_90,
        "opendsm_designed_saving_pct": lambda one: one.peer,
        "known_form_saving_pct": lambda one: one.known,
        "known_form_standard_error_pct": lambda one: one.known_error,
    }
    off = [pct(x) for x in np.sqrt((errors**2).mean(axis=0))] if len(errors) else [None, None]
    within = (np.abs(errors) <= ONE_POINT).mean(axis=0).round(3).tolist() if len(errors) else [None, None]
    return {
        **{name: {meter: pct(pick(one)) for meter, one in kept.items()} for name, pick in of.items()},
        "designed_saving_covered": mean([one.covered for one in kept.values()]),
        "designed_saving_mean_pct": pct(mean([one.share for one in kept.values()])),
        "replicas": len(errors),
        "replicas_rms_error_pct": dict(zip(("ours", "known_form"), off, strict=True)),
        "replicas_within_a_point": dict(zip(("ours", "known_form"), within, strict=True)),
        "replicas_covered": mean(held.tolist()),
    }


def mean(values: Sequence[float]) -> float | None:
    return round(float(np.mean(values)), 4) if values else None


if __name__ == "__main__":
    main()
