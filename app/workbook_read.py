"""From a workbook's cells to rows of the school's file: columns by their headings, every mistake with its cell."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from app.workbook_cells import CLEAR, NONE_MARKS, Around, tidy
from app.workbook_columns import INTRO_SHEET, SHEETS, VERSION, WORDS_SHEET, Column, Sheet
from app.workbook_open import Book, RawSheet
from app.workbook_problem import Mistake, Problem
from app.workbook_words import folded, nearest

# Headings are looked for in the first rows; a row is one that holds at least this many of them.
HEADING_ROWS, HEADINGS = 12, 3
# What a spreadsheet shows instead of a value (ECMA-376 part 1, 18.18.11 and 18.17.3).
ERRORS = frozenset({"#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A"})


@dataclass(slots=True)
class Row:
    """A row of a sheet: the values it states by key (`CLEAR` takes away), and the cell of each column.

    `faults` are the keys with something wrong, so that what follows from it need not be told as well.
    """

    sheet: Sheet
    title: str
    number: int
    values: dict[str, Any]
    letters: Mapping[str, str]
    faults: set[str] = field(default_factory=set)

    @property
    def name(self) -> Any:
        """What tells this row from the others; None where it is not said."""
        return self.values.get(self.sheet.named_by)

    def cell(self, key: str) -> str:
        """Return the place of a column of this row; of the row's first one where the sheet lacks that column."""
        named = self.letters.get(key) or self.letters.get(self.sheet.named_by)
        letter = named or next(iter(self.letters.values()), "A")
        return f"{self.title}!{letter}{self.number}"

    def wrong(self, key: str, zh: str, en: str) -> Problem:
        """Return a problem at a column of this row, and keep in mind that there is one."""
        self.faults.add(key)
        return Problem(self.cell(key), zh, en)


@dataclass(slots=True)
class Read:
    """Every row of a workbook by table, what is wrong, and what was left aside."""

    rows: dict[str, list[Row]]
    problems: list[Problem] = field(default_factory=list)
    remarks: list[Problem] = field(default_factory=list)


def read_book(book: Book, school: str, around: Around) -> Read:
    """Return the rows of a workbook that was made for a school."""
    read = Read({sheet.table: [] for sheet in SHEETS})
    read.problems += _origin(book, school)
    found = {_bare(raw.title): raw for raw in book.sheets}
    for sheet in SHEETS:
        raw = found.pop(_bare(sheet.zh), None) or found.pop(_bare(sheet.en), None)
        if raw is not None:
            _read_sheet(raw, sheet, around, read)
        elif not sheet.optional:
            read.problems.append(_no_sheet(book, sheet))
    return read


def _bare(title: str) -> str:
    """Return a sheet's title without the number and blanks that people put around it: `5 表计` is 表计."""
    return re.sub(r"^[\d\s.、_-]+", "", folded(title))


def _no_sheet(book: Book, sheet: Sheet) -> Problem:
    titles = [raw.title for raw in book.sheets if raw.title not in (INTRO_SHEET, WORDS_SHEET)]
    there = "、".join(titles) or "-"
    return Problem(
        book.file,
        f'没有名为"{sheet.zh}"的工作表（现有：{there}）：请改回原名',
        f'no sheet "{sheet.zh}" ({sheet.en}); there are: {there}. Give it its name back',
    )


def _origin(book: Book, school: str) -> Iterator[Problem]:
    """Yield why the workbook was not made for this school by this version."""
    version, made_for = book.said.get("version"), book.said.get("school")
    again = "campus meters template"
    if not isinstance(version, int | float):
        yield Problem(
            book.file,
            f"缺少隐藏的版本标识：请用 {again} 生成新模板，再把各行复制过去",
            f"its hidden version is missing: make a template with {again} and copy the rows into it",
        )
    elif version > VERSION:
        yield Problem(
            book.file,
            f"由更新的程序生成（版本 {version:g}，本程序读到 {VERSION}）：请升级程序",
            f"was made by a newer release (version {version:g}; this one reads {VERSION}): upgrade the program",
        )
    elif version < VERSION:
        yield Problem(
            book.file,
            f"由旧程序生成（版本 {version:g}）：请用 {again} 生成新模板，再把各行复制过去",
            f"was made by an older release (version {version:g}): make a template with {again} and copy the rows",
        )
    if made_for is not None and str(made_for) != school:
        yield Problem(
            book.file,
            f'是学校 "{made_for}" 的调研表，不是 "{school}" 的',
            f'is of the school "{made_for}", not of "{school}"',
        )


