"""What a virtual meter lacks, and what is doubtful about it, in words: which meter is silent since when."""

from __future__ import annotations

from datetime import datetime, timedelta

from analytics.virtual import permitted_error
from campus.ports import Store
from campus.registry import SILENCE_LIMIT, Registry
from campus.said import Said
from campus.schema import FIGURE, REGISTER, SeriesId, from_ms, meter_subject
from campus.units import QUANTITIES
from campus.virtual import Addend, Virtual, meters


def heard_until(store: Store, of: Addend) -> datetime | None:
    """Return the time up to which a register has spoken, None where it never did."""
    series = SeriesId(REGISTER, of.key, of.quantity)
    last = store.latest([series]).get(series)
    if last is None:
        return None
    seconds = last.values[1]
    return from_ms(last.time_ms) + timedelta(seconds=max(0.0, float(seconds or 0.0)))


def silent(registry: Registry, store: Store, virtual: Virtual, now: datetime) -> list[Said]:
    """Return which of the meters behind a virtual one are silent at `now`, longer than their readings take."""
    found = [(of, heard_until(store, of)) for of in meters(registry, virtual, now)]
    late = [
        (of, until)
        for of, until in found
        if until is None or now - until > SILENCE_LIMIT[registry.meters[of.key].arrival]
    ]
    return [_silent(registry, of, until) for of, until in late]


def _silent(registry: Registry, of: Addend, until: datetime | None) -> Said:
    name = named(registry, of)
    if until is None:
        return Said(f"{name.zh}从未来过读数", f"{name.en} never heard")
    since = f"{until.astimezone(registry.school.timezone):%m-%d %H:%M}"
    return Said(f"{name.zh}自 {since} 起无读数", f"{name.en} silent since {since}")


def named(registry: Registry, of: Addend) -> Said:
    """Return a meter's two names, with the quantity where it counts several."""
    meter, kind = registry.meters[of.key], QUANTITIES[of.quantity]
    name = Said(meter.name or meter.key, meter.name_en or meter.name or meter.key)
    return Said(f"{name.zh}({kind.zh})", f"{name.en} ({kind.en})") if len(meter.registers) > 1 else name


def below_nothing(
    registry: Registry, store: Store, virtual: Virtual, period: tuple[str, datetime, datetime]
) -> Said | None:
    """Return the sentence for a figure that is further below 0 than its meters' errors explain, else None.

    `period` is the resolution of the figure, day to year, and its start and end.
    """
    resolution, start, end = period
    own = _value(store, SeriesId(FIGURE, f"virtual/{virtual.key}", virtual.quantity.key, resolution), start, end)
    if own is None or own >= 0:
        return None
    amounts = [
        (of.factor * amount, QUANTITIES[of.quantity].medium)
        for of in meters(registry, virtual, start)
        if (amount := _value(store, _figure(of, resolution), start, end)) is not None
    ]
    allowed, unit = permitted_error(amounts), virtual.quantity.unit
    if -own <= allowed:
        return None
    return Said(
        f"小于 0，且超出各表允许误差之和(±{allowed:.1f} {unit})：查倍率、接线、时钟和上级表；照原样显示，不改成 0",
        f"below 0 by more than the meters' permitted errors (±{allowed:.1f} {unit}): check ratios, wiring, clocks "
        "and parents; shown as it is, not made 0",
    )


def _figure(of: Addend, resolution: str) -> SeriesId:
    return SeriesId(FIGURE, meter_subject(of.key), of.quantity, resolution)


def _value(store: Store, series: SeriesId, start: datetime, end: datetime) -> float | None:
    rows = store.series([series], start, end)[series]
    return float(rows.value[0]) if len(rows) else None
