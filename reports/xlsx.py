"""A report as a workbook: numbers as numbers, coverage and share estimated beside each, made for A4 paper."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from openpyxl import Workbook
from openpyxl.cell.cell import Cell as SheetCell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from campus.quality import LETTERS, NAMES, Code
from campus.said import Said
from reports.annual import Report
from reports.cells import Cell, of_it
from reports.columns import Head, Table
from reports.text import digits, in_words
from reports.words import (
    CODE,
    CODES,
    CORRECTED,
    COVERAGE,
    ESTIMATED,
    ITEM,
    LIMITS,
    MEASURED,
    NOTE,
    SOURCE,
    UNIT,
    VALUE,
    VERIFY,
)

# The zip format knows no earlier time, and one that is always the same makes the file so too.
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_INK, _QUIET, _RED = "FF1D2733", "FF5B6875", "FFB3261E"
_HEAD = PatternFill("solid", fgColor="FFEEF2F5")
_WARN = PatternFill("solid", fgColor="FFFDECEA")
_LINE = Border(bottom=Side("thin", color="FFD5DBE0"))
_WIDEST, _NARROWEST = 48, 12  # columns, in digits; the narrowest holds 1 234 567.8
_SUMMARY_WIDTHS = (40, 18, 24, 12, 13, 13, 13, 14, 30, 44)
_SHARE_FORMAT = "0.0%"


@dataclass(frozen=True, slots=True)
class _Sheet:
    """A sheet being filled from the top; `lang` is "zh" or "both"."""

    page: Worksheet
    lang: str

    def say(self, text: Said) -> str:
        """Return a text on one line in the report's languages."""
        return text.zh if self.lang == "zh" or text.en in ("", text.zh) else f"{text.zh} {text.en}"

    def head(self, text: Said, unit: str = "") -> str:
        """Return a column's head: the Chinese and its unit, the English on a line of its own."""
        first = f"{text.zh} ({in_words(unit)})" if unit not in ("", "*") else text.zh
        return first if self.lang == "zh" or text.en in ("", text.zh) else f"{first}\n{text.en}"


def render(report: Report, generated: datetime, lang: str) -> bytes:
    """Return the workbook; the same report, time and `lang` ("zh" or "both") give the same bytes."""
    book = Workbook()
    first = book.active
    assert isinstance(first, Worksheet)
    first.title = "年报"
    _summary(_Sheet(first, lang), report)
    for name, tables in (
        ("按月", (report.months,)),
        ("按楼", (report.places,)),
        ("因子", (report.factors,)),
        ("数据质量", (report.quality,)),
        ("更正记录", (report.amended,)),
        *((("项目节约", (report.every_project,)),) if report.every_project.rows else ()),
    ):
        _tables(_Sheet(book.create_sheet(name), lang), tables)
    book.properties.title, book.properties.creator = report.title.zh, "campus"
    book.properties.created = generated.astimezone(UTC).replace(tzinfo=None, microsecond=0)
    return _steady(book, generated)


