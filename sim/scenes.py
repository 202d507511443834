"""Scenes: one fault of a kind at a healthy school, in a season in which it shows, with time before and after."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from campus.schema import to_ms
from sim import plant
from sim.fault import Fault, Kind
from sim.faults import HEALTHY_EVERY
from sim.moments import STEP_MS
from sim.noise import between, shuffled
from sim.registers import Track, lay, with_fault

HISTORY = timedelta(weeks=30)
SPRING, WINTER = datetime(2026, 6, 5, 2, 31, tzinfo=UTC), datetime(2026, 2, 8, 2, 31, tzinfo=UTC)
AFTER_SEASON, SUMMER = datetime(2026, 4, 12, 2, 31, tzinfo=UTC), datetime(2026, 7, 8, 2, 31, tzinfo=UTC)
SEASON_END = datetime(2026, 3, 14, 16, tzinfo=UTC)  # local midnight at which the network should go cold
DAY = timedelta(days=1)

Rows = dict[str, Any]
Edit = Callable[[Rows], Rows]


def _with_plant(rows: Rows) -> Rows:
    return rows | {"meter": [*rows["meter"], *map(dict, plant.ROWS)]}


def _read_daily(rows: Rows) -> Rows:
    """Have the dormitory's and the laboratory's water read once a day."""
    daily = {"interval": "1d", "arrival": "daily_frozen"}
    keys = ("w-dormitory", "w-laboratory")
    return rows | {"meter": [row | daily if row["key"] in keys else row for row in rows["meter"]]}


@dataclass(frozen=True, slots=True)
class Scene:
    """A kind of fault: at which meters, in a history that ends at `now`, begun `days` [d] before, of which size.

    It lasts `hours`, or to the end where that is None. `edit` changes the school's rows before it is drawn.
    """

    kind: Kind
    meters: tuple[str, ...]
    now: datetime
    days: tuple[float, float]
    size: tuple[float, float]
    hours: float | None = None
    other: str = ""
    edit: Edit = dict


# Sizes as `effects` means them: what somebody would want to be told of, from just worth a walk to plain.
SCENES: tuple[Scene, ...] = (
    Scene(Kind.CONTINUOUS_FLOW, ("w-dormitory", "w-teaching", "w-canteen"), SPRING, (20, 40), (0.3, 1.5)),
    Scene(Kind.NIGHT_LOAD, ("e-teaching", "e-dormitory", "e-canteen"), SPRING, (20, 40), (10, 40)),
    Scene(Kind.RATIO, ("e-teaching", "e-dormitory", "w-dormitory"), SPRING, (20, 40), (10, 10)),
    Scene(Kind.UNIT, ("e-laboratory", "e-canteen"), SPRING, (20, 40), (3.6, 3.6)),
    Scene(Kind.STUCK, ("e-dormitory", "e-teaching", "w-dormitory"), SPRING, (20, 40), (0, 0), 72),
    Scene(Kind.DRIFT, ("e-teaching", "e-dormitory"), SPRING, (110, 130), (-0.1, -0.05)),
    Scene(Kind.SWAPPED, ("e-teaching",), SPRING, (20, 40), (1, 1), other="e-canteen"),
    Scene(Kind.CLOCK, ("e-teaching", "e-dormitory"), SPRING, (20, 40), (8, 8)),
    Scene(Kind.DAILY_LEAK, ("w-dormitory",), SPRING, (30, 40), (1.2, 3.0), edit=_read_daily),
    Scene(Kind.BURST, ("w-dormitory", "w-teaching"), SPRING, (10, 30), (12, 25), 8),
    Scene(Kind.BASE_LOAD, ("e-laboratory", "e-dormitory", "e-canteen"), SPRING, (25, 40), (8, 20)),
    Scene(Kind.FREE_DAY_LOAD, ("e-teaching", "e-laboratory"), SPRING, (30, 45), (15, 40)),
    Scene(Kind.SPIKE, ("e-canteen", "e-dormitory"), SPRING, (10, 30), (180, 260), 2),
    Scene(Kind.DIP, ("e-laboratory", "e-canteen", "e-dormitory"), SPRING, (10, 30), (1, 1), 7),
    Scene(Kind.LOSS, ("w-main", "e-main"), SPRING, (30, 45), (0.08, 0.2)),
    Scene(Kind.PV_LOW, ("pv-teaching",), SPRING, (30, 45), (0.25, 0.6)),
    Scene(Kind.GAS_AT_NIGHT, ("g-canteen",), SPRING, (10, 30), (1.0, 4.0), 120),
    Scene(Kind.MAKEUP, ("w-boiler",), WINTER, (25, 40), (0.05, 0.3)),
    Scene(Kind.HEAT_OFF_SEASON, ("h-teaching", "h-laboratory"), AFTER_SEASON, (0, 0), (0.5, 1.0)),
    Scene(Kind.HEAT_FREE_DAYS, ("h-teaching", "h-laboratory"), WINTER, (20, 30), (0.8, 1.0)),
    Scene(Kind.HEAT_MORE, ("h-teaching", "h-dormitory", "h-laboratory"), WINTER, (25, 35), (0.25, 0.6)),
    Scene(Kind.STATION_EFFICIENCY, ("g-boiler",), WINTER, (25, 35), (0.12, 0.25)),
    Scene(Kind.NETWORK_LOSS, ("h-boiler",), WINTER, (25, 35), (0.07, 0.15)),
    Scene(Kind.CHILLER, (plant.POWER,), SUMMER, (25, 35), (0.25, 0.4), edit=_with_plant),
    Scene(Kind.SIMULTANEOUS, ("h-laboratory",), WINTER, (20, 30), (0.3, 0.6), edit=_with_plant),
)


def healthy_seed(number: int) -> int:
    """Return the seed of the n-th healthy school, from 0."""
    return HEALTHY_EVERY * (number + 1)


def play(scene: Scene, number: int) -> tuple[Track, Fault]:
    """Return the n-th healthy school with the scene's fault, and that fault."""
    seed = healthy_seed(number)
    track = lay(seed, scene.now, HISTORY, scene.edit)
    stream = f"scene/{scene.kind}/{number}"
    meter = shuffled(seed, stream, scene.meters)[0]
    days = between(seed, f"{stream}/days", *scene.days)
    begun = SEASON_END if scene.kind is Kind.HEAT_OFF_SEASON else scene.now - days * DAY
    start_ms = to_ms(begun) // STEP_MS * STEP_MS
    end_ms = None if scene.hours is None else start_ms + int(scene.hours * 3_600_000)
    size = round(between(seed, f"{stream}/size", *scene.size), 3)
    fault = Fault(scene.kind, meter, start_ms, end_ms, size=size, other=scene.other)
    return with_fault(replace(track, faults=_elsewhere(track, fault)), fault), fault


def _elsewhere(track: Track, fault: Fault) -> tuple[Fault, ...]:
    """Return the school's own troubles of line and device, none of them at a meter that is looked at."""
    return tuple(one for one in track.faults if one.meter not in (fault.meter, fault.other))
