"""What moving a load to other hours saves: reckoned from the account's own prices, never assumed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from analytics.hour_prices import day_prices
from analytics.hours import HOURS_PER_DAY, Numbers
from campus.said import Said
from campus.tariff import Tariff

# Less than this [yuan a day] is nobody's trouble to move a load for: ours.
LEAST_YUAN = 1.0


@dataclass(frozen=True, slots=True)
class Shift:
    """A load of `kwh` a day moved from its hours to those from `first` on (`hours` in a row, over midnight too):
    what that saves [yuan a day]."""

    first: int
    hours: int
    kwh: float
    yuan_a_day: float

    @property
    def end(self) -> int:
        """The local hour at which it ends, 1..24."""
        return (self.first + self.hours - 1) % HOURS_PER_DAY + 1


def shift(tariff: Tariff, day: date, load_kwh: Numbers, hours: int) -> Shift | None:
    """Return the cheapest `hours` in a row for a load that can move, and what it saves there on such a day.

    `load_kwh` (24,) is what it uses now by the local hour. None where the price does not go by the hour, none is
    set, or nothing is saved by moving.
    """
    prices = day_prices(tariff, day)
    if prices is None or np.ptp(prices) == 0 or not 0 < hours <= HOURS_PER_DAY:
        return None
    around = np.concatenate([prices, prices[: hours - 1]])
    runs = np.convolve(around, np.full(hours, 1 / hours), "valid")
    best = int(np.argmin(runs))
    saved = float(np.sum(load_kwh * prices) - load_kwh.sum() * runs[best]) * tariff.share
    return Shift(best, hours, float(load_kwh.sum()), saved) if saved >= LEAST_YUAN else None


@dataclass(frozen=True, slots=True)
class Gap:
    """The dearest and the cheapest local hours of a day, and what a unit moved from these to those saves [yuan]."""

    dearest: tuple[int, ...]
    cheapest: tuple[int, ...]
    yuan: float


def gap(tariff: Tariff, day: date) -> Gap | None:
    """Return the widest gap between hours of a day; None where the price does not go by the hour, or none is set."""
    prices = day_prices(tariff, day)
    if prices is None or np.ptp(prices) == 0:
        return None
    dear, cheap = (np.flatnonzero(np.isclose(prices, edge)) for edge in (prices.max(), prices.min()))
    return Gap(tuple(dear.tolist()), tuple(cheap.tolist()), float(np.ptp(prices)) * tariff.share)


def hours_said(hours: Sequence[int]) -> Said:
    """Return local hours as stretches: "11–14点、17–19点" and "11–14 h, 17–19 h"."""
    ordered = sorted(hours)
    starts = [hour for hour in ordered if hour - 1 not in ordered]
    ends = [hour + 1 for hour in ordered if hour + 1 not in ordered]
    spans = [f"{start}–{end}" for start, end in zip(starts, ends, strict=True)]
    return Said("、".join(f"{span}点" for span in spans), ", ".join(f"{span} h" for span in spans))
