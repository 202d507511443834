"""From an XLSX file to plain cells: the only place that reads one."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.workbook_cells import Cell
from app.workbook_columns import VERSION_SHEET
from app.workbook_file import check_file
from app.workbook_problem import refused


@dataclass(frozen=True, slots=True)
class RawSheet:
    """A sheet's filled cells by (row, column), both from 1; `formulas` are cells whose formula was never computed."""

    title: str
    cells: Mapping[tuple[int, int], Cell]
    formulas: frozenset[tuple[int, int]]
    merged: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Book:
    """A workbook's sheets in order, and what its hidden sheet says of it: version and school."""

    file: str
    sheets: tuple[RawSheet, ...]
    said: Mapping[str, Cell]


def open_book(path: Path) -> Book:
    """Read a workbook. Raises `WorkbookInvalid` where it is none, is damaged, or would do harm."""
    check_file(path)
    values, formulas = _load(path, data_only=True), _load(path, data_only=False)
    visible = [sheet for sheet in values.worksheets if sheet.title != VERSION_SHEET]
    said: dict[str, Cell] = {}
    if VERSION_SHEET in values.sheetnames:
        rows = values[VERSION_SHEET].iter_rows(max_row=10, max_col=2, values_only=True)
        said = {str(row[0]): row[1] for row in rows if len(row) > 1 and row[0]}
    return Book(path.name, tuple(_sheet(sheet, formulas[sheet.title]) for sheet in visible), said)


def _load(path: Path, *, data_only: bool) -> Any:
    from openpyxl import load_workbook

    try:
        with warnings.catch_warnings():
            # It tells of parts it does not keep (extensions, styles); nothing is written back through it.
            warnings.simplefilter("ignore")
            return load_workbook(path, data_only=data_only)
    except Exception as error:  # the parser lets through whatever a malformed part makes it stumble over
        raise refused(
            path.name,
            "读不出来：请用表格软件打开后另存为 .xlsx",
            "cannot be read: open it in a spreadsheet and save it as .xlsx",
        ) from error


def _sheet(sheet: Any, formulas: Any) -> RawSheet:
    cells = {at: cell.value for at, cell in _filled(sheet).items()}
    written = {at for at, cell in _filled(formulas).items() if cell.data_type == "f"}
    merged = tuple(str(area) for area in sheet.merged_cells.ranges)
    return RawSheet(sheet.title, cells, frozenset(written - set(cells)), merged)


def _filled(sheet: Any) -> dict[tuple[int, int], Any]:
    """Return the cells that hold something; a blank text is nothing.

    By the cells there are, though the library keeps them private: `iter_rows` makes every cell up to the last one,
    and a stray one in the farthest corner would make 17 billion.
    """
    return {
        at: cell
        for at, cell in sorted(sheet._cells.items())
        if cell.value is not None and not (isinstance(cell.value, str) and not cell.value.strip())
    }
