"""A workbook taken into a school's file: planned, checked by the registry's own rules, shown, and written at once."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app import check
from app.meter_file import BYTE_ORDER_MARK, ChangedMeanwhile, replace_file
from app.registry_toml import load_registry
from app.toml_lines import locate
from app.workbook_edits import Path as Where
from app.workbook_plan import Plan
from app.workbook_problem import Problem
from app.workbook_read import Read, Row
from app.workbook_toml import edited
from campus.registry import Registry


@dataclass(frozen=True, slots=True)
class SchoolText:
    """A school's file as it was read: its bytes, its text with plain line ends, and its tables."""

    path: Path
    content: bytes
    text: str

    @property
    def body(self) -> dict[str, Any]:
        """The tables of the file."""
        return tomllib.loads(self.text)


def read_school(path: Path) -> SchoolText:
    """Return a school's file, whose registry is already known to be without a problem."""
    content = path.read_bytes()
    return SchoolText(path, content, content.removeprefix(BYTE_ORDER_MARK).decode().replace("\r\n", "\n"))


def new_text(school: SchoolText, plan: Plan) -> str:
    """Return the school's text with a plan carried out."""
    return edited(school.text, plan.edits)


def registry_problems(
    text: str, read: Read, others: Mapping[str, Registry], of: tuple[Path, Collection[str]]
) -> Iterator[Problem]:
    """Yield what the registry's own rules find in the new text, at the workbook's cells where they come from there.

    `of` are the file and the formats. A row that already has a problem is not told of twice.
    """
    path, formats = of
    registry, issues = load_registry(text, str(path), formats)
    body = tomllib.loads(text)
    by_line: dict[int, Where] = {}
    for where, line in locate(text).items():
        if len(where) > len(by_line.get(line, ())):
            by_line[line] = where
    found = [(by_line.get(issue.line, ()), issue.text, f"{path.name}:{issue.line}") for issue in issues]
    if registry is not None:
        key = registry.school.key
        shared = [s for s in check.shared_topics({**others, key: registry}) if s.school == key]
        positions = {raw["key"]: n for n, raw in enumerate(body.get("meter", []))}
        found += [(("meter", positions[s.meter], "topic"), s.text, path.name) for s in shared]
    for where, sentence, elsewhere in found:
        row = _row(where, body, read)
        if row is None:
            yield Problem(elsewhere, "登记检查不通过", sentence)
        elif not row.faults:
            yield Problem(row.cell(_column(where)), "登记检查不通过", sentence)


def _row(where: Where, body: Mapping[str, Any], read: Read) -> Row | None:
    if len(where) < 2 or str(where[0]) not in read.rows or not isinstance(where[1], int):
        return None
    raw = body[str(where[0])][where[1]]
    return next((row for row in read.rows[str(where[0])] if row.name == raw.get(row.sheet.named_by)), None)


def _column(where: Where) -> str:
    names = [part for part in where[2:] if isinstance(part, str)]
    if names[:1] == ["change"] and names[-1] == "from":
        return "change.from"
    if names[:1] == ["replaced"]:
        return {"at": "change.from", "end": "change.end", "start": "change.start"}.get(names[-1], "serial")
    return ".".join(names) if names[:1] == ["survey"] else (names or ["key"])[-1]


def write_school(school: SchoolText, text: str) -> Path:
    """Put a new text in the school's place, with what was there beside it; return the latter's path.

    Raises `ChangedMeanwhile` where somebody else has written the file since it was read.
    """
    if school.path.read_bytes() != school.content:
        raise ChangedMeanwhile(school.path)
    ends = "\r\n" if b"\r\n" in school.content else "\n"
    mark = BYTE_ORDER_MARK if school.content.startswith(BYTE_ORDER_MARK) else b""
    backup = school.path.with_name(f"{school.path.name}.bak")
    replace_file(backup, school.content, like=school.path)
    replace_file(school.path, mark + text.replace("\n", ends).encode(), like=school.path)
    return backup
