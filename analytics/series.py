"""Stretches of use and their sums over hours, days or any other windows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Pieces:
    """Stretches of known use, ascending, not overlapping; what lies between two of them is unknown.

    start_ms, end_ms: (n,) int64. amount: (n,) float64 [unit of the quantity], spread evenly over the stretch.
    estimated: (n,) bool, true where the bounding readings lie too far apart to call the shape measured.
    corrected: (n,) bool, true where somebody's correction made the amount.
    """

    start_ms: Ints
    end_ms: Ints
    amount: Floats
    estimated: Bools
    corrected: Bools

    def __len__(self) -> int:
        return len(self.start_ms)

    def pick(self, which: Bools | NDArray[np.intp]) -> Pieces:
        """Return the stretches of a mask, or of places."""
        start, end, amount = self.start_ms[which], self.end_ms[which], self.amount[which]
        return Pieces(start, end, amount, self.estimated[which], self.corrected[which])


@dataclass(frozen=True, slots=True)
class Use:
    """Use per window: value (k,) [unit] with NaN where unknown; coverage (k,) measured time over all time;
    estimated and corrected (k,) those shares of the value. All float64, the shares from 0 to 1."""

    value: Floats
    coverage: Floats
    estimated: Floats
    corrected: Floats

    def put(self, other: Use, here: Bools) -> None:
        """Take the windows of the mask `here` (k,) from another use."""
        for own, new in zip(self.columns(), other.columns(), strict=True):
            own[here] = new[here]

    def columns(self) -> tuple[Floats, Floats, Floats, Floats]:
        """Return the columns in the order of the fields."""
        return self.value, self.coverage, self.estimated, self.corrected


def as_read(start_ms: Ints, end_ms: Ints, amount: Floats, estimated: Bools) -> Pieces:
    """Return stretches as a meter's readings bound them, none of them corrected."""
    return Pieces(start_ms, end_ms, amount, estimated, np.zeros(len(start_ms), bool))


def no_pieces() -> Pieces:
    """Return no stretch."""
    return as_read(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0), np.empty(0, bool))


def join(parts: Sequence[Pieces]) -> Pieces:
    """Return all stretches in one, in time order, each cut where the next begins (pro rata)."""
    if not parts:
        return no_pieces()
    every = Pieces(
        np.concatenate([part.start_ms for part in parts]),
        np.concatenate([part.end_ms for part in parts]),
        np.concatenate([part.amount for part in parts]),
        np.concatenate([part.estimated for part in parts]),
        np.concatenate([part.corrected for part in parts]),
    )
    ordered = every.pick(np.argsort(every.start_ms, kind="stable"))
    ends = ordered.end_ms.copy()
    ends[:-1] = np.minimum(ends[:-1], ordered.start_ms[1:])
    return _cut(ordered, ends)


def until(pieces: Pieces, end_ms: int) -> Pieces:
    """Return the stretches before `end_ms`, the last one cut pro rata."""
    return _cut(pieces, np.minimum(pieces.end_ms, end_ms))


def split(pieces: Pieces, at_ms: int) -> Pieces:
    """Return the stretches, one that goes on over `at_ms` parted there pro rata."""
    inside = (pieces.start_ms < at_ms) & (at_ms < pieces.end_ms)
    if not inside.any():
        return pieces
    tail = pieces.pick(inside)
    share = (tail.end_ms - at_ms) / (tail.end_ms - tail.start_ms)
    late = replace(tail, start_ms=np.full(len(tail), at_ms, np.int64), amount=tail.amount * share)
    return join([pieces, late])


def _cut(pieces: Pieces, ends_ms: Ints) -> Pieces:
    """Return the stretches ended at `ends_ms` (n,), pro rata; what nothing is left of is gone."""
    start, end = pieces.start_ms, pieces.end_ms
    share = np.where(ends_ms < end, (ends_ms - start) / np.maximum(end - start, 1), 1.0)
    return replace(pieces, end_ms=ends_ms, amount=pieces.amount * share).pick(ends_ms > start)


def resample(pieces: Pieces, edges_ms: Ints) -> Use:
    """Return the use in each window between consecutive edges (k+1,) [epoch ms, ascending].

    Every stretch is divided by time, so the energy of the stretches inside the edges is kept. What one window
    gets depends on the stretches that touch it alone, so any slicing gives the same numbers.
    """
    windows = len(edges_ms) - 1
    touching = (pieces.end_ms > edges_ms[0]) & (pieces.start_ms < edges_ms[-1])
    start, end = pieces.start_ms[touching], pieces.end_ms[touching]
    amount = pieces.amount[touching]
    first = np.clip(np.searchsorted(edges_ms, start, side="right") - 1, 0, windows - 1)
    last = np.clip(np.searchsorted(edges_ms, end, side="left") - 1, 0, windows - 1)
    counts = last - first + 1
    piece = np.repeat(np.arange(len(start)), counts)
    step = np.arange(len(piece)) - np.repeat(np.cumsum(counts) - counts, counts)
    window = first[piece] + step
    overlap = np.minimum(end[piece], edges_ms[window + 1]) - np.maximum(start[piece], edges_ms[window])
    part = amount[piece] * (overlap / (end - start)[piece])
    marks = pieces.estimated[touching][piece], pieces.corrected[touching][piece]
    return _use(window, overlap.astype(np.float64), part, marks, np.diff(edges_ms).astype(np.float64))


