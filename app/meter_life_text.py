"""A change in a meter's life in words, confirmed and written: what was understood, and the use it gives."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import click

from analytics.wording import number
from app.correct_text import amount
from app.meter_file import edit_school
from app.meter_life import Ratio, Shown, Swap
from app.modbus_maps import formats_of
from app.settings import Settings
from app.workbook_edits import Edit
from campus.errors import ConfigInvalid
from campus.registry import Registry


def swap_lines(registry: Registry, found: Swap) -> Iterator[str]:
    """Yield what a replacement was understood as."""
    zone, entered, meter = registry.school.timezone, found.entered, found.meter
    quantity, unit, kept = found.register.quantity, found.register.unit, found.register.quantity.unit
    when = f"{entered.time.astimezone(zone):%Y-%m-%d %H:%M}"
    yield f"{meter.key}（{meter.name}）{quantity.zh} {quantity.en}：{when} 换表 / replaced"
    ratio = meter.at(entered.time).ratio
    yield (
        f"  旧表 old: {_reading(found.before, unit, zone)} → 止数 end {entered.end:,.12g} {unit}"
        f"{_times(found.old, ratio, kept)}"
    )
    yield (
        f"  新表 new: 起数 start {entered.start:,.12g} {unit} → {_reading(found.after, unit, zone)}"
        f"{_times(found.new, ratio, kept)}"
    )
    if entered.serial:
        yield f"  新表号 new number: {entered.serial}"
    signed = "，".join(part for part in (entered.by, f"照片 photo {entered.photo}" if entered.photo else "") if part)
    if signed:
        yield f"  {signed}"
    if found.was is not None and found.becomes is not None:
        was, becomes = amount(found.was, kept), amount(found.becomes, kept)
        yield f"  这段用量：{was.zh} → {becomes.zh}"
        yield f"  use of that time: {was.en} → {becomes.en}"
    others = [r.quantity for r in meter.registers if not r.quantity.gauge and r.quantity is not quantity]
    if others:
        names = "、".join(f"--quantity {other.key}" for other in others)
        yield f"  这块表还有别的读数，也要各补一次 / its other counters are entered each by itself: {names}"


@dataclass(frozen=True, slots=True)
class School:
    """The school whose file is written, and the others, which it must not clash with."""

    settings: Settings
    all: dict[str, Registry]
    registry: Registry


def write_confirmed(lines: Iterable[str], edits: Sequence[Edit], school: School, yes: bool) -> None:
    """Show what was understood, ask unless told not to, and write it into the school's file."""
    for line in lines:
        click.echo(line)
    if not yes and not click.confirm("写入？ / Write it?"):
        return
    path = school.settings.schools / f"{school.registry.school.key}.toml"
    try:
        edit_school(path, edits, school.all, formats_of(school.settings.config))
    except ConfigInvalid as error:
        text = "\n".join(f"  {issue.text}" for issue in error.issues)
        raise click.ClickException(f"没有写入 {path} / nothing was written:\n{text}") from error
    click.echo(
        f"已写入 {path}。campus run 会自动重算；没有运行时请输入 campus derive / Written; campus run recomputes by "
        "itself, else type campus derive"
    )


def _reading(shown: Shown | None, unit: str, zone: ZoneInfo) -> str:
    if shown is None:
        return "还没有读数 no reading yet"
    return f"{shown.value:,.12g} {unit}（{shown.time.astimezone(zone):%m-%d %H:%M}）"


def _times(counted: float | None, ratio: float, unit: str) -> str:
    if counted is None:
        return ""
    times = "" if ratio == 1 else f" × {ratio:g}"
    return f"：{number(counted)}{times} = {number(counted * ratio)} {unit}"


def ratio_lines(registry: Registry, found: Ratio) -> Iterator[str]:
    """Yield what a change of the ratio was understood as."""
    meter, unit = found.meter, found.meter.registers[0].quantity.unit
    since = f"{found.since.astimezone(registry.school.timezone):%Y-%m-%d %H:%M}"
    yield f"{meter.key}（{meter.name}）：{since} 起倍率 / ratio from then on {found.before:g} → {found.ratio:g}"
    if found.by:
        yield f"  {found.by}"
    was, becomes = amount(found.was, unit), amount(found.becomes, unit)
    yield f"  头一天用量：{was.zh} → {becomes.zh}"
    yield f"  use of the first day: {was.en} → {becomes.en}"
