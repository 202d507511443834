"""How soon a leak is found that was added to real meters: `python benchmarks/leaks.py [--data DIR] [--quick]`.

DIR holds folders of the shape of the shared data (ferrara and greenwich, read hourly or more often; attica, read once
a day), or is one of them. To each meter leaks of 2 to 50 % of its mean flow are added, one at a time, at many onsets:
abrupt ones, and ones that grow evenly for four weeks. The rule judges the history cut so many whole nights after the
onset (after a growing leak is full), at noon, as it would have then; of a meter read daily so many days after it.

An onset counts where the meter has no finding of its own open, neither then nor a week later: with one open somebody
is sent anyway, and the added leak shows as its growth. How many those are is told, and so are the figures over every
onset (`..._every`). A leak below what the rule may tell (two pulses an hour, and what costs less than a message) is
not looked for.

A finding on the data as it is counts as false when it ended by itself within two weeks. What went on for longer was a
flow that ran, whoever left it on: in all that time a building never had three quiet nights in a row, or a school read
daily a single day as quiet as one usually is, where quiet is less than half of what stood out. Such findings are
listed as lasting; nobody labelled any of them.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from statistics import median

import numpy as np

# A program's own folder comes first in the path: `store` would be a benchmark.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from rich.console import Console
from rich.table import Table

from analytics.detector import Detector, NotJudged
from analytics.detectors import daily_flow, night_flow
from analytics.hours import Hours, Numbers, day_grid
from analytics.night_bands import floor_margin
from analytics.nights import IN_TERM
from analytics.quiet_days import LEAST_EXCESS_M3
from benchmarks.support.leak_data import Watched, watched, with_leak
from campus.results import Finding
from campus.schema import from_ms

SHARED = Path(__file__).resolve().parents[1] / ".." / "shared" / "data"
SIZES, QUICK_SIZES = (0.02, 0.05, 0.1, 0.2, 0.5), (0.1, 0.2, 0.5)
# After so many nights, of daily meters days.
HOURLY_NIGHTS, DAILY_NIGHTS = (3, 7), (7,)
ABRUPT, GROWING = "abrupt", "growing"
SHAPES, GROWTH_DAYS = (ABRUPT, GROWING), 28
# Onsets begin when this much of the meter is known, so many days apart and never at the same hour twice running.
FIRST_DAY, STEP_DAYS, QUICK_STEP_DAYS, HOUR_STEP = 42, (17, 17), (23, 101), 7
# Nights are whole from this local hour on, and judged at noon after.
NIGHT_BEGINS, NOON = 22, 12
# What a flow that is real goes on for at least.
LASTING = timedelta(days=14)
A_WEEK, DAY, HOUR, YEAR_HOURS = 7, timedelta(days=1), timedelta(hours=1), 24 * 365.25
# The meter whose own leak nobody labelled (shared/data/README.md).
UNLABELLED = "Dome/Tudor"


@dataclass(frozen=True, slots=True)
class Asked:
    """Which leaks are added: sizes as shares of the mean flow, shapes, and how many days apart they begin, at
    hourly meters and at daily ones."""

    sizes: tuple[float, ...] = SIZES
    shapes: tuple[str, ...] = SHAPES
    step_days: tuple[int, int] = STEP_DAYS


QUICK = Asked(QUICK_SIZES, (ABRUPT,), QUICK_STEP_DAYS)


@dataclass(frozen=True, slots=True)
class Case:
    """A leak added to a meter, as a share of its mean flow: judged so many nights after the onset.

    `own`: the meter had a finding of its own open. `found`, of those by its growth; `error` is how far its size is
    from the leak's, as a share of that, None where it was not found.
    """

    share: float
    shape: str
    nights: int
    own: bool
    found: bool
    error: float | None


@dataclass(frozen=True, slots=True)
class Own:
    """A finding on the meter as it is, and whether it lasts in retrospect."""

    finding: Finding
    lasting: bool
    told: date | None
    said: str


@dataclass(frozen=True, slots=True)
class Result:
    """What was found at a meter: `why` says why it is not judged; `small` leaks are below what may be told."""

    name: str
    daily: bool
    years: float
    mean_m3_h: float
    why: str
    cases: tuple[Case, ...]
    small: int
    own: tuple[Own, ...]


def rule_of(meter: Watched) -> Detector:
    return daily_flow.DETECTOR if meter.daily else night_flow.DETECTOR


def found_in(meter: Watched, hours: Hours) -> list[Finding]:
    """Return what the meter's rule finds in hours."""
    verdict = rule_of(meter).judge(hours, meter.context)
    return [] if isinstance(verdict, NotJudged) else verdict


