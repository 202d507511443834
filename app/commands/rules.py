"""`campus rules`: what rules there are, and what one would have found in a past year."""

from __future__ import annotations

import json
import os
from contextlib import closing
from datetime import UTC, date, datetime, timedelta

import click
from rich.console import Console
from rich.progress import track

from analytics.detector import Detector, detectors
from app import rules_text, rules_try
from app.data_there import looked_into
from app.rules_try import Tried
from app.settings import load_settings
from app.terminal import print_table
from app.toml_fields import nearest
from app.wiring import Installation, install, open_books
from campus.calendar import midnight
from campus.ports import Rows
from campus.registry import Registry


@click.group("rules")
def rules() -> None:
    """The rules that make findings: what each looks for, and what it would have found."""


@rules.command("list")
@click.option("--json", "as_json", is_flag=True, help="As JSON, for other programs.")
def list_(as_json: bool) -> None:
    """Show every rule: its name, what it judges, who acts on it, and what ends it."""
    known = sorted(detectors().values(), key=lambda rule: rule.name)
    if as_json:
        click.echo(json.dumps([rules_text.rule_json(rule) for rule in known], ensure_ascii=False, indent=2))
    else:
        print_table(rules_text.rules_table(known))


@rules.command("try")
@click.option("--rule", "name", required=True, help="Which rule; `campus rules list` shows them.")
@click.option("--year", type=int, help="Which calendar year of the school's own clock; the running one if left out.")
@click.option("--school", default="", help="Only this school; all of them if left out.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, for other programs.")
@click.pass_context
def try_(ctx: click.Context, name: str, year: int | None, school: str, as_json: bool) -> None:
    """Replay a rule on a past year and hold what it finds against the ledger. Nothing is written and nobody is told.

    The rule sees the data up to the end of the year as they are known now, later corrections included. "Found" counts
    every meter; "after merging" each cause once, where it is nearest; "confirmed" are those somebody took on or that
    the meter closed, "refuted" those left as they were or withdrawn. Exit 1 where anything is found.
    """
    rule = detectors().get(name)
    if rule is None:
        raise click.UsageError(
            f"没有规则 / no rule {name!r}{nearest(name, detectors())}; `campus rules list` shows them"
        )
    installation = looked_into(install(load_settings(os.environ)))
    if school and school not in installation.registries:
        raise click.UsageError(f"没有学校 / no school {school!r}: {', '.join(sorted(installation.registries))}")
    keys = [school] if school else sorted(installation.registries)
    zones = [installation.registries[key].school.timezone for key in keys]
    if year is not None and all(year > datetime.now(zone).year for zone in zones):
        raise click.BadParameter(f"{year} 年还没到 / {year} has not come yet", param_hint="--year")
    tried = _tried(rule, installation, keys, year)
    if as_json:
        click.echo(json.dumps(rules_text.tried_json(tried), ensure_ascii=False, indent=2))
    else:
        table = rules_text.tried_table(installation.registries, tried)
        if table.row_count:
            print_table(table)
        click.echo("\n".join(rules_text.tried_lines(tried)))
    ctx.exit(1 if any(one.merged for one in tried.values()) else 0)


def _tried(rule: Detector, installation: Installation, keys: list[str], year: int | None) -> dict[str, Tried]:
    with closing(open_books(installation.settings)) as books:
        found = {}
        for key in track(keys, "试算 trying", console=Console(stderr=True), transient=True):
            registry: Registry = installation.registries[key]
            rows: Rows = installation.stores[key]
            window = _window(registry, year)
            found[key] = rules_try.try_rule(rule, (registry, rows), window, books.episodes(key))
    return found


def _window(registry: Registry, year: int | None) -> tuple[datetime, datetime]:
    zone, now = registry.school.timezone, datetime.now(UTC)
    asked = now.astimezone(zone).year if year is None else year
    return midnight(date(asked, 1, 1), zone), min(midnight(date(asked + 1, 1, 1), zone), now + timedelta(hours=1))


COMMAND = rules
