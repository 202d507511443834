"""`campus quota`: a school's year against the energy and water quotas."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime

import click

from app import quota_json, quota_text
from app.commands.report import UnknownSchool
from app.data_there import looked_into
from app.quota_ask import asked
from app.settings import load_settings
from app.wiring import install


@click.command("quota")
@click.option("--school", help="The school's key; every school where it is left out.")
@click.option("--year", type=click.IntRange(2000, 2100), help="The calendar year; left out, the running one.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a school, a line each.")
@click.option(
    "--lang", type=click.Choice(["zh", "en"]), default="zh", show_default=True, help="Language of the sentences."
)
@click.pass_context
def COMMAND(context: click.Context, school: str | None, year: int | None, as_json: bool, lang: str) -> None:
    """Set a school's year against the quotas of DB37/T 2671-2019 and DB37/T 4452-2021.

    Each indicator with its value, band and what follows from it, the clause, the sums it was made of, coverage, and
    of a running year where it will end. The exit code is 1 where one exceeds the worst value its quota allows.
    """
    installation = looked_into(install(load_settings(os.environ)))
    if school is not None and school not in installation.registries:
        raise UnknownSchool(school, sorted(installation.registries))
    exceeded = False
    for key in [school] if school else sorted(installation.registries):
        registry, store = installation.registries[key], installation.stores[key]
        told, until = asked(store, registry, year, datetime.now(UTC))
        exceeded |= any(one.indicator.standing.band == "over" for one in told.told)
        if as_json:
            click.echo(json.dumps(quota_json.plain(told, until), ensure_ascii=False))
        else:
            for line in quota_text.lines(told, registry, until):
                click.echo(line.to(lang))
    context.exit(1 if exceeded else 0)
