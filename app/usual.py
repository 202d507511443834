"""What is usual at each hour, written beside the hours of the school, its buildings and its meters."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

import numpy as np

from analytics.usual import HEATING, OLDEST_DAYS, OLDEST_HEATING_DAYS, usual
from app.hours import hours_of
from app.windows import hour_edges
from campus.ports import Store
from campus.registry import Registry
from campus.schema import (
    CONSUMPTION,
    FIGURE,
    HOUR,
    SCHOOL_SUBJECT,
    Columns,
    SeriesId,
    building_subject,
    meter_subject,
    to_ms,
)
from campus.units import QUANTITIES

# So far back late readings change what was usual (ours: more than a panel of hours or a finding's picture shows).
# What is older was written when it was younger, and stays.
KEPT = timedelta(days=35)
# The usual is drawn this far beyond the morning it is reckoned on: two days beyond any hour until the next morning.
AHEAD = timedelta(days=3)
_DAY = timedelta(days=1)


def write_usual(store: Store, registry: Registry, registers: Collection[tuple[str, str]], until: datetime) -> None:
    """Write what each hour usually is, reckoned on the hours before `until`, a morning of the school.

    It is written for `registers` (meter, quantity), and for the school and its buildings of the same quantities.
    """
    of_meters(store, registry, registers, until)
    of_places(store, registry, {quantity for _, quantity in registers}, until)


def of_meters(store: Store, registry: Registry, registers: Collection[tuple[str, str]], until: datetime) -> None:
    """Write it for registers alone; of what is not used up nobody asks what is usual."""
    used = [(key, quantity) for key, quantity in registers if QUANTITIES[quantity].used]
    own = {SeriesId(CONSUMPTION, key, quantity): (meter_subject(key), quantity) for key, quantity in used}
    _write(store, registry, own, until)


def of_places(store: Store, registry: Registry, quantities: Collection[str], until: datetime) -> None:
    """Write it for the school and its buildings alone."""
    _write(store, registry, _places(registry, quantities), until)


def read_ahead(store: Store, registry: Registry, quantities: Collection[str], until: datetime) -> None:
    """Let a store that holds what was read have the hours of the school and its buildings, before they are summed."""
    store.series(_places(registry, quantities), _first(until), until + AHEAD)


def _places(registry: Registry, quantities: Collection[str]) -> dict[SeriesId, tuple[str, str]]:
    subjects = (SCHOOL_SUBJECT, *map(building_subject, registry.buildings))
    pairs = [(subject, quantity) for quantity in quantities if QUANTITIES[quantity].used for subject in subjects]
    return {SeriesId(FIGURE, *pair, HOUR): pair for pair in pairs}


def _first(until: datetime) -> datetime:
    return until - KEPT - (OLDEST_DAYS + 2) * _DAY


def _write(store: Store, registry: Registry, pairs: Mapping[SeriesId, tuple[str, str]], until: datetime) -> None:
    for series, columns in store.series(pairs, _first(until), until).items():
        subject, quantity = pairs[series]
        target = SeriesId(FIGURE, subject, f"usual/{quantity}", HOUR)
        store.replace(target, (until - KEPT, until + AHEAD), _rows(columns, quantity, registry, until))


def _rows(columns: Columns, quantity: str, registry: Registry, until: datetime) -> Columns:
    """Return the rows of what is usual in [until - KEPT, until + AHEAD), where it is known."""
    if not len(columns):
        return columns
    edges = hour_edges(_first(until), until + AHEAD)
    oldest = OLDEST_HEATING_DAYS if quantity in HEATING else OLDEST_DAYS
    expected = usual(hours_of(columns, edges), registry.school, oldest)
    known = ~np.isnan(expected.value) & (edges[:-1] >= to_ms(until - KEPT))
    fields = {"value": expected.value, "low": expected.low, "high": expected.high}
    return Columns(edges[:-1][known], {name: values[known] for name, values in fields.items()})
