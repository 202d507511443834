"""What `campus meters template` and `import` say and ask."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from rich.table import Table

from app import desk
from app.settings import Settings
from app.terminal import print_table
from app.wiring import open_store
from app.workbook_cells import INSTANT, Around
from app.workbook_columns import CHANGE_FROM, SHEETS
from app.workbook_import import SchoolText, new_text, read_school, registry_problems, write_school
from app.workbook_open import Book
from app.workbook_plan import Known, Plan, make_plan
from app.workbook_problem import Mistake, Problem, refused
from app.workbook_read import Read, Row, read_book
from app.workbook_write import write_template
from campus.errors import StoreUnavailable
from campus.ports import Store
from campus.registry import Registry
from campus.schema import REGISTER, SeriesId
from ingest.payload import Format
from ingest.quarantine import QuarantineFile


@dataclass(frozen=True, slots=True)
class Talk:
    """What an import works on, and how it goes on where a question comes up: "ask", "yes" or "dry"."""

    settings: Settings
    formats: Mapping[str, Format]
    schools: Mapping[str, Registry]
    registry: Registry
    mode: str

    @property
    def path(self) -> Path:
        """The school's file."""
        return self.settings.schools / f"{self.registry.school.key}.toml"


def make_template(path: Path, registry: Registry, formats: Mapping[str, Format], file: Path | None) -> Path:
    """Write a school's workbook and return where; a file that is there is never written over: it may be filled in."""
    school = registry.school
    now = datetime.now(UTC)
    target = file or Path(f"校园能源调研表_{school.code or school.key}_{now.astimezone(school.timezone):%Y}.xlsx")
    if target.suffix.lower() != ".xlsx":
        raise refused(target.name, "文件名要以 .xlsx 结尾", "must end in .xlsx")
    if target.exists():
        raise refused(
            str(target),
            "已有这个文件，不覆盖：请换个名字",
            "is already there, and may be filled in: name another file",
        )
    if not target.parent.is_dir():
        raise refused(str(target), "没有这个文件夹", "its folder does not exist: make it first")
    write_template(target, read_school(path).body, Around(school.timezone, tuple(formats)), now)
    return target


def take_in(book: Book, talk: Talk) -> int:
    """Show what a workbook changes and write it; return the exit code: 1 where it has problems."""
    school = read_school(talk.path)
    read, plan = _planned(book, talk, school)
    problems = [*plan.problems, *(_undated(row) for row in plan.undated)]
    text = new_text(school, plan)
    others = {key: registry for key, registry in talk.schools.items() if key != talk.registry.school.key}
    problems += registry_problems(text, read, others, (talk.path, tuple(talk.formats)))
    if problems:
        return _refuse(problems, book)
    _show(plan, read)
    if not plan.edits:
        click.echo("没有变化。 / Nothing changes.")
        return 0
    if talk.mode == "dry":
        click.echo("只是试看，什么也没写。 / Dry run: nothing was written.")
        return 0
    if talk.mode == "ask":
        click.confirm(f"写入 {talk.path}？ / Write these changes?", abort=True)
    backup = write_school(school, text)
    click.echo(f"已写入 {talk.path}（原文件：{backup.name}） / Written; the file as it was: {backup.name}")
    _replay(talk, read)
    return 0


def _planned(book: Book, talk: Talk, school: SchoolText) -> tuple[Read, Plan]:
    """Return the rows and what they change, after asking for the day of changes where only that is missing."""
    around = Around(talk.registry.school.timezone, tuple(talk.formats))
    with closing(_Readings(talk)) as readings:
        known = Known(school.body, around, datetime.now(UTC), readings)
        read = read_book(book, talk.registry.school.key, around)
        plan = make_plan(read, known)
        if plan.undated and not plan.problems and talk.mode == "ask":
            known = replace(known, change_from=_ask_day(plan, around))
            read = read_book(book, talk.registry.school.key, around)
            plan = make_plan(read, known)
    return read, plan


