"""`campus meters`: what is registered, what speaks without being registered, and how it becomes a meter."""

from __future__ import annotations

import os
import shlex
from contextlib import closing
from pathlib import Path

import click
from rich.table import Table

from app import desk, heard
from app.commands.report import UnknownSchool
from app.data_there import nothing_yet, there
from app.meter_entry import Asked, ask, choose_device
from app.meter_file import add_meter, meter_table
from app.modbus_maps import formats_of
from app.registry_toml import load_schools
from app.settings import Settings, load_settings
from app.silence_heard import clocks
from app.terminal import print_table, printable
from app.who import who
from app.wiring import open_store
from campus.errors import ConfigInvalid
from campus.registry import Arrival, Registry
from ingest.payload import Format
from ingest.quarantine import QuarantineFile

WHOLE_TOPIC = 200  # characters: a topic is shown whole, since it is to be typed


@click.group("meters")
def meters() -> None:
    """Meters: registered ones, new ones, and registering one."""


@meters.command("list")
@click.option("--school", default="", help="Only this school.")
def list_(school: str) -> None:
    """Show the registered meters."""
    settings = load_settings(os.environ)
    schools, _ = load_schools(settings.schools, formats_of(settings.config))
    if school and school not in schools:
        raise UnknownSchool(school, sorted(schools))
    headings = ("school", "key", "name", "topic", "channel", "measures", "every", "arrives", "parent", "building")
    table = Table(*headings, "clock")
    for key, registry in schools.items():
        if school in ("", key):
            off = clocks(settings, key)
            for meter in registry.meters.values():
                measures = ", ".join(f"{r.quantity.key} [{r.unit}]" for r in meter.registers)
                row = (key, meter.key, meter.name, meter.topic, meter.channel, measures, str(meter.interval))
                clock = off[meter.key].zh if meter.key in off else ""
                table.add_row(*row, meter.arrival, meter.parent, meter.building, clock)
            for virtual in registry.virtuals.values():
                counts = f"{virtual.quantity.key} [{virtual.quantity.unit}]"
                row = (key, virtual.key, virtual.name, f"= {virtual.formula}", "", counts, "")
                table.add_row(*row, "计算 computed", "", virtual.building, "")
    print_table(table)


@meters.command("new")
def new() -> None:
    """Show what speaks on the broker and is not registered."""
    settings = there(load_settings(os.environ))
    known = formats_of(settings.config)
    with closing(QuarantineFile(settings.data.quarantine, known)) as waiting:
        found = heard.devices(waiting.new_topics(), known)
    if not found:
        said = "没有新的：听到的主题都已登记 / nothing new: every topic that was heard is registered"
        heard_of = settings.data.journal.is_dir() and any(settings.data.journal.iterdir())
        nothing = nothing_yet(settings)
        click.echo(said if heard_of else f"{nothing.zh} / {nothing.en}")
        return
    table = Table("topic to register", "messages", "first heard", "last heard", "format", "last payload")
    for device in found:
        times = (f"{time.astimezone():%Y-%m-%d %H:%M:%S}" for time in (device.first_seen, device.last_seen))
        table.add_row(
            printable(device.topic.encode(), WHOLE_TOPIC),
            str(device.messages),
            *times,
            device.format or "none reads it",
            printable(device.payload),
        )
    print_table(table)
    click.echo(f"Register one: campus meters add {shlex.quote(printable(found[0].topic.encode(), WHOLE_TOPIC))}")


@meters.command("add")
@click.argument("topic")
@click.option("--school", help="The school it belongs to.")
@click.option("--format", "format_", help="The payload format, where none was recognised.")
@click.option("--channel", help="Which of the device's channels, where it has several.")
@click.option("--key", help="Its key, for ever.")
@click.option("--name", help="Its name, for people.")
@click.option("--name-en", help="Its English name.")
@click.option("--quantity", help="What it measures.")
@click.option("--unit", help="The unit it sends, where the payload does not say.")
@click.option("--interval", help="How often it speaks: 15min, 1h, 1d …")
@click.option(
    "--arrival",
    type=click.Choice([arrival.value for arrival in Arrival]),
    help="How soon its readings come; by interval if left out.",
)
@click.option("--parent", help="The meter that measures this use too; empty for none.")
@click.option("--building", help="The building it stands for; empty for none.")
@click.option("--account", help="The utility account it belongs to; empty for none.")
def add(topic: str, school: str | None, format_: str | None, **given: str | None) -> None:
    """Register the device that speaks on TOPIC, and replay what it has sent.

    Asks only for what its messages do not tell; every question can be answered by an option instead.
    """
    settings = load_settings(os.environ)
    known = formats_of(settings.config)
    schools, _ = load_schools(settings.schools, known)
    registry = _school(schools, school, topic, settings)
    with closing(QuarantineFile(settings.data.quarantine, known)) as waiting:
        topic, fmt = choose_device(topic, format_, heard.devices(waiting.new_topics(), known), known)
        messages = [message for _, message in waiting.waiting(topic)]
        table = meter_table(*ask(Asked(topic, fmt, messages, registry, given)))
        path = settings.schools / f"{registry.school.key}.toml"
        _write(path, table, schools, known)
        replayed = desk.replay(settings.data.journal, waiting, topic)
    click.echo(f"Written to {path}:\n\n{table.strip()}\n")
    click.echo(f"Messages that had waited and now go into the store: {replayed}")