def _read_sheet(raw: RawSheet, sheet: Sheet, around: Around, read: Read) -> None:
    at = _heading_row(raw, sheet)
    if at is None:
        read.problems.append(
            Problem(
                raw.title,
                f"找不到标题行（{'、'.join(c.zh for c in sheet.columns[:4])}…）：请从模板复制标题行",
                f"no row of headings ({', '.join(c.zh for c in sheet.columns[:4])} …): copy it from the template",
            )
        )
        return
    columns = _columns(raw, sheet, at, read)
    numbers = {row for row, column in {*raw.cells, *raw.formulas} if row > at and column in columns}
    read.problems += _merged(raw, at)
    letters = {column.key: _letter(number) for number, column in columns.items()}
    for number in sorted(numbers):
        if number == at + 1 and _is_english_line(raw, columns, number):
            continue
        read.rows[sheet.table].append(_row(raw, Row(sheet, raw.title, number, {}, letters), columns, (around, read)))


def _heading_row(raw: RawSheet, sheet: Sheet) -> int | None:
    known = {folded(column.zh) for column in sheet.columns}
    for number in range(1, HEADING_ROWS + 1):
        row = [cell for (at, _), cell in raw.cells.items() if at == number and isinstance(cell, str)]
        if sum(folded(cell) in known for cell in row) >= HEADINGS:
            return number
    return None


def _columns(raw: RawSheet, sheet: Sheet, at: int, read: Read) -> dict[int, Column]:
    """Return the sheet's columns by their number; computed ones and those of others are left out."""
    wanted = {folded(column.zh): column for column in sheet.columns}
    found: dict[int, Column] = {}
    strange: list[tuple[int, str]] = []
    for (row, number), cell in raw.cells.items():
        if row != at:
            continue
        column = wanted.get(folded(str(cell)))
        if column is None:
            strange.append((number, tidy(str(cell))))
        elif column in found.values():
            place = f"{raw.title}!{_letter(number)}{at}"
            read.problems.append(Problem(place, f'"{column.zh}"列重复', f'a second column "{column.zh}"'))
        elif not column.formula:
            found[number] = column
    missing = [c for c in sheet.columns if c not in found.values() and not c.formula]
    for number, title in strange:
        _strange(f"{raw.title}!{_letter(number)}{at}", title, missing, read)
    for column in missing:
        if column.key == sheet.named_by and sheet.table != "account":
            read.problems.append(
                Problem(raw.title, f'缺少"{column.zh}"列', f'the column "{column.zh}" ({column.en}) is missing')
            )
    return found


def _strange(place: str, title: str, missing: list[Column], read: Read) -> None:
    """A heading nobody knows: of a column that is missing it is a slip, else somebody's own column."""
    if close := nearest(title, [column.zh for column in missing]):
        read.problems.append(
            Problem(place, f'不认识的列"{title}"；最接近：{close}', f'unknown column "{title}"; nearest: {close}')
        )
    else:
        read.remarks.append(Problem(place, f'"{title}"列未读', f'the column "{title}" was not read'))


def _merged(raw: RawSheet, at: int) -> Iterator[Problem]:
    for area in raw.merged:
        if int(re.findall(r"\d+", area)[-1]) > at:
            yield Problem(f"{raw.title}!{area}", "合并了单元格：请取消合并", "cells are merged: take the merge apart")


def _is_english_line(raw: RawSheet, columns: Mapping[int, Column], number: int) -> bool:
    row = {column: cell for (at, column), cell in raw.cells.items() if at == number and column in columns}
    return all(cell == columns[column].en for column, cell in row.items())


def _row(raw: RawSheet, row: Row, columns: Mapping[int, Column], of: tuple[Around, Read]) -> Row:
    around, read = of
    for number, column in columns.items():
        if (row.number, number) in raw.formulas:
            read.problems.append(
                row.wrong(
                    column.key,
                    "公式没有算出的值：请在表格软件里打开保存一次，或直接填数值",
                    "its formula has no computed value: save it once in a spreadsheet, or write the value",
                )
            )
        elif (cell := raw.cells.get((row.number, number))) is not None:
            value = _value(cell, column, around)
            if isinstance(value, Mistake):
                read.problems.append(row.wrong(column.key, f"{column.zh}：{value.zh}", f"{column.en}: {value.en}"))
            else:
                row.values[column.key] = value
    return row


def _value(cell: Any, column: Column, around: Around) -> Any:
    text = tidy(cell) if isinstance(cell, str) else ""
    if text in NONE_MARKS:
        return Mistake("不能为空", "cannot be none") if column.required else CLEAR
    if text in ERRORS:
        return Mistake(f"是错误值 {text}", f"holds the error {text}")
    return column.codec.read(cell, around)


def _letter(number: int) -> str:
    """Return the letters of a column: 1 is A, 27 is AA."""
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
