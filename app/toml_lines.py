"""Where a TOML text says what: the line of each table and key, so that every problem can be pointed at."""

from __future__ import annotations

import pathlib
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from campus.errors import Issue

Path = tuple[str | int, ...]  # where in the document: names of tables and keys, positions in arrays

# Strings before comments: a '#' inside quotes is text. Triple quotes before single ones.
_TOKEN = re.compile(
    r'(?P<text>"""(?:\\.|[^\\])*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\')'
    r"|(?P<comment>#[^\n]*)|(?P<newline>\n)|(?P<open>[\[{])|(?P<close>[\]}])|(?P<other>[^\[\]{}\"'#\n]+)",
    re.DOTALL,
)
_BARE_OR_QUOTED = re.compile(r'"(?:\\.|[^"\\])*"|\'[^\']*\'|[A-Za-z0-9_-]+')
_PARSER_PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")


@dataclass(frozen=True, slots=True)
class Place:
    """A table of a file: knows the line of itself and of each of its keys."""

    file: str
    lines: Mapping[Path, int]
    path: Path = ()

    def at(self, *keys: str | int) -> Place:
        """Return the place of something inside."""
        return Place(self.file, self.lines, (*self.path, *keys))

    def line(self) -> int:
        """Return the line of this place, or of the nearest place around it that the text shows."""
        return next((self.lines[p] for p in _outward(self.path) if p in self.lines), 1)

    def issue(self, text: str) -> Issue:
        """Return a problem at this place."""
        return Issue(self.file, self.line(), text)


def _outward(path: Path) -> Iterator[Path]:
    return (path[:length] for length in range(len(path), -1, -1))


def read_text(path: pathlib.Path) -> str | Issue:
    """Return a configuration file's text; it must be UTF-8, with or without a byte order mark."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        return Issue(str(path), line, "is not UTF-8: save the file with that encoding")
    except OSError as error:
        return Issue(str(path), 1, f"cannot be read: {error.strerror}")


def parse(text: str, file: str) -> tuple[dict[str, Any], Place] | Issue:
    """Return the parsed text with its root place, or the parser's complaint with its line."""
    text = text.replace("\r\n", "\n")
    try:
        body = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return _complaint(str(error), text, file)
    return body, Place(file, locate(text))


def _complaint(message: str, text: str, file: str) -> Issue:
    found = _PARSER_PLACE.search(message)
    reason = message[: found.start()] if found else message
    if found and found[1]:
        return Issue(file, int(found[1]), f"not TOML at column {found[2]}: {reason}")
    return Issue(file, text.rstrip("\n").count("\n") + 1, f"not TOML at the end of the file: {reason}")


def locate(text: str) -> dict[Path, int]:
    """Return the line of every table, array entry and key of a valid TOML text (keys of inline tables excepted)."""
    lines: dict[Path, int] = {}
    counts: dict[Path, int] = {}
    table: Path = ()
    for line, statement in _statements(text):
        if statement.startswith("[["):
            bare = _resolve(_keys(statement[2:].lstrip()), counts)
            counts[bare] = counts.get(bare, -1) + 1
            table = (*bare, counts[bare])
            lines.setdefault(bare, line)
        elif statement.startswith("["):
            table = _resolve(_keys(statement[1:].lstrip()), counts)
        else:
            for length in range(1, len(keys := _keys(statement)) + 1):
                lines.setdefault((*table, *keys[:length]), line)
            continue
        lines.setdefault(table, line)
    return lines


def _resolve(keys: tuple[str, ...], counts: Mapping[Path, int]) -> Path:
    """Return the path of a header: every array but the last name stands for its newest entry."""
    path: Path = ()
    for key in keys[:-1]:
        path = (*path, key)
        if path in counts:
            path = (*path, counts[path])
    return (*path, keys[-1])


def _keys(statement: str) -> tuple[str, ...]:
    """Return the dotted key at the beginning of a statement."""
    keys: list[str] = []
    position = 0
    while found := _BARE_OR_QUOTED.match(statement, position):
        keys.append(_unquoted(found[0]))
        rest = statement[found.end() :]
        after = rest.lstrip(" \t")
        if not after.startswith("."):
            break
        position = len(statement) - len(after[1:].lstrip(" \t"))
    return tuple(keys)


def _unquoted(key: str) -> str:
    return next(iter(tomllib.loads(f"{key}=0"))) if key[0] in "\"'" else key


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Yield (line, text) of every header and key = value; values may run over several lines."""
    depth, line, first, statement = 0, 1, 1, ""
    for token in _TOKEN.finditer(text):
        kind, piece = token.lastgroup, token[0]
        if kind == "newline" and depth == 0:
            if statement.strip():
                yield first, statement.strip()
            statement = ""
        elif kind != "comment":
            depth += (kind == "open") - (kind == "close")
            first = first if statement.strip() else line
            statement += piece
        line += piece.count("\n")
    if statement.strip():
        yield first, statement.strip()
