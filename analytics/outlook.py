"""Where a stretch of days will end: what is known of it, what the rest is expected to be, and how sure that is."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from analytics import student
from analytics.ahead import Past, expected
from analytics.scatter import Scatter, scatter
from campus.said import Said

# The interval holds four in five; what it held on real meters stands in docs/figures.md.
HELD = 0.8
# Of the days that have passed this share must be known: the rest is expected like days to come.
LEAST_KNOWN = 0.75
# A chance is never told as certain unless it has happened.
LEAST_CHANCE = 0.01

TOO_LITTLE = Said("这一段已过的日子有数的太少", "too little is known of the days that have passed")
NO_YEAR = Said("没有上一年同期可比，推不到那么远", "there is no year before it to look so far ahead by")
NOT_TOLD = Said("推不出来", "cannot be told")
NEVER_USED = Said("一直没有用量", "nothing was ever used")
_CERTAIN = Scatter(0.0, 1.0)


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a stretch comes to [unit]: `known` so far, and `rest` expected of `days` days, straying by `scatter`."""

    known: float
    rest: float
    days: int
    scatter: Scatter

    @property
    def value(self) -> float:
        """The middle: as likely too much as too little."""
        return self.known + self.rest

    def bounds(self, held: float = HELD) -> tuple[float, float]:
        """Return the interval that holds what it will be with the chance `held`."""
        spread = student.quantile((1 + held) / 2, self.scatter.freedom) * self.scatter.sigma
        return self.known + self.rest * math.exp(-spread), self.known + self.rest * math.exp(spread)

    def chance_above(self, line: float) -> float:
        """Return the chance (0..1) that it ends above a line."""
        left = line - self.known
        if left < 0 or self.rest <= 0:
            return 1.0 if self.known > line else 0.0
        if left == 0:
            return 1.0 - LEAST_CHANCE
        above = 1.0 - student.below(math.log(left / self.rest) / self.scatter.sigma, self.scatter.freedom)
        return min(max(above, LEAST_CHANCE), 1.0 - LEAST_CHANCE)


def outlook(past: Past, rows: tuple[int, int], medium: str) -> Outlook | Said:
    """Return where the days [first, end) of `rows` will end, or why that cannot be told.

    Rows are counted from `past.first`; of a stretch that began before it too little is known.
    """
    start, end = rows
    if start < 0:
        return TOO_LITTLE
    passed = past.value[start : min(end, past.known_days)]
    if np.isfinite(passed).sum() < LEAST_KNOWN * len(passed):
        return TOO_LITTLE
    if not np.isfinite(past.value).any() or np.nansum(past.value) <= 0:
        return NEVER_USED
    every = np.arange(start, end)
    value = np.full(len(every), np.nan)
    value[: len(passed)] = passed
    unknown = every[np.isnan(value)]
    told = expected(past, unknown)
    if np.isnan(told).any():
        return NO_YEAR
    known, rest = float(np.nansum(value)), float(told.sum())
    strays = scatter(past, len(unknown), medium, max(start - past.known_days, 0)) if len(unknown) else _CERTAIN
    return Outlook(known, rest, len(unknown), strays)
