"""What the rules about meters find on real meters: unit breaks, mixes of units, and what was booked late.

`python benchmarks/quality.py [--data DIR] [--quick]`. DIR holds folders of the shape of the shared data (cambridge,
greenwich, attica, lead, ferrara), and may name what is true in them in `quality.csv` (meter, kind, day). Labels are
used for counting alone. The meters that have none count what is found there as false.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

# A program's own folder comes first in the path: `ingest` would be the benchmark beside this one.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from rich.console import Console
from rich.table import Table

from analytics.catch_up import catch_ups
from analytics.detector import Context, NotJudged
from analytics.detectors import ratio_step, unit_step
from analytics.relations import relation
from analytics.scales import mixes
from benchmarks.support.quality_data import DAY, FOLDERS, HOUR, Series
from campus.registry import Arrival, Building, Meter, Register, School, Term
from campus.schema import from_ms
from campus.units import QUANTITIES

SHARED = Path(__file__).resolve().parents[1] / ".." / "shared" / "data"
BREAK, MIX, CATCH_UP = "unit_break", "unit_mix", "catch_up"
# A finding is the labelled one when it lies so near: the day of a break in a silence is not known.
NEAR = timedelta(days=10)
# What stands in the shared data, found by reading the files: `shared/data/README.md` and the rows themselves.
SHARED_LABELS = (
    ("cambridge/b0/gas", BREAK, "2018-01-19"),
    ("cambridge/b19/gas", BREAK, "2018-01-01"),
    ("cambridge/b118/gas", BREAK, "2018-01-01"),
    ("greenwich/Library", MIX, "2023-04-19"),
    ("attica/134", CATCH_UP, "2021-09-08"),
    ("attica/202", CATCH_UP, "2020-02-12"),
    ("attica/707", CATCH_UP, "2020-03-06"),
    ("attica/707", CATCH_UP, "2021-07-30"),
    ("attica/772", CATCH_UP, "2021-03-08"),
    ("attica/818", CATCH_UP, "2021-07-29"),
    ("attica/915", CATCH_UP, "2022-11-16"),
    ("attica/1191", CATCH_UP, "2020-11-18"),
)
# Everywhere closed: the only thing the data's calendar does not say that every school's own file would.
CHRISTMAS = tuple(Term(date(y, 12, 24), date(y + 1, 1, 6), "vacation") for y in range(2010, 2035))
QUICK = ("cambridge/b19", "cambridge/b118", "greenwich/Library", "attica", "lead")


@dataclass(frozen=True, slots=True)
class Found:
    """Something found at a meter: what, on which day, and by which factor."""

    meter: str
    kind: str
    day: date
    factor: float
    said: str = ""


def found_at(series: Series) -> Iterator[Found]:
    """Yield what is found at a meter; neither its name nor any label reaches a rule."""
    yield from _late(series)
    if series.interval >= DAY:
        for mix in mixes(*series.intervals):
            fits = relation(series.quantity, mix.ratio, unit_step.MIX_TOLERANCE)
            factor = mix.ratio if fits is None else fits.factor(mix.ratio)
            yield Found(series.name, MIX, from_ms(mix.start_ms).astimezone(series.zone).date(), factor)
    for rule in (unit_step, ratio_step):
        verdict = rule.judge(series.hours, context_of(series))
        for finding in [] if isinstance(verdict, NotJudged) else verdict:
            mixed = "mix" in finding.facts
            factor = float(finding.facts["mix" if mixed else "factor"])
            day = finding.start.astimezone(series.zone).date()
            yield Found(series.name, MIX if mixed else BREAK, day, factor, rule.message(finding, "en"))


def _late(series: Series) -> Iterator[Found]:
    for late in catch_ups(*series.intervals):
        yield Found(series.name, CATCH_UP, from_ms(late.time_ms).astimezone(series.zone).date(), late.times)


def context_of(series: Series) -> Context:
    """Return a meter of its own, with nothing around it."""
    school = School("s", "学校", "School", "university", series.zone, "GB", "none", terms=CHRISTMAS)
    quantity = QUANTITIES[series.quantity]
    register = Register(quantity, quantity.unit)
    meter = Meter("m", "表", "Meter", "t", "native", (register,), min(series.interval, DAY), Arrival.LIVE)
    return Context(school, meter, quantity.key, Building("b", "楼", "Block", "teaching"))


def labels_of(data: Path) -> Sequence[tuple[str, str, str]] | None:
    """Return what is true in a folder of data, None where nobody said."""
    told = data / "quality.csv"
    if told.exists():
        with told.open(newline="", encoding="utf-8") as text:
            return [(row["meter"], row["kind"], row["day"]) for row in csv.DictReader(text)]
    return SHARED_LABELS if data.resolve() == SHARED.resolve() else None


def series_of(data: Path, quick: bool) -> Iterator[Series]:
    """Yield the meters of the folders there are."""
    for name, read in FOLDERS.items():
        if (data / name).is_dir():
            yield from (one for one in read(data / name) if not quick or one.name.startswith(QUICK))


def counted(found: Sequence[Found], labels: Iterable[tuple[str, str, str]]) -> dict[str, int]:
    """Return how many of what is true was found, and how many findings are of nothing."""
    matched: set[int] = set()
    hits = dict.fromkeys((BREAK, MIX, CATCH_UP), 0)
    true = dict.fromkeys(hits, 0)
    for meter, kind, day in labels:
        near = [n for n, one in enumerate(found) if (one.meter, one.kind) == (meter, kind) and _near(one, day)]
        matched.update(near)
        hits[kind] += bool(near)
        true[kind] += 1
    return {
        "unit_breaks_found": hits[BREAK],
        "unit_breaks_true": true[BREAK],
        "unit_mix_found": hits[MIX],
        "unit_mix_true": true[MIX],
        "catch_up_found": hits[CATCH_UP],
        "catch_up_true": true[CATCH_UP],
        "false_quality_findings": len(found) - len(matched),
    }


def _near(found: Found, day: str) -> bool:
    return abs(found.day - date.fromisoformat(day)) <= NEAR


def main() -> None:
    """Run, print what was found where, and the counts as the last line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=SHARED)
    parser.add_argument("--quick", action="store_true", help="a part of the meters, within a minute")
    asked = parser.parse_args()
    every = list(series_of(asked.data, asked.quick))
    found = [one for series in every for one in found_at(series)]
    labels = labels_of(asked.data)
    known = {one.name for one in every}
    here = None if labels is None else [label for label in labels if label[0] in known]
    table = Table("meter", "what", "day", "factor", "said", title=f"{len(every)} meters")
    for one in found:
        table.add_row(one.meter, one.kind, f"{one.day}", f"{one.factor:.4g}", one.said)
    Console(width=160).print(table)
    blank = dict.fromkeys(counted(found, []), None)
    line: dict[str, object] = dict(blank if here is None else counted(found, here))
    factors = [{"meter": f.meter, "kind": f.kind, "day": f"{f.day}", "factor": round(f.factor, 4)} for f in found]
    hours = sum(series.interval <= HOUR for series in every)
    print(json.dumps({**line, "found": factors, "meters": len(every), "hourly_meters": hours}))


if __name__ == "__main__":
    main()
