"""What main meters and their sub-meters do not account for, by the day: figures beside the days of the main meter."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta

import numpy as np

from analytics.balance import Balance, balance
from analytics.balance_moves import MOST_REST
from analytics.hours import HOURS_PER_DAY
from analytics.kin import kin
from analytics.supply import drawn, inflow
from app.explain_asked import Asked, Line
from app.hours import Span
from app.sight import Sight
from app.usual import KEPT
from campus import calendar
from campus.ports import Rows, Store
from campus.registry import Registry
from campus.said import Said, both
from campus.schema import BALANCE, DAY, FIGURE, Columns, SeriesId, balance_name, meter_subject, to_ms
from campus.units import QUANTITIES

_MOMENT = timedelta(milliseconds=1)


def write_balances(store: Store, registry: Registry, registers: Collection[tuple[str, str]], until: datetime) -> None:
    """Write the days before `until`, a morning of the school, of every family that one of `registers` is in.

    What is older was written when it was younger, and stays.
    """
    zone = registry.school.timezone
    span = calendar.midnight(calendar.local_date(until - KEPT, zone), zone), until
    sight = Sight(store, registry, Span(*span))
    here = registry.at(until)
    for quantity in sorted({quantity for _, quantity in registers if QUANTITIES[quantity].used}):
        touched = {key for key, of in registers if of == quantity}
        for key in sorted({meter.parent for meter in here.values() if meter.register(quantity)} & here.keys()):
            family = sight.family(key, quantity)
            if family is not None and touched & {key, *(part.key for part, _ in family.parts)}:
                series = SeriesId(FIGURE, meter_subject(key), balance_name(quantity), DAY)
                store.replace(series, span, rows_of(balance(family, registry.school), span))


def rows_of(of: Balance, span: tuple[datetime, datetime]) -> Columns:
    """Return the days of a balance: the share nobody counts [%], and how far the meters' classes may move it."""
    known = np.flatnonzero(np.isfinite(of.rest) & (of.inflow > 0))
    start_ms = np.array([to_ms(of.grid.instant(int(row))) for row in known], np.int64)
    inside = (start_ms >= to_ms(span[0])) & (start_ms < to_ms(span[1]))
    known, start_ms = known[inside], start_ms[inside]
    share = of.rest[known] / of.inflow[known]
    if len(share) and np.median(share) > MOST_REST:
        # Where only a part is sub-metered the rest is use like any other.
        known, start_ms, share = known[:0], start_ms[:0], share[:0]
    flows = np.concatenate([np.ones((1, len(known))), np.nansum(of.parts[:, known], axis=2) / of.inflow[known]])
    off = np.sqrt(((of.error[:, None] * flows) ** 2).sum(axis=0))
    coverage = np.isfinite(of.grid.value[known]).sum(axis=1) / HOURS_PER_DAY
    fields = {"value": 100 * share, "low": 100 * (share - off), "high": 100 * (share + off), "coverage": coverage}
    return Columns(start_ms, fields)


def lines(asked: Asked, store: Rows, registry: Registry) -> Iterator[Line]:
    """Yield what a day's balance is, how sure, and the registers it is made of."""
    key, quantity = asked.subject.removeprefix("meter/"), asked.name.removeprefix(BALANCE)
    series = SeriesId(FIGURE, asked.subject, asked.name, DAY)
    rows = store.series([series], asked.start, asked.end)[series]
    if not len(rows):
        yield (
            0,
            Said(
                f"{asked.name}：这一天没有：有表缺数，或日子太早",
                f"{asked.name}: not known of this day: a meter's hours are missing, or it is long ago",
            ),
        )
        return
    value, low = (float(rows.fields[name][0]) for name in ("value", "low"))
    yield (
        0,
        Said(
            f"总表进来的有 {value:.1f} % 没有分表计到，表计误差 ±{value - low:.1f} 个百分点：进来的减去各分表",
            f"{value:.1f} % of what flows in is in no sub-meter, meter errors ±{value - low:.1f} points: what flows "
            "in less the sub-meters",
        ),
    )
    known = kin(registry, asked.end - _MOMENT)
    parts = [k for k in sorted(known.children.get(key, ())) if k in known.meters]
    below = [term for k in parts if known.meters[k].register(quantity) for term in drawn(known, k, quantity)]
    for term, sign in [(t, t.sign) for t in inflow(known, key, quantity)] + [(t, -t.sign) for t in below]:
        yield 1, both(f"{'+' if sign > 0 else '−'} {term.key}.{term.quantity}")
        yield 2, (meter_subject(term.key), term.quantity)


def told(registry: Registry, subject: str, name: str, resolution: str) -> bool:
    """Whether a figure is a day's balance of a meter that others hang below."""
    key, quantity = subject.removeprefix("meter/"), name.removeprefix(BALANCE)
    below = any(meter.parent == key and meter.register(quantity) for meter in registry.meters.values())
    return name.startswith(BALANCE) and resolution == DAY and key in registry.meters and below
