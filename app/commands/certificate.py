"""`campus certificate`: where every value of a day is, what is missing, and how each vendor's feed does."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from app import certificate_text
from app.certificate import Certificate, certify
from app.certificate_tally import LATE_DAYS, Asked
from app.commands.report import UnknownSchool
from app.data_there import looked_into
from app.settings import load_settings
from app.terminal import print_table
from app.typed_days import day, month
from app.windows import Window
from app.wiring import Installation, install
from campus import calendar
from campus.registry import Registry


@click.group("certificate", invoke_without_command=True)
@click.option("--day", type=day, metavar="YYYY-MM-DD", help="The school's local day; without it, yesterday.")
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
    installation = looked_into(install(load_settings(os.environ)))
    schools = _schools(installation, school)
    now = datetime.now(UTC)
    zones = [installation.registries[key].school.timezone for key in schools]
    if day is not None and all(day.date() > calendar.local_date(now, zone) for zone in zones):
        raise click.BadParameter(f"{day:%F} 还没到 / {day:%F} has not come yet", param_hint="--day")
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
        print_table(table)
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


@certificate.command("gaps")
@click.option("--month", type=month, metavar="YYYY-MM", help="Gaps that touch this month; without it, this month.")
@click.option("--school", metavar="KEY", help="Only this school.")
@click.option("--json", "as_json", is_flag=True, help="One JSON line a gap.")
@click.pass_context
def gaps(ctx: click.Context, month: datetime | None, school: str | None, as_json: bool) -> None:
    """List what is missing, since when: meters that fell silent together stand under the gateway they share.

    Read from the store: what came late and filled a gap is none. Exit code 1 where there is a gap that no planned
    outage or lights-out explains.
    """
    from app import certificate_feeds_text as text
    from app.certificate_gaps import gaps as found_in

    installation, now = looked_into(install(load_settings(os.environ))), datetime.now(UTC)
    count = unexplained = 0
    for key in _schools(installation, school):
        registry = installation.registries[key]
        window = _month_of(registry, month, now, before=0)
        found = found_in(registry, installation.stores[key], window, now)
        count += len(found)
        unexplained += sum(not gap.plan for gap in found)
        if as_json:
            for gap in found:
                click.echo(json.dumps(text.gap_json(gap), ensure_ascii=False))
        elif found:
            print_table(text.gap_table(found, registry.school.timezone))
    if not count and not as_json:
        click.echo("没有缺数 / no gap")
    ctx.exit(1 if unexplained else 0)


@certificate.command("feeds")
@click.option("--month", type=month, metavar="YYYY-MM", help="The month; without it, the last whole one.")
@click.option("--school", metavar="KEY", help="Only this school.")
@click.option(
    "--xlsx", type=click.Path(dir_okay=False, path_type=Path), help="Also write the sheet to this workbook."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON line a maker.")
def feeds(month: datetime | None, school: str | None, xlsx: Path | None, as_json: bool) -> None:
    """Show how each maker's meters deliver in a month: arrival, lag, clock skew, duplicates, quarantine reasons.

    The maker is the one of the meter's survey. For the talk with whoever maintains the meters.
    """
    from app import certificate_feeds_text as text
    from app.certificate_feeds import feeds as found_in

    installation, now = looked_into(install(load_settings(os.environ))), datetime.now(UTC)
    found, label = [], ""
    for key in _schools(installation, school):
        registry = installation.registries[key]
        window = _month_of(registry, month, now, before=1)
        label = f"{calendar.local_date(window[0], registry.school.timezone):%Y-%m}"
        with _progress() as progress:
            found += found_in(installation, registry, window, now, progress)
    if as_json:
        for feed in found:
            click.echo(json.dumps(text.feed_json(feed), ensure_ascii=False))
    else:
        click.echo(label)
        print_table(text.feed_table(found))
        for note in text.NOTES:
            click.echo(f"{note.zh}\n  {note.en}")
    if xlsx is not None:
        from app.workbook_feeds import write_feeds

        write_feeds(xlsx, label, found)
        click.echo(str(xlsx), err=as_json)


def _month_of(registry: Registry, month: datetime | None, now: datetime, before: int) -> Window:
    """Return the school's local month, or of `now` the one so many before."""
    zone = registry.school.timezone
    first = (month.date() if month else calendar.local_date(now, zone)).replace(day=1)
    for _ in range(before if month is None else 0):
        first = (first - timedelta(days=1)).replace(day=1)
    start = calendar.midnight(first, zone)
    return next(calendar.months(start, start + timedelta(days=1), zone))


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None]]:
    """Show how many of the journals' segments are read, where there are enough to wait for."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("读日志 reading the journals", total=None, visible=False)
        yield lambda done, of: bar.update(task, completed=done, total=of, visible=of > 1)


COMMAND: click.Command = certificate
