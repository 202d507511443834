"""Which hours of a year stand out: `python benchmarks/anomalies.py [--data DIR] [--quick] [--sway]`.

DIR holds `<building>.csv` (timestamp, building_id, meter_reading, anomaly) and maybe `no_reading.csv`, whose rows are
dropped. A scorer is given the readings and their times alone, one setting for all buildings; the labels count its
ranking and nothing else. Beside it, on the same hours: the distance to the rolling median of the hour of the week,
and PyOD's isolation forest and ECOD on the usual features (null without the `bench` extra). `--sway` moves each
setting by a third, alone, and tells what becomes of the figures; and what is reached on each building with the
setting that is best on the others. `--quick` is the same without `--sway`: all of it takes seconds.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

# A program's own folder comes first in the path: `store` would be a benchmark.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from rich.console import Console
from rich.table import Table
from sklearn.metrics import average_precision_score, roc_auc_score

from analytics.hours import Hours
from analytics.robust import median
from analytics.unusual import SETTINGS, Settings, unusual
from analytics.unusual_sight import AS_OF_NOW, NEXT_MORNING, RETROSPECT, Sight, shifted
from benchmarks.support.anomaly_data import HOUR_MS, Labelled, buildings
from campus.registry import School

DATA = Path(__file__).resolve().parents[1] / ".." / "shared" / "data" / "lead"
DAY_HOURS, WEEK_HOURS = 24, 168
# The residual's usual: the median of the same hour of so many weeks before and after.
RESIDUAL_WEEKS = 8
# Each setting is moved by this share of itself, whole numbers by 1 at least.
SWAY = 0.3
# The files tell local time and no zone: their hours are taken as they stand.
SCHOOL = School("s", "学校", "School", "university", ZoneInfo("UTC"), "CN", "none")

Numbers = NDArray[np.float64]
Scorer = Callable[[Hours], Numbers]


@dataclass(frozen=True, slots=True)
class Ranking:
    """How well a scorer ranks: ROC-AUC and average precision by building, of the share of hours that it gives a
    score; and its time [s a building]."""

    auc: tuple[float, ...]
    precision: tuple[float, ...]
    judged: float
    seconds: float

    @property
    def means(self) -> tuple[float, float]:
        """The mean ROC-AUC and the mean average precision of the buildings that have both kinds of hours."""
        return float(np.nanmean(self.auc)), float(np.nanmean(self.precision))


def ranking(score: Scorer, every: Sequence[Labelled]) -> Ranking:
    """Return how a scorer ranks the hours of each building."""
    start = time.perf_counter()
    scores = [score(one.hours) for one in every]
    seconds = (time.perf_counter() - start) / len(every)
    known = [np.isfinite(one.hours.value) for one in every]
    judged = [here & np.isfinite(given) for here, given in zip(known, scores, strict=True)]
    pairs = [(one.odd[here], given[here]) for one, given, here in zip(every, scores, judged, strict=True)]
    return Ranking(
        tuple(_of_both(roc_auc_score, odd, given) for odd, given in pairs),
        tuple(_of_both(average_precision_score, odd, given) for odd, given in pairs),
        sum(here.sum() for here in judged) / sum(here.sum() for here in known),
        seconds,
    )


def _of_both(figure: Callable[[NDArray[np.bool_], Numbers], float], odd: NDArray[np.bool_], given: Numbers) -> float:
    return float(figure(odd, given)) if odd.any() and not odd.all() else float("nan")


def ours(sight: Sight = RETROSPECT, settings: Settings = SETTINGS) -> Scorer:
    """Return the scorer that is judged."""
    return lambda hours: unusual(hours, SCHOOL, sight, settings)


def residual(hours: Hours) -> Numbers:
    """Return how far each hour is from the median of the same hour of the weeks around it."""
    weeks = [week for week in range(-RESIDUAL_WEEKS, RESIDUAL_WEEKS + 1) if week]
    usual = median(np.stack([shifted(hours.value, WEEK_HOURS * week) for week in weeks], axis=-1))
    return np.abs(hours.value - usual)


def features(hours: Hours) -> Numbers:
    """Return what is usually given to a general detector (n, 9): use, clock, calendar, lags and the day's mean."""
    value = np.where(np.isfinite(hours.value), hours.value, np.nanmedian(hours.value))
    clock = hours.start_ms // HOUR_MS
    angle = 2 * np.pi * (clock % DAY_HOURS) / DAY_HOURS
    weekday = (clock // DAY_HOURS + 3) % 7
    day = np.convolve(value, np.full(DAY_HOURS, 1 / DAY_HOURS), "same")
    lags = [value - np.roll(value, lag) for lag in (1, DAY_HOURS, WEEK_HOURS)]
    columns = [value, np.sin(angle), np.cos(angle), weekday, weekday >= 5, day, *lags]
    table = np.stack(columns, axis=1).astype(float)
    return np.asarray((table - table.mean(axis=0)) / np.maximum(table.std(axis=0), 1e-9), dtype=np.float64)


def pyod(module: str, name: str, **options: int) -> Scorer | None:
    """Return a detector of PyOD as a scorer, None where PyOD is not installed."""
    try:
        detector = getattr(importlib.import_module(module), name)
    except ImportError:
        return None
    return lambda hours: np.asarray(detector(**options).fit(features(hours)).decision_scores_)


def scorers() -> dict[str, Scorer | None]:
    """Return what is compared, by its name in the table."""
    return {
        "unusual": ours(),
        "unusual, next morning": ours(NEXT_MORNING),
        "unusual, as of now": ours(AS_OF_NOW),
        "residual": residual,
        "PyOD IForest": pyod("pyod.models.iforest", "IForest", random_state=0),
        "PyOD ECOD": pyod("pyod.models.ecod", "ECOD"),
    }


def swayed() -> Iterator[tuple[str, Settings]]:
    """Yield each setting moved down and up, alone."""
    for field in fields(Settings):
        value = getattr(SETTINGS, field.name)
        for way in (-1, 1):
            step = SWAY * value if isinstance(value, float) else max(1, round(SWAY * value))
            yield f"{field.name} = {value + way * step:g}", replace(SETTINGS, **{field.name: value + way * step})


def left_out(rankings: Sequence[Ranking]) -> tuple[float, float]:
    """Return mean ROC-AUC and average precision of each building under the setting that is best on the others."""
    auc = np.array([one.auc for one in rankings])
    precision = np.array([one.precision for one in rankings])
    here = np.arange(precision.shape[1])
    best = np.array([np.nanmean(np.delete(precision, one, axis=1), axis=1).argmax() for one in here])
    return float(np.nanmean(auc[best, here])), float(np.nanmean(precision[best, here]))


def table_of(rankings: Mapping[str, Ranking | None], every: Sequence[Labelled]) -> Table:
    """Return average precision by building, and the means."""
    table = Table("scorer", "ROC-AUC", "AP", *[f"AP {one.name}" for one in every], "judged", "s a building")
    for name, one in rankings.items():
        cells = ["-"] * (len(every) + 4)
        if one is not None:
            cells = [f"{x:.3f}" for x in one.means] + [f"{x:.2f}" for x in (*one.precision, one.judged, one.seconds)]
        table.add_row(name, *cells)
    return table


def sway(every: Sequence[Labelled]) -> dict[str, float]:
    """Print what each moved setting reaches; return the least of each figure, and the left-out ones."""
    rankings = {name: ranking(ours(settings=one), every) for name, one in (("as shipped", SETTINGS), *swayed())}
    Console(width=160).print(table_of(rankings, every))
    auc, precision = left_out(list(rankings.values()))
    return {
        "swayed_least_roc_auc": min(one.means[0] for one in rankings.values()),
        "swayed_least_average_precision": min(one.means[1] for one in rankings.values()),
        "left_out_roc_auc": auc,
        "left_out_average_precision": precision,
    }


def line_of(rankings: Mapping[str, Ranking | None]) -> dict[str, float | None]:
    """Return the figures of the last line; of PyOD's detectors the better one's."""
    keys = {"unusual": "", "residual": "residual_", "unusual, next morning": "next_morning_"}
    line: dict[str, float | None] = {}
    for name, key in {**keys, "unusual, as of now": "as_of_now_"}.items():
        one = rankings[name]
        line[f"{key}roc_auc"], line[f"{key}average_precision"] = (None, None) if one is None else one.means
    peers = [one.means for name, one in rankings.items() if name.startswith("PyOD") and one is not None]
    best = max(peers, default=(None, None))
    own = rankings["unusual"]
    seconds = None if own is None else own.seconds
    return {**line, "pyod_roc_auc": best[0], "pyod_average_precision": best[1], "seconds_per_building": seconds}


def main() -> None:
    """Run, print a table and the figures as the last line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--quick", action="store_true", help="within a minute: never with --sway")
    parser.add_argument("--sway", action="store_true", help="move each setting by a third, and leave buildings out")
    asked = parser.parse_args()
    every = [one for one in buildings(asked.data) if one.odd.any()]
    if not every:
        parser.error(f"no building with labelled hours in {asked.data}: give a folder of <building>.csv by --data")
    rankings = {name: None if one is None else ranking(one, every) for name, one in scorers().items()}
    Console(width=160).print(table_of(rankings, every))
    line: dict[str, float | None] = {**line_of(rankings), "buildings": len(every)}
    if asked.sway and not asked.quick:
        line |= sway(every)
    print(json.dumps({key: None if value is None else round(value, 4) for key, value in line.items()}))


if __name__ == "__main__":
    main()
