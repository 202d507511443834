"""How commands print: tables and trees on a terminal, and plain wide lines into a pipe."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from rich.console import Console
from rich.measure import Measurement
from rich.table import Column, Table

# Into a pipe or a file nothing is cut off or wrapped to an imagined terminal.
PIPE_WIDTH = 240
SHORT_PAYLOAD = 60
_ANY_WIDTH = 10_000  # wider than any table: asked how wide it would be


def console() -> Console:
    """Return a console on standard output; texts are printed as they are, without markup."""
    return Console(width=None if sys.stdout.isatty() else PIPE_WIDTH, highlight=False, markup=False, emoji=False)


def print_table(table: Table) -> None:
    """Print a table, nothing of it cut off: in a terminal too narrow for it each row is told line by line."""
    on = console()
    for column in table.columns:
        column.overflow = "fold"
    natural = Measurement.get(on, on.options.update_width(_ANY_WIDTH), table)
    if sys.stdout.isatty() and natural.minimum > on.width:
        for number, record in enumerate(records(table)):
            on.print(*([""] if number else []), record, sep="\n")
    else:
        on.print(table)


def records(table: Table) -> Iterator[Table | str]:
    """Yield a table's title, if it has one, and each row as lines of heading and cell, without its empty cells."""
    if table.title:
        yield str(table.title)
    for row in zip(*(column.cells for column in table.columns), strict=True):
        lines = Table.grid(Column(no_wrap=True), Column(overflow="fold"), padding=(0, 2))
        for column, cell in zip(table.columns, row, strict=True):
            if cell != "":
                lines.add_row(column.header, cell)
        yield lines


def printable(payload: bytes, length: int = SHORT_PAYLOAD) -> str:
    """Return a payload as one line of text; what could move a terminal's cursor is shown as a dot."""
    text = "".join(c if c.isprintable() else "·" for c in payload[: 4 * length].decode("utf-8", "replace"))
    return text if len(text) <= length and len(payload) <= 4 * length else f"{text[: length - 1]}…"