@meters.command("template")
@click.argument("file", required=False, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--school", help="The school to describe.")
def template(file: Path | None, school: str | None) -> None:
    """Write a workbook to describe a school's buildings, accounts and meters in, filled with what is registered."""
    from app.workbook_talk import make_template

    settings = load_settings(os.environ)
    known = formats_of(settings.config)
    registry = _school(load_schools(settings.schools, known)[0], school, "", settings)
    written = make_template(settings.schools / f"{registry.school.key}.toml", registry, known, file)
    click.echo(f"已写入 {written}。填好后输入 / Written; when filled in, type:")
    click.echo(f"  campus meters import {shlex.quote(str(written))}")


@meters.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--school", help="The school it describes; the workbook knows it.")
@click.option("--yes", is_flag=True, help="Write without asking.")
@click.option("--dry-run", is_flag=True, help="Show what would change, and write nothing.")
@click.pass_context
def import_(ctx: click.Context, file: Path, school: str | None, yes: bool, dry_run: bool) -> None:
    """Take a filled-in workbook into the school's file.

    Shows every mistake at once, by cell, or else what changes, and asks before it writes. Rows that the workbook
    lacks stay registered.
    """
    from app.workbook_open import open_book
    from app.workbook_talk import Talk, take_in

    settings = load_settings(os.environ)
    known = formats_of(settings.config)
    book = open_book(file)
    made_for = book.said.get("school")
    schools, _ = load_schools(settings.schools, known)
    registry = _school(schools, school or (str(made_for) if made_for in schools else None), "", settings)
    ctx.exit(take_in(book, Talk(settings, known, schools, registry, "dry" if dry_run else "yes" if yes else "ask")))


_SCHOOL = click.option("--school", help="Of which school; needed where there are several.")
_BY = click.option("--by", default="", metavar="NAME", help="Who says so; your own login name if left out.")
_YES = click.option("--yes", is_flag=True, help="Write without asking.")


@meters.command("replace")
@click.argument("meter")
@click.option("--at", required=True, metavar="TIME", help="When, by the school's clock: 2026-09-20T10:30.")
@click.option("--end", type=float, required=True, help="What the old meter showed last, in the register's unit.")
@click.option("--start", type=float, required=True, help="What the new one showed first.")
@click.option("--serial", default="", help="The new meter's number; what it sends if left out.")
@click.option("--quantity", default="", help="Which of the meter's counters; each is entered by itself.")
@click.option(
    "--photo", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A picture; its name is kept."
)
@_BY
@_SCHOOL
@_YES
def replace(meter: str, by: str, school: str | None, yes: bool, photo: Path | None, **told: str | float) -> None:
    """Enter that METER was replaced: its history keeps its use, and the hours around become known.

    Shows what was understood and the use it gives, and asks. Also for a register that was set back to nought.
    """
    from app.meter_life import swap, swap_edits
    from app.meter_life_text import School, swap_lines, write_confirmed

    settings, schools, registry = _read(school)
    said = {**told, "meter": meter, "by": who(by), "photo": photo.name if photo else ""}
    with closing(open_store(settings, registry.school.key)) as store:
        found = swap(registry, store, said)
    lines, edits = swap_lines(registry, found), swap_edits(registry, found)
    write_confirmed(lines, edits, School(settings, schools, registry), yes)


@meters.command("ratio")
@click.argument("meter")
@click.option("--ratio", "new", type=float, required=True, help="By what its register is multiplied from then on.")
@click.option("--from", "since", required=True, metavar="TIME", help="From when on, by the school's clock.")
@_BY
@_SCHOOL
@_YES
def ratio(meter: str, new: float, since: str, by: str, school: str | None, yes: bool) -> None:
    """Give METER another ratio from a time on; what came before keeps its own."""
    from app.meter_life import ratio as tried
    from app.meter_life import ratio_edits
    from app.meter_life_text import School, ratio_lines, write_confirmed

    settings, schools, registry = _read(school)
    with closing(open_store(settings, registry.school.key)) as store:
        found = tried(registry, store, {"meter": meter, "ratio": new, "since": since, "by": who(by)})
    lines, edits = ratio_lines(registry, found), ratio_edits(registry, found)
    write_confirmed(lines, edits, School(settings, schools, registry), yes)


def _read(school: str | None) -> tuple[Settings, dict[str, Registry], Registry]:
    settings = load_settings(os.environ)
    schools, _ = load_schools(settings.schools, formats_of(settings.config))
    return settings, schools, _school(schools, school, "", settings)


def _school(schools: dict[str, Registry], key: str | None, topic: str, settings: Settings) -> Registry:
    if not schools:
        raise click.ClickException(
            f"no school without a problem in {settings.schools}: copy example.toml there, then type campus check"
        )
    if key is None:
        keys = list(schools)
        named = next((part for part in topic.split("/") if part in schools), None)
        key = keys[0] if len(keys) == 1 else click.prompt("School", default=named, type=click.Choice(keys))
    if key not in schools:
        raise click.BadParameter(f"{key!r} is no school without a problem; known: {', '.join(schools)}")
    return schools[key]


def _write(path: Path, table: str, schools: dict[str, Registry], known: dict[str, Format]) -> None:
    try:
        add_meter(path, table, schools, known)
    except ConfigInvalid as error:
        text = "\n".join(f"  {issue.text}" for issue in error.issues)
        raise click.ClickException(f"nothing was written to {path}: with this meter\n{text}") from error


COMMAND: click.Command = meters
