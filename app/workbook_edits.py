"""Edits of a school's file as data, and what a meter is at an instant by the tables of that file."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from app.registry_fields import CHANGEABLE, INSIDE_ACCOUNT, INSIDE_METER

Path = tuple[str | int, ...]
_BEGINNING = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Put:
    """The key at `path` has this value; its table is made where it is missing."""

    path: Path
    value: Any


@dataclass(frozen=True, slots=True)
class Drop:
    """The key at `path` is gone."""

    path: Path


@dataclass(frozen=True, slots=True)
class Insert:
    """A table stands at `position` of the array at `path`; without a position at its end."""

    path: Path
    position: int | None
    values: Mapping[str, Any]


Edit = Put | Drop | Insert


def apply(body: Mapping[str, Any], edits: Sequence[Edit]) -> dict[str, Any]:
    """Return a file's tables with edits made: what the edited text must say."""
    after: dict[str, Any] = copy.deepcopy(dict(body))
    for edit in edits:
        if isinstance(edit, Insert):
            array = _holder(after, edit.path).setdefault(edit.path[-1], [])
            array.insert(len(array) if edit.position is None else edit.position, dict(edit.values))
        elif isinstance(edit, Put):
            _holder(after, edit.path)[edit.path[-1]] = edit.value
        else:
            del _holder(after, edit.path)[edit.path[-1]]
    return after


def _holder(body: dict[str, Any], path: Path) -> Any:
    found: Any = body
    for part in path[:-1]:
        found = found.setdefault(part, {}) if isinstance(found, dict) else found[part]
    return found


def flat(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row's own values and those of its survey, the latter under `survey.` and their key."""
    own = {key: value for key, value in raw.items() if key not in (*INSIDE_METER, *INSIDE_ACCOUNT)}
    return {**own, **{f"survey.{key}": value for key, value in raw.get("survey", {}).items()}}


def current(raw: Mapping[str, Any], key: str, now: datetime) -> tuple[Any, Path]:
    """Return the value of a row's key at an instant, and where in the row it was set."""
    if key.startswith("survey."):
        return raw.get("survey", {}).get(key.removeprefix("survey.")), tuple(key.split("."))
    if key == "price_document" and key not in raw:
        return raw.get("survey", {}).get(key), ("survey", key)
    if key not in CHANGEABLE:
        return raw.get(key), (key,)
    found: list[tuple[datetime, Any, Path]] = [(_BEGINNING, raw.get(key), (key,))]
    for table, instant in (("change", "from"), ("replaced", "at")):
        found += [
            (entry[instant], entry[key], (table, number, key))
            for number, entry in enumerate(raw.get(table, []))
            if key in entry and entry[instant] <= now and (table == "change" or key == "serial")
        ]
    _, value, place = max(found, key=lambda entry: entry[0])
    return value, place