def _use(window: NDArray[np.intp], overlap: Floats, part: Floats, marks: tuple[Bools, Bools], length: Floats) -> Use:
    count = len(length)
    known, total = _summed(window, overlap, count), _summed(window, part, count)
    guessed, _ = marks
    measured = _summed(window, np.where(guessed, 0.0, overlap), count)
    of_time = (_summed(window, np.where(mark, overlap, 0.0), count) for mark in marks)
    of_value = (_summed(window, np.where(mark, part, 0.0), count) for mark in marks)
    shares = (_share(total, known, *parts) for parts in zip(of_value, of_time, strict=True))
    return Use(np.where(known > 0, total, np.nan), measured / length, *shares)


def _summed(place: NDArray[np.intp], amounts: Floats, count: int) -> Floats:
    """Return the sum of the amounts (..., n) at each place (..., count)."""
    lines = math.prod(amounts.shape[:-1])
    each = (count * np.arange(lines)[:, np.newaxis] + place).reshape(-1)
    summed = np.bincount(each, amounts.reshape(-1), count * lines).astype(np.float64)
    return summed.reshape(*amounts.shape[:-1], count)


def _share(total: Floats, known: Floats, of_value: Floats, of_time: Floats) -> Floats:
    """Return a part's share of the value; where nothing was used, its share of the `known` time stands in for it."""
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(total > 0, of_value / total, of_time / known)
    return np.where(known > 0, np.clip(share, 0.0, 1.0), 0.0)


def add(uses: Sequence[Use]) -> Use:
    """Return the sum of several meters' use over the same windows.

    Unknown meters add nothing and pull coverage down; the sum is unknown where every meter is.
    """
    values = np.stack([use.value for use in uses])
    known = ~np.isnan(values)
    filled = np.where(known, values, 0.0)
    total, knowing = filled.sum(axis=0), known.sum(axis=0).astype(np.float64)
    coverage = np.stack([use.coverage for use in uses]).mean(axis=0)
    shares = []
    for marks in (np.stack([use.estimated for use in uses]), np.stack([use.corrected for use in uses])):
        of_time = np.where(known, marks, 0.0).sum(axis=0)
        shares.append(_share(total, knowing, (filled * marks).sum(axis=0), of_time))
    return Use(np.where(knowing > 0, total, np.nan), coverage, *shares)


def gather(use: Use, edges_ms: Ints, coarse_ms: Ints) -> Use:
    """Return use over windows made of whole fine windows: `edges_ms` (k+1,) → `coarse_ms` (m+1,), both ascending.

    Of use (k,) or of several at once (n, k): each row comes to what it comes to alone. Fine windows outside the
    coarse edges are left out; a coarse window without any known part is unknown.
    """
    windows = len(coarse_ms) - 1
    inside = (edges_ms[:-1] >= coarse_ms[0]) & (edges_ms[1:] <= coarse_ms[-1])
    group = np.searchsorted(coarse_ms, edges_ms[:-1][inside], side="right") - 1
    length = np.diff(edges_ms)[inside].astype(np.float64)
    value = use.value[..., inside]
    known = ~np.isnan(value)
    filled = np.where(known, value, 0.0)
    total, known_time = _summed(group, filled, windows), _summed(group, length * known, windows)
    # What is computed may be below 0: shares are of the amounts, whatever their sign.
    size = np.abs(filled)
    sizes = _summed(group, size, windows)
    coverage = _summed(group, use.coverage[..., inside] * length, windows) / np.diff(coarse_ms)
    shares = []
    for mark in (use.estimated[..., inside], use.corrected[..., inside]):
        of_time = _summed(group, length * known * mark, windows)
        shares.append(_share(sizes, known_time, _summed(group, size * mark, windows), of_time))
    return Use(np.where(known_time > 0, total, np.nan), coverage, *shares)


def stacked(uses: Sequence[Use]) -> Use:
    """Return several meters' use over the same windows (k,) as one (n, k), each in its row."""
    return Use(*map(np.stack, zip(*(use.columns() for use in uses), strict=True)))


def rows_of(use: Use) -> list[Use]:
    """Return the rows of use (n, k), each (k,)."""
    return [Use(*columns) for columns in zip(*use.columns(), strict=True)]


def nothing(windows: int) -> Use:
    """Return use that is unknown in every window."""
    return Use(np.full(windows, np.nan), np.zeros(windows), np.zeros(windows), np.zeros(windows))
