"""`campus quarantine`: what arrived and could not be stored, why, what to do, and trying it again."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import click
from rich.table import Table

from app import desk
from app.data_there import there
from app.modbus_maps import formats_of
from app.settings import Settings, load_settings
from app.terminal import print_table, printable
from campus.ports import Quarantined, Reason
from campus.remedies import REMEDIES
from ingest.quarantine import QuarantineFile

NEWEST = 20  # entries shown below the reasons


@contextmanager
def _opened() -> Iterator[tuple[Settings, QuarantineFile]]:
    settings = there(load_settings(os.environ))
    opened = QuarantineFile(settings.data.quarantine, formats_of(settings.config))
    try:
        yield settings, opened
    finally:
        opened.close()


@click.group("quarantine")
def quarantine() -> None:
    """What arrived and could not be stored; nothing in it is lost."""


@quarantine.command("list")
@click.option("--limit", default=NEWEST, show_default=True, help="How many of the newest entries to show.")
@click.option("--all", "everything", is_flag=True, help="Also those that were replayed.")
@click.pass_context
def list_(ctx: click.Context, limit: int, everything: bool) -> None:
    """Show why messages wait and what to do, then the newest of them; exit 1 where any waits."""
    with _opened() as (_, waiting):
        counts, entries = waiting.counts(), waiting.entries(limit, open_only=not everything)
    if not counts:
        click.echo("Nothing waits in quarantine.")
    else:
        print_table(_reasons(counts))
    if entries:
        print_table(_entries(entries))
    ctx.exit(1 if counts else 0)


def _reasons(counts: Mapping[Reason, int]) -> Table:
    table = Table("reason", "waiting", "what to do", show_lines=True)
    for reason, count in sorted(counts.items(), key=lambda pair: -pair[1]):
        table.add_row(reason, str(count), "\n".join(REMEDIES[reason]))
    return table


def _entries(entries: list[Quarantined]) -> Table:
    table = Table("id", "arrived", "topic", "reason", "detail", "payload")
    for entry in entries:
        reason = f"{entry.reason} (replayed)" if entry.replayed else entry.reason
        arrived = f"{entry.arrived.astimezone():%Y-%m-%d %H:%M:%S}"
        texts = (printable(entry.topic.encode()), reason, printable(entry.detail.encode(), 80))
        table.add_row(str(entry.id), arrived, *texts, printable(entry.payload))
    return table


@quarantine.command("show")
@click.argument("entry_id", metavar="ID", type=int)
def show(entry_id: int) -> None:
    """Show one entry whole: where it stands in the journal, its payload, and what to do."""
    with _opened() as (_, waiting):
        entry = waiting.entry(entry_id)
    if entry is None:
        raise click.ClickException(f"no entry {entry_id}: campus quarantine list shows those there are")
    zh, en = REMEDIES[entry.reason]
    facts = {
        "topic": printable(entry.topic.encode(), 1000),
        "arrived": entry.arrived.isoformat(),
        "journal": f"{entry.journal}, segment {entry.segment}, byte {entry.offset}, reading {entry.item}",
        "reason": f"{entry.reason}: {printable(entry.detail.encode(), 1000)}",
        "read by": entry.format or "-",
        "replayed": entry.replayed.isoformat() if entry.replayed else "not yet",
        "to do": f"{zh}\n          {en}",
        "payload": printable(entry.payload, 100_000),
    }
    for name, fact in facts.items():
        click.echo(f"{name:<9} {fact}")


@quarantine.command("replay")
@click.argument("ids", nargs=-1, type=int)
@click.option("--topic", default="", help="All that waits on this topic and below it.")
@click.option("--all", "everything", is_flag=True, help="All that waits.")
def replay(ids: tuple[int, ...], topic: str, everything: bool) -> None:
    """Put messages through the pipeline again, after their cause has been put right.

    Name them by ID, by topic, or all. What still cannot be stored comes back into quarantine.
    """
    if sum((bool(ids), bool(topic), everything)) != 1:
        raise click.UsageError("name the entries: IDs, or --topic, or --all")
    with _opened() as (settings, waiting):
        count = desk.replay(settings.data.journal, waiting, topic, ids)
    if not count:
        raise click.ClickException("nothing of that waits in quarantine")
    click.echo(f"{count} message{'' if count == 1 else 's'} put into the journal again.")


COMMAND: click.Command = quarantine