def _refuse(problems: list[Problem], book: Book) -> int:
    places = list(dict.fromkeys(str(problem) for problem in sorted(problems, key=_reading_order)))
    for line in places:
        click.echo(line, err=True)
    click.echo(
        f"{book.file}：{len(places)} 处问题，什么也没写。 / {len(places)} problem{'s' if len(places) > 1 else ''};"
        " nothing was written.",
        err=True,
    )
    return 1


def _reading_order(problem: Problem) -> tuple[int, int, int, str]:
    """Return where a problem stands for somebody who goes through the sheets row by row; the file comes first."""
    sheet, _, cell = problem.place.partition("!")
    found = re.match(r"([A-Z]+)(\d+)", cell)
    order = next((n for n, known in enumerate(SHEETS, 1) if known.zh in sheet), 0)
    return (order, int(found[2]), len(found[1]), found[1]) if found else (order, 0, 0, "")


def _show(plan: Plan, read: Read) -> None:
    for remark in read.remarks:
        click.echo(str(remark))
    if plan.changed:
        table = Table("表 sheet", "编号 key", "内容 what", "原 old", "新 new", "生效 from")
        for line in plan.changed:
            table.add_row(line.sheet, line.key, line.what, line.old, line.new, line.since)
        print_table(table)
    if plan.kept:
        click.echo(f"已登记但不在表中，保留 / Registered, not in the workbook, kept: {'、'.join(plan.kept)}")


def _undated(row: Row) -> Problem:
    return row.wrong(
        CHANGE_FROM,
        "这块表已有读数：请填变更从哪天起生效，以前的读数仍按原来的算",
        "it has readings: say from which day the change holds; what came before stays as it was measured",
    )


def _ask_day(plan: Plan, around: Around) -> datetime:
    keys = "、".join(str(row.values["key"]) for row in plan.undated)
    click.echo(
        f"这些表已有读数，改动从哪天起生效？ / These meters have readings; their changes begin on which day? {keys}"
    )
    today = datetime.now(around.zone).date().isoformat()
    while True:
        day: Any = INSTANT.read(click.prompt("日期 / Day", default=today), around)
        if not isinstance(day, Mistake):
            return day  # type: ignore[no-any-return]
        click.echo(f"{day.zh} / {day.en}")


@dataclass(slots=True)
class _Readings:
    """Tells whether a meter has readings; a store that cannot say means yes, which only asks for a day more."""

    talk: Talk
    store: Store | None = None
    unknown: bool = False

    def __call__(self, meter: str) -> bool:
        registered = self.talk.registry.meters.get(meter)
        settings, school = self.talk.settings, self.talk.registry.school.key
        if registered is None:
            return False
        if settings.store.kind == "sqlite" and not settings.data.store(school).exists():
            return False
        if self.unknown:
            return True
        try:
            self.store = self.store or open_store(settings, school)
            ids = [SeriesId(REGISTER, meter, register.quantity.key) for register in registered.registers]
            return bool(self.store.latest(ids))
        except StoreUnavailable:
            self.unknown = True
            return True

    def close(self) -> None:
        """Let go of the store, if it was asked."""
        if self.store is not None:
            self.store.close()


def _replay(talk: Talk, read: Read) -> None:
    """Put what waited for the new meters into the journal again."""
    topics = {str(row.values["topic"]) for row in read.rows["meter"] if row.values.get("topic")}
    if not talk.settings.data.quarantine.exists():
        return
    with closing(QuarantineFile(talk.settings.data.quarantine, dict(talk.formats))) as waiting:
        spoken = {new.topic for new in waiting.new_topics()}
        heard = {topic for topic in topics for name in spoken if name == topic or name.startswith(f"{topic}/")}
        replayed = sum(desk.replay(talk.settings.data.journal, waiting, topic) for topic in sorted(heard))
    if replayed:
        click.echo(
            f"等待中的 {replayed} 条消息现在入库 / Messages that had waited and now go into the store: {replayed}"
        )
