"""`campus certificate`: where every value of a day is, what is missing, and how each vendor's feed does."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from app import certificate_text
from app.certificate import Certificate, certify
from app.certificate_tally import LATE_DAYS, Asked
from app.commands.report import UnknownSchool
from app.settings import load_settings
from app.terminal import console
from app.wiring import Installation, install
from campus import calendar

_DAY = click.DateTime(["%Y-%m-%d"])


@click.group("certificate", invoke_without_command=True)
@click.option("--day", type=_DAY, metavar="YYYY-MM-DD", help="The school's local day; without it, yesterday.")
@click.option("--school", metavar="KEY", help="Only this school.")
@click.option(
    "--late",
    type=click.IntRange(0, 3660),
    default=LATE_DAYS,
    show_default=True,
    metavar="DAYS",
    help="How long after the day arrivals are looked for.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of tables.")
@click.pass_context
def certificate(ctx: click.Context, day: datetime | None, school: str | None, late: int, as_json: bool) -> None:
    """Prove where every value of a day is: received = stored + duplicate + quarantined.

    Reads the journals and looks each value up in store and quarantine; no running counter has a say. Two tables: by
    the day of the reading and by the day of arrival. Exit code 1 where something is not accounted for.

    \b
    campus certificate --day 2026-11-21
    campus certificate --school north --json
    """
    if ctx.invoked_subcommand is not None:
        return
    installation = install(load_settings(os.environ))
    schools = _schools(installation, school)
    now = datetime.now(UTC)
    asked = Asked(
        installation.registries,
        schools,
        day.date() if day else _yesterday(installation, schools, now),
        now,
        timedelta(days=late),
    )
    with _progress() as progress:
        found = certify(installation, asked, progress)
    if as_json:
        click.echo(json.dumps(certificate_text.as_json(found), ensure_ascii=False))
    else:
        _show(installation, schools[0], found)
    ctx.exit(1 if found.unaccounted else 0)


def _show(installation: Installation, first: str, found: Certificate) -> None:
    names = {key: f"{registry.school.name} ({key})" for key, registry in installation.registries.items()}
    click.echo(f"{found.day} 收数凭证 / certificate of readings")
    for table in certificate_text.tables(found, names):
        console().print(table)
        click.echo()
    for said in certificate_text.sentences(found, installation.registries[first].school.timezone):
        click.echo(f"{said.zh}\n  {said.en}")
    click.echo("凭证管不到的 / outside its power:")
    for said in certificate_text.OUTSIDE:
        click.echo(f"  - {said.zh}\n    {said.en}")


def _schools(installation: Installation, wanted: str | None) -> tuple[str, ...]:
    known = sorted(installation.registries)
    if wanted is not None and wanted not in known:
        raise UnknownSchool(wanted, known)
    return (wanted,) if wanted else tuple(known)


def _yesterday(installation: Installation, schools: tuple[str, ...], now: datetime) -> date:
    zone = installation.registries[schools[0]].school.timezone
    return calendar.local_date(now, zone) - timedelta(days=1)


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None]]:
    """Show how many of the journals' segments are read, where there are enough to wait for."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("读日志 reading the journals", total=None, visible=False)
        yield lambda done, of: bar.update(task, completed=done, total=of, visible=of > 1)


COMMAND: click.Command = certificate
