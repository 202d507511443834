"""A school's buildings, people, accounts and meters as a workbook to fill in: the only place that writes one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from datetime import datetime
from pathlib import Path
from typing import Any

from app.workbook_cells import Around
from app.workbook_columns import INTRO_SHEET, PASSING, SHEETS, VERSION, VERSION_SHEET, WORDS_SHEET, Column, Sheet
from app.workbook_edits import current
from app.workbook_words import Word

HOW_ROW, GROUP_ROW, HEADING_ROW, ENGLISH_ROW, FIRST_ROW = 1, 3, 4, 5, 6
# Empty rows after the registered ones, so that the list of a large school can grow too.
SPARE_ROWS = 50
# Where a drop-down shows keys of a sheet it reaches this far: rows people add below the prepared ones are in it.
LIST_ROWS = 2000
FILL, MUST, COMPUTED = "FFF9DB", "FFE58A", "E3E6EA"
INK, PAPER, LINE, FAINT = "1F3A5F", "FFFFFF", "C9CED6", "5B6573"

_INTRO = (
    (
        "{name} 能源调研表：楼栋、人员、户号、表计、供暖期、计划、项目",
        "{name_en}: survey of buildings, people, accounts, meters, heating seasons, plans, projects",
    ),
    (
        "深黄必填，浅黄选填，灰色由表格自动计算。",
        "Dark yellow must be filled in, light yellow may be, grey is computed.",
    ),
    (
        "空白单元格不改动已登记的内容；要删去某项，填一个减号 - 。删掉整行也不会删除登记。",
        "An empty cell leaves what is registered; write - to take it away. Deleting a row deletes nothing.",
    ),
    (
        "每行靠编号辨认：行可以排序，列可以移动、隐藏；请不要改标题，不要合并单元格。",
        "Rows are known by their key: sort them, move or hide columns, but keep the headings and merge no cells.",
    ),
    (
        "日期写 2026-09-01 或 2026年9月1日，按学校当地时间当天零点起算。",
        "A date such as 2026-09-01 means its first moment on the school's clock.",
    ),
    (
        "填好后在服务器上输入：campus meters import 文件名.xlsx 。它先列出改动和所有错误，确认后才写入。",
        "When done: campus meters import FILE.xlsx. It shows every change and every mistake before it writes.",
    ),
)


def write_template(path: Path, body: Mapping[str, Any], around: Around, now: datetime) -> None:
    """Write the workbook of a school, by the tables of its file as they are in force now."""
    from openpyxl import Workbook

    book = Workbook()
    intro = book.active
    lists = book.create_sheet(WORDS_SHEET)
    ranges = _word_lists(lists, around)
    for sheet in SHEETS:
        rows = [_shown(sheet, raw, body, (around, now)) for raw in body.get(sheet.table, [])]
        _fill_sheet(book.create_sheet(sheet.zh, len(book.sheetnames) - 1), sheet, rows, ranges)
    _fill_intro(intro, body["school"])
    lists.sheet_state = "hidden"
    said = book.create_sheet(VERSION_SHEET)
    for row in (("version", VERSION), ("school", body["school"]["key"]), ("made", now.isoformat(timespec="seconds"))):
        said.append(row)
    said.sheet_state = "veryHidden"
    book.save(path)


def _shown(sheet: Sheet, raw: Mapping[str, Any], body: Mapping[str, Any], of: tuple[Around, datetime]) -> list[Any]:
    """Return the cells of a registered row as it is now; what passes is left for the next change."""
    around, now = of
    values = []
    for column in sheet.columns:
        value = None if column.formula or column.key in PASSING else current(raw, column.key, now)[0]
        if value is None and column.key == "arrival":
            value = "live"  # what a meter without the key is
        if column.refers == "account":
            value = _number_of(value, body)
        values.append(None if value in (None, "") else column.codec.show(value, around))
    return values


def _number_of(key: Any, body: Mapping[str, Any]) -> Any:
    """Return the number of an account, which people know, or its key where the number names more than one."""
    accounts = body.get("account", [])
    number = next((account["number"] for account in accounts if account["key"] == key), key)
    named = [account["key"] for account in accounts if number in (account["number"], account["key"])]
    return number if named == [key] else key


def _word_lists(lists: Any, around: Around) -> dict[tuple[Word, ...] | str, str]:
    """Write the words of every drop-down in a column of the hidden sheet; return their ranges."""
    ranges: dict[tuple[Word, ...] | str, str] = {}
    columns: list[tuple[tuple[Word, ...] | str, str, list[str]]] = [("format", "格式 format", list(around.formats))]
    for column in (c for sheet in SHEETS for c in sheet.columns if c.codec.words):
        if column.codec.words not in {key for key, _, _ in columns}:
            shown = [word.shown for word in column.codec.words]
            columns.append((column.codec.words, f"{column.zh} {column.en}", shown))
    for number, (key, title, entries) in enumerate(columns, 1):
        for row, entry in enumerate([title, *entries], 1):
            lists.cell(row, number, entry)
        letter = lists.cell(1, number).column_letter
        ranges[key] = f"'{WORDS_SHEET}'!${letter}$2:${letter}${len(entries) + 1}"
    return ranges


def _fill_sheet(target: Any, sheet: Sheet, rows: Sequence[Sequence[Any]], ranges: Mapping[Any, str]) -> None:
    last = FIRST_ROW - 1 + max(sheet.room, len(rows) + SPARE_ROWS)
    _headings(target, sheet)
    styles = [_style(target.cell(FIRST_ROW, at), column) for at, column in enumerate(sheet.columns, 1)]
    for number in range(FIRST_ROW, last + 1):
        values = rows[number - FIRST_ROW] if number - FIRST_ROW < len(rows) else [None] * len(sheet.columns)
        for at, (column, value) in enumerate(zip(sheet.columns, values, strict=True), 1):
            cell = target.cell(number, at)
            _fill_cell(cell, column, value, sheet)
            cell._style = copy(styles[at - 1])  # as the library's own copying does; setting each is 5 times slower
    for at, column in enumerate(sheet.columns, 1):
        _offer(target, (at, last), column, ranges)
    end = target.cell(ENGLISH_ROW, len(sheet.columns)).column_letter
    target.freeze_panes = target.cell(FIRST_ROW, 3)
    target.auto_filter.ref = f"A{ENGLISH_ROW}:{end}{last}"
    target.sheet_view.zoomScale = 100
    target.page_setup.orientation, target.page_setup.paperSize = "landscape", target.PAPERSIZE_A3
    target.page_setup.fitToWidth, target.page_setup.fitToHeight = 1, 0
    target.sheet_properties.pageSetUpPr.fitToPage = True
    target.print_title_rows = f"{HEADING_ROW}:{ENGLISH_ROW}"


def _headings(target: Any, sheet: Sheet) -> None:
    from openpyxl.styles import Alignment, Font, PatternFill

    for at, text in ((HOW_ROW, f"填写说明：{sheet.how_zh}"), (HOW_ROW + 1, sheet.how_en)):
        target.cell(at, 1, text).font = Font(color=FAINT, size=10)
    target.row_dimensions[HEADING_ROW].height, target.row_dimensions[ENGLISH_ROW].height = 20, 30
    dark = PatternFill("solid", start_color=INK)
    for at, column in enumerate(sheet.columns, 1):
        if column.group:
            group = target.cell(GROUP_ROW, at, " ".join(column.group))
            group.font = Font(bold=True, color=INK)
        zh, en = target.cell(HEADING_ROW, at, column.zh), target.cell(ENGLISH_ROW, at, column.en)
        zh.font, en.font = Font(bold=True, color=PAPER, size=11), Font(color=PAPER, size=9)
        zh.fill = en.fill = dark
        zh.alignment, en.alignment = Alignment(vertical="center"), Alignment(vertical="top", wrap_text=True)
        wide = sum(2 if ord(letter) > 0x2E7F else 1 for letter in column.zh) + 3
        target.column_dimensions[zh.column_letter].width = max(column.width, min(wide, 24))


def _style(cell: Any, column: Column) -> Any:
    """Give a cell the look of its column, and return it for the cells below."""
    from openpyxl.styles import Border, PatternFill, Side

    color = COMPUTED if column.formula else MUST if column.required else FILL
    line = Side("hair", color=LINE)
    cell.fill, cell.border = PatternFill("solid", start_color=color), Border(bottom=line, right=line)
    cell.number_format = column.codec.number_format
    return copy(cell._style)


def _fill_cell(cell: Any, column: Column, value: Any, sheet: Sheet) -> None:
    if column.formula:
        named = ((n, c.key) for n, c in enumerate(sheet.columns, 1) if c.key.isidentifier())
        letters = {key: cell.parent.cell(1, n).column_letter for n, key in named}
        cell.value = column.formula.format(row=cell.row, **letters)
        return
    cell.value = value
    if isinstance(value, str):
        cell.data_type = "s"  # a text that begins with = is a name here, never a formula


def _offer(target: Any, at: tuple[int, int], column: Column, ranges: Mapping[Any, str]) -> None:
    """Put a drop-down list on a column; typing something else only warns, since the import explains it better."""
    from openpyxl.worksheet.datavalidation import DataValidation

    key: Any = column.codec.words or ("format" if column.key == "format" else "")
    source = ranges.get(key, "")
    if column.refers:
        referred = next(sheet for sheet in SHEETS if sheet.table == column.refers)
        named_by = "number" if referred.table == "account" else "key"
        by = next(n for n, c in enumerate(referred.columns, 1) if c.key == named_by)
        letter = target.cell(1, by).column_letter
        source = f"'{referred.zh}'!${letter}${FIRST_ROW}:${letter}${LIST_ROWS}"
    if not source:
        return
    offered = DataValidation(type="list", formula1=source, allow_blank=True)
    offered.errorStyle, offered.showErrorMessage = "warning", True
    offered.errorTitle, offered.error = "不在列表中 Not in the list", "请从下拉列表选择。Please pick one of the list."
    letter = target.cell(1, at[0]).column_letter
    offered.add(f"{letter}{FIRST_ROW}:{letter}{at[1]}")
    target.add_data_validation(offered)


def _fill_intro(intro: Any, school: Mapping[str, Any]) -> None:
    from openpyxl.styles import Alignment, Font, PatternFill

    intro.title = INTRO_SHEET
    intro.sheet_view.showGridLines = False
    intro.column_dimensions["A"].width, intro.column_dimensions["B"].width = 62, 72
    names = {"name": school["name"], "name_en": school.get("name_en", school["name"])}
    for number, (zh, en) in enumerate(_INTRO, 1):
        for at, text in ((1, zh), (2, en)):
            cell = intro.cell(
                number, at, text.replace("{name}", names["name"]).replace("{name_en}", names["name_en"])
            )
            cell.data_type = "s"
            cell.font = Font(bold=number == 1, size=14 if number == 1 else 11, color=INK if number == 1 else "000000")
            cell.alignment = Alignment(wrap_text=True, vertical="top")
        intro.row_dimensions[number].height = 34
    for number, (color, text) in enumerate(
        ((MUST, "必填 required"), (FILL, "选填 optional"), (COMPUTED, "自动 computed"))
    ):
        cell = intro.cell(len(_INTRO) + 2 + number, 1, text)
        cell.fill = PatternFill("solid", start_color=color)
