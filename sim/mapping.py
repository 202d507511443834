"""A mapping: how files of real meters are to be read and spoken, written in TOML.

```toml
[school]                      # as in a school's own file
[[file]]
path = "cambridge/{building}/electricity/{year}.csv"   # below --data; {name} or {name:regex}
encoding = "utf-8"
header_line = 1               # the line that names the columns; data follow it
time = ["datetime"]           # columns joined by a space; "#1" is the first column
time_format = "%Y-%m-%d %H:%M:%S"
zone = "UTC"                  # of the times in the file; doubled local times are told apart by their order
label = "start"               # a row's time is the start or the end of its interval
interval = "1h"
kind = "interval"             # or "register": summed into a counter that ends at every gap
grouping = ","                # signs between digits
gap = ["", "0.0"]             # cells that code "no reading"
[[file.column]]
name = "equipment load [kWh]"
meter = "{building}-electricity"
quantity = "electricity"
unit = "kWh"
[[file.column.rule]]          # a dated exception; the first that fits holds
until = 2023-10-13T00:00:00+01:00
at_least = 10.0
unit = "mL"                   # another unit, or doubt = "why": published, and kept in quarantine
```
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from campus.errors import CampusError

_SPANS = {"min": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}


class MappingWrong(CampusError):
    """A mapping that cannot be followed, or is for another file."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Rows in [since, until) with a value of at least `at_least` have another unit, or are in doubt."""

    unit: str = ""
    doubt: str = ""
    since: datetime | None = None
    until: datetime | None = None
    at_least: float | None = None

    def fits(self, time: datetime, value: float) -> bool:
        """Whether the rule is about this row."""
        after = self.since is None or self.since <= time
        before = self.until is None or time < self.until
        return after and before and (self.at_least is None or value >= self.at_least)


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a file and the meter it stands for; `kind` and `gap` are the file's unless given."""

    name: str
    meter: str
    quantity: str
    unit: str
    kind: str
    gap: tuple[str, ...]
    building: str = ""
    rules: tuple[Rule, ...] = ()


@dataclass(frozen=True, slots=True)
class FileKind:
    """Files of one layout."""

    path: str
    time: tuple[str, ...]
    time_format: str
    zone: ZoneInfo
    interval: timedelta
    columns: tuple[Column, ...]
    encoding: str = "utf-8"
    header_line: int = 1
    label: str = "start"
    grouping: str = ""


@dataclass(frozen=True, slots=True)
class Mapping:
    """A school's tables as written, and how its files are read."""

    source: Path
    school: dict[str, Any]
    files: tuple[FileKind, ...]
    tables: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Found:
    """A file on disk, its layout, and what its path says."""

    path: Path
    kind: FileKind
    names: dict[str, str]

    def meter(self, column: Column) -> str:
        """Return the meter a column of this file stands for."""
        return column.meter.format(**self.names)

    def building(self, column: Column) -> str:
        """Return the building of that meter, or the empty string."""
        return column.building.format(**self.names)


def load(path: Path) -> Mapping:
    """Return the mapping in a TOML file; raises `MappingWrong` with a sentence that names the place."""
    try:
        body = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise MappingWrong(f"{path}: {error}") from error
    try:
        files = tuple(_file(raw) for raw in body["file"])
        tables = {key: value for key, value in body.items() if key not in ("school", "file")}
        return Mapping(path, body["school"], files, tables)
    except (KeyError, TypeError, ValueError) as error:
        raise MappingWrong(
            f"{path}: {type(error).__name__}: {error}; see `campus replay --help` for the form"
        ) from error


def span(text: str) -> timedelta:
    """Return the time of "30min", "1h", "1d"."""
    match = re.fullmatch(r"(\d+)(min|h|d)", text)
    if match is None:
        raise ValueError(f"interval {text!r}: write 30min, 1h or 1d")
    return int(match[1]) * _SPANS[match[2]]


def _file(raw: dict[str, Any]) -> FileKind:
    raw = dict(raw)
    kind, gap = raw.pop("kind", "interval"), raw.pop("gap", [""])
    columns = tuple(_column(column, kind, gap) for column in raw.pop("column"))
    return FileKind(
        **raw
        | {
            "time": tuple(raw["time"]),
            "zone": ZoneInfo(raw["zone"]),
            "interval": span(raw["interval"]),
            "columns": columns,
        }
    )


def _column(raw: dict[str, Any], kind: str, gap: list[str]) -> Column:
    rules = tuple(Rule(**rule) for rule in raw.get("rule", ()))
    rest = {key: value for key, value in raw.items() if key not in ("rule", "gap", "kind")}
    return Column(**rest, kind=raw.get("kind", kind), gap=tuple(raw.get("gap", gap)), rules=rules)


def find(mapping: Mapping, data: Path) -> list[Found]:
    """Return the files below `data` that a mapping is for, by layout and path; raises `MappingWrong` if none."""
    found = []
    for kind in mapping.files:
        pattern = re.compile(_pattern(kind.path))
        for path in sorted(data.rglob(f"*{Path(kind.path).suffix}")):
            match = pattern.fullmatch(path.relative_to(data).as_posix())
            if match:
                found.append(Found(path, kind, match.groupdict()))
    if not found:
        wanted = ", ".join(kind.path for kind in mapping.files)
        raise MappingWrong(f"{mapping.source}: no file below {data} is named like {wanted}; say --data FOLDER")
    return found


def _pattern(template: str) -> str:
    parts = re.split(r"\{(\w+)(?::((?:[^{}]|\{[^{}]*\})+))?\}", template)
    pattern = re.escape(parts[0])
    for name, regex, literal in zip(parts[1::3], parts[2::3], parts[3::3], strict=True):
        pattern += f"(?P<{name}>{regex or '[^/]+'})" + re.escape(literal)
    return pattern
