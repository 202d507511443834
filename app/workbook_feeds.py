"""The monthly sheet of feeds as a workbook, to be handed to whoever maintains them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from app.certificate_feeds import Feed
from app.certificate_feeds_text import HEADINGS, NOTES, cells

_WIDTH = 16


def write_feeds(path: Path, month: str, feeds: Sequence[Feed]) -> None:
    """Write the sheet of a month such as "2026-11"."""
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter

    book = Workbook()
    page = book.active
    page.title = "数据到达"
    page.append([f"数据到达月表 {month} / feed health"])
    page["A1"].font = Font(bold=True, size=14)
    page.append([f"{heading.zh}\n{heading.en}" for heading in HEADINGS])
    for cell in page[2]:
        cell.font, cell.alignment = Font(bold=True), Alignment(wrap_text=True, vertical="top")
        page.column_dimensions[get_column_letter(cell.column)].width = _WIDTH
    for feed in feeds:
        page.append(cells(feed))
        for cell in page[page.max_row]:
            if isinstance(cell.value, str):
                cell.data_type = "s"  # a maker named =… is a name
    for note in NOTES:
        page.append([f"{note.zh} {note.en}"])
    page.freeze_panes = "C3"
    page.page_setup.orientation, page.page_setup.fitToWidth, page.page_setup.fitToHeight = "landscape", 1, 0
    page.sheet_properties.pageSetUpPr.fitToPage = True
    path.parent.mkdir(parents=True, exist_ok=True)
    book.save(path)
