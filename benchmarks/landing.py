"""How often the interval of a forecast holds, and by how much its middle misses, on real meters by the day.

`--data` names a folder with `cambridge` (electricity and gas by the hour) and `attica` (water by the day). Each meter
is looked at as it stood at many moments of its past: the next day, a month at its beginning, a quarter three times in
it, and where the calendar year will end at the beginning of each month. What a forecast declines to tell is counted.
The school's own calendar is unknown for most of them: weekdays, weekends and, in Cambridge, public holidays.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from analytics import ahead_weather
from analytics.ahead import Past, kinds, past
from analytics.baseline_days import Setting
from analytics.outlook import Outlook, outlook
from benchmarks.support.days import Meter, meters

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
# How a period's moments are chosen: every so many days for a single day, in a quick run fewer.
DAY_STEP, QUICK_STEP = 17, 101
# Known share of a period for its sum to be what a forecast is held against.
KNOWN = 0.97
# A forecast is looked at from here on: before, there is no year to look ahead by.
AHEAD_DAYS = 400
# A day with the temperature it came to have: what a weather forecast without error would give.
WARM = "day, weather known"
PERIODS = ("day", WARM, "month", "quarter", "year")


@dataclass(frozen=True, slots=True)
class Tried:
    """A forecast against what came: the meter's medium and year, the period, the miss, what its intervals held.

    `chance` is what was told of ending above last year's same period, `above` whether it did; None without one.
    """

    medium: str
    year: int
    period: str
    miss: float | None = None
    held_80: bool | None = None
    held_90: bool | None = None
    chance: float | None = None
    above: bool | None = None


def tries(meter: Meter, step: int) -> Iterator[Tried]:
    """Yield every forecast of a meter that can be held against what came."""
    kind = kinds(meter.first, len(meter.value) + AHEAD_DAYS, meter.school)
    for year in range(meter.first.year, meter.last.year + 1):
        for period, start, end, moments in periods(year, step):
            rows = meter.row(start), meter.row(end)
            if rows[0] < 0 or rows[1] > len(meter.value):
                continue
            came = meter.value[rows[0] : rows[1]]
            if np.isfinite(came).mean() < KNOWN:
                continue
            for moment in moments:
                known = past(meter.first, meter.value[: meter.row(moment)], kind)
                yield against(meter, (period, rows), outlook(known, rows, meter.medium))
                if period == "day" and meter.temperature is not None:
                    yield against(meter, (WARM, rows), by_weather(meter, known, rows[0]))


def periods(year: int, step: int) -> Iterator[tuple[str, date, date, list[date]]]:
    """Yield the periods of a year with the moments each is looked at from."""
    firsts = [date(year + (month > 12), (month - 1) % 12 + 1, 1) for month in range(1, 14)]
    yield "year", firsts[0], firsts[12], firsts[2:12]
    for month in range(12):
        yield "month", firsts[month], firsts[month + 1], [firsts[month]]
    for first in range(0, 12, 3):
        yield "quarter", firsts[first], firsts[first + 3], firsts[first : first + 3]
    start = firsts[0].toordinal()
    for day in range(start + 3, firsts[12].toordinal(), step):
        yield "day", date.fromordinal(day), date.fromordinal(day + 1), [date.fromordinal(day)]


def by_weather(meter: Meter, known: Past, row: int) -> Outlook | None:
    """Return the forecast of a day whose temperature is known."""
    found = ahead_weather.weathered(known, Setting(meter.school, meter.temperature), meter.quantity)
    return None if found is None else ahead_weather.day(found, row)


def against(meter: Meter, of: tuple[str, tuple[int, int]], told: object) -> Tried:
    """Return one forecast against what came."""
    period, rows = of
    year = meter.day(rows[0]).year
    if not isinstance(told, Outlook):
        return Tried(meter.medium, year, period)
    came = meter.sum_of(rows)
    (low, high), (low_90, high_90) = told.bounds(), told.bounds(0.9)
    line = meter.sum_of((rows[0] - 364, rows[1] - 364)) if rows[0] >= 364 else None
    return Tried(
        meter.medium,
        year,
        period,
        abs(told.value - came) / came if came > 0 else None,
        low <= came <= high,
        low_90 <= came <= high_90,
        None if line is None else told.chance_above(line),
        None if line is None else came > line,
    )


def share(flags: list[bool | None]) -> float | None:
    """Return the share of true ones among those that are told."""
    known = [flag for flag in flags if flag is not None]
    return round(float(np.mean(known)), 3) if known else None


def summary(found: list[Tried]) -> dict[str, float | int | None]:
    """Return what a group of forecasts came to."""
    told = [one for one in found if one.held_80 is not None]
    misses = [one.miss for one in told if one.miss is not None]
    scored = [(one.chance - one.above) ** 2 for one in told if one.chance is not None and one.above is not None]
    return {
        "forecasts": len(told),
        "declined": round(1 - len(told) / len(found), 3) if found else None,
        "held_80": share([one.held_80 for one in told]),
        "held_90": share([one.held_90 for one in told]),
        "median_miss_pct": round(100 * float(np.median(misses)), 1) if misses else None,
        "brier": round(float(np.mean(scored)), 3) if scored else None,
    }


def table(found: list[Tried]) -> dict[str, dict[str, float | int | None]]:
    """Print a line for each period and medium, and return them by "period/medium"."""
    groups = sorted({(PERIODS.index(one.period), one.medium) for one in found})
    made = {}
    print(f"{'':24}{'told':>6}{'declined':>10}{'80 %':>8}{'90 %':>8}{'miss %':>8}{'Brier':>8}")
    for place, medium in groups:
        period = PERIODS[place]
        of = summary([one for one in found if (one.period, one.medium) == (period, medium)])
        made[f"{period}/{medium}"] = of
        cells = "".join(f"{'–' if value is None else value:>8}" for value in list(of.values())[2:])
        print(f"{period + ' ' + medium:24}{of['forecasts']:>6}{of['declined']:>10}{cells}")
    return made


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA, help="the folder that holds cambridge and attica")
    parser.add_argument("--quick", action="store_true", help="fewer single days, within a minute")
    asked = parser.parse_args()
    found = [one for meter in meters(asked.data) for one in tries(meter, QUICK_STEP if asked.quick else DAY_STEP)]
    if not found:
        sys.exit(f"{asked.data} holds no cambridge and no attica with a year that can be looked back at")
    print("every year, closed ones too")
    made = table(found)
    print("\nbefore 2020")
    calm = table([one for one in found if one.year < 2020])
    years = [one for one in found if one.period == "year"]
    print(
        json.dumps(
            {
                "year_held_80": summary(years)["held_80"],
                "year_held_90": summary(years)["held_90"],
                "year_brier": summary(years)["brier"],
                "day_miss_pct": {m: made[f"day/{m}"]["median_miss_pct"] for m in _media(found)},
                "month_miss_pct": {m: made[f"month/{m}"]["median_miss_pct"] for m in _media(found)},
                "by_period": made,
                "by_period_before_2020": calm,
            }
        )
    )


def _media(found: list[Tried]) -> list[str]:
    return sorted({one.medium for one in found})


if __name__ == "__main__":
    main()
