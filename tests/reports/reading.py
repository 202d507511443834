"""Reading a report back: its store by plain SQL, its PDF by pdftotext, its workbook by openpyxl."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
from contextlib import closing
from datetime import date, datetime
from functools import cache
from pathlib import Path

import openpyxl
import pytest

from campus.factors import shipped
from campus.schema import to_ms
from tests.reports.schools import DONE, ZONE

# Absent on a desk a test is skipped; in CI it runs, and fails for want of it.
needs_pdftotext = pytest.mark.skipif(
    shutil.which("pdftotext") is None and "CI" not in os.environ, reason="pdftotext (poppler-utils) is not installed"
)
_NAME = re.compile(r"s/[a-z0-9_/-]+?/(\d{4})(?:-(\d{2}))?(?![\d/])")
NUMBER = re.compile(r"-?\d{1,3}(?:[ \u00a0\u202f]\d{3})+(?:\.\d+)?|-?\d+(?:\.\d+)?")
# Digits printed behind the point, written out again: the test does not ask the program.
DIGITS = {
    "kWh": 0,
    "m³": 1,
    "GJ": 1,
    "元": 0,
    "tCO2": 2,
    "kWh/m²": 1,
    "m³/人": 1,
    "kgCO2/m²": 1,
    "tCO2/人": 3,
    "kgce": 0,
    "kgce/人": 1,
    "%": 1,
}


@cache
def rows(store: Path) -> dict[tuple[str, str, str, int], tuple[float, float, float]]:
    """Return every stored figure: (subject, name, resolution, time_ms) → value, coverage, estimated."""
    with closing(sqlite3.connect(store)) as db:
        found = db.execute("SELECT subject, figure, resolution, time_ms, value, coverage, estimated FROM figure_view")
        return {row[:4]: row[4:] for row in found}


def stored(store: Path, name: str) -> tuple[float, float, float]:
    """Return the row a name such as "s/school/water/2025-03" stands for."""
    parts = name.split("/")
    width = 1 if parts[1] == "school" else 2
    year, _, month = parts[-1].partition("-")
    start = datetime.combine(date(int(year), int(month or 1), 1), datetime.min.time(), ZONE)
    key = (
        "/".join(parts[1 : 1 + width]),
        "/".join(parts[1 + width : -1]),
        "month" if month else "year",
        to_ms(start),
    )
    return rows(store)[key]


def names(source: str) -> list[str]:
    """Return the stored figures a source names."""
    return [] if source.endswith("#conflicts") else [found.group() for found in _NAME.finditer(source)]


def reckoned(store: Path, source: str) -> float:
    """Return what a cell's source comes to: stored figures joined by arithmetic, a ledger's row or a factor's."""
    if source.startswith("ledger/"):
        _, number, field = source.split("/")
        return float(getattr(next(e for e in DONE if e.id == int(number)).finding, field))
    if "@" in source:
        key, _, year = source.partition("@")
        return next(r.value for r in shipped() if (r.id, str(r.data_year or "")) == (key, year))
    if source.endswith("#conflicts"):
        return 0.0
    text = _NAME.sub(lambda found: repr(stored(store, found.group())[0]), source)
    for sign, operator in (("÷", "/"), ("×", "*"), ("−", "-")):
        text = text.replace(sign, operator)
    assert re.fullmatch(r"[\d.e+\-*/() ]+", text), text
    return float(eval(text))  # arithmetic alone: checked in the line above


def printed(value: float, unit: str, exact: bool = False) -> str:
    """Return a number as the report should print it."""
    if exact:
        return f"{value:g}"
    digits = DIGITS.get(unit.removesuffix("/d"), 0 if unit == "次" else 2)
    text = f"{value:,.{digits}f}".replace(",", " ")
    return text.removeprefix("-") if float(text.replace(" ", "")) == 0 else text


@cache
def pages(pdf: Path) -> list[str]:
    """Return the text of every page, gaps between thousands made plain spaces."""
    text = subprocess.run(["pdftotext", "-layout", pdf, "-"], capture_output=True, check=True).stdout.decode()
    return text.replace("\u00a0", " ").replace("\u202f", " ").split("\f")[:-1]


def numbers(text: str) -> list[str]:
    """Return the numbers of a text as they are printed."""
    return [found.replace("\u00a0", " ").replace("\u202f", " ") for found in NUMBER.findall(text)]


@cache
def sheets(xlsx: Path) -> dict[str, list[list[object]]]:
    """Return the values of every sheet, row by row."""
    book = openpyxl.load_workbook(xlsx)
    return {page.title: [list(row) for row in page.iter_rows(values_only=True)] for page in book}
