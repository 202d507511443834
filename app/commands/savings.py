"""`campus savings`: what projects saved, with ±, in words, yuan and CO2."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from analytics.baseline import Refused
from analytics.savings_words import verdict
from app import metered, savings, savings_figures, savings_text
from app.chosen import chosen
from app.data_there import looked_into
from app.metered import Days, Place
from app.projects import named
from app.savings import Judged
from app.settings import load_settings
from app.terminal import print_table
from app.typed_days import day
from app.wiring import install, open_books
from campus.projects import Frozen, Project
from campus.units import QUANTITIES

_SCHOOL = click.option("--school", default="", help="Of which school; needed where there are several.")
_LANG = click.option("--lang", type=click.Choice(["zh", "en"]), default="zh", show_default=True, help="Language.")
_JSON = click.option("--json", "as_json", is_flag=True, help="As JSON, for other programs.")
_NONE = "没有登记项目 / no [[project]] in the school's file; config/schools/example.toml shows one"
_CHARTS = (".svg", ".png")
Found = dict[str, Judged | Refused]  # by quantity


@contextmanager
def _opened(school: str) -> Iterator[tuple[Place, list[Frozen]]]:
    installation = looked_into(install(load_settings(os.environ)))
    registry = chosen(installation.registries, school)
    with closing(installation.stores), closing(open_books(installation.settings)) as books:
        kept = books.baselines(registry.school.key)
        yield metered.place(installation.stores[registry.school.key], registry), kept


def _fine(found: Found) -> bool:
    """Whether every quantity of a project has a saving that is told from zero."""
    return all(isinstance(one, Judged) and one.whole.told_from_zero for one in found.values())


@click.group("savings")
def COMMAND() -> None:
    """What projects saved: frozen baselines against what was used since (IPMVP option C, ASHRAE Guideline 14)."""


@COMMAND.command("list")
@_SCHOOL
@_LANG
@_JSON
def list_(school: str, lang: str, as_json: bool) -> None:
    """Show every project with what it saved so far, or why that cannot be said yet."""
    with _opened(school) as (at, kept):
        every = [(project, savings.of_project(at, project, kept)) for project in at.registry.projects]
    if as_json:
        click.echo(json.dumps([_as_json(*one) for one in every], ensure_ascii=False, indent=2))
        return
    if not every:
        click.echo(_NONE)
    for project, found in every:
        click.echo(savings_text.head(project).to(lang))
        for quantity, one in found.items():
            said = savings_text.refusal(quantity, one) if isinstance(one, Refused) else verdict(one.whole)
            name = "" if isinstance(one, Refused) else f"{_name(quantity, lang)}: "
            click.echo(f"  {name}{said.to(lang)}")


@COMMAND.command("show")
@click.argument("project")
@click.option(
    "--from",
    "first",
    type=day,
    metavar="YYYY-MM-DD",
    help="First day of the reporting period; else the first in service.",
)
@click.option(
    "--to",
    "until",
    type=day,
    metavar="YYYY-MM-DD",
    help="First day after it; else as far as all its meters are known.",
)
@click.option("--chart", type=click.Path(dir_okay=False, path_type=Path), help="Write the chart (.svg or .png).")
@_SCHOOL
@_LANG
@_JSON
@click.pass_context
def show(ctx: click.Context, /, project: str, school: str, **given: Any) -> None:
    """Show what a project saved: the sentence, ± at 80 and 90 %, yuan, CO2, months, adjustments, and the baseline.

    Exit code 1 where it cannot be said, or cannot be told from zero.
    """
    if given["first"] and given["until"] and given["until"] <= given["first"]:
        raise click.BadParameter("报告期是空的 / the period is empty", param_hint="--to")
    if given["chart"] is not None and given["chart"].suffix.lower() not in _CHARTS:
        raise click.BadParameter(
            f"要以 {' 或 '.join(_CHARTS)} 结尾 / must end in {' or '.join(_CHARTS)}", param_hint="--chart"
        )
    with _opened(school) as (at, kept):
        one = named(at.registry, project)
        found = savings.of_project(at, one, kept, _period(at, one, given["first"], given["until"]))
    if given["as_json"]:
        click.echo(json.dumps(_as_json(one, found), ensure_ascii=False, indent=2))
    else:
        _shown(one, found, given["lang"])
    if given["chart"] is not None:
        _draw(at, found, (given["chart"], given["lang"]))
    ctx.exit(0 if _fine(found) else 1)


@COMMAND.command("verify")
@click.argument("project", required=False)
@_SCHOOL
@_LANG
@click.pass_context
def verify(ctx: click.Context, project: str | None, school: str, lang: str) -> None:
    """Reckon what PROJECT (or every one) saved, and store it for page, Grafana and the annual report.

    `campus run` does it each night by itself. Exit code 1 where one cannot be said, or cannot be told from zero.
    """
    fine = True
    with _opened(school) as (at, kept):
        if not project and not at.registry.projects:
            click.echo(_NONE)
        for one in (named(at.registry, project),) if project else at.registry.projects:
            found = savings.of_project(at, one, kept)
            savings_figures.keep(at, one, found)
            _shown(one, found, lang)
            fine &= _fine(found)
    ctx.exit(0 if fine else 1)


def _period(at: Place, project: Project, first: datetime | None, until: datetime | None) -> Days | None:
    if first is None and until is None:
        return None
    known = [span for quantity in project.quantities if (span := savings.since(at, project, quantity))]
    if not known and (first is None or until is None):
        return None
    start = known[0][0] if first is None else first.date()
    return start, min(span[1] for span in known) if until is None else until.date()


def _shown(project: Project, found: Found, lang: str) -> None:
    click.echo(savings_text.head(project).to(lang))
    for quantity, one in found.items():
        if isinstance(one, Refused):
            click.echo(savings_text.refusal(quantity, one).to(lang))
            continue
        for said in (*savings_text.summary(one), *savings_text.grounds(one)):
            click.echo(said.to(lang))
        print_table(savings_text.months(one, lang))


def _draw(at: Place, found: Found, to: tuple[Path, str]) -> None:
    # Only here: what draws charts takes a second to load.
    from app import savings_chart

    path, lang = to
    several = len(found) > 1
    for quantity, one in found.items():
        if isinstance(one, Judged):
            target = path.with_stem(f"{path.stem}-{quantity}") if several else path
            savings_chart.write(savings_chart.draw(at.registry, one, datetime.now(UTC), lang), target)
            click.echo(target)


def _as_json(project: Project, found: Found) -> dict[str, Any]:
    facts = {"project": project.key, "name": project.name, "name_en": project.name_en, "measure": project.measure}
    days = {"started": project.started.isoformat(), "finished": project.finished and project.finished.isoformat()}
    return {**facts, **days, "savings": [savings_text.as_json(one, quantity) for quantity, one in found.items()]}


def _name(quantity: str, lang: str) -> str:
    return QUANTITIES[quantity].en if lang == "en" else QUANTITIES[quantity].zh
