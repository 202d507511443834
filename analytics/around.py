"""What stands around a meter: the one above it, those below it, those like it, those beside it, and the weather."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from analytics.consumption import Suspicion
from analytics.hours import Hours, Numbers
from analytics.kin import Kin
from analytics.series import Ints
from campus.registry import Meter

# How many like meters are looked at: the same building's first. Enough to tell a holiday from a stuck register.
LIKES = 5
PARENT, CHILDREN, LIKE, FAMILY, BREAKS = "parent", "children", "like", "family", "breaks"
BESIDE, WEATHER, QUARTERS = "beside", "weather", "quarters"
# A rule that needs days is given those of a meter without hours, read once a day, each spread over its hours.
DAYS = "days"
# An hour is whole when this much of it is known: what a second's rounding takes is no break.
WHOLE = 0.999
HOUR_MS = 3_600_000

# read(relation, key) gives the hours of a meter as one sees it from where it stands in that relation.
Read = Callable[[str, str], Hours]


@dataclass(frozen=True, slots=True)
class Beside:
    """Another register of the same building: of another meter, or of another quantity of the same."""

    meter: Meter
    quantity: str
    hours: Hours


@dataclass(frozen=True, slots=True)
class Quarters:
    """Use of a meter by quarter hours: `start_ms` (n,) epoch ms, ascending, without gaps; `value` (n,) [kWh, m³ or GJ
    per quarter hour], NaN where unknown or only estimated."""

    start_ms: Ints
    value: Numbers


@dataclass(frozen=True, slots=True, eq=False)
class Family:
    """A meter and all that are registered directly below it, by key, on the grid of its own hours.

    `inflow` is what flows into all that lies below it, `parts` what each part draws (`analytics.supply`): unknown
    where it never spoke, was no part yet, or is read less often than by the hour.
    """

    parent: Meter
    inflow: Hours
    parts: tuple[tuple[Meter, Hours], ...]


@dataclass(frozen=True, slots=True)
class Around:
    """The hours of the meters around one, by key, and the `breaks` of its own register, oldest first.

    Of the parent they are what flows into all that lies below it, of children what they draw (`analytics.supply`).
    `above` is the family a meter is a child in, `below` the one it stands above, on its parent's grid; None where
    there is none. `beside` are the other registers of its building. `temperature` [°C] and `irradiance` [W/m²] are
    None where no weather is kept. `quarters` are its own quarter hours where its account is billed by demand, else
    None, as where it is read less often.
    All other hours lie on the grid of the meter's own, unknown where the other has none. Only what a rule names in
    `Detector.needs` is filled; a meter that never spoke is not there.
    """

    parent: Mapping[str, Hours] = field(default_factory=dict)
    children: Mapping[str, Hours] = field(default_factory=dict)
    like: Mapping[str, Hours] = field(default_factory=dict)
    breaks: tuple[Suspicion, ...] = ()
    beside: tuple[Beside, ...] = ()
    temperature: Hours | None = None
    irradiance: Hours | None = None
    quarters: Quarters | None = None
    above: Family | None = None
    below: Family | None = None


def related(known: Kin, meter: Meter, quantity: str) -> dict[str, list[str]]:
    """Return the keys of the parent, the children and up to `LIKES` like meters, as they stand in `known`.

    Like are meters of the same quantity in buildings of the same class, neither above nor below, read often
    enough to have hours; the same building's come first, then by key.
    """

    def has_it(key: str) -> bool:
        return key != meter.key and key in known.meters and known.meters[key].register(quantity) is not None

    return {
        PARENT: [meter.parent] if has_it(meter.parent) else [],
        CHILDREN: sorted(key for key in known.children.get(meter.key, ()) if has_it(key)),
        LIKE: known.like(meter, quantity, LIKES),
    }


def around(related_keys: Mapping[str, list[str]], needs: frozenset[str], own: Hours, read: Read) -> Around:
    """Return what is around a meter with hours `own`, as far as it is needed, its breaks left out.

    `read` gives the hours of a meter by its relation and key. The families, the breaks and what else is read once a
    pass are left out.
    """
    found = {
        relation: {key: on_grid(hours, own.start_ms) for key in keys if len((hours := read(relation, key)).start_ms)}
        for relation, keys in related_keys.items()
        if relation in needs
    }
    return Around(found.get(PARENT, {}), found.get(CHILDREN, {}), found.get(LIKE, {}))


def on_grid(hours: Hours, start_ms: Ints) -> Hours:
    """Return hours on another grid (n,) [epoch ms], unknown where they have none; on their own grid, themselves."""
    if np.array_equal(hours.start_ms, start_ms):
        return hours
    place = np.searchsorted(hours.start_ms, start_ms)
    inside = place < len(hours.start_ms)
    inside[inside] = hours.start_ms[place[inside]] == start_ms[inside]
    parts = []
    for values, absent in ((hours.value, np.nan), (hours.coverage, 0.0), (hours.estimated, 0.0)):
        laid = np.full(len(start_ms), absent)
        laid[inside] = values[place[inside]]
        parts.append(laid)
    return Hours(start_ms, parts[0], parts[1], parts[2])


def unexplained(hours: Hours) -> list[tuple[int, int]]:
    """Return the stretches [epoch ms) of hours that are not whole, though a gap was not bridged there either.

    A silence between two good registers is estimated; what stays open inside the data is a register that fell,
    was swapped, or counted what no meter can.
    """
    rows = np.flatnonzero((hours.coverage < WHOLE) & ~(hours.estimated > 0))
    groups = np.split(rows, np.flatnonzero(np.diff(rows) > 1) + 1) if len(rows) else []
    return [(int(hours.start_ms[g[0]]), int(hours.start_ms[g[-1]]) + HOUR_MS) for g in groups]
