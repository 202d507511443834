"""A report as a PDF: its cells as plain strings, set by templates/annual.typ without a network."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import cvttf_NotoSansCJK_Regular as cjk
import typst

from campus.quality import LETTERS
from campus.said import Said
from reports import words
from reports.annual import MOST_LIMITS, Report
from reports.cells import Cell, brief, of_it, trust
from reports.columns import Table
from reports.quotas import Bar
from reports.sections import Entry, Tile
from reports.text import in_words

TEMPLATE = Path(__file__).parent / "templates" / "annual.typ"
PICTURE_WIDTH = 720  # px; the paper's text is as wide, at 7.5 pt for an 11 px label


@dataclass(frozen=True, slots=True)
class Picture:
    """A chart and what it shows."""

    name: Said
    svg: str


def render(report: Report, generated: datetime, lang: str, picture: Picture | None = None) -> bytes:
    """Return the PDF; the same report, picture, time and `lang` ("zh" or "both") give the same bytes."""
    data = {**_data(report), "both": lang == "both", "picture": _picture(picture)}
    return typst.compile(
        str(TEMPLATE),
        font_paths=_fonts(),
        sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
        timestamp=generated.astimezone(UTC).replace(microsecond=0),
    )


def _fonts() -> list[str]:
    """Return the folder of the font that comes along; a system's own Noto is preferred by the template."""
    return [str(Path(cjk.get_TTF_path()).parent)]


def _data(report: Report) -> dict[str, Any]:
    """Return what the template sets: strings, and pairs of them in both languages."""
    return {
        "title": _two(report.title),
        "band": [_entry(entry) for entry in report.band],
        "final": report.final,
        "tiles": [_tile(tile) for tile in report.tiles],
        "carbon": _tile(report.carbon),
        "intensities": [_entry(entry) for entry in report.intensities],
        "quotas": [_bar(bar) for bar in report.quotas],
        "limits": [{**_two(Said(limit.zh, limit.en)), "forbids": limit.forbids} for limit in report.limits],
        "most_limits": MOST_LIMITS,
        "more_places": max(0, len(report.places.rows) - len(report.where.rows)),
        "deeds_note": _two(report.deeds_note),
        "memo": [_entry(entry) for entry in report.memo],
        "number": report.number,
        "inputs": report.inputs,
        "words": _words(),
        **{table.key: _table(table) for table in report.tables()},
    }


def _words() -> dict[str, Any]:
    named = {name.lower(): value for name, value in vars(words).items() if name.isupper()}
    return {
        name: _two(value) if isinstance(value, Said) else [_two(one) for one in value]
        for name, value in named.items()
    }


def _two(text: Said) -> dict[str, str]:
    return {"zh": text.zh, "en": text.en if text.en != text.zh else ""}


def _entry(entry: Entry) -> dict[str, Any]:
    return {"name": _two(entry.name), "cell": _cell(entry.cell)}


def _bar(bar: Bar) -> dict[str, Any]:
    """Return a bar: its strings, and where its value and lines stand from 0 to 1."""
    return {
        **_entry(bar.entry),
        "words": _two(bar.words),
        "lines": _two(bar.lines),
        "over": bar.over,
        "value": bar.value,
        "marks": bar.marks,
        "beside": None if bar.beside is None else _entry(bar.beside),
        "note": None if bar.note is None else _two(bar.note),
    }


def _tile(tile: Tile) -> dict[str, Any]:
    return {"name": _two(tile.name), "main": _cell(tile.main), "under": [_entry(entry) for entry in tile.under]}


def _cell(cell: Cell, mixed: bool = False) -> dict[str, Any]:
    """Return a cell as strings: number or words, its unit, the small print, which in a `mixed` column has a unit."""
    small = [text for text in (of_it(cell), trust(cell)) if text is not None]
    return {
        "number": cell.printed(),
        "unit": in_words(cell.unit),
        "code": "" if cell.code is None else LETTERS[cell.code],
        "text": None if cell.text is None else _two(cell.text),
        "small": [_two(text) for text in small],
        "brief": brief(cell, mixed),
        "note": None if cell.note is None else _two(cell.note),
    }


def _table(table: Table) -> dict[str, Any]:
    heads = [{**_two(head.name), "unit": "" if head.unit == "*" else in_words(head.unit)} for head in table.heads]
    own = [{"numeric": h.unit != "", "mixed": h.unit == "*", "width": h.width} for h in table.heads]
    return {
        "title": _two(table.title),
        "heads": [head | more for head, more in zip(heads, own, strict=True)],
        "rows": [[_cell(c, h.unit == "*") for c, h in zip(row, table.heads, strict=True)] for row in table.rows],
    }


def _picture(picture: Picture | None) -> dict[str, Any] | None:
    return None if picture is None else {"name": _two(picture.name), "svg": picture.svg}
