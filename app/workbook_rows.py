"""A workbook of readings as rows, one by one: a year of half hours is too long to be held."""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from app.table_problem import FileRefused
from ingest.cells import Cell
from ingest.table import Row

# A workbook of 200 MB of XML holds 5 million cells; what unpacks to more than that is no export of a meter.
MOST_XML_BYTES = 2_000_000_000
_UNREADABLE = (
    "读不出来：请用表格软件打开后另存为 .xlsx",
    "cannot be read: open it in a spreadsheet and save it as .xlsx",
)


def check_archive(path: Path) -> None:
    """Raise `FileRefused` where an archive is no workbook, is damaged, or would not end unpacking."""
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, OSError) as error:
        raise FileRefused(path.name, *_UNREADABLE) from error
    if not any(part.filename == "xl/workbook.xml" for part in parts):
        raise FileRefused(
            path.name, "是压缩包，不是 .xlsx：请解压后再导入", "is an archive, no .xlsx: unpack it first"
        )
    if sum(part.file_size for part in parts if part.filename.endswith(".xml")) > MOST_XML_BYTES:
        raise FileRefused(path.name, "解压后超过 2 GB，请分成几个文件", "unpacks to more than 2 GB: split it")


def sheets(path: Path) -> list[str]:
    """Return the titles of the visible sheets."""
    book = _open(path)
    try:
        return [sheet.title for sheet in book.worksheets if sheet.sheet_state == "visible"]
    finally:
        book.close()


def rows(path: Path, sheet: str, track: Callable[[int], None]) -> Iterator[Row]:
    """Yield a sheet's rows that hold anything, with their numbers; `track` is told how many rows have been read."""
    book = _open(path)
    try:
        table = book[sheet]
        table.reset_dimensions()  # what the file says of its size may be wrong
        for number, cells in enumerate(table.iter_rows(values_only=True), 1):
            told = tuple(_cell(value) for value in cells)
            if any(value not in (None, "") for value in told):
                yield Row(number, told)
            if number % 1000 == 0:
                track(number)
    except (KeyError, ValueError, TypeError, zipfile.BadZipFile, SyntaxError) as error:
        raise FileRefused(path.name, *_UNREADABLE) from error
    finally:
        book.close()


def _cell(value: Any) -> Cell:
    if isinstance(value, timedelta):  # 24:00 formatted as a time
        return f"{int(value.total_seconds()) // 3600:02}:{int(value.total_seconds()) // 60 % 60:02}"
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, str):
        return value.strip()
    cell: Cell = value
    return cell


def _open(path: Path) -> Any:
    from openpyxl import load_workbook

    try:
        with warnings.catch_warnings():
            # It tells of parts it does not keep (extensions, styles); nothing is written back through it.
            warnings.simplefilter("ignore")
            return load_workbook(path, read_only=True, data_only=True)
    except Exception as error:  # the parser lets through whatever a malformed part makes it stumble over
        raise FileRefused(path.name, *_UNREADABLE) from error
