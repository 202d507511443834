"""`campus report`: what a school hands in."""

from __future__ import annotations

import difflib
import os
from datetime import UTC, datetime
from pathlib import Path

import click

from app.data_there import looked_into
from app.settings import load_settings
from app.wiring import Installation, install, open_books
from campus.errors import WrongUse


class UnknownSchool(WrongUse):
    """A school nobody registered."""

    def __init__(self, school: str, known: list[str]) -> None:
        near = difflib.get_close_matches(school, known, n=1)
        meant = (
            f"你是不是要 {near[0]} / did you mean {near[0]}?" if near else f"已登记 / registered: {', '.join(known)}"
        )
        super().__init__(f"没有学校 {school!r} / no school {school!r}; {meant}")


@click.group("report")
def COMMAND() -> None:
    """Write the papers a school hands in."""


@COMMAND.command("annual")
@click.option("--school", required=True, help="The school's key.")
@click.option("--year", required=True, type=click.IntRange(2000, 2100), help="The calendar year.")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    show_default="here",
    help="The folder to write into.",
)
@click.option(
    "--lang",
    type=click.Choice(["zh", "both"]),
    default="both",
    show_default=True,
    help="Chinese alone, or with the English beside it.",
)
@click.pass_context
def annual(context: click.Context, school: str, year: int, out: Path, lang: str) -> None:
    """Write a school's year as a workbook and a PDF, and say what keeps it from being final.

    The exit code is 1 where something does: it is written all the same, as a draft.
    """
    installation = looked_into(install(load_settings(os.environ)))
    if school not in installation.registries:
        raise UnknownSchool(school, sorted(installation.registries))
    context.exit(_annual(installation, (school, year), out, lang))


def _annual(installation: Installation, of: tuple[str, int], out: Path, lang: str) -> int:
    # Only here: what draws and sets pages takes a second to load.
    from app.annual import build
    from app.annual_gather import Pieces

    school, year = of
    books = open_books(installation.settings)
    pieces = Pieces(installation.registries[school], installation.stores[school], books, lambda: datetime.now(UTC))
    built = build(pieces, year, out, lang)
    click.echo(built.pdf)
    click.echo(built.xlsx)
    for limit in built.limits:
        click.echo(f"{'不得定稿 not final' if limit.forbids else '提示 note'}: {limit.zh} / {limit.en}")
    return 1 if built.forbidding else 0
