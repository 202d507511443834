"""`campus weather`: from files, from a public service when asked, and what there is."""

from __future__ import annotations

import os
import shlex
import textwrap
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

import click

from analytics.weather_hours import Label
from app import weather_follow, weather_text
from app.chosen import chosen
from app.data_there import looked_into
from app.settings import load_settings
from app.terminal import print_table
from app.weather_import import doubtful, take_in, understand, window
from app.wiring import Installation, install
from campus.errors import CampusError
from campus.registry import Registry
from ingest.weather_file import Ask, Options, WeatherAsked
from ingest.weather_headings import UNITS, kinds_of, unit

_Given = str | tuple[str, ...] | bool | None
_ORDERS = {"day-first": "dmy", "month-first": "mdy"}
_SCHOOL = click.option("--school", default="", help="The school, where there are several.")


@click.group("weather")
def COMMAND() -> None:
    """Weather by the hour, from files or a public service, and the degree days made of it."""


@COMMAND.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@_SCHOOL
@click.option("--timezone", default="", help="The clock of the file, such as UTC or Asia/Shanghai.")
@click.option("--times", type=click.Choice(list(Label)), help="What of a value its time is.")
@click.option("--unit", "units", multiple=True, help="The unit of a column that names none: temperature=°C.")
@click.option("--dates", type=click.Choice(list(_ORDERS)), help="Which comes first in 10/12/2019.")
@click.option("--dry-run", is_flag=True, help="Show what was understood and write nothing.")
@click.pass_context
def import_(
    ctx: click.Context, /, files: tuple[Path, ...], school: str, **given: str | tuple[str, ...] | None
) -> None:
    """Take in FILES of weather (CSV, XLSX) as a service exports them: temperature, humidity, irradiance.

    Says what it understood. Hours that are known already are replaced. Exit code 1 where something was left out, or
    the sun of a file does not stand where it should: check its clock then.
    """
    installation = install(load_settings(os.environ))
    registry = chosen(installation.registries, school)
    order = _ORDERS.get(str(given["dates"]), "")
    options = Options(_zone(str(given["timezone"])), _units(given["units"]), order)
    label = Label(str(given["times"])) if given["times"] else None
    write, whole = not given["dry_run"], True
    with closing(installation.stores):
        for file in files:
            click.echo(str(file))
            try:
                whole &= _taken(file, (installation, registry), (options, label), write=write)
            except CampusError as error:
                click.echo(textwrap.indent(str(error), "  "), err=True)
                if isinstance(error, WeatherAsked):
                    click.echo(_paste(file, registry, given, error.asks), err=True)
                whole = False
    ctx.exit(0 if whole else 1)


def _taken(
    file: Path, into: tuple[Installation, Registry], said: tuple[Options, Label | None], *, write: bool
) -> bool:
    """Take a file in; return whether all of it went in beyond doubt."""
    installation, registry = into
    found = understand(file, registry.school, said)
    for line in weather_text.understood(found, registry.school):
        click.echo(line)
    if write:
        count = take_in(found, installation.stores[registry.school.key], registry.school)
        click.echo(f"  已写入 written: {count}")
    return not (found.file.left_out or found.impossible or doubtful(found) or window(found) is None)


def _paste(file: Path, registry: Registry, given: Mapping[str, _Given], asks: Sequence[Ask]) -> str:
    """Return the command again with every answer a file lacks, as they mostly are: a person looks at them first."""
    words = ["campus", "weather", "import", str(file)]
    for name, value in given.items():
        option = "--unit" if name == "units" else f"--{name.replace('_', '-')}"
        asked = any(ask.option == option for ask in asks) and option != "--unit"
        if value is True:
            words.append(option)
        elif value and not asked:
            for one in value if isinstance(value, tuple) else (value,):
                words += [option, str(one)]
    for ask in asks:
        words += [ask.option, ask.usual or registry.school.timezone.key]
    return f"  核对后输入 / if that is right, type:\n  {shlex.join(words)}"


def _zone(name: str) -> ZoneInfo | None:
    if name and name not in available_timezones():
        raise click.BadParameter(
            f"{name!r} 不是时区 / is no time zone, such as Asia/Shanghai, Etc/GMT-1 or UTC", param_hint="--timezone"
        )
    return ZoneInfo(name) if name else None


def _units(given: _Given) -> Mapping[str, str]:
    found = {}
    for pair in given if isinstance(given, tuple) else ():
        name, _, written = pair.partition("=")
        figure = f"weather/{name}"
        if figure not in UNITS or unit(figure, written) is None:
            known = "; ".join(f"{one.partition('/')[2]}={' '.join(kinds_of(one))}" for one in UNITS)
            raise click.BadParameter(
                f"{pair!r} 不是天气的单位 / is no unit of weather; known: {known}", param_hint="--unit"
            )
        found[figure] = written
    return found


@COMMAND.command("fetch")
@_SCHOOL
@click.pass_context
def fetch(ctx: click.Context, school: str) -> None:
    """Ask the source of a school's file for what is missing up to now and for the forecast; exit code 1 where it
    cannot be reached.

    `campus run` does it once a day where a source is named, and asks nobody where none is.
    """
    installation = install(load_settings(os.environ))
    registry = chosen(installation.registries, school)
    where = registry.school.location
    if where is None or not where.source:
        raise click.UsageError(
            f"{registry.school.key}: 学校文件里没有 [weather] source / its file names no source: "
            'add [weather] with latitude, longitude and source = "open-meteo"'
        )
    with closing(installation.stores):
        noted = weather_follow.fetch(installation, registry, datetime.now(UTC))
    click.echo(weather_text.fetched(noted, registry.school), err=not noted.came)
    ctx.exit(0 if noted.came else 1)


@COMMAND.command("list")
@_SCHOOL
@click.pass_context
def list_(ctx: click.Context, school: str) -> None:
    """Show from when to when weather is kept and where it has gaps; exit code 1 where there is none."""
    installation = looked_into(install(load_settings(os.environ)))
    registry = chosen(installation.registries, school)
    with closing(installation.stores):
        table = weather_text.kept(installation.stores[registry.school.key], registry.school)
    if table.row_count:
        print_table(table)
    else:
        click.echo("还没有天气 / no weather yet: campus weather import FILE, or campus weather fetch")
    noted = weather_follow.last(installation.settings, registry.school.key)
    if noted is not None:
        click.echo(weather_text.fetched(noted, registry.school))
    ctx.exit(0 if table.row_count else 1)


@COMMAND.command("show")
@_SCHOOL
@click.option("--year", type=click.IntRange(1950, 2199), help="The calendar year; without it every year there is.")
@click.pass_context
def show(ctx: click.Context, school: str, year: int | None) -> None:
    """Show the degree days HDD18 and CDD26 of each month, with the days they are made of; exit code 1 for none."""
    installation = looked_into(install(load_settings(os.environ)))
    registry = chosen(installation.registries, school)
    with closing(installation.stores):
        store = installation.stores[registry.school.key]
        years = [year] if year is not None else weather_text.years(store, registry.school)
        tables = [weather_text.months(store, registry.school, one) for one in years]
    shown = [table for table in tables if table.row_count]
    for table in shown:
        print_table(table)
    if not shown:
        click.echo("没有这段时间的天气 / no weather of that time")
    ctx.exit(0 if shown else 1)
