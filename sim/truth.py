"""What is so: the true use, and the Findings a perfect observer would write; for the judge, never for the pipe."""

from __future__ import annotations

from datetime import datetime

import numpy as np

from campus.results import Finding, Price
from campus.schema import from_ms, meter_subject, to_ms
from campus.units import QUANTITIES
from sim.building import Key, use
from sim.fault import TO_FIND, Fault, Kind
from sim.faults import NIGHT_HOURS, QUIET_HOURS
from sim.moments import between_hours, moments
from sim.registers import Track, used_until

RULES = {
    Kind.CONTINUOUS_FLOW: "night_flow",
    Kind.NIGHT_LOAD: "out_of_hours",
    Kind.RESET: "replaced",
    Kind.REPLACEMENT: "replaced",
    Kind.RATIO: "ratio_step",
    Kind.UNIT: "unit_step",
    Kind.STUCK: "stuck",
    Kind.DRIFT: "drift",
    Kind.SWAPPED: "balance",
    Kind.CLOCK: "balance",
    Kind.DAILY_LEAK: "daily_flow",
    Kind.BURST: "burst",
    Kind.BASE_LOAD: "base_load_step",
    Kind.FREE_DAY_LOAD: "out_of_hours",
    Kind.SPIKE: "spike",
    Kind.DIP: "dip",
    Kind.LOSS: "balance",
    Kind.PV_LOW: "pv_low",
    Kind.DEMAND: "demand",
    Kind.GAS_AT_NIGHT: "gas_at_night",
    Kind.MAKEUP: "makeup_water",
    Kind.HEAT_OFF_SEASON: "heat_off_season",
    Kind.HEAT_FREE_DAYS: "heat_free_days",
    Kind.HEAT_MORE: "heat_weather",
    Kind.STATION_EFFICIENCY: "heat_station_efficiency",
    Kind.NETWORK_LOSS: "heat_network_loss",
    Kind.CHILLER: "chiller_efficiency",
    Kind.SIMULTANEOUS: "simultaneous",
}
# What else a fault shows as, and rightly: whoever is sent finds the same cause.
ALSO_SHOWN: dict[Kind, frozenset[str]] = {
    Kind.BASE_LOAD: frozenset({"out_of_hours"}),
    Kind.NIGHT_LOAD: frozenset({"base_load_step"}),
    Kind.FREE_DAY_LOAD: frozenset({"base_load_step"}),
    Kind.LOSS: frozenset({"night_flow"}),
    Kind.MAKEUP: frozenset({"night_flow"}),
    Kind.DAILY_LEAK: frozenset({"night_flow"}),
    Kind.BURST: frozenset({"night_flow", "spike"}),
    Kind.HEAT_FREE_DAYS: frozenset({"heat_weather"}),
    Kind.HEAT_MORE: frozenset({"heat_free_days"}),
    Kind.NETWORK_LOSS: frozenset({"balance"}),
    Kind.SIMULTANEOUS: frozenset({"heat_weather", "heat_free_days"}),
    Kind.DRIFT: frozenset({"balance"}),
}
HOURS_A_DAY = {Kind.CONTINUOUS_FLOW: 24.0, Kind.NIGHT_LOAD: 24 - NIGHT_HOURS[0] + NIGHT_HOURS[1]}


def energy(track: Track, start: datetime, end: datetime) -> dict[Key, float]:
    """Return the true use of every register in [start, end) [kWh, m³, GJ]."""
    edges = np.array([to_ms(start), to_ms(end)], np.int64)
    return {key: float(np.diff(used_until(track, key, edges))[0]) for key in track.total}


def to_be_found(track: Track) -> list[Fault]:
    """Return the faults a school would want to know of."""
    return [fault for fault in track.faults if fault.kind in RULES and not fault.registered]


def findings(track: Track, until: datetime) -> list[Finding]:
    """Return the true Finding of each fault to be found that has begun before `until`."""
    return [_finding(track, fault, until) for fault in to_be_found(track) if fault.start_ms < to_ms(until)]


def _finding(track: Track, fault: Fault, until: datetime) -> Finding:
    return _excess(track, fault, until) if fault.kind in TO_FIND else _of_meter(track, fault, until)


def _of_meter(track: Track, fault: Fault, until: datetime) -> Finding:
    """Return the finding of a fault of the meter itself: it has no rate, and of a wrong factor that."""
    quantity = QUANTITIES[track.site.meters[fault.meter].quantities[0]]
    ended = fault.end_ms is not None and fault.end_ms < to_ms(until)
    return Finding(
        rule=RULES[fault.kind],
        subject=meter_subject(fault.meter),
        quantity=quantity.key,
        start=from_ms(fault.start_ms),
        end=from_ms(fault.end_ms) if ended and fault.end_ms is not None else None,
        seen_until=until,
        size=None,
        size_unit=quantity.unit,
        usual=None,
        per_day=None,
        to_date=None,
        unit=quantity.unit,
        yuan_per_day=None,
        facts={"factor": fault.size} if fault.size else {},
    )


def _excess(track: Track, fault: Fault, until: datetime) -> Finding:
    quantity = track.site.meters[fault.meter].quantities[0]
    leak = fault.kind is Kind.CONTINUOUS_FLOW
    unit = "m³" if leak else "kWh"
    now = moments(track.site, fault.start_ms, to_ms(until))
    on = np.ones(len(now.hour), bool) if leak else between_hours(now, *NIGHT_HOURS)
    price = _price(track, fault.meter)
    per_day = fault.size * HOURS_A_DAY[fault.kind]
    return Finding(
        rule=RULES[fault.kind],
        subject=meter_subject(fault.meter),
        quantity=quantity,
        start=from_ms(fault.start_ms),
        end=None,
        seen_until=until,
        size=fault.size,
        size_unit="m³/h" if leak else "kW",
        usual=_usual(track, fault, quantity),
        per_day=per_day,
        to_date=fault.size * float(on.sum()) / 4,
        unit=unit,
        yuan_per_day=None if price is None else per_day * price.yuan,
        price=price,
    )


def _usual(track: Track, fault: Fault, quantity: str) -> float:
    """Return the meter's mean rate before the onset in the hours when the fault shows most."""
    window_ms = track.begin_ms, fault.start_ms
    hours = QUIET_HOURS if fault.kind is Kind.CONTINUOUS_FLOW else NIGHT_HOURS
    shown = between_hours(moments(track.site, *window_ms), *hours)
    return float(use(track.site, window_ms)[fault.meter, quantity][shown].mean()) * 4


def _price(track: Track, meter: str) -> Price | None:
    rows = track.site.rows
    account = next(row.get("account") for row in rows["meter"] if row["key"] == meter)
    return next(
        (
            Price(row["price_yuan"], row["price_unit"], row["price_document"], row["price_assumed"])
            for row in rows["account"]
            if row["key"] == account
        ),
        None,
    )
