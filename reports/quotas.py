"""A school's year against the quotas as bars: value, band, lines, what stands beside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from campus.said import Said
from reports.cells import Cell, cell, words
from reports.sections import Entry
from reports.text import same
from reports.year import Against

# A bar ends so far beyond the furthest thing on it.
_MARGIN = 1.08


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of the first page: its named number, its words, its lines in words, and where they stand from 0 to 1."""

    entry: Entry
    words: Said
    lines: Said
    over: bool
    value: float | None
    marks: tuple[float, ...]
    beside: Entry | None
    note: Said | None


def bars(listed: Sequence[Against]) -> tuple[Bar, ...]:
    """Return the bars of the indicators."""
    return tuple(_bar(one) for one in listed)


def _bar(one: Against) -> Bar:
    shown = _cell(one)
    beside = None if one.beside is None else Entry(one.beside[0], cell(one.beside[1]))
    values = [shown.value or 0.0, *(value for _, value in one.lines)]
    scale = _MARGIN * max(values) or 1.0
    return Bar(
        entry=Entry(one.name, replace(shown, note=_said(one))),
        words=one.words,
        lines=_lines(one),
        over=one.over,
        value=None if shown.value is None else shown.value / scale,
        marks=tuple(value / scale for _, value in one.lines),
        beside=None if beside is None or beside.cell.value is None else beside,
        note=one.note,
    )


def _cell(one: Against) -> Cell:
    return words(same("—")) if one.amount.value is None else cell(one.amount)


def _lines(one: Against) -> Said:
    if not one.lines:
        return Said("", "")
    return Said(
        " / ".join(f"{name.zh} {value:g}" for name, value in one.lines),
        " / ".join(f"{name.en} {value:g}" for name, value in one.lines),
    )


def _said(one: Against) -> Said:
    """Return band, lines and document on one line, for the workbook."""
    lines = _lines(one)
    return Said(
        "；".join(part for part in (one.words.zh, lines.zh, one.document) if part),
        "; ".join(part for part in (one.words.en, lines.en, one.document) if part),
    )
