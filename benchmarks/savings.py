"""Savings whose truth is known: `python benchmarks/savings.py [--data DIR] [--quick]`.

DIR holds `nmecr/` (a published saving, and a school with operating modes) and `opendsm/` (meters with a designed
saving; its truth is in `metadata.json`), each left out where it is absent. A designed saving is measured over all
that was read before and after the works, from the hours of a meter where there are hours; what the days alone would
have told stands beside it (`designed_saving_daily_pct`). `--quick` is the same: all of it takes seconds.

Those meters scatter by a third of a day's use, so that a year's sum alone is 1 to 2 % off by chance: no model can be
within a point of all of them (OpenDSM 1.2.7's hourly model: 10.0, 6.5, 11.3 and 11.1 %, in the order of the file).
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import sys
from dataclasses import replace
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
from analytics.savings import Measure, Metered, Project, Saving, saving
from analytics.savings_words import verdict
from campus.registry import School
from campus.schema import to_ms

DATA = Path(__file__).resolve().parents[1] / ".." / "shared" / "data"
HOUR_MS = 3_600_000
CHICAGO = ZoneInfo("America/Chicago")
# The published days of nmecr's example stand one day later than the dates in its file.
PUBLISHED_LATER = timedelta(days=1)
# Of the hours a file has of a day so many must be known: the day then counts as their mean for all of them.
LEAST_OF_DAY = 21 / 24
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
    """Return times as they stand and the first number of each row of a CSV file, gzipped or not."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", newline="", encoding="utf-8") as file:
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
    expected = expected_days(baseline, after.first, len(after.value), setting)
    project = Project("nmecr", "", "", Measure.HEATING_CONTROL, ("nmecr",), NMECR_BASELINE[1], NMECR_REPORTING[0])
    return told(saving(project, NMECR_REPORTING, [Metered(baseline, expected, after.value)]))


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


def designed(folder: Path) -> dict[str, tuple[Saving, float]]:
    """Return the saving found of each meter of `metadata.json` whose file is there, and the designed share."""
    found = {}
    for key, facts in json.loads((folder / "metadata.json").read_text(encoding="utf-8")).items():
        path = folder / facts["meter_data_filename"]
        if path.exists() and facts["freq"] in ("hourly", "daily") and "blackout_start_date" in facts:
            found[key] = one_designed(path, folder / facts["temperature_filename"], facts), truth(facts)
    return found


def truth(facts: dict[str, float]) -> float:
    return 1 - facts["annual_reporting_total_load"] / facts["annual_baseline_total_load"]


def one_designed(path: Path, weather: Path, facts: dict[str, str]) -> Saving:
    times, temperature = columns(weather)
    outside = as_hours(np.array([to_ms(time) for time in times]), celsius(temperature))
    setting = Setting(school(CHICAGO), outside)
    start, end = (date.fromisoformat(facts[f"blackout_{edge}_date"]) for edge in ("start", "end"))
    project = Project("designed", "", "", Measure.LIGHTING, ("m",), start, end + timedelta(days=1))
    period = (project.finished, times[-1].date())
    about = About("meter/designed", facts["interpretation"], facts["unit"])
    read = hourly if facts["freq"] == "hourly" else daily
    return told(saving(project, period, [read(path, setting, about, (start, period))]))


def hourly(path: Path, setting: Setting, about: About, windows: tuple[date, tuple[date, date]]) -> Metered:
    times, use = columns(path)
    whole = as_hours(np.array([to_ms(time) for time in times]), use)
    zone = setting.school.timezone
    edges = [datetime(d.year, d.month, d.day, tzinfo=zone) for d in (windows[0], *windows[1])]
    before_end, start, end = np.searchsorted(whole.start_ms, [to_ms(edge) for edge in edges])
    before, after = (
        Hours(*(column[part] for column in (whole.start_ms, whole.value, whole.coverage, whole.estimated)))
        for part in (slice(0, before_end), slice(start, end))
    )
    baseline = fitted(fit_hours(before, setting, about))
    return Metered(baseline, expected_hours(baseline, after.start_ms, setting), after.value)


def daily(path: Path, setting: Setting, about: About, windows: tuple[date, tuple[date, date]]) -> Metered:
    first, use = by_day(path)
    baseline = fitted(fit_days(cut(first, use, (first, windows[0])), setting, about))
    after = cut(first, use, windows[1])
    return Metered(baseline, expected_days(baseline, after.first, len(after.value), setting), after.value)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA, help="a folder that holds nmecr/ and opendsm/")
    parser.add_argument("--quick", action="store_true", help="the same: all of it takes seconds")
    folder = parser.parse_args().data
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
        figures |= of_designed(designed(folder / "opendsm"))
    print(json.dumps(figures))


def of_designed(found: dict[str, tuple[Saving, float]]) -> dict[str, object]:
    """Print the designed savings found and return their figures, of each meter by its finest readings."""
    finest: dict[str, str] = {}
    for key, (one, true_share) in found.items():
        meter, _, step = key.rpartition("-")
        if step == "hourly" or meter not in finest:
            finest[meter] = key
        half = one.saved.half_90 / one.expected
        print(f"designed {key:32s} {one.share:6.2%} ± {half:.2%} at 90 % (true {true_share:.0%})")
    best = [found[key] for key in finest.values()]
    held = [abs(one.share - true_share) <= one.saved.half_90 / one.expected for one, true_share in best]
    daily = {key: one for key, (one, _) in found.items() if key.endswith("-daily")}
    return {
        "designed_saving_pct": {meter: round(100 * found[key][0].share, 2) for meter, key in finest.items()},
        "designed_saving_mean_pct": round(100 * float(np.mean([one.share for one, _ in best])), 2) if best else None,
        "designed_saving_covered": round(float(np.mean(held)), 3) if held else None,
        "designed_half_90_pct": {
            meter: round(100 * found[key][0].saved.half_90 / found[key][0].expected, 2)
            for meter, key in finest.items()
        },
        "designed_saving_daily_pct": {key: round(100 * one.share, 2) for key, one in daily.items()},
    }


if __name__ == "__main__":
    main()
