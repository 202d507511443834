"""From what a meter said to what was used: registers and intervals become stretches of known use.

Between two good registers no further apart than max(2 × nominal interval, 1 h) use is measured; further apart
it is estimated, the total exact; where nothing bounds it, it is unknown and absent, never 0.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from analytics.series import Bools, Floats, Ints, Pieces, as_read, join, no_pieces, split
from campus.registry import Meter, Register, Replacement
from campus.said import Said
from campus.schema import Columns, from_ms, to_ms
from campus.units import factor

# How many readings to either side decide whether one is a dip or a spike. A meter's glitch lasts a reading or two.
LOOK = 3
# A register that falls from its last tenth into its first tenth, with the same serial, has started anew.
ROLLOVER_ZONE = 0.1
# A rate above this multiple of the registered maximum is not a use (data collection guide 2008: twice the branch's).
IMPLAUSIBLE = 2.0
MEASURED_FLOOR = timedelta(hours=1)
_KINDS = {"reset": "读数变小", "replacement": "疑似换表", "implausible": "用得快得不可能"}


@dataclass(frozen=True, slots=True)
class Suspicion:
    """Something a register did that leaves a stretch unknown: `kind` is reset, replacement or implausible."""

    kind: str
    start_ms: int
    end_ms: int
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class Read:
    """What a meter's rows come to: stretches of use, and what stayed unknown for a reason."""

    pieces: Pieces
    suspicions: tuple[Suspicion, ...]


def read(raw: Columns, meter: Meter, register: Register) -> Read:
    """Return the use that a meter's raw rows (ascending, one series) tell of, ratio applied.

    The result between two rows depends on those rows and the `LOOK` rows around them alone.
    """
    seconds = raw.fields["seconds"].astype(np.float64)
    limit_ms = _ms(max(2 * meter.interval, MEASURED_FLOOR))
    counters, used = seconds == 0, seconds > 0
    from_registers = _registers(raw, np.flatnonzero(counters), meter, register, limit_ms)
    if not used.any():
        return from_registers
    return Read(
        join([from_registers.pieces, _intervals(raw, used, seconds, meter, limit_ms)]), from_registers.suspicions
    )


def _intervals(raw: Columns, used: Bools, seconds: Floats, meter: Meter, limit_ms: int) -> Pieces:
    start = raw.time_ms[used]
    end = start + np.rint(seconds[used] * 1000).astype(np.int64)
    return _with_ratio(as_read(start, end, raw.value[used], end - start > limit_ms), meter)


def _registers(raw: Columns, rows: NDArray[np.intp], meter: Meter, register: Register, limit_ms: int) -> Read:
    if len(rows) < 2:
        return Read(no_pieces(), ())
    time, value = raw.time_ms[rows], raw.value[rows]
    segment = _segments(raw, rows)
    good = np.flatnonzero(~glitches(value, segment))
    swap = np.diff(segment[good]) > 0
    time, value = time[good], value[good]
    start, end, rise = time[:-1], time[1:], np.diff(value)
    rolled = _rollovers(value, register) & ~swap
    rise = rise + np.where(rolled, _modulus(register), 0.0)
    known = (rise >= 0) & ~swap
    pieces = as_read(start, end, rise, end - start > limit_ms)
    replaced, handled = _replacements(pieces, value, meter, register)
    plausible = _plausible(pieces, meter)
    suspicions = _suspicions(pieces, value, swap, known | handled, plausible)
    parts = [pieces.pick(known & plausible & ~handled), *replaced]
    return Read(_with_ratio(join(parts), meter), suspicions)


def glitches(value: Floats, segment: NDArray[np.int_]) -> Bools:
    """Return which readings are dips or spikes: (n,) bool.

    A dip lies below an earlier reading that a later one reaches again; a spike above a later reading that has
    itself not fallen below an earlier one. Both within `LOOK` readings and one `segment` (one serial). A
    register that only grows has neither.
    """
    bad = np.zeros(len(value), bool)
    if not (np.diff(value) < 0).any():
        return bad
    for back in range(1, LOOK + 1):
        for ahead in range(1, LOOK + 1):
            middle = slice(back, len(value) - ahead)
            if middle.stop <= middle.start:
                continue
            before, now, after = value[: middle.stop - back], value[middle], value[back + ahead :]
            same = segment[: middle.stop - back] == segment[back + ahead :]
            dip = (before > now) & (after >= before)
            spike = (after < now) & (before <= after)
            bad[middle] |= same & (dip | spike)
    return bad


def _segments(raw: Columns, rows: NDArray[np.intp]) -> NDArray[np.int_]:
    """Number the rows by serial: (n,) growing by one wherever two neighbours name different serials."""
    text = raw.fields["serial"][rows].astype(str)
    before, after = text[:-1], text[1:]
    return np.cumsum(np.append(False, (before != after) & (before != "") & (after != "")))


def _modulus(register: Register) -> float:
    if register.width is None:
        return np.inf
    return float(10.0**register.width * factor(register.unit, register.quantity))


def _rollovers(value: Floats, register: Register) -> Bools:
    modulus = _modulus(register)
    return (value[:-1] >= (1 - ROLLOVER_ZONE) * modulus) & (value[1:] <= ROLLOVER_ZONE * modulus)


