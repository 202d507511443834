"""Where a use comes from: the meters summed, their hours, and the readings that bound them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from zoneinfo import ZoneInfo

import numpy as np

from analytics import consumption
from app import explain_corrected, virtual_explain
from app.explain_asked import Asked, Line
from app.recompute import raw_around
from campus import quality
from campus.ports import Store
from campus.readings import Quality
from campus.registry import Building, Meter, Registry
from campus.said import Said
from campus.schema import (
    CONSUMPTION,
    DAY,
    FIGURE,
    HOUR,
    MONTH,
    REGISTER,
    SCHOOL_SUBJECT,
    YEAR,
    Columns,
    SeriesId,
    from_ms,
    meter_subject,
    virtual_subject,
)
from campus.units import QUANTITIES
from campus.virtual import Virtual

SUSPICIONS_SHOWN = 3
_SPANS = {YEAR: "年", MONTH: "月", DAY: "日", HOUR: "小时"}
_KEPT: dict[str, Said] = {
    Quality.GOOD: Said("正常", "good"),
    Quality.ARRIVAL: Said("时间取到达时刻", "timed by its arrival"),
    Quality.MANUAL: Said("人工抄表", "read by hand"),
    Quality.DEVICE_ESTIMATE: Said("设备估算", "estimated by the device"),
}


def placed(lines: Iterable[Line], asked: Asked, store: Store, registry: Registry) -> Iterator[tuple[int, Said]]:
    """Yield lines, a figure among them down to its readings."""
    for depth, line in lines:
        if isinstance(line, Said):
            yield depth, line
        else:
            own = line if isinstance(line, Asked) else asked.at(line)
            yield from use(own, store, registry, depth)


def virtual_of(registry: Registry, subject: str) -> Virtual | None:
    """Return the virtual meter a subject is, None where it is none."""
    return next((v for v in registry.virtuals.values() if subject == virtual_subject(v.key)), None)


def use(asked: Asked, store: Store, registry: Registry, depth: int) -> Iterator[tuple[int, Said]]:
    """Yield a use from its figure down to readings."""
    rows = _rows(asked, store, asked.subject, asked.resolution)
    said, span = _said(rows, asked, registry), _span(asked, registry)
    named, quantity = _named(registry, asked.subject), QUANTITIES[asked.name]
    yield (
        depth,
        Said(
            f"{named}：{quantity.zh}（{_SPANS[asked.resolution]}）{span} = {said.zh}",
            f"{asked.subject} {asked.name} {asked.resolution} of {span} = {said.en}",
        ),
    )
    if (virtual := virtual_of(registry, asked.subject)) is not None:
        lines = virtual_explain.lines(asked, store, registry, virtual)
        of_inputs = ((depth + (1 if isinstance(line, Said) else 2), line) for line in lines)
        yield from placed(of_inputs, asked, store, registry)
        return
    key = asked.subject.removeprefix(meter_subject(""))
    subject = asked.subject
    meters = [registry.meters[key]] if subject != key else registry.leaves(subject, asked.name, asked.start)
    if subject == key:
        count = len(meters)
        if not count:
            none = f"no meter of {subject} counted {asked.name} then"
            yield depth + 1, Said(f"{named}当时没有计量{quantity.zh}的表", none)
            return
        en = "the one meter" if count == 1 else f"the sum of {count} meters"
        zh = "由 1 块表计量" if count == 1 else f"{count} 块表相加"
        yield depth + 1, Said(f"{zh}，上面没有别的表", f"{en} that no other meter of {subject} stands above")
    for meter in meters:
        yield from _meter(asked, store, registry, (meter, depth + 1))


def _named(registry: Registry, subject: str) -> str:
    """Return what a subject is called in Chinese, with its name as a figure's subject."""
    if subject == SCHOOL_SUBJECT:
        return f"全校（{subject}）"
    kind, _, key = subject.partition("/")
    rows: Mapping[str, Mapping[str, Building | Meter | Virtual]]
    rows = {"building": registry.buildings, "meter": registry.meters, "virtual": registry.virtuals}
    row = rows.get(kind, {}).get(key)
    name = "" if row is None else row.name
    return f"{name}（{subject}）" if name else subject


def _rows(asked: Asked, store: Store, subject: str, resolution: str) -> Columns:
    """Return the stored figures of a subject in the period; the hours of a meter are its consumption."""
    series = SeriesId(FIGURE, subject, asked.name, resolution)
    if resolution == HOUR and subject.startswith(meter_subject("")):
        series = SeriesId(CONSUMPTION, subject.removeprefix(meter_subject("")), asked.name)
    return store.series([series], asked.start, asked.end)[series]


def _span(asked: Asked, registry: Registry) -> str:
    zone = registry.school.timezone
    return f"[{asked.start.astimezone(zone):%F %H:%M}, {asked.end.astimezone(zone):%F %H:%M}) {zone.key}"


