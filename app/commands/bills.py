"""`campus bills`: what each account's bill comes to, beside the one the utility sent; what moving a load saves."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import click

from app import bills, bills_sent, bills_text, shifting
from app.commands.report import UnknownSchool
from app.data_there import looked_into
from app.settings import load_settings
from app.terminal import print_table
from app.toml_fields import nearest
from app.typed_days import month
from app.wiring import Installation, install
from campus import calendar
from campus.registry import Account, Registry


@dataclass(frozen=True, slots=True)
class _Asked:
    """A school, the first instant of the month asked for, and whether as JSON."""

    registry: Registry
    month: datetime
    as_json: bool


@click.group("bills", invoke_without_command=True)
@click.option("--month", type=month, metavar="YYYY-MM", help="The month; without it, the last whole one.")
@click.option("--school", metavar="KEY", help="Only this school.")
@click.option("--account", metavar="KEY", help="Only this account, by its key or number.")
@click.option("--json", "as_json", is_flag=True, help="One JSON line a bill.")
@click.pass_context
def group(ctx: click.Context, month: datetime | None, school: str | None, account: str | None, as_json: bool) -> None:
    """Reckon each account's bill of a month line by line, and hold the utility's own bills against the meters.

    A bill that was imported (`campus import`) is compared over its own reading dates, and a difference is explained:
    missing days, transformer losses, ratio, fixed share, estimates. Where the bill told its yuan, they stand beside
    what prices and meters make of the same dates, with the difference in yuan and per cent. Exit code 1 where a bill
    lacks something for its total, or a difference of use stays unexplained.

    \b
    campus bills --month 2026-10
    campus bills --account 3700000003 --json
    """
    if ctx.invoked_subcommand is not None:
        return
    installation, now = looked_into(install(load_settings(os.environ))), datetime.now(UTC)
    fine, schools = True, _schools(installation, school)
    _known(schools, account)
    for registry in schools:
        asked = _Asked(registry, _month_of(registry, month, now), as_json)
        for one in _accounts(registry, account):
            fine = _show(installation, asked, one) and fine
    ctx.exit(0 if fine else 1)


def _show(installation: Installation, asked: _Asked, account: Account) -> bool:
    """Show an account's bill and those the utility sent; return whether nothing is open."""
    registry, zone = asked.registry, asked.registry.school.timezone
    rows = installation.stores[registry.school.key]
    month = next(iter(calendar.months(asked.month, asked.month + calendar.HOUR, zone)))
    found = bills.month_bill(registry, rows, account, asked.month)
    besides = list(bills_sent.sent(registry, rows, account, month))
    lone = list(bills_sent.alone(registry, rows, account, month))
    alone = [bills_text.alone_said(*one, zone) for one in lone]
    if found is None:
        if not asked.as_json:
            name, why = bills_text.account_said(account), bills_text.why_none(account)
            click.echo(f"{name.zh}：{why.zh}\n  {name.en}: {why.en}")
            for line in alone:
                click.echo(f"  {line.zh}\n    {line.en}")
        return True
    if asked.as_json:
        click.echo(
            json.dumps(bills_text.bill_json(found, besides, zone) | bills_text.alone_json(lone), ensure_ascii=False)
        )
    else:
        print_table(bills_text.bill_table(found, zone))
        said = [*bills_text.sentences(found, zone), *(bills_text.beside_said(one, zone) for one in besides), *alone]
        for line in said:
            click.echo(f"  {line.zh}\n    {line.en}")
        click.echo()
    return found.bill.total is not None and all(one.match.verdict != "open" for one in besides)


@group.command("shift")
@click.option("--account", required=True, metavar="KEY", help="The account, by its key or number.")
@click.option("--school", metavar="KEY", help="The school, where more than one has that account.")
@click.option("--meter", metavar="KEY", help="Take the load from this meter's last four weeks …")
@click.option("--kw", type=click.FloatRange(0, min_open=True), help="… or say it: so many kW …")
@click.option("--from", "begin", type=click.IntRange(0, 23), metavar="HOUR", help="… from this local hour …")
@click.option("--for", "length", type=click.IntRange(1, 24), metavar="HOURS", help="… for so many hours.")
@click.option("--into", type=click.IntRange(1, 24), metavar="HOURS", help="How many hours it takes; else as now.")
@click.option("--days", type=click.Choice(["all", "work"]), default="all", show_default=True, help="On which days.")
@click.pass_context
def shift(ctx: click.Context, /, account: str, school: str | None, **load: object) -> None:
    """Reckon what moving a load to the cheapest hours saves, month by month: nothing is assumed.

    Only for an account whose price goes by the hour; a meter that tells no hours is refused. The hours are those of
    the account's own windows: in Shandong the valley is noon in seven months. Exit code 1 where nothing can be said.

    \b
    campus bills shift --account shops --kw 60 --from 17 --for 3
    campus bills shift --account shops --meter chargers --days work
    """
    installation, now = looked_into(install(load_settings(os.environ))), datetime.now(UTC)
    schools = _schools(installation, school)
    _known(schools, account)
    found = [(r, a) for r in schools for a in _accounts(r, account)]
    if len(found) != 1:
        raise click.UsageError(
            f"有 {len(found)} 个这样的户号，请加 --school / {len(found)} such accounts: add --school"
        )
    registry, one = found[0]
    asked = shifting.Load(**load)  # type: ignore[arg-type]
    told = shifting.advice(registry, installation.stores[registry.school.key], one, (asked, now))
    for said in told.lines:
        click.echo(f"{said.zh}\n  {said.en}")
    ctx.exit(0 if told.reckoned else 1)


def _schools(installation: Installation, wanted: str | None) -> list[Registry]:
    known = sorted(installation.registries)
    if wanted is not None and wanted not in known:
        raise UnknownSchool(wanted, known)
    return [installation.registries[key] for key in ([wanted] if wanted else known)]


def _known(schools: list[Registry], wanted: str | None) -> None:
    """Refuse an account that no school has."""
    words = {word for one in schools for account in one.accounts.values() for word in (account.key, account.number)}
    if wanted is not None and wanted not in words:
        raise click.BadParameter(
            f"没有户号 / no account {wanted!r}{nearest(wanted, words - {''})}", param_hint="--account"
        )


def _accounts(registry: Registry, wanted: str | None) -> Iterator[Account]:
    every = registry.accounts.values()
    return (one for one in every if wanted is None or wanted in (one.key, one.number))


def _month_of(registry: Registry, month: datetime | None, now: datetime) -> datetime:
    """Return the first instant of the month asked for, or of the last whole one; one ahead is wrong use."""
    zone = registry.school.timezone
    this = calendar.local_date(now, zone).replace(day=1)
    last = calendar.local_date(calendar.midnight(this, zone) - calendar.HOUR, zone).replace(day=1)
    if month is not None and month.date() > this:
        raise click.BadParameter(f"{month:%Y-%m} 还没到 / {month:%Y-%m} has not come yet", param_hint="--month")
    return calendar.midnight(last if month is None else month.date(), zone)


COMMAND: click.Command = group
