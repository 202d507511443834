"""A file taken in: understood, shown, asked for, written to the journal, brought to the store, and counted there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import click
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from app import file_plan, file_sent, file_talk
from app.file_meters import Found
from app.file_plan import Plan, Said
from app.file_rows import Batches, Taken, taken_of
from app.file_sent import Sent
from app.file_talk import Complaints
from app.table_file import Table, open_table
from app.table_text import Track
from app.terminal import console, print_table
from app.wiring import Installation
from campus.errors import CampusError, StoreUnavailable
from campus.registry import Registry

_SHOWN = 6  # first values shown
_LOOKED_THROUGH = 200  # rows in which they are looked for
_ASKED_OF = 20  # unknown meters that are asked for one by one
_PATIENCE_S = 120.0  # for another process that drains
_CHOICES = {"order": ("dmy", "mdy"), "decimal": (".", ","), "ends": ("start", "end"), "multiplied": ("yes", "no")}


class Unsure(CampusError):
    """A script said --yes to a file that does not prove how it is to be read."""

    def __init__(self, file: str) -> None:
        super().__init__(
            f"{file}: 先用选项说清带 ? 的几点 / settle what is marked ? by its option; nothing was written"
        )


@dataclass(frozen=True, slots=True)
class Import:
    """Into which installation and school, and how: `mode` is ask, yes or dry."""

    installation: Installation
    registry: Registry
    said: Said
    mode: str
    sheet: str = ""


def take_in(file: Path, into: Import) -> bool:
    """Import a file; return whether all of it went in.

    Raises `FileRefused` for a file that is none, `Unsure` for one that a script cannot be trusted with.
    """
    table = open_table(file, into.sheet)
    plan = _understood(table, into)
    if into.mode == "dry":
        return _dry(plan, into)
    if into.mode == "ask" and not click.confirm("写入？ / Write?", default=False):
        click.echo("什么也没写 / Nothing was written")
        return False
    return _written(plan, into)


def _understood(table: Table, into: Import) -> Plan:
    said = into.said
    plan = _plan(table, into.registry, said)
    for line in file_talk.understood(plan):
        click.echo(line)
    if into.mode == "ask" and (named := _ask_meters(plan)):
        said = replace(said, meters={**said.meters, **named})
        plan = _plan(table, into.registry, said)
    doubts = _doubts(plan)
    for line in file_talk.doubts(doubts):
        click.echo(line)
    if doubts and into.mode == "yes":
        raise Unsure(table.path.name)
    if doubts and into.mode == "ask":
        plan = _plan(table, into.registry, _ask_doubts(doubts, said))
    print_table(file_talk.meters(plan))
    if first := _first(plan):
        print_table(file_talk.first_rows(first, plan))
    return plan


def _plan(table: Table, registry: Registry, said: Said) -> Plan:
    with _progress("看文件 looking", table) as track:
        return file_plan.make(table, registry, said, track)


def _doubts(plan: Plan) -> list[str]:
    """Return what has to be settled: what the file does not prove, and the ratio of meters that have one."""
    found = [one for labels in plan.labels if isinstance(one := plan.meters.find(labels), Found)]
    scaled = any(meter.meter.ratio != 1.0 or "ratio" in _changed(meter) for meter in found)
    use = plan.layout.name in ("by_day", "by_reading", "wide", "frozen") and not plan.how.registers
    return [*plan.doubts, *(["multiplied"] if scaled and use and plan.multiplied is None else [])]


def _changed(found: Found) -> set[str]:
    return {name for change in found.meter.changes for name in change.values}


def _ask_meters(plan: Plan) -> dict[str, str]:
    """Ask whose the unknown meters of a file are; `-` leaves one out."""
    unknown = [labels for labels in file_talk.unknown(plan) if (labels or ("",))[0] not in plan.meters.given]
    if not 0 < len(unknown) <= _ASKED_OF:
        return {}
    choices = [*plan.meters.registry.meters, "-"]
    named = {}
    for labels in unknown:
        called = " · ".join(labels[:3]) or "这个文件 / this file"
        question = f"“{called}”是哪块表（- 不导入）/ which meter is it (- to leave it out)"
        named[labels[0] if labels else ""] = click.prompt(question, default="-", type=click.Choice(choices))
    return named


def _ask_doubts(doubts: list[str], said: Said) -> Said:
    for doubt in doubts:
        answer = click.prompt(f"  {doubt}", type=click.Choice(_CHOICES[doubt]))
        said = _settled(doubt, answer, said)
    return said


def _settled(doubt: str, answer: str, said: Said) -> Said:
    if doubt == "multiplied":
        return replace(said, multiplied=answer == "yes")
    if doubt == "ends":
        return replace(said, label=answer)
    return replace(said, order=answer) if doubt == "order" else replace(said, decimal=answer)


def _first(plan: Plan) -> list[Taken]:
    reading = plan.reading()
    rows = islice(plan.data(_nobody), _LOOKED_THROUGH)
    taken = (one for row in rows for one in taken_of(row, reading, plan) if isinstance(one, Taken))
    return list(islice(taken, _SHOWN))


def _batches(plan: Plan, into: Import) -> tuple[Batches, Sent, Complaints]:
    sent, complaints = Sent(), Complaints()
    routes = into.installation.routes
    return Batches(plan, routes, datetime.now(UTC), sent.keep, complaints.add), sent, complaints


def _dry(plan: Plan, into: Import) -> bool:
    batches, sent, complaints = _batches(plan, into)
    with _progress("试读 reading", plan.table) as track:
        for _ in batches.records(track):
            pass
    click.echo(f"可写入 {sent.count} 个读数，什么也没写 / {sent.count} readings could go in; nothing was written")
    return _complain(complaints, batches)


def _written(plan: Plan, into: Import) -> bool:
    batches, sent, complaints = _batches(plan, into)
    root = into.installation.settings.data.journal
    with _progress("写入 writing", plan.table) as track:
        file_sent.append(root, batches.records(track), plan.table.path.name)
    click.echo(f"已进入日志 {sent.count} 个读数 / {sent.count} readings are in the journal")
    if sent.count:
        _stored(sent, into)
    return _complain(complaints, batches)


def _stored(sent: Sent, into: Import) -> None:
    """Bring the readings to the store and say, by reading it before and after, what became of them."""
    try:
        store = into.installation.stores[into.registry.school.key]
        before = file_sent.stored(store, sent)
        done = file_sent.drain(into.installation, _PATIENCE_S)
        outcome = file_sent.compare(sent, before, file_sent.stored(store, sent))
    except StoreUnavailable as error:
        click.echo(f"还没入库，日志里不会丢 / not stored yet, kept in the journal until it is: {error}")
        return
    if not done:
        click.echo("另一个进程还在入库，稍后即到 / another process is storing them: they will be there soon")
        return
    click.echo(
        f"入库 {outcome.new}，重复 {outcome.known}，"
        f"与原值不同（以后到的为准）{outcome.changed}，隔离 {outcome.missing}"
        f" / stored {outcome.new}, already there {outcome.known}, other than before (the later stands)"
        f" {outcome.changed}, in quarantine {outcome.missing}"
    )


def _complain(complaints: Complaints, batches: Batches) -> bool:
    if batches.without_value:
        n = batches.without_value
        click.echo(f"{n} 行没有数值，什么也没补 / {n} rows hold no value; nothing was made up for them")
    if not complaints.count:
        return True
    click.echo(f"没有导入 {complaints.count} 处 / {complaints.count} did not go in:", err=True)
    for line in complaints.lines():
        click.echo(line, err=True)
    return False


@contextmanager
def _progress(what: str, table: Table) -> Iterator[Track]:
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console(), transient=True) as progress:
        task = progress.add_task(what, total=table.size or None)
        yield _tracking(progress, task)


def _tracking(progress: Progress, task: object) -> Callable[[int], None]:
    return lambda done: progress.update(task, completed=done)  # type: ignore[arg-type]


def _nobody(_: int) -> None:
    """Track nothing."""
