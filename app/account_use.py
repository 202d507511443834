"""What the meters of an account counted, by hours where all of them tell hours, else by days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

import numpy as np

from analytics import stored
from analytics.around import WHOLE
from analytics.hours import Numbers
from analytics.series import Ints
from app.hours import closed_hour
from app.windows import Window, day_edges, hour_edges
from campus import calendar
from campus.ports import Rows
from campus.registry import Account, Meter, Registry
from campus.schema import CONSUMPTION, DAY, FIGURE, SeriesId, from_ms, meter_subject, to_ms
from campus.units import QUANTITIES

# Both energies must be known of this share of the hours before they make a month's power factor (standards.md 2.6).
LEAST_KNOWN = 0.9


@dataclass(frozen=True, slots=True)
class Counted:
    """Use between `edges` (n+1,) [epoch ms], hours (`hourly`) or local days: `value` (n,) [unit], NaN where not all
    of it is known, and `estimated` (n,) the share of it that is."""

    edges: Ints
    value: Numbers
    estimated: Numbers
    hourly: bool

    @property
    def known(self) -> float:
        """The share of the time whose use is known, 0 without any time."""
        length = np.diff(self.edges)
        return float(length[np.isfinite(self.value)].sum() / length.sum()) if len(length) else 0.0


def quantity_of(account: Account) -> str:
    """Return what an account is billed for: of the medium's quantities the one in the unit of its price."""
    unit = account.billing.unit if account.billing is not None else ""
    paid = [q for q in QUANTITIES.values() if q.medium == account.medium and q.used and not q.gauge]
    return next((quantity.key for quantity in paid if quantity.unit == unit), paid[0].key)


def counted(registry: Registry, rows: Rows, of: tuple[Account, str], window: Window) -> Counted:
    """Return what the meters an account pays counted of a quantity in [start, end), by whoever was billed when.

    `of` are the account and the quantity. Where no meter was billed, nothing is known.
    """
    account, quantity = of
    zone = registry.school.timezone
    turns = [window[0], *registry.turning_points(*window), window[1]]
    parts = [(start, end, paying(registry, account, quantity, start)) for start, end in pairwise(turns)]
    hourly = all(meter.interval <= calendar.HOUR for _, _, meters in parts for meter in meters)
    edges = hour_edges(*window) if hourly else day_edges(*window, zone)
    value, estimated = np.full(len(edges) - 1, np.nan), np.zeros(len(edges) - 1)
    for start, end, meters in parts:
        here = (edges[:-1] >= to_ms(start)) & (edges[:-1] < to_ms(end))
        if meters and here.any():
            value[here], estimated[here] = (part[here] for part in _sum(rows, meters, quantity, (edges, hourly)))
    return Counted(edges, value, estimated, hourly)


def paying(registry: Registry, account: Account, quantity: str, time: datetime) -> list[Meter]:
    """Return the meters that count a quantity an account pays at `time`, by key."""
    found = (meter for meter in registry.billed(account, time) if meter.register(quantity) is not None)
    return sorted(found, key=lambda meter: meter.key)


def _sum(rows: Rows, meters: Sequence[Meter], quantity: str, grid: tuple[Ints, bool]) -> tuple[Numbers, Numbers]:
    edges, hourly = grid
    ids = [
        SeriesId(CONSUMPTION, meter.key, quantity)
        if hourly
        else SeriesId(FIGURE, meter_subject(meter.key), quantity, DAY)
        for meter in meters
    ]
    found = rows.series(ids, from_ms(int(edges[0])), from_ms(int(edges[-1])))
    values, guessed = [], []
    for one in ids:
        use = stored.on_grid(found[one], edges)
        whole = (use.coverage >= WHOLE) | (use.estimated > 0)
        values.append(np.where(whole, use.value, np.nan))
        guessed.append(np.nan_to_num(use.value * use.estimated))
    total = np.sum(values, axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(total > 0, np.sum(guessed, axis=0) / total, 0.0)
    return total, np.nan_to_num(share)


def closed_until(registry: Registry, rows: Rows, account: Account, time: datetime) -> datetime | None:
    """Return the end of the last hour closed at all meters an account pays at `time`; None where none spoke."""
    quantity = quantity_of(account)
    ends = [closed_hour(rows, meter.key, quantity) for meter in paying(registry, account, quantity, time)]
    known = [end for end in ends if end is not None]
    return min(known) if known and len(known) == len(ends) else None


def both(registry: Registry, rows: Rows, account: Account, window: Window) -> tuple[float, float, float] | None:
    """Return active [kWh] and reactive energy [kvarh] of the hours of which both are known, and their share of the
    time; None below `LEAST_KNOWN`."""
    active = counted(registry, rows, (account, "electricity"), window)
    reactive = counted(registry, rows, (account, "reactive"), window)
    if len(active.value) != len(reactive.value) or active.hourly != reactive.hourly:
        return None
    known = np.isfinite(active.value) & np.isfinite(reactive.value)
    length = np.diff(active.edges)
    share = float(length[known].sum() / length.sum()) if len(length) else 0.0
    if share < LEAST_KNOWN:
        return None
    return float(active.value[known].sum()), float(reactive.value[known].sum()), share


def ending(window: Window, until: datetime | None) -> Window:
    """Return a window that ends with its data."""
    return window[0], max(window[0], min(window[1], window[0] if until is None else until))
