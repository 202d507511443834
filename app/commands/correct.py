"""`campus correct`: say what holds instead of a reading, see what it changes, and take it back."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import click
from rich.table import Table

from app import correct
from app.correct import CannotCorrect, Tried
from app.correct_text import before_and_after, headline, said, signature
from app.meter_file import edit_school
from app.modbus_maps import formats_of
from app.registry_toml import load_schools
from app.settings import Settings, load_settings
from app.terminal import print_table
from app.who import who
from app.wiring import open_store
from app.workbook_edits import Edit
from campus.corrections import Correction, Kind, signed, span, withdrawal
from campus.errors import ConfigInvalid
from campus.registry import Meter, Registry

_SCHOOL = click.option("--school", default="", help="Of which school; needed where there are several.")
_BY = click.option("--by", default="", metavar="NAME", help="Who signs; your own login name if left out.")
_YES = click.option("--yes", is_flag=True, help="Write without asking.")


@dataclass(frozen=True, slots=True)
class _Desk:
    """The school whose file is written, and the others, which it must not clash with."""

    settings: Settings
    schools: Mapping[str, Registry]
    registry: Registry

    def tried(self, meters: tuple[Meter, Meter], one: Correction) -> Tried:
        """Return what a correction changes."""
        store = open_store(self.settings, self.registry.school.key)
        try:
            return correct.tried(store, meters, one)
        finally:
            store.close()

    def write(self, edits: Iterable[Edit]) -> None:
        """Write edits into the school's file."""
        path = self.settings.schools / f"{self.registry.school.key}.toml"
        try:
            edit_school(path, list(edits), self.schools, formats_of(self.settings.config))
        except ConfigInvalid as error:
            text = "\n".join(f"  {issue.text}" for issue in error.issues)
            raise click.ClickException(f"没有写入 {path} / nothing was written:\n{text}") from error
        click.echo(
            f"已写入 {path}。campus run 会自动重算；没有运行时请输入 campus derive / Written; campus run recomputes "
            "by itself, else type campus derive"
        )


def _desk(school: str) -> _Desk:
    settings = load_settings(os.environ)
    schools, _ = load_schools(settings.schools, formats_of(settings.config))
    key = school or (next(iter(schools)) if len(schools) == 1 else "")
    if key not in schools:
        raise click.UsageError(f"哪所学校？请写 / name the school: --school {'|'.join(sorted(schools)) or '—'}")
    return _Desk(settings, schools, schools[key])


@click.group("correct")
def correct_() -> None:
    """Corrections: what holds instead of what a meter said, signed, and never taken out but withdrawn."""


@correct_.command("add")
@click.argument("meter")
@click.option("--kind", type=click.Choice([str(kind) for kind in Kind]), required=True, help="What is said.")
@click.option("--from", "start", metavar="TIME", help="From when on, by the school's clock: 2026-06-01T08:15.")
@click.option("--until", "end", metavar="TIME", help="Until when; that moment no longer belongs to it.")
@click.option("--at", metavar="TIME", help="Of a reading: the moment it is of.")
@click.option("--value", type=float, help="The use [kWh, m³, GJ], the factor, or what the register shows.")
@click.option("--quantity", default="", help="Which of the meter's counters; the first if left out.")
@click.option("--reason", required=True, help="Why, and by which paper.")
@_BY
@_SCHOOL
@_YES
def add(meter: str, by: str, school: str, yes: bool, **given: str | float | None) -> None:
    """Correct METER: show what changes, ask, and write it into the school's file.

    \b
    use      the use from ... until was VALUE (by the bill, by another meter)
    scale    the use from ... until was VALUE times what the meter said
    void     what it said from ... until is not to be believed: unknown
    reading  the one reading at ... was VALUE; without VALUE it is left out
    """
    desk, now = _desk(school), datetime.now(UTC)
    found, quantity = correct.meter_of(desk.registry, meter, str(given["quantity"]))
    told = {**given, "start": _times(given), "quantity": quantity, "by": who(by)}
    one = correct.make(desk.registry, told, now)
    changed = correct.with_correction(found, one)
    _show(desk, found, one, desk.tried((found, changed), one))
    if yes or click.confirm("写入？ / Write it?"):
        desk.write([correct.written(desk.registry, found, one)])


def _times(given: Mapping[str, str | float | None]) -> str:
    """Return when it begins, having seen that the kind has the times and the value it needs."""
    reading = given["kind"] == Kind.READING
    needed = ("at",) if reading else ("start", "end")
    named = {"start": "--from", "end": "--until", "at": "--at", "value": "--value"}
    missing = [named[key] for key in needed if not given[key]]
    missing += ["--value"] if given["kind"] in (Kind.USE, Kind.SCALE) and given["value"] is None else []
    surplus = [named[key] for key in ("start", "end", "at") if given[key] and key not in needed]
    surplus += ["--value"] if given["kind"] == Kind.VOID and given["value"] is not None else []
    if missing or surplus:
        more = f"还要 / needs {' '.join(missing)} " * bool(missing) + f"不要 / has no {' '.join(surplus)}" * bool(
            surplus
        )
        raise click.UsageError(f"{given['kind']}: {more}")
    return str(given["at"] if reading else given["start"])


def _show(desk: _Desk, meter: Meter, one: Correction, tried: Tried) -> None:
    click.echo(headline(desk.registry, meter, one))
    click.echo(f"  {signature(one)}")
    for line in before_and_after(one, tried):
        click.echo(f"  {line}")


@correct_.command("list")
@click.option("--school", default="", help="Only this school.")
def list_(school: str) -> None:
    """Show every correction: what it says, who signed it, and what became of it."""
    settings = load_settings(os.environ)
    schools, _ = load_schools(settings.schools, formats_of(settings.config))
    table = Table("school", "id", "meter", "time", "what", "reason", "signed", "withdrawn")
    for key, registry in schools.items():
        if school in ("", key):
            for meter in registry.meters.values():
                for one in meter.corrections:
                    table.add_row(*_row(registry, meter, one))
    if table.row_count:
        print_table(table)
    else:
        click.echo("没有更正 / nothing was corrected")


def _row(registry: Registry, meter: Meter, one: Correction) -> tuple[str, ...]:
    what, time = said(meter, one), span(one, registry.school.timezone)
    named = registry.school.key, one.id, f"{meter.key} {meter.name}", time
    return (*named, f"{what.zh} / {what.en}", one.reason, signed(one), withdrawal(one))


@correct_.command("withdraw")
@click.argument("id_", metavar="ID")
@click.option("--reason", required=True, help="Why it no longer holds.")
@_BY
@_SCHOOL
@_YES
def withdraw(id_: str, reason: str, by: str, school: str, yes: bool) -> None:
    """Take correction ID back: it stays on record, and what the meter said counts again."""
    desk, now = _desk(school), datetime.now(UTC)
    meter, one = correct.find(desk.registry, id_)
    today = now.astimezone(desk.registry.school.timezone).date()
    gone = correct.withdrawn(one, who(by), today, reason)
    try:
        _show(desk, meter, gone, desk.tried((meter, correct.with_correction(meter, gone)), one))
    except CannotCorrect:  # of a reading that is no longer there, nothing can be shown
        click.echo(headline(desk.registry, meter, gone))
    if yes or click.confirm("撤销？ / Withdraw it?"):
        desk.write(correct.withdrawal(desk.registry, meter, gone))


COMMAND: click.Command = correct_
