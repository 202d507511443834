"""`campus dashboards`: each school's dashboard for Grafana, as a file or in its organisation."""

from __future__ import annotations

import os
from pathlib import Path

import click

from app.settings import Settings, load_settings
from app.wiring import install
from campus.errors import CampusError
from campus.registry import Registry


@click.group("dashboards")
def dashboards() -> None:
    """Grafana: each school's dashboard, made of the same panels as the page."""


@dashboards.command("build")
@click.option("--school", help="Only this school.")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("grafana"),
    show_default=True,
    help="The folder to write to.",
)
def build(school: str | None, out: Path) -> None:
    """Write each school's dashboard as JSON, to look at, to keep under version control or to import by hand."""
    from app.grafana import write_dashboard

    for registry in _schools(load_settings(os.environ), school):
        click.echo(str(write_dashboard(registry, out)))


@dashboards.command("publish")
@click.option("--school", help="Only this school.")
@click.pass_context
def publish(ctx: click.Context, school: str | None) -> None:
    """Put data source, folder and dashboard into each school's own organisation of Grafana.

    Run it again whenever meters or panels changed; what is there already stays as it is.
    Exit 1 where a school's dashboard could not be put there, or Grafana cannot read its data.
    """
    from app.grafana import publish_school

    settings, wrong = load_settings(os.environ), 0
    for registry in _schools(settings, school):
        name = f"{registry.school.name} ({registry.school.key})"
        try:
            done = publish_school(settings, registry)
        except CampusError as error:
            wrong += 1
            click.echo(f"{name}:\n{error}", err=True)
            continue
        wrong += not done.readable
        click.echo(f"{name}: {done.name} (Grafana {done.version}, orgId {done.organisation})")
        for zh, en in done.done:
            click.echo(f"  {zh} / {en}")
        for zh, en in done.warnings:
            click.echo(f"  注意：{zh}\n  Note: {en}", err=True)
        click.echo(f"  打开 Open: {done.url}")
    if wrong:
        ctx.exit(1)


def _schools(settings: Settings, wanted: str | None) -> list[Registry]:
    from app.grafana import NoSuchSchool

    schools = install(settings).registries
    if wanted is not None and wanted not in schools:
        raise NoSuchSchool(wanted, sorted(schools))
    return [schools[key] for key in sorted(schools) if wanted in (None, key)]


COMMAND = dashboards
