"""Stretches of use and their sums over hours, days or any other windows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

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
    """

    start_ms: Ints
    end_ms: Ints
    amount: Floats
    estimated: Bools

    def __len__(self) -> int:
        return len(self.start_ms)


@dataclass(frozen=True, slots=True)
class Use:
    """Use per window: value (k,) [unit] with NaN where unknown; coverage (k,) measured time over all time;
    estimated (k,) the estimated share of the value. All float64, the shares from 0 to 1."""

    value: Floats
    coverage: Floats
    estimated: Floats


def no_pieces() -> Pieces:
    """Return no stretch."""
    return Pieces(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0), np.empty(0, bool))


def join(parts: Sequence[Pieces]) -> Pieces:
    """Return all stretches in one, in time order, each cut where the next begins (pro rata)."""
    start = np.concatenate([p.start_ms for p in parts]) if parts else np.empty(0, np.int64)
    order = np.argsort(start, kind="stable")
    start = start[order]
    end = np.concatenate([p.end_ms for p in parts])[order] if parts else start
    amount = np.concatenate([p.amount for p in parts])[order] if parts else np.empty(0)
    estimated = np.concatenate([p.estimated for p in parts])[order] if parts else np.empty(0, bool)
    cut = end.copy()
    cut[:-1] = np.minimum(end[:-1], start[1:])
    kept = cut > start
    share = np.where(cut < end, (cut - start) / np.maximum(end - start, 1), 1.0)
    return Pieces(start[kept], cut[kept], (amount * share)[kept], estimated[kept])


def until(pieces: Pieces, end_ms: int) -> Pieces:
    """Return the stretches before `end_ms`, the last one cut pro rata."""
    kept = pieces.start_ms < end_ms
    start, end = pieces.start_ms[kept], pieces.end_ms[kept]
    cut = np.minimum(end, end_ms)
    share = np.where(cut < end, (cut - start) / np.maximum(end - start, 1), 1.0)
    return Pieces(start, cut, pieces.amount[kept] * share, pieces.estimated[kept])


def resample(pieces: Pieces, edges_ms: Ints) -> Use:
    """Return the use in each window between consecutive edges (k+1,) [epoch ms, ascending].

    Every stretch is divided by time, so the energy of the stretches inside the edges is kept. What one window
    gets depends on the stretches that touch it alone, so any slicing gives the same numbers.
    """
    windows = len(edges_ms) - 1
    touching = (pieces.end_ms > edges_ms[0]) & (pieces.start_ms < edges_ms[-1])
    start, end = pieces.start_ms[touching], pieces.end_ms[touching]
    amount, estimated = pieces.amount[touching], pieces.estimated[touching]
    first = np.clip(np.searchsorted(edges_ms, start, side="right") - 1, 0, windows - 1)
    last = np.clip(np.searchsorted(edges_ms, end, side="left") - 1, 0, windows - 1)
    counts = last - first + 1
    piece = np.repeat(np.arange(len(start)), counts)
    step = np.arange(len(piece)) - np.repeat(np.cumsum(counts) - counts, counts)
    window = first[piece] + step
    overlap = np.minimum(end[piece], edges_ms[window + 1]) - np.maximum(start[piece], edges_ms[window])
    part = amount[piece] * (overlap / (end - start)[piece])
    guessed = estimated[piece]
    return _use(window, overlap.astype(np.float64), part, guessed, np.diff(edges_ms).astype(np.float64))


def _use(window: NDArray[np.intp], overlap: Floats, part: Floats, guessed: Bools, length: Floats) -> Use:
    count = len(length)
    known = np.bincount(window, overlap, count)
    measured = np.bincount(window, np.where(guessed, 0.0, overlap), count)
    total = np.bincount(window, part, count)
    guess = np.bincount(window, np.where(guessed, part, 0.0), count)
    with np.errstate(divide="ignore", invalid="ignore"):
        # Where nothing was used, the share of time stands in for the share of energy.
        share = np.where(total > 0, guess / total, (known - measured) / known)
    return Use(
        np.where(known > 0, total, np.nan), measured / length, np.where(known > 0, np.clip(share, 0.0, 1.0), 0.0)
    )


def add(uses: Sequence[Use]) -> Use:
    """Return the sum of several meters' use over the same windows.

    Unknown meters add nothing and pull coverage down; the sum is unknown where every meter is.
    """
    values = np.stack([use.value for use in uses])
    known = ~np.isnan(values)
    filled = np.where(known, values, 0.0)
    total = filled.sum(axis=0)
    guess = (filled * np.stack([use.estimated for use in uses])).sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        by_time = np.stack([np.where(k, use.estimated, 0.0) for use, k in zip(uses, known, strict=True)]).mean(axis=0)
        share = np.where(total > 0, guess / total, by_time)
    any_known = known.any(axis=0)
    coverage = np.stack([use.coverage for use in uses]).mean(axis=0)
    return Use(np.where(any_known, total, np.nan), coverage, np.where(any_known, np.clip(share, 0.0, 1.0), 0.0))


def gather(use: Use, edges_ms: Ints, coarse_ms: Ints) -> Use:
    """Return use over windows made of whole fine windows: `edges_ms` (k+1,) → `coarse_ms` (m+1,), both ascending.

    Fine windows outside the coarse edges are left out; a coarse window without any known part is unknown.
    """
    windows = len(coarse_ms) - 1
    inside = (edges_ms[:-1] >= coarse_ms[0]) & (edges_ms[1:] <= coarse_ms[-1])
    group = np.searchsorted(coarse_ms, edges_ms[:-1][inside], side="right") - 1
    length = np.diff(edges_ms)[inside].astype(np.float64)
    value, share = use.value[inside], use.estimated[inside]
    known = ~np.isnan(value)
    filled = np.where(known, value, 0.0)
    total = np.bincount(group, filled, windows)
    guess = np.bincount(group, filled * share, windows)
    known_time = np.bincount(group, length * known, windows)
    with np.errstate(divide="ignore", invalid="ignore"):
        by_time = np.bincount(group, length * known * share, windows) / known_time
        estimated = np.where(total > 0, guess / total, by_time)
    coverage = np.bincount(group, use.coverage[inside] * length, windows) / np.diff(coarse_ms)
    return Use(
        np.where(known_time > 0, total, np.nan), coverage, np.where(known_time > 0, np.clip(estimated, 0, 1), 0.0)
    )


def nothing(windows: int) -> Use:
    """Return use that is unknown in every window."""
    return Use(np.full(windows, np.nan), np.zeros(windows), np.zeros(windows))
