"""What a narrow terminal shows of a table: all of it, and nothing cut off."""

from __future__ import annotations

import io
import re
import sys

import pytest
from rich.cells import cell_len
from rich.table import Table

from app.terminal import PIPE_WIDTH, print_table

LONG = "教学楼三层西侧开水间的电热水器到夜里也没有关掉"


class Terminal(io.StringIO):
    """A standard output that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def plain(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def shown(monkeypatch: pytest.MonkeyPatch, width: int, table: Table) -> str:
    out = Terminal()
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "1")
    print_table(table)
    return plain(out.getvalue())


def made(columns: int) -> Table:
    table = Table(*(f"第{n}列 column {n}" for n in range(columns)))
    table.add_row(*([LONG] * columns))
    table.add_row("a", *["" for _ in range(columns - 1)])
    return table


@pytest.mark.parametrize(("columns", "width"), [(2, 60), (5, 80), (9, 80)])
def test_nothing_is_cut_off_in_a_narrow_terminal(monkeypatch, columns, width):
    text = shown(monkeypatch, width, made(columns))
    assert "…" not in text and text.replace("\n", "").count("开水间") == columns
    assert max(cell_len(line) for line in text.splitlines()) <= width


def test_a_row_that_does_not_fit_is_told_line_by_line_without_its_empty_cells(monkeypatch):
    lines = [line.rstrip() for line in shown(monkeypatch, 80, made(5)).splitlines()]
    assert lines[0].split() == ["第0列", "column", "0", LONG] and lines[-1].split() == ["第0列", "column", "0", "a"]


def test_a_table_that_fits_stays_one(monkeypatch):
    assert "┏" in shown(monkeypatch, PIPE_WIDTH, made(3))
