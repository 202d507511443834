"""`campus ledger`: what people work on, and what they did."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from typing import Any, TypeVar

import click

from app import ledger_text
from app.data_there import looked_into
from app.ledger_text import Desk
from app.settings import load_settings
from app.terminal import print_table
from app.typed_days import day
from app.who import who
from app.wiring import install, open_books
from campus.ports import Act, Verb
from campus.registry import Registry
from ledger import Book
from web.words import STATES

Command = TypeVar("Command", bound=Callable[..., Any])
_BY = click.option("--by", default="", metavar="NAME", help="Who does it; your own login name if left out.")
_SCHOOL = click.option("--school", default="", help="Of which school; needed where there are several.")


@contextmanager
def _opened() -> Iterator[tuple[Mapping[str, Registry], Book]]:
    installation = looked_into(install(load_settings(os.environ)))
    with closing(open_books(installation.settings, lambda: installation.registries)) as books:
        yield installation.registries, books


def _desk(schools: Mapping[str, Registry], key: str) -> Desk:
    if not key and len(schools) == 1:
        key = next(iter(schools))
    if key not in schools:
        raise click.UsageError(f"哪所学校？请写 / name the school: --school {'|'.join(sorted(schools))}")
    return Desk(schools[key], datetime.now(UTC), len(schools) > 1)


@click.group("ledger")
def ledger() -> None:
    """The findings ledger: what is open, who has it, and what was done."""


@ledger.command("list")
@click.option("--school", default="", help="Only this school.")
@click.option("--all", "everything", is_flag=True, help="Also what is closed or dismissed.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, for other programs.")
@click.pass_context
def list_(ctx: click.Context, school: str, everything: bool, as_json: bool) -> None:
    """Show what is open, the dearest first; exit 1 where anything is."""
    with _opened() as (schools, books):
        desks = [_desk(schools, key) for key in ([school] if school else sorted(schools))]
        rows = [
            (desk, episode)
            for desk in desks
            for episode in books.episodes(desk.registry.school.key, open_only=not everything)
        ]
    if as_json:
        click.echo(json.dumps([ledger_text.as_json(*row) for row in rows], ensure_ascii=False, indent=2))
    elif rows:
        print_table(ledger_text.table(rows, several=len(desks) > 1))
    else:
        click.echo("没有要处理的事 / nothing is open" if not everything else "台账是空的 / the ledger is empty")
    ctx.exit(1 if any(episode.open for _, episode in rows) else 0)


@ledger.command("show")
@click.argument("episode", metavar="ID", type=int)
@_SCHOOL
def show(episode: int, school: str) -> None:
    """Show one finding whole: its sentence, its numbers, what happened, and what to do next."""
    with _opened() as (schools, books):
        desk = _desk(schools, school)
        key = desk.registry.school.key
        shown, entries = books.episode(key, episode), books.history(key, episode)
    for line in ledger_text.page(desk, shown, entries):
        click.echo(line)


def _acting(command: Command) -> Command:
    """Give a command the arguments all acts have."""
    for given in (_SCHOOL, _BY, click.argument("episode", metavar="ID", type=int)):
        command = given(command)
    return command


def _act(school: str, episode: int, act: Act) -> None:
    with _opened() as (schools, books):
        desk = _desk(schools, school)
        done = books.act(desk.registry.school.key, episode, act)
    state = STATES[done.state]
    click.echo(f"{done.id} 号 #{done.id}: {state.zh} / {state.en}")
    for line in ledger_text.nexts(desk, done):
        click.echo(line)


@ledger.command("ack")
@_acting
def ack(episode: int, by: str, school: str) -> None:
    """Take a finding on: somebody has seen it."""
    _act(school, episode, Act(Verb.ACKNOWLEDGE, who(by)))


@ledger.command("assign")
@_acting
@click.option("--to", "owner", required=True, metavar="NAME", help="Who is to repair it.")
@click.option("--deadline", type=day, metavar="YYYY-MM-DD", help="Until which day, such as 2026-12-01.")
@click.option("--text", default="", help="A note along with it.")
def assign(episode: int, by: str, school: str, owner: str, deadline: datetime | None, text: str) -> None:
    """Give a finding an owner, and a deadline; again, to change either."""
    until = None if deadline is None else deadline.date()
    _act(school, episode, Act(Verb.ASSIGN, who(by), text, owner, until))


@ledger.command("repair")
@_acting
@click.option("--text", default="", help="What was repaired.")
def repair(episode: int, by: str, school: str, text: str) -> None:
    """Say that it is repaired; the meter confirms it, or shows that it is not."""
    _act(school, episode, Act(Verb.REPAIR, who(by), text))


@ledger.command("dismiss")
@_acting
@click.option("--reason", required=True, help="Why nothing is to be done.")
def dismiss(episode: int, by: str, school: str, reason: str) -> None:
    """Leave a finding, with the reason; it stays in the ledger."""
    _act(school, episode, Act(Verb.DISMISS, who(by), reason))


@ledger.command("note")
@_acting
@click.option("--text", required=True, help="What to note.")
def note(episode: int, by: str, school: str, text: str) -> None:
    """Add a note to a finding, whatever its state."""
    _act(school, episode, Act(Verb.NOTE, who(by), text))


COMMAND: click.Command = ledger
