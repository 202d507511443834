"""`campus import`: files of readings through the same checks and journal as the meters' own messages."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

import click

from app.settings import load_settings
from app.toml_fields import Wrong, interval, nearest
from app.wiring import Installation, install
from campus.errors import CampusError
from campus.registry import Registry
from campus.units import KNOWN_UNITS

_ORDERS = {"day-first": "dmy", "month-first": "mdy"}
_MARKS = {"point": ".", "comma": ","}
_RATIOS = {"included": True, "not-included": False}


@click.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--school", default="", help="The school the meters belong to, where there are several.")
@click.option("--yes", is_flag=True, help="Write without asking; for scripts.")
@click.option("--dry-run", is_flag=True, help="Show what was understood and what would not go in; write nothing.")
@click.option("--layout", default="", help="The layout, where it is guessed wrong: by_day, by_reading, wide …")
@click.option("--meter", "meters", multiple=True, help="Whose it is: KEY for a file of one meter, or LABEL=KEY.")
@click.option("--sheet", default="", help="The sheet of a workbook.")
@click.option("--timezone", default="", help="The clock the file is written by, such as UTC; else the school's.")
@click.option("--dates", type=click.Choice(list(_ORDERS)), help="Which comes first in 10/12/2019.")
@click.option("--decimal", type=click.Choice(list(_MARKS)), help="The decimal mark of numbers.")
@click.option("--times", type=click.Choice(["start", "end"]), help="What of an interval its time is.")
@click.option("--values", type=click.Choice(["use", "register"]), help="What the numbers are, where both could be.")
@click.option("--every", default="", help="How long an interval is, where the file does not show it: 30min, 1h, 1d.")
@click.option("--unit", default="", help="The unit of the numbers, where the file says none or a wrong one.")
@click.option("--ratio", type=click.Choice(list(_RATIOS)), help="Whether the meters' ratio is in values of use.")
@click.pass_context
def COMMAND(ctx: click.Context, /, files: tuple[Path, ...], **given: str | bool | tuple[str, ...] | None) -> None:
    """Take FILES of readings (CSV, XLSX) in: half-hourly values, registers, readings by hand, bills, cloud exports.

    Guesses the layout, says what it understood, shows the first values as it read them, and asks before it writes.
    What cannot go in is named by its row, and the rest goes in. The same file twice changes nothing.
    """
    from app.file_import import Import, Unsure, take_in
    from app.file_plan import Said
    from app.file_talk import mapping

    installation = install(load_settings(os.environ))
    registry = _school(installation, str(given["school"]))
    said = Said(
        layout=_layout(str(given["layout"])),
        zone=_zone(str(given["timezone"])),
        order=_ORDERS.get(str(given["dates"]), ""),
        decimal=_MARKS.get(str(given["decimal"]), ""),
        label=str(given["times"] or ""),
        kind=str(given["values"] or ""),
        unit=_unit(str(given["unit"])),
        every=_every(str(given["every"])),
        multiplied=_RATIOS.get(str(given["ratio"])),
        meters=_known(mapping(map(str, given["meters"] or ())), registry),  # type: ignore[arg-type]
    )
    mode = "dry" if given["dry_run"] else "yes" if given["yes"] else "ask"
    into, whole, unsure = Import(installation, registry, said, mode, str(given["sheet"])), True, False
    with closing(installation.stores):
        for file in files:
            try:
                whole &= take_in(file, into)
            except CampusError as error:
                click.echo(str(error), err=True)
                whole, unsure = False, unsure or isinstance(error, Unsure)
    ctx.exit(2 if unsure else 0 if whole else 1)


def _school(installation: Installation, key: str) -> Registry:
    schools = installation.registries
    if not key:
        key = next(iter(schools)) if len(schools) == 1 else click.prompt("School", type=click.Choice(list(schools)))
    if key not in schools:
        raise click.BadParameter(f"{key!r} is no school without a problem; known: {', '.join(schools)}")
    return schools[key]


def _layout(name: str) -> str:
    from ingest.layout import layouts

    if name and name not in layouts():
        raise click.BadParameter(f"{name!r} is no layout{nearest(name, layouts())}; known: {', '.join(layouts())}")
    return name


def _zone(name: str) -> ZoneInfo | None:
    if name and name not in available_timezones():
        raise click.BadParameter(f"{name!r} is no time zone such as Asia/Shanghai, Etc/GMT-1 or UTC")
    return ZoneInfo(name) if name else None


def _unit(unit: str) -> str:
    if unit and unit not in KNOWN_UNITS:
        raise click.BadParameter(f"{unit!r} is no unit; known: {', '.join(KNOWN_UNITS)}")
    return unit


def _every(length: str) -> timedelta | None:
    if not length:
        return None
    found = interval(length)
    if isinstance(found, Wrong):
        raise click.BadParameter(f"--every {length!r} {found.text}")
    return found


def _known(named: Mapping[str, str], registry: Registry) -> Mapping[str, str]:
    for key in named.values():
        if key not in (*registry.meters, "-"):
            raise click.BadParameter(f"{key!r} is no meter of {registry.school.key}{nearest(key, registry.meters)}")
    return named
