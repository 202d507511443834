"""The hourly baseline against OpenDSM's, a year later: `python benchmarks/baseline.py [--data DIR] [--quick]`.

DIR has the shape of `cambridge/`: `<building>/{electricity,gas}/<year>.csv` and `weather/<year>.csv`. Both models are
fitted on --train and judged on --test with the same cleaned series, the same missing hours and the same temperature;
ours is given the school's public holidays, too (its error without them stands beside it). Meters on which either is
broken are named and left out for both; what OpenDSM would disqualify is fitted and named. OpenDSM is of the `bench`
extra; where it is absent its figures are null.

Our band is judged twice. As the product states it, day by day: the baseline is frozen in --train, and level and width
follow what was used on the days before (`interval_coverage_90`). And as the frozen baseline alone states it for the
whole year to come (`interval_coverage_90_frozen`).

scikit-learn's boosted trees in the place of our ridge stand beside it (`boosted_..._cvrmse`), and the mean of both
(`with_boosted_..._cvrmse`): what a third library would bring, and cost.

Nobody is known to have saved anything here: the "saving" of the test year and its ± stand in the last columns, and
`no_project_held` is the share of meters whose ± at 90 % holds zero (`..._guideline_14`: by that formula alone). What
is missing to 0.9 is the drift that no year of a meter can show; `..._with_drift` allows for it, as the words do.

`--quick` takes the first building alone. What OpenDSM compiles once on a machine is not counted.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from math import hypot
from pathlib import Path
from statistics import mean, median

import numpy as np
from numpy.typing import NDArray

# A program's own folder comes first in the path: `store` would be a benchmark.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from analytics.baseline import About, Baseline, Expected, Refused
from analytics.baseline_days import Setting
from analytics.baseline_hourly import expected_hours, fit_hours
from analytics.baseline_live import followed
from analytics.baseline_margin import SIGMAS, YEARLY_DRIFT
from analytics.hours import Hours
from analytics.savings_uncertainty import by_guideline_14, half_width
from benchmarks.support import buildings
from benchmarks.support.boosted import boosted
from benchmarks.support.opendsm_hourly import Broken, available, opendsm
from campus.calendar import local_hours

DATA = Path(__file__).resolve().parents[1] / ".." / "shared" / "data" / "cambridge"
MEDIA = ("electricity", "gas")
# What nine meters in ten drift by in a year at most: below it no saving is called a project's.
DRIFT = SIGMAS * YEARLY_DRIFT
# A meter whose test year is not known by so much is not judged.
LEAST_KNOWN = 0.5

Numbers = NDArray[np.float64]
# What a peer expects of the test hours, and its doubts: of (train, test, temperature, medium).
Peer = Callable[[Hours, Hours, Hours | None, str], tuple[Numbers, str]]


@dataclass(frozen=True, slots=True)
class Case:
    """A meter's cleaned years: name ("b0 gas"), medium, the year to learn from, the one to be judged on."""

    name: str
    medium: str
    train: Hours
    test: Hours
    changes: tuple[date, ...]


@dataclass(frozen=True, slots=True)
class Judged:
    """What one meter gave: errors as CV(RMSE), shares of hours inside the bands, seconds to fit and to expect."""

    ours: float
    without_holidays: float
    left_out: float
    live: float
    frozen: float
    seconds: float
    drift: float
    half_90: float
    guideline_14: float
    boosted: float
    with_boosted: float
    boosted_seconds: float
    peer: float | None
    peer_seconds: float | None
    peer_doubts: str


