"""`campus check`: every problem of the configuration at once, or what is registered."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.tree import Tree

from app.modbus_maps import formats_of, formats_with
from app.registry_toml import load_registry, load_schools, school_files
from app.settings import config_folder, load_settings
from app.terminal import console
from app.toml_lines import read_text
from campus.errors import ConfigInvalid, Issue
from campus.registry import Meter, Registry


@click.command("check")
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.pass_context
def check(ctx: click.Context, files: tuple[Path, ...]) -> None:
    """Show every problem of settings and schools, with file and line.

    With FILES, check those schools' files alone, wherever they lie. Without a problem, show what is registered.
    """
    schools, issues = _files(files) if files else _all()
    for issue in issues:
        click.echo(str(issue), err=True)
    if issues:
        click.echo(f"{len(issues)} problem{'s' if len(issues) > 1 else ''}", err=True)
        ctx.exit(1)
    for registry in schools.values():
        console().print(tree(registry, datetime.now(UTC)))
    folder = config_folder(os.environ) / "schools"
    if not schools and not school_files(folder):
        click.echo(f"no school yet: copy {folder / 'example.toml'} to {folder / '<key>.toml'} and make it yours")
        if not (folder / "example.toml").exists():
            click.echo("还没有 example.toml / there is none: campus init writes it")


def _files(files: tuple[Path, ...]) -> tuple[dict[str, Registry], list[Issue]]:
    schools: dict[str, Registry] = {}
    issues: list[Issue] = []
    for path in files:
        text = read_text(path)
        registry, found = (
            (None, [text])
            if isinstance(text, Issue)
            else load_registry(text, str(path), formats_of(config_folder(os.environ)))
        )
        issues.extend(found)
        if registry is not None:
            schools[registry.school.key] = registry
    return schools, issues


def _all() -> tuple[dict[str, Registry], list[Issue]]:
    try:
        load_settings(os.environ)
        wrong: list[Issue] = []
    except ConfigInvalid as error:
        wrong = list(error.issues)
    config = config_folder(os.environ)
    known, maps = formats_with(config / "modbus")
    schools, issues = load_schools(config / "schools", known)
    return schools, wrong + maps + issues


def tree(registry: Registry, now: datetime) -> Tree:
    """Return what is registered at an instant: meters under the meters above them, by medium."""
    school = registry.school
    meters = registry.at(now)
    root = Tree(f"{school.name} ({school.key}): {_counts(registry, meters)}")
    for medium in dict.fromkeys(meter.registers[0].quantity.medium for meter in meters.values()):
        above = root.add(medium)
        for meter in meters.values():
            if meter.parent not in meters and meter.registers[0].quantity.medium == medium:
                _branch(above, meter, meters)
    if registry.virtuals:
        above = root.add("计算 computed")
        for virtual in registry.virtuals.values():
            counts = f"{virtual.quantity.key} [{virtual.quantity.unit}]"
            above.add(f"{virtual.key} {virtual.name}: {counts} = {virtual.formula}")
    if registry.plans or school.heating:
        above = root.add("计划 plans")
        for season in school.heating:
            above.add(f"供暖期 heating {season.first} … {season.last}: {season.document}")
        for plan in registry.plans:
            span = "…".join(f"{at.astimezone(school.timezone):%Y-%m-%d %H:%M}" for at in (plan.start, plan.end))
            place = ", ".join(plan.buildings) or school.key
            above.add(f"{plan.key} {plan.name} ({plan.kind}): {span} @ {place}, {len(plan.keep)} keep")
    return root


def _counts(registry: Registry, now: dict[str, Meter]) -> str:
    rest = len(registry.meters) - len(now)
    counts = [(len(now), "meter"), (len(registry.buildings), "building"), (len(registry.accounts), "account")]
    text = ", ".join(f"{n} {word}{'' if n == 1 else 's'}" for n, word in counts)
    return f"{text}; {rest} not in force now" if rest else text


def _branch(above: Tree, meter: Meter, meters: dict[str, Meter]) -> None:
    place = f" @ {meter.building}" if meter.building else ""
    registers = ", ".join(f"{r.quantity.key} [{r.unit}]" for r in meter.registers)
    source = f"{meter.topic}{f' {meter.channel}' if meter.channel else ''}" if meter.topic else "read by hand"
    branch = above.add(f"{meter.key} {meter.name}{place}: {registers} ← {source}")
    for child in meters.values():
        if child.parent == meter.key:
            _branch(branch, child, meters)


COMMAND = check