def _steady(book: Workbook, generated: datetime) -> bytes:
    """Return the file of a workbook without the moment it was saved at."""
    written, steady = io.BytesIO(), io.BytesIO()
    book.save(written)
    stamp = f"{generated.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}</dcterms:modified>".encode()
    with zipfile.ZipFile(written) as source, zipfile.ZipFile(steady, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            content = source.read(name)
            if name == "docProps/core.xml":
                content = re.sub(rb"[^>]*</dcterms:modified>", stamp, content)
            target.writestr(zipfile.ZipInfo(name, _ZIP_TIME), content, zipfile.ZIP_DEFLATED)
    return steady.getvalue()


def _summary(sheet: _Sheet, report: Report) -> None:
    page = sheet.page
    _put(page.cell(1, 1), report.title.zh).font = Font(size=16, bold=True, color=_INK)
    if sheet.lang != "zh":
        _put(page.cell(2, 1), report.title.en).font = Font(size=9, color=_QUIET)
    row = 3
    for entry in report.band:
        _put(page.cell(row, 1), sheet.say(entry.name)).font = Font(color=_QUIET)
        _put(page.cell(row, 2), entry.cell.text.zh if entry.cell.text else "")
        row += 1
    row = _listed(sheet, report, row + 1)
    row = _limits(sheet, report, row + 1)
    for table in (report.compared, *([report.projects] if report.projects.rows else []), report.deeds):
        row = _table(sheet, table, row + 1)
    _put(page.cell(row + 1, 1), sheet.say(report.deeds_note)).font = Font(size=9, color=_QUIET)
    _put(page.cell(row + 3, 1), sheet.say(VERIFY)).font = Font(size=9, color=_QUIET)
    _put(page.cell(row + 4, 1), report.inputs).font = Font(size=9, color=_QUIET)
    _widths(page, _SUMMARY_WIDTHS)
    _paper(page, "")


def _listed(sheet: _Sheet, report: Report, row: int) -> int:
    """Write the cells outside the tables, one a row; return the next free row."""
    heads = (ITEM, VALUE, UNIT, CODE, COVERAGE, ESTIMATED, CORRECTED, MEASURED, NOTE, SOURCE)
    _heads(sheet, row, [sheet.head(head) for head in heads])
    for entry in report.entries():
        row += 1
        cell = entry.cell
        _put(sheet.page.cell(row, 1), sheet.say(entry.name))
        _value(sheet, sheet.page.cell(row, 2), cell)
        _put(sheet.page.cell(row, 3), in_words(cell.unit))
        _code(sheet.page.cell(row, 4), cell)
        _share(sheet.page.cell(row, 5), cell.coverage)
        _share(sheet.page.cell(row, 6), cell.estimated)
        _share(sheet.page.cell(row, 7), cell.corrected or None)
        if cell.measured is not None:
            _number(sheet.page.cell(row, 8), cell.measured, _format(cell.unit))
        note = _put(sheet.page.cell(row, 9), sheet.say(cell.note) if cell.note else "")
        note.alignment = Alignment(wrap_text=True, vertical="top")
        _put(sheet.page.cell(row, 10), cell.source).font = Font(size=9, color=_QUIET)
    _put(sheet.page.cell(row + 1, 1), sheet.say(CODES)).font = Font(size=9, color=_QUIET)
    return row + 2


def _limits(sheet: _Sheet, report: Report, row: int) -> int:
    _put(sheet.page.cell(row, 1), sheet.say(LIMITS)).font = Font(size=12, bold=True, color=_RED)
    for limit in report.limits:
        row += 1
        mark = sheet.page.cell(row, 1)
        _put(mark, sheet.say(Said(limit.zh, limit.en)))
        if limit.forbids:
            mark.fill = _WARN
    return row + 1


def _tables(sheet: _Sheet, tables: Sequence[Table]) -> None:
    row = 1
    for table in tables:
        row = _table(sheet, table, row) + 1
    _widths(sheet.page, (max(_NARROWEST, _widest(sheet.page, 1)),))
    sheet.page.freeze_panes = "B3"
    _paper(sheet.page, "1:2")


def _table(sheet: _Sheet, table: Table, row: int) -> int:
    """Write a table with its title; return the next free row."""
    _put(sheet.page.cell(row, 1), sheet.say(table.title)).font = Font(size=12, bold=True, color=_INK)
    beside = [_more(table, at) for at in range(len(table.heads))]
    _heads(sheet, row + 1, list(_spread(sheet, table.heads, beside)))
    for place, cells in enumerate(table.rows, row + 2):
        column = 1
        for cell, more in zip(cells, beside, strict=True):
            column = _beside(sheet, (place, column), cell, more)
    return row + 2 + len(table.rows)


def _more(table: Table, at: int) -> tuple[Said, ...]:
    """Return what stands beside the numbers of a table's column: those of unit, code and shares that any has."""
    cells = [row[at] for row in table.rows]
    unit = (UNIT,) if table.heads[at].unit == "*" else ()
    code = (CODE,) if any(cell.code is not None for cell in cells) else ()
    return (*unit, *code, *((COVERAGE, ESTIMATED) if any(cell.coverage is not None for cell in cells) else ()))


def _spread(sheet: _Sheet, heads: Sequence[Head], beside: Sequence[tuple[Said, ...]]) -> Iterator[str]:
    for head, more in zip(heads, beside, strict=True):
        yield sheet.head(head.name, head.unit)
        yield from (sheet.head(one) for one in more)


def _beside(sheet: _Sheet, at: tuple[int, int], cell: Cell, more: tuple[Said, ...]) -> int:
    """Write a cell and what its column has beside it; return the next column."""
    row, column = at
    _value(sheet, sheet.page.cell(row, column), cell)
    for place, one in enumerate(more, column + 1):
        target = sheet.page.cell(row, place)
        if one is UNIT:
            _put(target, in_words(cell.unit))
        elif one is CODE:
            _code(target, cell)
        else:
            _share(target, cell.coverage if one is COVERAGE else cell.estimated)
    return column + 1 + len(more)


def _code(at: SheetCell, cell: Cell) -> None:
    """Write how a number came to be known; what is not simply measured stands out."""
    if cell.code is not None:
        said = f"{LETTERS[cell.code]} {NAMES[cell.code].zh}"
        plain = cell.code in (Code.MEASURED, Code.HAND)
        _put(at, said).font = Font(color=_QUIET) if plain else Font(color=_RED, bold=True)


def _heads(sheet: _Sheet, row: int, texts: Sequence[str]) -> None:
    for column, text in enumerate(texts, 1):
        cell = _put(sheet.page.cell(row, column), text)
        cell.font, cell.fill = Font(bold=True, color=_INK), _HEAD
        cell.alignment = Alignment(wrap_text=True, vertical="center", horizontal="left" if column == 1 else "center")


def _value(sheet: _Sheet, at: SheetCell, cell: Cell) -> None:
    """Write a number as a number, or the words that stand for it with what was measured."""
    if cell.value is not None:
        _number(at, cell.value, "General" if cell.exact else _format(cell.unit))
    elif cell.text is not None:
        known = of_it(cell)
        text = cell.text if known is None else Said(f"{cell.text.zh}（{known.zh}）", f"{cell.text.en} ({known.en})")
        _put(at, sheet.say(text))


def _format(unit: str) -> str:
    places = digits(unit)
    return "#,##0" + (f".{'0' * places}" if places else "")


def _number(at: SheetCell, value: float, number_format: str) -> None:
    at.value, at.number_format = value, number_format
    at.border, at.alignment = _LINE, Alignment(horizontal="right", vertical="top")


def _share(at: SheetCell, share: float | None) -> None:
    if share is not None:
        at.value, at.number_format, at.border = share, _SHARE_FORMAT, _LINE
        at.font, at.alignment = Font(color=_QUIET), Alignment(horizontal="right", vertical="top")


def _put(at: SheetCell, text: str) -> SheetCell:
    """Write a text as a text, whatever it begins with: a name such as "=cmd" is no formula."""
    if text:
        at.value = _CONTROL.sub("\ufffd", text)
        at.data_type, at.border = "s", _LINE
        at.alignment = Alignment(vertical="top")
        if text[0] in "=+-@":
            at.quotePrefix = True
    return at


def _widths(page: Worksheet, widths: Sequence[float]) -> None:
    """Give the first columns these widths; a further one is as wide as its texts, a head taking two lines."""
    for at in range(1, page.max_column + 1):
        width = widths[at - 1] if at <= len(widths) else _widest(page, at)
        page.column_dimensions[get_column_letter(at)].width = min(_WIDEST, max(_NARROWEST, width))


def _widest(page: Worksheet, column: int) -> float:
    """Return how wide a column's texts are below its title; a number takes its thousands and digits."""
    shown = (page.cell(row, column).value for row in range(2, page.max_row + 1))
    parts = (part for value in shown if isinstance(value, str) for part in value.split("\n"))
    return max((_width(part) for part in parts), default=0.0) + 2


def _width(text: str) -> float:
    """Return how wide a text is in digits: a Chinese sign takes two."""
    return sum(2 if ord(sign) > 0x2E80 else 1 for sign in text)


def _paper(page: Worksheet, titles: str) -> None:
    page.page_setup.paperSize = page.PAPERSIZE_A4
    page.page_setup.orientation = page.ORIENTATION_LANDSCAPE
    page.page_setup.fitToWidth, page.page_setup.fitToHeight = 1, 0
    page.sheet_properties.pageSetUpPr.fitToPage = True
    page.oddFooter.center.text = "&P / &N"
    if titles:
        page.print_title_rows = titles