def cases(folder: Path, years: tuple[int, int]) -> tuple[list[Case], dict[str, str]]:
    """Return the meters that can be judged, and of the others why not."""
    found, broken = [], {}
    for path in sorted(p for p in folder.glob("*/*") if p.name in MEDIA):
        name = f"{path.parent.name} {path.name}"
        if not all((path / f"{year}.csv").exists() for year in years):
            broken[name] = "no file for one of the years"
            continue
        near = [path / f"{year}.csv" for year in range(years[0] - 1, years[1] + 1)]
        whole = buildings.cleaned(buildings.hours_of([file for file in near if file.exists()]), path.name)
        one, changes = buildings.in_last_unit(whole, path.name)
        train, test = (buildings.year_of(one, year) for year in years)
        if np.isfinite(test.value).mean() < LEAST_KNOWN:
            broken[name] = f"{np.isfinite(test.value).mean():.0%} of {years[1]} known"
            continue
        found.append(Case(name, path.name, train, test, tuple(changes)))
    return found, broken


def cv_rmse(use: Numbers, expected: Numbers, here: NDArray[np.bool_]) -> float:
    return float(np.sqrt(np.mean((use - expected)[here] ** 2)) / use[here].mean())


def inside(use: Numbers, band: Expected, here: NDArray[np.bool_]) -> float:
    return float(((use >= band.low) & (use <= band.high))[here].mean())


def ours(case: Case, setting: Setting) -> tuple[Baseline, Expected] | Refused:
    baseline = fit_hours(case.train, setting, About(f"meter/{case.name}", buildings.QUANTITY[case.medium], "kWh"))
    if isinstance(baseline, Refused):
        return baseline
    return baseline, expected_hours(baseline, case.test.start_ms, setting)


def judged(case: Case, setting: Setting, peer: Peer | None) -> Judged | str:
    """Return the figures of a meter, or why it is left out."""
    begun = time.perf_counter()
    found = ours(case, setting)
    seconds = time.perf_counter() - begun
    plain = ours(case, replace(setting, school=buildings.without_holidays()))
    if isinstance(found, Refused) or isinstance(plain, Refused):
        refused = found if isinstance(found, Refused) else plain
        return "ours: " + " ".join(r.said.en for r in refused.reasons) if isinstance(refused, Refused) else ""
    baseline, frozen = found
    use, theirs, peer_seconds, doubts = case.test.value, None, None, ""
    here = np.isfinite(use) & np.isfinite(frozen.value) & np.isfinite(plain[1].value)
    if peer is not None:
        begun = time.perf_counter()
        try:
            theirs, doubts = peer(case.train, case.test, setting.temperature, case.medium)
        except Broken as broken:
            return f"OpenDSM: {broken}"
        peer_seconds = time.perf_counter() - begun
        here &= np.isfinite(theirs)
    begun = time.perf_counter()
    trees = boosted(case.train, case.test, setting)
    boosted_seconds = time.perf_counter() - begun
    here &= np.isfinite(trees)
    day, _ = local_hours(case.test.start_ms, setting.school.timezone)
    return Judged(
        ours=cv_rmse(use, frozen.value, here),
        without_holidays=cv_rmse(use, plain[1].value, here),
        left_out=baseline.fit.left_out,
        live=inside(use, followed(frozen, use, day, baseline), here),
        frozen=inside(use, frozen, here),
        seconds=seconds,
        drift=float((frozen.value - use)[here].sum() / frozen.value[here].sum()),
        half_90=half_width(baseline, int(here.sum()), 0.9) / float(frozen.value[here].sum()),
        guideline_14=by_guideline_14(baseline, int(here.sum()), 0.9) / float(frozen.value[here].sum()),
        boosted=cv_rmse(use, trees, here),
        with_boosted=cv_rmse(use, (trees + frozen.value) / 2, here),
        boosted_seconds=boosted_seconds,
        peer=None if theirs is None else cv_rmse(use, theirs, here),
        peer_seconds=peer_seconds,
        peer_doubts=doubts,
    )


