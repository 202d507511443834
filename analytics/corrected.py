"""From what a meter tells of its use to what counts: its corrections applied, and marked.

Corrections of readings come first, as they change what the meter told; then at most one holds at any moment, so that
their order changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import numpy as np

from analytics import consumption
from analytics.series import Bools, Floats, Ints, Pieces, join, no_pieces, split
from campus.corrections import Correction, Kind, standing
from campus.registry import Meter, Register
from campus.schema import Columns, to_ms
from campus.units import factor

Span = tuple[int, int]  # [epoch ms]


def read(raw: Columns, meter: Meter, register: Register) -> Pieces:
    """Return the use that counts of a meter's raw rows (ascending, one series), ratio and corrections applied.

    Rows must reach around every correction of the kind `use` that they touch: its shape is that of all its time.
    """
    every = standing(meter.corrections, register.quantity.key)
    pieces = consumption.read(readings(raw, meter, register), meter, register).pieces
    for correction in every:
        if correction.kind is Kind.READING:
            pieces = _marked(pieces, _reach(raw, to_ms(correction.start)))
        else:
            pieces = _laid(pieces, correction)
    return pieces


def readings(raw: Columns, meter: Meter, register: Register) -> Columns:
    """Return the rows with wrong readings left out, or replaced by what somebody read."""
    said = {
        to_ms(one.start): None if one.value is None else one.value * factor(register.unit, register.quantity)
        for one in standing(meter.corrections, register.quantity.key)
        if one.kind is Kind.READING
    }
    if not said:
        return raw
    value = np.array([said.get(int(t), v) for t, v in zip(raw.time_ms, raw.value, strict=True)], np.float64)
    kept = np.array([said.get(int(t), 0.0) is not None for t in raw.time_ms], bool)
    fields = {name: column[kept] for name, column in {**raw.fields, "value": value}.items()}
    return Columns(raw.time_ms[kept], fields)


def _reach(raw: Columns, at_ms: int) -> Span | None:
    """Return the time whose use the row at `at_ms` decides, of a counter up to its neighbours; None without one."""
    time = raw.time_ms
    here, after = (int(np.searchsorted(time, at_ms, side=side)) for side in ("left", "right"))
    if here == after:
        return None
    seconds = float(raw.fields["seconds"][here])
    if seconds > 0:
        return at_ms, at_ms + round(seconds * 1000)
    first = int(time[here - 1]) if here else at_ms
    return first, int(time[after]) if after < len(time) else at_ms


def _marked(pieces: Pieces, span: Span | None) -> Pieces:
    if span is None:
        return pieces
    inside = (pieces.start_ms < span[1]) & (pieces.end_ms > span[0])
    return replace(pieces, corrected=pieces.corrected | inside)


def _laid(pieces: Pieces, correction: Correction) -> Pieces:
    """Return the stretches with what a correction says of its time in the place of what they told."""
    span = start, end = to_ms(correction.start), to_ms(correction.end)
    if correction.kind is not Kind.SCALE:
        # One reading inside and one outside: without the one, what is left outside is the other's guess.
        astride = _astride(pieces, start) | _astride(pieces, end)
        pieces = replace(pieces, estimated=pieces.estimated | astride)
    parted = split(split(pieces, start), end)
    inside = (parted.start_ms >= start) & (parted.end_ms <= end)
    told = parted.pick(inside)
    if correction.kind is Kind.VOID:
        told = no_pieces()
    elif correction.kind is Kind.SCALE:
        told = replace(told, amount=told.amount * (correction.value or 0.0), corrected=np.ones(len(told), bool))
    else:
        told = _shaped(told, span, correction.value or 0.0)
    return join([parted.pick(~inside), told])


def _astride(pieces: Pieces, at_ms: int) -> Bools:
    return np.asarray((pieces.start_ms < at_ms) & (at_ms < pieces.end_ms))


def _shaped(told: Pieces, span: Span, amount: float) -> Pieces:
    """Return an amount laid over a span by the shape of what was told, at its mean where nothing was, else evenly."""
    gaps = _gaps(told, span)
    every = join([told, gaps])
    length = (every.end_ms - every.start_ms).astype(np.float64)
    unknown = np.isin(every.start_ms, gaps.start_ms)
    known_time = float(length[~unknown].sum())
    mean = float(told.amount.sum()) / known_time if known_time else 0.0
    weight: Floats = np.where(unknown, mean * length, every.amount)
    shaped = float(weight.sum()) > 0
    share = weight / weight.sum() if shaped else length / length.sum()
    # Spread evenly, no hour's part of it was measured.
    estimated = every.estimated | unknown if shaped else np.ones(len(every), bool)
    return replace(every, amount=amount * share, estimated=estimated, corrected=np.ones(len(every), bool))


def _gaps(told: Pieces, span: Span) -> Pieces:
    """Return the stretches of a span that the ones told leave open, without any amount."""
    starts: Ints = np.concatenate([[span[0]], told.end_ms]).astype(np.int64)
    ends: Ints = np.concatenate([told.start_ms, [span[1]]]).astype(np.int64)
    count = len(starts)
    gaps = Pieces(starts, ends, np.zeros(count), np.ones(count, bool), np.zeros(count, bool))
    return gaps.pick(ends > starts)


def stated_until(meter: Meter, quantity: str) -> datetime | None:
    """Return until when somebody said what was used, None where nobody did: a silent meter's hours close with it."""
    ends = [one.end for one in standing(meter.corrections, quantity) if one.kind is Kind.USE]
    return max(ends, default=None)


def reaching(
    corrections: Sequence[Correction], quantity: str, window: tuple[datetime, datetime]
) -> Sequence[Correction]:
    """Return the corrections of a use that a part of the window lies in: any change there changes all their time."""
    mine = (one for one in standing(corrections, quantity) if one.kind is Kind.USE)
    return [one for one in mine if one.start < window[1] and window[0] < one.end]
