"""A school in a folder with its workbook, and ways to fill the workbook in."""

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from openpyxl import load_workbook

from app.toml_lines import parse
from app.workbook_columns import SHEETS
from app.workbook_write import ENGLISH_ROW, FIRST_ROW, HEADING_ROW
from campus.schema import REGISTER, Point, SeriesId, to_ms
from store.sqlite import open_sqlite
from tests.app.registry_example import WHOLE
from tests.app.waiting import BEGIN, run, school_file

__all__ = ["BEGIN", "ENGLISH_ROW", "FIRST_ROW", "HEADING_ROW", "run"]

TABLES = {sheet.table: sheet.zh for sheet in SHEETS}


def home_with_workbook(home: Path, text: str = WHOLE) -> Path:
    """Write a school and its workbook; return the workbook's path."""
    school_file(home, text)
    book = home / "survey.xlsx"
    book.write_bytes(_template(text))
    return book


@lru_cache(maxsize=8)
def _template(text: str) -> bytes:
    """Return a school's workbook with fewer empty rows, which is read and saved ten times faster."""
    with TemporaryDirectory() as folder:
        home = Path(folder)
        school_file(home, text)
        book = home / "survey.xlsx"
        result = run(home, f"meters template '{book}'")
        assert result.exit_code == 0, result.output
        edit(book, lambda opened: [opened[title].delete_rows(FIRST_ROW + 12, 400) for title in TABLES.values()])
        return book.read_bytes()


def edit(path: Path, change: Callable[[Any], None]) -> None:
    """Open a workbook, change it, and save it, as somebody at a desk does."""
    book = load_workbook(path)
    change(book)
    book.save(path)


def column_of(sheet: Any, heading: str) -> int:
    """Return the number of a column by its Chinese heading."""
    return next(cell.column for row in sheet.iter_rows(max_row=12) for cell in row if cell.value == heading)


def fill(path: Path, table: str, **rows: dict[str, Any]) -> dict[tuple[str, str], str]:
    """Write values into the rows of these keys, new rows where there are none; return the place of each cell."""
    places: dict[tuple[str, str], str] = {}

    def change(book: Any) -> None:
        sheet = book[TABLES[table]]
        keys = column_of(sheet, "编号")
        for key, values in rows.items():
            key = key.replace("__", "-")
            number = FIRST_ROW
            while sheet.cell(number, keys).value not in (None, key):
                number += 1
            sheet.cell(number, keys, key)
            for heading, value in values.items():
                cell = sheet.cell(number, column_of(sheet, heading))
                cell.value = value
                places[key, heading] = f"{sheet.title}!{cell.coordinate}"

    edit(path, change)
    return places


def body(home: Path, key: str = "north") -> dict[str, Any]:
    """Return what the school's file says now."""
    parsed = parse((home / "config" / "schools" / f"{key}.toml").read_text(encoding="utf-8"), "")
    assert isinstance(parsed, tuple), parsed
    return parsed[0]


def row(home: Path, table: str, key: str) -> dict[str, Any]:
    """Return a row of the school's file."""
    return next(entry for entry in body(home)[table] if entry["key"] == key)


def give_readings(home: Path, *meters: str) -> None:
    """Put a reading of each meter into the school's store."""
    path = home / "data" / "schools" / "north" / "store.sqlite"
    path.parent.mkdir(parents=True, exist_ok=True)
    store = open_sqlite(path)
    store.write([Point(SeriesId(REGISTER, m, "electricity"), to_ms(BEGIN), (1.0, 0.0, "good", "")) for m in meters])
    store.close()
