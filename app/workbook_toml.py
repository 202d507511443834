"""Edits made in the text of a school's file: its comments, order and spelling stay as they are.

Line by line, since the library that writes TOML reorders tables whose array is interrupted by another.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from app.toml_lines import locate
from app.workbook_edits import Drop, Edit, Insert, Path, Put, apply
from campus.errors import CampusError


class NotEditable(CampusError):
    """A file written in a way that edits cannot be made in."""

    def __init__(self, path: Path) -> None:
        where = ".".join(str(part) for part in path)
        super().__init__(
            f"文件里 {where} 的写法无法自动修改：请手工修改，或写成一行一个键 / "
            f"{where} is written in a way that cannot be edited: edit it by hand, or write one key a line"
        )


@dataclass(frozen=True, slots=True)
class _Text:
    """A text being edited: its lines, where they say what, and what comes after a line: keys first, then tables."""

    lines: list[str]
    where: Mapping[Path, int]
    keys: dict[int, list[str]] = field(default_factory=dict)
    tables: dict[int, list[str]] = field(default_factory=dict)
    dropped: set[int] = field(default_factory=set)

    def line(self, path: Path) -> int:
        """Return the line of a path. Raises `NotEditable` for one inside something that stands on one line."""
        if path not in self.where:
            raise NotEditable(path)
        return self.where[path]

    def joined(self) -> str:
        """Return the edited text."""
        result = [*self.keys.get(0, ()), *self.tables.get(0, ())]
        for number, line in enumerate(self.lines, 1):
            result += [] if number in self.dropped else [line]
            result += [*self.keys.get(number, ()), *self.tables.get(number, ())]
        return "\n".join(result)


def edited(text: str, edits: Sequence[Edit]) -> str:
    """Return a file's text with the edits made. Raises `NotEditable` rather than return anything else."""
    wanted = apply(tomllib.loads(text), edits)
    state = _Text(text.split("\n"), locate(text))
    new_tables: dict[Path, dict[str, Any]] = {}
    for edit in edits:
        if isinstance(edit, Insert):
            _insert(edit, state)
        elif edit.path in state.where and _single(state.lines[state.where[edit.path] - 1]):
            _edit_line(edit, state)
        elif isinstance(edit, Put) and edit.path[:-1] not in state.where:
            new_tables.setdefault(edit.path[:-1], {})[str(edit.path[-1])] = edit.value
        else:
            _edit_table(edit, state)
    for path, values in new_tables.items():
        block = ["", _header(path, brackets=1), *_lines(values)]
        state.tables.setdefault(_last_own_line(path[:-1], state), []).extend(block)
    after = state.joined()
    if edits and _said(after) != wanted:
        raise NotEditable(edits[0].path)
    return after


def _said(text: str) -> Any:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None


def _single(line: str) -> bool:
    return _said(line) is not None


def _lines(values: Mapping[str, Any]) -> list[str]:
    return tomlkit.dumps(values).rstrip("\n").split("\n")


def _edit_line(edit: Put | Drop, state: _Text) -> None:
    number = state.where[edit.path]
    if isinstance(edit, Drop):
        state.dropped.add(number)
    else:
        state.lines[number - 1] = _replaced(state.lines[number - 1], edit)


def _replaced(line: str, edit: Put) -> str:
    """Return a line `key = value  # comment` with another value."""
    document: Any = tomlkit.parse(line)
    holder = document
    said: Any = tomllib.loads(line)
    while isinstance(inner := next(iter(said.values())), dict):
        holder, said = holder[next(iter(said))], inner
    holder[edit.path[-1]] = edit.value
    return tomlkit.dumps(document).rstrip("\n")


def _edit_table(edit: Put | Drop, state: _Text) -> None:
    """Add a key after the last one of its table, or make an edit inside an inline table."""
    parent = edit.path[:-1]
    if isinstance(edit, Put) and state.lines[state.line(parent) - 1].lstrip().startswith("["):
        state.keys.setdefault(_last_own_line(parent, state), []).extend(_lines({str(edit.path[-1]): edit.value}))
    else:
        _edit_inside(edit, state)


def _edit_inside(edit: Put | Drop, state: _Text) -> None:
    """Make an edit inside an inline table such as survey = { floors = "3" }."""
    parent = edit.path[:-1]
    number = state.line(parent) - 1
    try:
        document: Any = tomlkit.parse(state.lines[number])
        inner = document[parent[-1]]
        if isinstance(edit, Put):
            inner[edit.path[-1]] = edit.value
        else:
            del inner[edit.path[-1]]
    except (TOMLKitError, KeyError, TypeError) as error:
        raise NotEditable(edit.path) from error
    state.lines[number] = tomlkit.dumps(document).rstrip("\n")


def _last_own_line(table: Path, state: _Text) -> int:
    """Return the last line that holds a key of a table by itself; its header's where there is none."""
    own = [line for path, line in state.where.items() if path[:-1] == table and _single(state.lines[line - 1])]
    keys = [line for line in own if not state.lines[line - 1].lstrip().startswith("[")]
    return max([state.line(table), *keys])


def _header(path: Path, brackets: int) -> str:
    name = ".".join(part for part in path if isinstance(part, str))
    return f"{'[' * brackets}{name}{']' * brackets}"


def _block(path: Path, values: Mapping[str, Any]) -> list[str]:
    """Return an entry of an array of tables as lines, a blank one before it."""
    block = ["", _header(path, brackets=2), *_lines({k: v for k, v in values.items() if not isinstance(v, dict)})]
    for key, inner in values.items():
        if isinstance(inner, dict):
            block += ["", _header((*path, key), brackets=1), *_lines(inner)]
    return block


def _insert(edit: Insert, state: _Text) -> None:
    block = _block(edit.path, edit.values)
    entries = sum(path[:-1] == edit.path and isinstance(path[-1], int) for path in state.where)
    if len(edit.path) == 1:
        state.tables.setdefault(_last_line(state.lines), []).extend(block)
    elif edit.position is not None and edit.position < entries:
        at = state.line((*edit.path, edit.position)) - 1
        while at > 0 and state.lines[at - 1].lstrip().startswith("#"):
            at -= 1
        state.tables.setdefault(at, []).extend([*block[1:], ""])
    else:
        last: Path = (*edit.path, entries - 1) if entries else edit.path[:-1]
        state.tables.setdefault(_last_own_line(last, state), []).extend(block)


def _last_line(lines: Sequence[str]) -> int:
    """Return the number of lines up to the last that is not blank."""
    return next((n for n in range(len(lines), 0, -1) if lines[n - 1].strip()), 0)