def _said(rows: Columns, asked: Asked, registry: Registry) -> Said:
    if not len(rows):
        return Said("未知（没有读数界定）", "unknown (no reading bounds it)")
    value, coverage, estimated = (float(rows.fields[field][0]) for field in ("value", "coverage", "estimated"))
    corrected = float(np.nan_to_num(rows.fields["corrected"][0]))
    by_hand = quality.by_hand(registry, asked.subject, asked.name, asked.start)
    code = quality.code(value, coverage, estimated, corrected, by_hand)
    amount, letter, name = f"{value:,.3f} {QUANTITIES[asked.name].unit}", quality.LETTERS[code], quality.NAMES[code]
    touched = Said(f"，更正 {corrected:.1%}", f", corrected {corrected:.1%}") if corrected else Said("", "")
    return Said(
        f"{amount}；覆盖率 {coverage:.1%}，估算 {estimated:.1%}{touched.zh}；{letter} {name.zh}",
        f"{amount}; coverage {coverage:.1%}, estimated {estimated:.1%}{touched.en}; {letter} {name.en.lower()}",
    )


def _meter(asked: Asked, store: Store, registry: Registry, of: tuple[Meter, int]) -> Iterator[tuple[int, Said]]:
    meter, depth = of
    register, zone = meter.register(asked.name), registry.school.timezone
    if register is None:
        return
    yield depth, _known(asked, store, registry, meter)
    raw = raw_around(store, SeriesId(REGISTER, meter.key, asked.name), asked.start, asked.end)
    yield from ((depth + 1 + more, line) for more, line in _bounds(raw, asked, zone))
    for line in explain_corrected.lines(store, registry, (meter, asked.name), (asked.start, asked.end)):
        yield depth + 1, line
    read = consumption.read(raw, meter, register)
    inside = [s for s in read.suspicions if asked.start < from_ms(s.end_ms) and from_ms(s.start_ms) < asked.end]
    for suspicion in inside[:SUSPICIONS_SHOWN]:
        yield depth + 1, consumption.describe(suspicion, zone)
    if (rest := len(inside) - SUSPICIONS_SHOWN) > 0:
        yield depth + 1, Said(f"这样的时段还有 {rest} 处，都未知", f"and {rest} more such stretches, each unknown")


def _known(asked: Asked, store: Store, registry: Registry, meter: Meter) -> Said:
    """Return a meter, what is known of it in the period, and how it was registered then."""
    now, unit = meter.at(asked.start), QUANTITIES[asked.name].unit
    hourly = asked.resolution == HOUR
    known = _rows(asked, store, meter_subject(meter.key), HOUR if hourly else DAY)
    count, total = len(known), f"{float(np.nansum(known.value)):,.3f} {unit}" if len(known) else ""
    since = Said("", "")
    if meter.since is not None:
        day = f"{meter.since.astimezone(registry.school.timezone):%F}"
        since = Said(f"，{day} 起在用", f", in force since {day}")
    parts = f"{count} known {'hour' if hourly else 'day'}{'' if count == 1 else 's'}"
    way = Said(f"主题 {now.topic}", f"topic {now.topic}") if now.topic else Said("人工抄表", "read by hand")
    return Said(
        f"{meter.key}（{meter.name}）：有数的 {count} {'小时' if hourly else '天'}合计 {total or '未知'}；"
        f"倍率 {now.ratio:g}，{way.zh}{since.zh}；登记版本 {registry.version}",
        f"{meter.key} ({meter.name_en or meter.name}): {total or 'unknown'} in {parts}; ratio {now.ratio:g}, {way.en}"
        f"{since.en}; registry version {registry.version}",
    )


def _bounds(raw: Columns, asked: Asked, zone: ZoneInfo) -> Iterator[tuple[int, Said]]:
    """Yield the readings that bound a period, at the school's own time."""
    inside = [i for i, ms in enumerate(raw.time_ms) if asked.start <= from_ms(ms) < asked.end]
    if not inside:
        yield 0, Said("这段时间里没有读数", "no reading inside the period")
        return
    count = len(inside)
    yield (
        0,
        Said(
            f"这段时间里有 {count} 个读数；第一个、最后一个和前后界定的读数：",
            f"{count} reading{'' if count == 1 else 's'} inside the period; its first and last, and those that bound "
            "it:",
        ),
    )
    rows = sorted({max(inside[0] - 1, 0), inside[0], inside[-1], min(inside[-1] + 1, len(raw) - 1)})
    yield from ((1, _reading(raw, row, zone)) for row in rows)


def _reading(raw: Columns, row: int, zone: ZoneInfo) -> Said:
    seconds, value = float(raw.fields["seconds"][row]), f"{raw.value[row]:,.3f}"
    at, serial = f"{from_ms(raw.time_ms[row]).astimezone(zone):%F %T}", raw.fields["serial"][row]
    kind = Said(f"示数 {value}", f"register {value}")
    if seconds != 0:
        kind = Said(f"{seconds:g} 秒内用了 {value}", f"used in {seconds:g} s {value}")
    kept = str(raw.fields["quality"][row])
    came = _KEPT.get(kept, Said(kept, kept))
    return Said(
        f"{at} {kind.zh}{f'，表号 {serial}' if serial else ''}（{came.zh}）",
        f"{at} {kind.en}{f', serial {serial}' if serial else ''} ({came.en})",
    )