def _plausible(pieces: Pieces, meter: Meter) -> Bools:
    if meter.max_rate is None:
        return np.ones(len(pieces), bool)
    hours = (pieces.end_ms - pieces.start_ms) / 3.6e6
    # A few readings within seconds of each other would turn one step of resolution into a huge rate.
    return np.asarray(pieces.amount * meter.ratio <= IMPLAUSIBLE * meter.max_rate * np.maximum(hours, 0.25))


def _replacements(pieces: Pieces, value: Floats, meter: Meter, register: Register) -> tuple[list[Pieces], Bools]:
    """Return the two stretches around each entered replacement, and which pieces they stand for."""
    handled = np.zeros(len(pieces), bool)
    parts = []
    scale = factor(register.unit, register.quantity)
    for swap in meter.replacements:
        if swap.quantity not in ("", register.quantity.key):
            continue
        at = to_ms(swap.time)
        where = np.flatnonzero((pieces.start_ms < at) & (at <= pieces.end_ms))
        if len(where):
            index = int(where[0])
            handled[index] = True
            parts.append(_around(pieces, index, value, swap, scale))
    return parts, handled


def _around(pieces: Pieces, index: int, value: Floats, swap: Replacement, scale: float) -> Pieces:
    at = to_ms(swap.time)
    start, end = int(pieces.start_ms[index]), int(pieces.end_ms[index])
    old, new = swap.end * scale - value[index], value[index + 1] - swap.start * scale
    estimated = bool(pieces.estimated[index])
    rows = [(s, e, a) for s, e, a in ((start, at, old), (at, end, new)) if e > s and a >= 0]
    return as_read(
        np.array([row[0] for row in rows], np.int64),
        np.array([row[1] for row in rows], np.int64),
        np.array([row[2] for row in rows], np.float64),
        np.full(len(rows), estimated),
    )


def _suspicions(
    pieces: Pieces, value: Floats, swap: Bools, explained: Bools, plausible: Bools
) -> tuple[Suspicion, ...]:
    kinds = (
        (~explained & swap, "replacement"),
        (~explained & ~swap, "reset"),
        (explained & ~plausible, "implausible"),
    )
    return tuple(
        Suspicion(kind, int(pieces.start_ms[i]), int(pieces.end_ms[i]), float(value[i]), float(value[i + 1]))
        for mask, kind in kinds
        for i in np.flatnonzero(mask)
    )


def _with_ratio(pieces: Pieces, meter: Meter) -> Pieces:
    """Return the stretches multiplied by the ratio in force, divided where it changes."""
    changes = [c.since for c in meter.changes if "ratio" in c.values]
    for since in changes:
        pieces = split(pieces, to_ms(since))
    if not changes:
        return pieces if meter.ratio == 1.0 else replace(pieces, amount=pieces.amount * meter.ratio)
    bounds = np.array([to_ms(since) for since in changes])
    ratios = np.array([meter.ratio, *(meter.at(since).ratio for since in changes)])
    in_force = ratios[np.searchsorted(bounds, pieces.start_ms, side="right")]
    return replace(pieces, amount=pieces.amount * in_force)


def settled(raw: Columns, touched: tuple[int, int]) -> tuple[int, int]:
    """Return the window [epoch ms] of use that readings within `touched` (first, last) can have changed.

    `raw` holds rows well around it. The window reaches to a good row beyond `LOOK` rows to either side, or to
    the end of `raw`.
    """
    time, first, last = raw.time_ms, *touched
    rows = np.flatnonzero(raw.fields["seconds"].astype(np.float64) >= 0)
    if not len(rows):
        return first, last
    time = time[rows]
    bad = glitches(raw.value[rows], _segments(raw, rows))
    low = max(int(np.searchsorted(time, first)) - LOOK - 1, 0)
    while low > 0 and bad[low]:
        low -= 1
    high = min(int(np.searchsorted(time, last, side="right")) + LOOK, len(time) - 1)
    while high < len(time) - 1 and bad[high]:
        high += 1
    return min(int(time[low]), first), max(int(time[high]), last)


def closed_until(raw: Columns) -> int | None:
    """Return the end [epoch ms] of the time the rows speak of, or None without rows."""
    if not len(raw):
        return None
    seconds = raw.fields["seconds"].astype(np.float64)
    ends: Ints = raw.time_ms + np.rint(np.maximum(seconds, 0) * 1000).astype(np.int64)
    return int(ends.max())


def describe(suspicion: Suspicion, zone: ZoneInfo) -> Said:
    """Return a suspicion as a sentence, its times at the clock of `zone`."""
    start, end = (f"{from_ms(ms).astimezone(zone):%F %T}" for ms in (suspicion.start_ms, suspicion.end_ms))
    told = f"{suspicion.before:g} → {suspicion.after:g}"
    kind = _KINDS.get(suspicion.kind, suspicion.kind)
    return Said(
        f"{start} 到 {end}：{kind}，示数 {told}；中间用了多少未知",
        f"{suspicion.kind} between {start} and {end}: register {told}; the use in between is unknown",
    )


def _ms(span: timedelta) -> int:
    return span // timedelta(milliseconds=1)
