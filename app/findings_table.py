"""The findings of schools as a table in the terminal."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from rich.console import Console
from rich.table import Table

from app.settings import Layout
from ledger import open_ledger


def show(folder: Path, schools: Iterable[str]) -> None:
    """Print what the rules found in a data folder, the open ones first."""
    table = Table(
        "school",
        "finding",
        "meter",
        "since",
        "until",
        "size",
        "so far",
        title="Findings",
        title_justify="left",
        box=None,
    )
    with closing(open_ledger(f"sqlite:///{Layout(folder).ledger}")) as books:
        for episode in (e for school in schools for e in books.episodes(school)):
            found = episode.finding
            until = "still on" if found.end is None else f"{found.end:%F}"
            size = "" if found.size is None else f"{found.size:.3g} {found.size_unit}"
            so_far = "" if found.to_date is None else f"{found.to_date:,.0f} {found.unit}"
            table.add_row(episode.school, found.rule, found.subject, f"{found.start:%F}", until, size, so_far)
    console = Console(stderr=True, width=132)
    console.print(table if table.row_count else "Findings: none")