def table(found: dict[str, Judged]) -> None:
    print(
        f"{'meter':18s} {'CV(RMSE)':>9s} {'no holid.':>9s} {'OpenDSM':>9s} {'boosted':>9s} {'left out':>9s}", end=""
    )
    print(f" {'band live':>9s} {'frozen':>9s} {'s':>7s} {'OpenDSM s':>9s} {'drift':>7s} {'±':>6s}")
    for name, one in found.items():
        errors = (one.ours, one.without_holidays, one.peer, one.boosted, one.left_out, one.live, one.frozen)
        cells = "".join(f" {'-' if x is None else f'{x:.1%}':>9s}" for x in errors)
        peer_seconds = "-" if one.peer_seconds is None else f"{one.peer_seconds:.2f}"
        print(f"{name:18s}{cells} {one.seconds:7.2f} {peer_seconds:>9s} {one.drift:7.1%} {one.half_90:6.1%}")


def figures(found: dict[str, Judged]) -> dict[str, float | None]:
    """Return the figures of the last line: medians over the meters of a medium, means of the rest."""

    def of(field: str, medium: str = "", middle: Callable[[list[float]], float] = median) -> float | None:
        values = [getattr(one, field) for name, one in found.items() if name.endswith(medium)]
        return None if not values or None in values else round(middle(values), 4)

    return {
        **{f"{medium}_cvrmse": of("ours", medium) for medium in MEDIA},
        **{f"opendsm_{medium}_cvrmse": of("peer", medium) for medium in MEDIA},
        **{f"boosted_{medium}_cvrmse": of("boosted", medium) for medium in MEDIA},
        **{f"with_boosted_{medium}_cvrmse": of("with_boosted", medium) for medium in MEDIA},
        "boosted_seconds_per_meter": of("boosted_seconds", middle=mean),
        "seconds_per_meter": of("seconds", middle=mean),
        "opendsm_seconds_per_meter": of("peer_seconds", middle=mean),
        "interval_coverage_90": of("live", middle=mean),
        "interval_coverage_90_frozen": of("frozen", middle=mean),
        "no_project_held": share([abs(one.drift) <= one.half_90 for one in found.values()]),
        "no_project_held_with_drift": share([abs(one.drift) <= hypot(one.half_90, DRIFT) for one in found.values()]),
        "no_project_held_guideline_14": share([abs(one.drift) <= one.guideline_14 for one in found.values()]),
        **{f"{medium}_cvrmse_without_holidays": of("without_holidays", medium) for medium in MEDIA},
    }


def share(held: list[bool]) -> float | None:
    return round(mean(held), 3) if held else None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA, help="a folder of the shape of cambridge/")
    parser.add_argument("--train", type=int, default=2018, help="the year learnt from")
    parser.add_argument("--test", type=int, default=2019, help="the year judged on")
    parser.add_argument("--quick", action="store_true", help="the first building alone")
    options = parser.parse_args()
    weather = sorted(options.data.glob("weather/*.csv"))
    if not weather:
        parser.error(f"{options.data} has no weather/<year>.csv")
    todo, left_out = cases(options.data, (options.train, options.test))
    if options.quick:
        todo = [case for case in todo if case.name.split()[0] == todo[0].name.split()[0]]
    setting = Setting(buildings.school(), buildings.hours_of(weather))
    peer = opendsm if available() else None
    if peer is None:
        print("OpenDSM is not installed (extra `bench`): its figures are null")
    elif todo:
        judged(todo[0], setting, peer)  # what is compiled once is not counted
    found: dict[str, Judged] = {}
    for case in todo:
        one = judged(case, setting, peer)
        if isinstance(one, str):
            left_out[case.name] = one
        else:
            found[case.name] = one
        if case.changes:
            print(
                f"{case.name}: its unit changed on {', '.join(map(str, case.changes))}; used from the last change on"
            )
    table(found)
    for name, one in found.items():
        if one.peer_doubts:
            print(f"{name}: OpenDSM would disqualify it ({one.peer_doubts})")
    for name, why in left_out.items():
        print(f"{name}: left out for both. {why}")
    print(json.dumps({"meters": len(found), "left_out": sorted(left_out)} | figures(found)))


if __name__ == "__main__":
    main()
