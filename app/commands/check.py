"""`campus check`: every problem of the configuration at once, or what is registered."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import click

from app.check_tree import tree
from app.modbus_maps import formats_of, formats_with
from app.registry_toml import load_registry, load_schools, school_files
from app.settings import config_folder, load_settings
from app.terminal import console
from app.toml_lines import read_text
from campus.errors import ConfigInvalid, Issue
from campus.registry import Registry


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


COMMAND = check
