"""What flows in at a meter against what those below it count: which of them is wrong, or what nobody counts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from analytics.around import FAMILY, Family
from analytics.balance import Balance
from analytics.balance_cause import Kind
from analytics.balance_found import Judged, Seen, judged, meters
from analytics.balance_words import said
from analytics.detector import Context, Detector, NotJudged, Verdict, yuan_per_day
from analytics.drifting import drifts
from analytics.hours import HOURS_PER_DAY, Hours
from analytics.meter_words import Facts, bare, seen_until
from analytics.nearest import MISCOUNTED, OTHER
from campus.results import Finding
from campus.said import Said
from campus.trades import Trade

NAME = "balance"
# Days the present size is taken from; causes of one meter within so many days are one cause.
SIZE_DAYS, ONE_CAUSE_DAYS = 7, 5
# An amount nobody counts is told of these; of the others the count itself is wrong.
AMOUNTS = frozenset({Kind.STEADY, Kind.IN_STEP, Kind.UNCLEAR})
RATE_UNITS = {"kWh": "kW", "m³": "m³/h", "GJ": "GJ/h"}

_ALONE = NotJudged(
    "no_family",
    "这块表没有上级表也没有下级表，没有可以对的量。",
    "No meter above and none below: there is nothing to balance it with.",
)
_PARTLY = NotJudged(
    "partly_metered",
    "下级表只计到一部分，其余没有分表，平衡看不出对错。",
    "The meters below count only a part; the rest has no sub-meter, so no balance tells right from wrong.",
)
_UNKNOWN = NotJudged(
    "too_little_history",
    "上下级表同时有数的日子还不够，或者有表每天只读一次。",
    "Too few days on which all meters above and below are known, or one of them is read once a day.",
)


def judge(hours: Hours, context: Context) -> Verdict:
    """Return what is wrong at this meter by the balance above it and the one below it, or why that cannot be told."""
    families = [one for one in (context.around.above, context.around.below) if one is not None]
    until = seen_until(hours)
    if not families or until is None:
        return _ALONE
    told = [(family, judged(family, context.school)) for family in families]
    if not any(one.told for _, one in told):
        return _PARTLY if all(one.partly for _, one in told) else _UNKNOWN
    found = [
        _finding(seen, (family, one), hours, context)
        for family, one in told
        for seen in one.seen
        if meters(family)[seen.meter] == context.meter.key and not _drifting(seen, family, context)
    ]
    return [one for place, one in enumerate(found) if not any(_same(one, other) for other in found[:place])]


def _drifting(seen: Seen, family: Family, context: Context) -> bool:
    """Whether a meter of the family was known to drift when its sums parted: then that is why."""
    if seen.cause.kind not in AMOUNTS | {Kind.PART}:
        return False
    return any(
        one.known <= seen.event.known and (one.end is None or seen.event.first < one.end)
        for one in drifts(family, context.school)
    )


def _same(one: Finding, other: Finding) -> bool:
    return abs((one.start - other.start).days) <= ONE_CAUSE_DAYS


def _finding(seen: Seen, of: tuple[Family, Judged], hours: Hours, context: Context) -> Finding:
    family, known = of
    event, grid = seen.event, known.of.grid
    until = seen_until(hours)
    assert until is not None
    end = None if event.end is None else grid.instant(event.end)
    found = bare(NAME, context, (grid.instant(event.first), end), until)
    facts: Facts = {
        "cause": seen.cause.kind.value,
        "counts": seen.cause.counts if np.isfinite(seen.cause.counts) else 1.0,
    }
    if seen.cause.kind not in AMOUNTS:
        facts[MISCOUNTED] = seen.cause.kind.value
    if seen.other > 0:
        other, _ = family.parts[seen.other - 1]
        facts |= {OTHER: other.key, "other_zh": other.name, "other_en": other.name_en or other.name}
    found = replace(found, facts={**found.facts, **facts}, sure=_sure(seen))
    return _with_amounts(found, seen, (known.of, context)) if seen.cause.kind in AMOUNTS else found


def _sure(seen: Seen) -> float:
    """Return how sure the cause is: how much it explains; the hours of many days hardly deceive about the others."""
    return seen.cause.explained if seen.cause.kind in AMOUNTS | {Kind.PART} else 0.95


def _with_amounts(found: Finding, seen: Seen, of: tuple[Balance, Context]) -> Finding:
    """Return the finding with how much does not balance by now, and with what that costs where it is too much."""
    (days, context), first = of, seen.event.first
    rows = np.arange(first, seen.event.last + 1)
    # Of a vacation in which nothing flows the usual rest says nothing.
    rows = rows[seen.usual.judged[rows]][-SIZE_DAYS:]
    per_day = float(np.median(seen.more[rows]))
    # Where the meter above stands still, it is held against what usually flows in.
    flows = float(np.median(days.inflow[rows])) or float(seen.usual.inflow[first])
    facts: Facts = {
        "apart": per_day,
        "usual": float(np.median(seen.usual.rest(days.inflow)[rows])) / flows,
        "now": float(np.median(days.rest[rows])) / flows,
        "uncertain": float(seen.usual.uncertain[first]),
    }
    found = replace(found, facts={**found.facts, **facts})
    return _with_cost(found, seen, (per_day, context)) if per_day > 0 else found


def _with_cost(found: Finding, seen: Seen, size: tuple[float, Context]) -> Finding:
    (per_day, context), first = size, seen.event.first
    lasted = seen.more[first : seen.event.end]
    usual = seen.usual.always[first] + seen.usual.share[first] * seen.usual.inflow[first]
    return replace(
        found,
        size=per_day / HOURS_PER_DAY,
        size_unit=RATE_UNITS.get(found.unit, found.size_unit),
        usual=float(usual) / HOURS_PER_DAY,
        per_day=per_day,
        to_date=float(np.nansum(np.maximum(lasted, 0.0))),
        yuan_per_day=yuan_per_day(per_day, found.unit, context.price),
        price=context.price,
    )


DETECTOR = Detector(
    name=NAME,
    zh="总表和分表对不上",
    en="Main meter and sub-meters do not balance",
    quantities=frozenset({"electricity", "water", "gas", "gas_energy", "cold"}),
    judge=judge,
    message=said,
    trade=Trade.ENERGY,
    closes=Said(
        "连续五天总表和分表之和又对得上。", "Five days in a row on which main meter and sub-meters balance again."
    ),
    needs=frozenset({FAMILY}),
)