def at(hours: Hours, count: int) -> Hours:
    """Return the first `count` hours."""
    return Hours(hours.start_ms[:count], hours.value[:count], hours.coverage[:count], hours.estimated[:count])


def open_in(found: Sequence[Finding]) -> Finding | None:
    return next((finding for finding in reversed(found) if finding.end is None), None)


def onsets(meter: Watched, step_days: int, ahead_days: int) -> list[int]:
    """Return the hours at which leaks begin; a meter read once a day is told of days."""
    known = np.flatnonzero(np.isfinite(meter.hours.value))
    days = range(int(known[0]) // 24 + FIRST_DAY, len(meter.hours.value) // 24 - ahead_days - 1, step_days)
    return [24 * day + (0 if meter.daily else n * HOUR_STEP % 24) for n, day in enumerate(days)]


def to_noon(meter: Watched, begun: int) -> int:
    """Return how many hours after an onset the local noon is from which on whole nights are counted."""
    hour = int(day_grid(meter.hours, meter.context.school).hour[begun])
    return NOON - hour if hour <= NIGHT_BEGINS else NOON + 24 - hour


def rate_of(shape: str, leak: float, count: int) -> Numbers:
    """Return an added leak (count,) [m³/h] from its onset on."""
    hours = np.arange(count, dtype=np.float64)
    return np.full(count, leak) if shape == ABRUPT else leak * np.minimum((hours + 1) / (24 * GROWTH_DAYS), 1.0)


def least_leak(meter: Watched) -> float:
    """Return the smallest leak [m³/h] the meter's rule may tell."""
    if meter.daily:
        return max(LEAST_EXCESS_M3, 2.0 * (meter.context.meter.pulse or 0.0)) / 24
    return floor_margin(meter.context, IN_TERM)


def tried(meter: Watched, asked: Asked) -> tuple[list[Case], int]:
    """Return the added leaks of a meter, and how many more are below what its rule may tell."""

    @cache
    def plain(count: int) -> Finding | None:
        return open_in(found_in(meter, at(meter.hours, count)))

    cases: list[Case] = []
    small = 0
    for shape in asked.shapes:
        wait = 0 if shape == ABRUPT else 24 * GROWTH_DAYS
        for begun in onsets(meter, asked.step_days[meter.daily], A_WEEK + wait // 24):
            for share in asked.sizes:
                leak = share * meter.mean_m3_h
                if leak < least_leak(meter):
                    small += 1
                    continue
                hours = with_leak(meter, begun, rate_of(shape, leak, len(meter.hours.value) - begun))
                morning = begun + wait + (0 if meter.daily else to_noon(meter, begun))
                own = plain(begun) is not None or plain(morning + 24 * A_WEEK) is not None
                for nights in DAILY_NIGHTS if meter.daily else HOURLY_NIGHTS:
                    cut = morning + 24 * nights
                    now = open_in(found_in(meter, at(hours, cut)))
                    found = now is not None and (not own or _grew(now, plain(cut), (leak, begun, meter)))
                    error = abs((now.size or 0.0) - leak) / leak if found and now is not None and not own else None
                    cases.append(Case(share, shape, nights, own, found, error))
    return cases, small


def _grew(now: Finding, before: Finding | None, of: tuple[float, int, Watched]) -> bool:
    """Whether a finding that was open anyway tells of the leak: it is new, said to have grown since, or larger."""
    leak, begun, meter = of
    if before is None:
        return True
    since = from_ms(int(meter.hours.start_ms[begun])).date()
    told = now.facts.get("grown_on"), before.facts.get("grown_on")
    new = told[0] is not None and told[0] != told[1] and date.fromisoformat(str(told[0])) >= since
    return new or (now.size or 0.0) - (before.size or 0.0) >= leak / 2


def own_of(meter: Watched) -> list[Own]:
    """Return what is found on the meter as it is."""
    rule, found = rule_of(meter), []
    for finding in found_in(meter, meter.hours):
        hours = None if meter.daily else first_told(finding, meter)  # of daily ones there are many, and none is shown
        told = None if hours is None else (from_ms(int(meter.hours.start_ms[0])) + hours * HOUR).date()
        found.append(Own(finding, lasting(finding), told, rule.message(finding, "en")))
    return found


def lasting(finding: Finding) -> bool:
    """Whether the meter shows in retrospect that a flow ran: see the head of this file."""
    return (finding.end or finding.seen_until) - finding.start >= LASTING


def first_told(finding: Finding, meter: Watched) -> int:
    """Return how many hours were known when a finding was told first, in whole days."""
    low = int((finding.start - from_ms(int(meter.hours.start_ms[0]))) / DAY)
    high = len(meter.hours.value) // 24 + 1
    while low < high:
        middle = (low + high) // 2
        there = any(one.start == finding.start for one in found_in(meter, at(meter.hours, 24 * middle)))
        low, high = (low, middle) if there else (middle + 1, high)
    return 24 * low


def judged(of: tuple[Watched, Asked]) -> Result:
    """Return what is found at a meter."""
    meter, asked = of
    verdict = rule_of(meter).judge(meter.hours, meter.context)
    years = float(np.isfinite(meter.hours.value).sum()) / YEAR_HOURS
    why = verdict.en if isinstance(verdict, NotJudged) else ""
    cases, small = ([], 0) if why else tried(meter, asked)
    own = [] if why else own_of(meter)
    return Result(meter.name, meter.daily, years, meter.mean_m3_h, why, tuple(cases), small, tuple(own))


def share_found(cases: Iterable[Case]) -> float | None:
    every = [case.found for case in cases]
    return round(sum(every) / len(every), 4) if every else None


def pick(results: Iterable[Result], which: tuple[bool, float, int], shape: str = ABRUPT) -> list[Case]:
    """Return the cases of meters (daily, share, nights) of a shape."""
    daily, share, nights = which
    every = [case for result in results if result.daily == daily for case in result.cases]
    return [case for case in every if (case.share, case.nights, case.shape) == (share, nights, shape)]


def summary(results: Sequence[Result]) -> dict[str, object]:
    """Return the figures of the last line."""
    asked = {
        "recall_20pct_3_nights": (False, 0.2, 3),
        "recall_10pct_7_nights": (False, 0.1, 7),
        "recall_50pct_7_days": (True, 0.5, 7),
    }
    line: dict[str, object] = {}
    for key, which in asked.items():
        cases = pick(results, which)
        line[key] = share_found(case for case in cases if not case.own)
        line[f"{key}_every"] = share_found(cases)
        line[f"{key}_onsets"] = sum(not case.own for case in cases)
        line[f"{key}_growing"] = share_found(case for case in pick(results, which, GROWING) if not case.own)
    for key, which in (("size_error_20pct", (False, 0.2, 7)), ("size_error_50pct_daily", (True, 0.5, 7))):
        errors = [case.error for case in pick(results, which) if case.error is not None]
        line[key] = round(median(errors), 4) if errors else None
    line |= _false(results)
    unlabelled = [own for result in results if UNLABELLED in result.name for own in result.own]
    still = [own for own in unlabelled if own.finding.end is None]
    line["dome_tudor_found"] = f"{still[0].told}" if still else None
    return line | {"meters": len(results), "not_judged": sum(bool(result.why) for result in results)}


def _false(results: Sequence[Result]) -> dict[str, object]:
    line: dict[str, object] = {}
    for key, kinds in (("", (False, True)), ("_hourly", (False,)), ("_daily", (True,))):
        mine = [result for result in results if result.daily in kinds and not result.why]
        years = sum(result.years for result in mine)
        own = [one for result in mine for one in result.own]
        line[f"false_per_meter_year{key}"] = round(sum(not o.lasting for o in own) / years, 4) if years else None
        line[f"lasting_per_meter_year{key}"] = round(sum(o.lasting for o in own) / years, 4) if years else None
    return line


def show(results: Sequence[Result], console: Console) -> None:
    """Print the tables for people."""
    _show_meters(results, console)
    sizes = sorted({case.share for result in results for case in result.cases})
    table = Table(
        "added leak", "shape", "hourly, 3 nights", "7 nights", "daily, 7 days", title="found, of the onsets"
    )
    for share in sizes:
        for shape in (ABRUPT, GROWING):
            cells = []
            for daily, nights in ((False, 3), (False, 7), (True, 7)):
                cases = [case for case in pick(results, (daily, share, nights), shape) if not case.own]
                cells.append(f"{_percent(share_found(cases))} of {len(cases)}")
            table.add_row(f"{share:.0%}", shape, *cells)
    console.print(table)
    _show_own(results, console)


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.0%}"


def _show_meters(results: Sequence[Result], console: Console) -> None:
    table = Table(
        "meter", "mean m³/h", "years", "20 % (daily 50 %)", "10 %", "size off by", "own open", "lasting", "false",
        title="by meter: abrupt leaks found in 3 nights, 7 nights, 7 days; findings of its own",
    )  # fmt: skip
    for result in results:
        if result.why:
            table.add_row(result.name, f"{result.mean_m3_h:.3g}", f"{result.years:.1f}", result.why)
            continue
        big = pick([result], (True, 0.5, 7) if result.daily else (False, 0.2, 3))
        size = pick([result], (True, 0.5, 7) if result.daily else (False, 0.2, 7))
        errors = [case.error for case in size if case.error is not None]
        ten = [case for case in pick([result], (False, 0.1, 7)) if not case.own]
        lasting = sum(own.lasting for own in result.own)
        table.add_row(
            result.name, f"{result.mean_m3_h:.3g}", f"{result.years:.1f}",
            _percent(share_found(case for case in big if not case.own)) if big else "too small to tell",
            _percent(share_found(ten)), _percent(median(errors) if errors else None),
            f"{sum(case.own for case in big)} of {len(big)}", f"{lasting}", f"{len(result.own) - lasting}",
        )  # fmt: skip
    console.print(table)


def _show_own(results: Sequence[Result], console: Console) -> None:
    """Print the findings of the hourly meters' own, each with its treatment; of the daily ones there are many."""
    table = Table("meter", "told", "counted", "so far", "said", title="findings on the data as it is (hourly meters)")
    for result in results:
        for own in () if result.daily else result.own:
            spent = f"{own.finding.to_date:,.0f} m³, ¥{own.finding.yuan_to_date:,.0f}"
            table.add_row(result.name, f"{own.told}", "lasting" if own.lasting else "false", spent, own.said)
    console.print(table)
    console.print(
        "lasting: it went on for two weeks or longer, so a flow ran, whoever left it on. All others count as false.\n"
        "Onsets at which the meter had a finding of its own open are left out (column 'own open'); costs are at an "
        "assumed price."
    )


def main() -> None:
    """Run, print the tables, and the figures as the last line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=SHARED)
    parser.add_argument("--quick", action="store_true", help="fewer onsets and sizes, abrupt alone, within a minute")
    asked = parser.parse_args()
    meters = list(watched(asked.data))
    if not meters:
        raise SystemExit(f"no water meters in {asked.data}")
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(judged, [(meter, QUICK if asked.quick else Asked()) for meter in meters]))
    show(results, Console(width=180))
    print(json.dumps(summary(results)))


if __name__ == "__main__":
    main()
