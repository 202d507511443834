"""What the rules find at simulated schools: every kind of fault, and whole healthy years.

`python benchmarks/simulated.py [--data DIR] [--quick] [--schools N] [--kind KIND]`. Each scene of `sim/scenes.py` is
played at N healthy schools, one fault at each; every rule judges every meter as the nightly run does, and what it
finds is held against the truth. A finding counts for the kind of fault its rule is for. `--data` is taken for the
form's sake: a simulation reads none.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

# A program's own folder comes first in the path: `ingest` would be the benchmark beside this one.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from rich.console import Console
from rich.progress import track as progress
from rich.table import Table

from analytics.nearest import nearest
from app import trial
from app.registry_toml import load_registry
from app.sim_rows import SimRows
from campus.results import Finding
from campus.schema import from_ms
from ingest.payload import formats
from sim.registers import Track, lay
from sim.scenes import SCENES, healthy_seed, play
from sim.score import score
from sim.toml import school_toml
from sim.truth import RULES

SCHOOLS, QUICK_SCHOOLS = 8, 1
YEAR, YEAR_END = timedelta(days=365), datetime(2026, 11, 22, 2, 31, tzinfo=UTC)
DAYS_A_MONTH = 365.25 / 12


@dataclass(frozen=True, slots=True)
class Played:
    """A scene at one school: its kind ("" for a healthy year), whether it was found, and what was found of nothing.

    `ended` says that a fault which was over by the end is over for the finding too; None where it lasts.
    """

    kind: str
    number: int
    found: bool
    ended: bool | None
    false: tuple[tuple[str, str, str], ...]  # rule, subject, onset
    buildings: int = 0


def found_at(track: Track) -> list[Finding]:
    """Return what the rules find at a school, each cause once."""
    registry, issues = load_registry(school_toml(track), "demo.toml", formats())
    if registry is None:
        raise SystemExit("\n".join(issue.text for issue in issues))
    every = trial.findings(trial.said(registry, SimRows(track, registry), from_ms(track.end_ms)))
    return nearest(every, registry)


def scene(kind_and_number: tuple[int, int]) -> Played:
    """Play a scene (by its place in the list) at the n-th healthy school."""
    place, number = kind_and_number
    track, fault = play(SCENES[place], number)
    found = found_at(track)
    result = score(track, found)
    mine = [one for one in found if one not in result.false]
    over = fault.end_ms is not None
    ended = all(one.end is not None for one in mine) if over and mine else None
    return Played(fault.kind, number, fault not in result.missed, ended, _named(result.false))


def healthy_year(number: int) -> Played:
    """Judge a healthy school's whole year: nothing is to be found."""
    track = lay(healthy_seed(number), YEAR_END, YEAR)
    return Played("", number, False, None, _named(score(track, found_at(track)).false), len(track.site.buildings))


def _named(findings: Iterable[Finding]) -> tuple[tuple[str, str, str], ...]:
    return tuple((one.rule, one.subject, f"{one.start:%F}") for one in findings)


def result(played: Sequence[Played]) -> dict[str, object]:
    """Return the figures of the last line.

    What a school shows of nothing whichever fault is played at it is one finding, not one in every scene.
    """
    scenes = [one for one in played if one.kind]
    years = [one for one in played if not one.kind]
    false = Counter(rule for _, (rule, _, _) in {(one.number, said) for one in played for said in one.false})
    kinds = sorted({one.kind for one in scenes})
    precision, recall = {}, {}
    for kind in kinds:
        mine = [one for one in scenes if one.kind == kind]
        right = sum(one.found for one in mine)
        wrong = false[RULES[kind]]  # type: ignore[index]
        recall[kind] = round(right / len(mine), 3)
        precision[kind] = round(right / (right + wrong), 3) if right + wrong else None
    months = sum(one.buildings * YEAR.days / DAYS_A_MONTH for one in years)
    return {
        "precision": precision,
        "recall": recall,
        "false_per_building_month": round(sum(len(one.false) for one in years) / months, 4) if months else None,
        "ended": {k: _share([o.ended for o in scenes if o.kind == k and o.ended is not None]) for k in kinds},
        "schools": len({one.number for one in scenes}),
        "healthy_years": len(years),
        "false_by_rule": dict(sorted(false.items())),
    }


def _share(values: Sequence[bool]) -> float | None:
    return round(sum(values) / len(values), 3) if values else None


def show(played: Sequence[Played], told: dict[str, object]) -> None:
    """Print the table for people, and every finding of nothing by name."""
    table = Table("fault", "rule", "schools", "found", "recall", "precision")
    for kind, recall in told["recall"].items():  # type: ignore[attr-defined]
        mine = [one for one in played if one.kind == kind]
        precision = told["precision"][kind]  # type: ignore[index]
        found = sum(one.found for one in mine)
        table.add_row(kind, RULES[kind], str(len(mine)), str(found), f"{recall:.2f}", str(precision))  # type: ignore[index]
    console = Console(width=110)
    console.print(table)
    for one in played:
        if one.kind and not one.found:
            console.print(f"missed: {one.kind} at school {one.number}")
        for rule, subject, onset in one.false:
            console.print(
                f"of nothing: {rule} at {subject} since {onset} ({one.kind or 'healthy year'}, {one.number})"
            )


def main() -> None:
    """Play the scenes, print the table and the line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, help="not read: everything is simulated")
    parser.add_argument("--quick", action="store_true", help="one school a kind, one healthy year")
    parser.add_argument("--schools", type=int, help=f"schools a kind (default {SCHOOLS})")
    parser.add_argument("--kind", action="append", help="only scenes of this kind; repeatable; without healthy years")
    options = parser.parse_args()
    schools = options.schools or (QUICK_SCHOOLS if options.quick else SCHOOLS)
    places = [n for n, one in enumerate(SCENES) if not options.kind or one.kind in options.kind]
    jobs = [(scene, (place, number)) for place in places for number in range(schools)]
    jobs += [] if options.kind else [(healthy_year, number) for number in range(schools)]
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        waiting = [pool.submit(function, argument) for function, argument in jobs]
        played = [one.result() for one in progress(waiting, "playing", console=Console(stderr=True))]
    told = result(played)
    show(played, told)
    print(json.dumps(told, ensure_ascii=False))


if __name__ == "__main__":
    main()
