"""Bills the utility sent: their use and yuan held against what the meters counted over the same dates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

import numpy as np

from analytics import corrected
from analytics.around import WHOLE
from analytics.bill_match import Compared, Match, match
from analytics.series import Pieces
from app.account_use import paying, quantity_of
from app.bills import Reckoned, reckoned
from app.windows import Window
from campus.ports import Rows
from campus.registry import Account, Arrival, Meter, Registry
from campus.schema import BILLED_YUAN, REGISTER, SeriesId, from_ms, to_ms

_ALL_TIME = timedelta(days=36_525)


@dataclass(frozen=True, slots=True)
class Beside:
    """A bill the utility sent: its use [unit] between its own reading dates, the meters' beside, and the match.

    `yuan` is what the bill came to, None where nobody entered it.
    """

    meter: Meter
    billed: float
    reckoned: Reckoned
    match: Match
    yuan: float | None = None

    @property
    def own_yuan(self) -> float | None:
        """What the account's prices make of what the meters counted, None where they do not know all of its time."""
        whole = self.reckoned.over and self.reckoned.known >= WHOLE
        return self.reckoned.bill.total if whole else None


class _Told(NamedTuple):
    """A bill's dates [epoch ms], its use [unit] and its yuan, None where either is not told."""

    start_ms: int
    end_ms: int
    amount: float | None
    yuan: float | None

    @property
    def window(self) -> Window:
        """Its dates as instants."""
        return from_ms(self.start_ms), from_ms(self.end_ms)


def sent(registry: Registry, rows: Rows, account: Account, window: Window) -> Iterator[Beside]:
    """Yield the bills the utility sent of an account whose middle lies in [start, end), each with its match.

    A bill is what was imported into a meter of the account that is read by hand: the use between its own dates.
    """
    for meter, told in _told(registry, rows, account, window):
        found = reckoned(registry, rows, account, told.window) if told.amount is not None else None
        if found is not None and told.amount is not None:
            yield Beside(meter, told.amount, found, _match(registry, found, meter, told.amount), told.yuan)


def alone(registry: Registry, rows: Rows, account: Account, window: Window) -> Iterator[tuple[Window, float]]:
    """Yield the dates and yuan of such bills of which no use is known over just these dates."""
    for _, told in _told(registry, rows, account, window):
        if told.amount is None and told.yuan is not None:
            yield told.window, told.yuan


def _told(registry: Registry, rows: Rows, account: Account, window: Window) -> Iterator[tuple[Meter, _Told]]:
    quantity = quantity_of(account)
    for meter in registry.meters.values():
        register = meter.register(quantity)
        if meter.arrival is not Arrival.MANUAL or register is None or meter.account != account.key:
            continue
        series = SeriesId(REGISTER, meter.key, quantity)
        raw = rows.series([series], window[0] - _ALL_TIME, window[1] + _ALL_TIME)[series]
        for told in _bills(corrected.read(raw, meter, register), _paid(rows, meter, window)):
            if to_ms(window[0]) <= (told.start_ms + told.end_ms) // 2 < to_ms(window[1]):
                yield meter, told


def _paid(rows: Rows, meter: Meter, window: Window) -> list[tuple[int, int, float]]:
    """Return what the bills kept in a meter came to: start, end and yuan."""
    series = SeriesId(REGISTER, meter.key, BILLED_YUAN)
    told = rows.series([series], window[0] - _ALL_TIME, window[1] + _ALL_TIME)[series]
    if not len(told):
        return []
    ends = told.time_ms + np.rint(1000 * told.fields["seconds"]).astype(np.int64)
    return list(zip(told.time_ms.tolist(), ends.tolist(), told.value.tolist(), strict=True))


def _bills(pieces: Pieces, paid: Sequence[tuple[int, int, float]]) -> list[_Told]:
    """Return bills in the order of time; one inside which somebody read the meter too is the sum of its parts."""
    found: list[_Told] = []
    left = np.ones(len(pieces), bool)
    for start, end, yuan in paid:
        inside = left & (pieces.start_ms >= start) & (pieces.end_ms <= end)
        whole = bool((pieces.end_ms - pieces.start_ms)[inside].sum() == end - start)
        found.append(_Told(start, end, float(pieces.amount[inside].sum()) if whole else None, yuan))
        left &= ~(inside & whole)
    rest = pieces.pick(left)
    columns = (rest.start_ms.tolist(), rest.end_ms.tolist(), rest.amount.tolist())
    found += [_Told(*row, None) for row in zip(*columns, strict=True)]
    return sorted(found, key=lambda one: (one.start_ms, one.end_ms))


def _match(registry: Registry, found: Reckoned, told: Meter, billed: float) -> Match:
    paid = {m.key: m for m in paying(registry, found.account, quantity_of(found.account), found.window[0])}
    ratios = {meter.ratio for meter in paid.values()}
    length = found.window[1] - found.window[0]
    # Where nothing but the bill itself tells of the use there is nothing to hold it against.
    known = 0.0 if told.key in paid else found.known * ((found.until - found.window[0]) / length)
    return match(
        Compared(
            medium=found.account.medium,
            billed=billed,
            metered=found.use,
            known=known,
            edges=found.edges,
            days=length / timedelta(days=1),
            share=found.tariff.share,
            low_side="高供低计" in found.account.survey.get("metering", ""),
            ratio=ratios.pop() if len(ratios) == 1 else 1.0,
        )
    )
