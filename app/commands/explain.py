"""`campus explain`: where a figure comes from."""

from __future__ import annotations

import os
from datetime import UTC, datetime

import click

from app.data_there import looked_into
from app.explain import ask, explain
from app.settings import load_settings
from app.wiring import install


@click.command("explain")
@click.argument("figure")
@click.option(
    "--lang", type=click.Choice(["zh", "en"]), default="zh", show_default=True, help="Language of the sentences."
)
def COMMAND(figure: str, lang: str) -> None:
    """Trace a figure to its readings, factor, clause and coverage.

    FIGURE is school/subject/figure/period, the period a year, a month, a day or an hour of the school's own clock:

    \b
    campus explain demo/school/carbon/total/2026-11
    campus explain demo/school/electricity/2026-11
    campus explain demo/school/carbon/total/2026
    campus explain demo/building/dormitory/water/2026-11-03
    campus explain demo/meter/e-main/electricity/2026-11-03
    campus explain demo/virtual/pv-self-use/electricity/2026-11-03
    campus explain demo/school/saving/PROJECT/electricity/2026
    campus explain demo/account/KEY/bill/2026-11
    """
    installation = looked_into(install(load_settings(os.environ)))
    asked = ask(figure, installation.registries)
    store = installation.stores[asked.school]
    for step in explain(asked, store, installation.registries[asked.school], lang, datetime.now(UTC)):
        click.echo("  " * step.depth + step.text)
