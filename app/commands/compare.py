"""`campus compare`: a year against the one before, like day by like day."""

from __future__ import annotations

import os
from contextlib import closing
from datetime import UTC, datetime

import click

from analytics import compare as against
from app import compare
from app.chosen import chosen
from app.data_there import looked_into
from app.settings import load_settings
from app.terminal import print_table
from app.toml_fields import nearest
from app.wiring import install
from campus.registry import Registry
from campus.schema import SCHOOL_SUBJECT
from campus.units import QUANTITIES


@click.command("compare")
@click.option("--school", default="", help="The school, where there are several.")
@click.option("--year", type=click.IntRange(1951, 2199), help="The year, held against the one before; else this one.")
@click.option("--subject", default=SCHOOL_SUBJECT, show_default=True, help="school, building/KEY or meter/KEY.")
@click.option("--quantity", default="electricity", show_default=True, help="electricity, water, gas, heat …")
@click.pass_context
def COMMAND(ctx: click.Context, school: str, year: int | None, subject: str, quantity: str) -> None:
    """Compare a year with the one before per school day, weekend, holiday and vacation day, and the days around
    Spring Festival with those at the same distance from it.

    Says how many days are counted on each side, how much of the difference is the calendar's, and what cannot be
    compared; exit code 1 where nothing can.
    """
    installation = looked_into(install(load_settings(os.environ)))
    registry = chosen(installation.registries, school)
    _known(registry, subject, quantity)
    now = datetime.now(UTC)
    running = now.astimezone(registry.school.timezone).year
    of_year = year or running
    if of_year > running:
        raise click.BadParameter(f"{of_year} 年还没到 / {of_year} has not come yet", param_hint="--year")
    unit = QUANTITIES[quantity].unit
    with closing(installation.stores) as stores:
        store = stores[registry.school.key]
        daily = compare.days(store, registry.school, (subject, quantity, of_year))
        last = compare.last_day(daily, registry.school, now, of_year)
        found = against.by_kind(daily, registry.school, against.year_to(last))
        weather = list(compare.degree_days(store, registry.school, found))
    festival = against.by_festival(daily, registry.school, of_year)
    kind = QUANTITIES[quantity]
    click.echo(f"{registry.school.key}/{subject}: {kind.zh} {kind.en} [{unit}]")
    print_table(compare.by_kind(found, unit))
    for said in (*compare.remarks(found, unit), compare.by_festival(festival, unit), *weather):
        click.echo(f"{said.zh} / {said.en}")
    compared = any(row.change is not None for row in found.rows) or isinstance(festival, against.ByFestival)
    ctx.exit(0 if compared else 1)


def _known(registry: Registry, subject: str, quantity: str) -> None:
    subjects = registry.subjects()
    if subject not in subjects:
        raise click.BadParameter(f"no subject {subject!r}{nearest(subject, subjects)}", param_hint="--subject")
    counted = [key for key, one in QUANTITIES.items() if not one.gauge]
    if quantity not in counted:
        raise click.BadParameter(f"no quantity {quantity!r}{nearest(quantity, counted)}", param_hint="--quantity")
