"""Reading a TOML table by a list of fields: every problem found at once, each with its line and the nearest word."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from app.toml_lines import Place
from campus.errors import Issue

# A word at least this alike (difflib ratio) is offered as what was meant.
ALIKE = 0.6
# A list of known words up to this length is shown whole when none of them is alike.
LIST_UP_TO = 15
# Years a meter or bill can be of: remote reading is younger, and a typing error should not make a year 20026.
EARLIEST, LATEST = 1950, 2199


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong with a value, as the end of a sentence that begins with its key."""

    text: str


Reader = Callable[[Any], Any]  # gives the value as the program keeps it, or Wrong


@dataclass(frozen=True, slots=True)
class Field:
    """A key of a table: how its value is read, and under which attribute it is kept (the key, if empty)."""

    read: Reader
    attr: str = ""
    required: bool = False


Fields = Mapping[str, Field]


def nearest(word: str, known: Iterable[str]) -> str:
    """Return the end of a sentence that helps: the word probably meant, else a short list of the known ones."""
    words = sorted(set(known))
    folded = {w.casefold(): w for w in words}
    close = difflib.get_close_matches(word.casefold(), folded, 1, ALIKE)
    if close:
        return f"; did you mean {folded[close[0]]!r}?"
    if not words:
        return "; none is known here"
    return f"; known: {', '.join(words)}" if len(words) <= LIST_UP_TO else ""


def read_table(raw: Mapping[str, Any], fields: Fields, place: Place, inner: Iterable[str] = ()) -> Table:
    """Read a table's own keys; `inner` are the keys of further tables inside it, read by others."""
    issues = unknown_keys(raw, (*fields, *inner), place)
    values: dict[str, Any] = {}
    for key, field in fields.items():
        if key not in raw:
            if field.required:
                issues.append(place.issue(f"{_name(place)} has no {key!r}: add it"))
            continue
        value = field.read(raw[key])
        if isinstance(value, Wrong):
            issues.append(place.at(key).issue(f"{key} = {shown(raw[key])} {value.text}"))
        else:
            values[field.attr or key] = value
    return Table(values, tuple(issues), all((f.attr or k) in values for k, f in fields.items() if f.required))


@dataclass(frozen=True, slots=True)
class Table:
    """The good values of a table by attribute, its problems, and whether every required value is there."""

    values: dict[str, Any]
    issues: tuple[Issue, ...]
    complete: bool


def unknown_keys(raw: Mapping[str, Any], known: Iterable[str], place: Place) -> list[Issue]:
    """Return a problem for every key that is not known."""
    names = tuple(known)
    return [
        place.at(key).issue(f"{_name(place)} knows no key {key!r}{nearest(key, names)}")
        for key in raw
        if key not in names
    ]


def _name(place: Place) -> str:
    names = [str(part) for part in place.path if isinstance(part, str)]
    return f"[{'.'.join(names)}]" if names else "the file"


def shown(value: Any) -> str:
    """Return a value as it stood in the file, shortened."""
    text = f'"{value}"' if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else f"{text[:57]}…"


def text(value: Any) -> str | Wrong:
    """Read a text that is not empty."""
    if not isinstance(value, str):
        return Wrong('must be text: write it in quotes "…"')
    return value if value.strip() else Wrong("must not be empty: write it, or leave the key out")


def matching(pattern: str, meaning: str) -> Reader:
    """Return a reader of texts that match a regular expression as a whole."""
    compiled = re.compile(pattern)

    def read(value: Any) -> str | Wrong:
        word = text(value)
        return word if isinstance(word, Wrong) or compiled.fullmatch(word) else Wrong(f"must be {meaning}")

    return read


def one_of(known: Iterable[str], what: str) -> Reader:
    """Return a reader of a closed list of words."""
    words = tuple(map(str, known))

    def read(value: Any) -> str | Wrong:
        word = text(value)
        return word if isinstance(word, Wrong) or word in words else Wrong(f"is no {what}{nearest(word, words)}")

    return read


def several(read: Reader) -> Reader:
    """Return a reader of a list, each entry read alike."""

    def read_all(value: Any) -> tuple[Any, ...] | Wrong:
        if not isinstance(value, list) or not value:
            return Wrong("must be a list with at least one entry; leave it out to mean all")
        entries = [read(entry) for entry in value]
        return next((entry for entry in entries if isinstance(entry, Wrong)), tuple(entries))

    return read_all


def or_empty(read: Reader) -> Reader:
    """Return a reader that takes the empty text as well."""
    return lambda value: value if value == "" else read(value)


def flag(value: Any) -> bool | Wrong:
    """Read true or false."""
    return value if isinstance(value, bool) else Wrong("must be true or false")


def number(value: Any) -> float | Wrong:
    """Read a finite number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return Wrong("must be a number, without quotes")
    return float(value) if math.isfinite(value) else Wrong("must be a finite number")


def positive(value: Any) -> float | Wrong:
    """Read a number above 0."""
    read = number(value)
    return read if isinstance(read, Wrong) or read > 0 else Wrong("must be above 0")


def not_negative(value: Any) -> float | Wrong:
    """Read a number of at least 0."""
    read = number(value)
    return read if isinstance(read, Wrong) or read >= 0 else Wrong("must not be below 0")


def between(low: float, high: float) -> Reader:
    """Return a reader of numbers from `low` to `high`, both included."""

    def read(value: Any) -> float | Wrong:
        found = number(value)
        return (
            found
            if isinstance(found, Wrong) or low <= found <= high
            else Wrong(f"must lie between {low:g} and {high:g}")
        )

    return read


def whole(low: int, high: int) -> Reader:
    """Return a reader of whole numbers from `low` to `high`, both included."""

    def read(value: Any) -> int | Wrong:
        if isinstance(value, bool) or not isinstance(value, int):
            return Wrong("must be a whole number, without quotes")
        return value if low <= value <= high else Wrong(f"must lie between {low} and {high}")

    return read


def day(value: Any) -> date | Wrong:
    """Read a calendar day."""
    if isinstance(value, datetime) or not isinstance(value, date):
        return Wrong("must be a day: write it as 2026-09-01, without quotes")
    return value


def instant(zone: ZoneInfo) -> Reader:
    """Return a reader of instants, kept in UTC; without an offset the sentence shows the school's own."""

    def read(value: Any) -> datetime | Wrong:
        if not isinstance(value, date):
            return Wrong("must be an instant: write it as 2026-09-01T00:00:00+08:00, without quotes")
        if not EARLIEST <= value.year <= LATEST:
            return Wrong(f"lies outside the years {EARLIEST} to {LATEST}")
        if isinstance(value, datetime) and value.tzinfo is not None:
            return value.astimezone(UTC)
        if isinstance(value, datetime):
            return Wrong(f"has no offset from UTC: write {value.replace(tzinfo=zone).isoformat()}")
        begin = datetime(value.year, value.month, value.day, tzinfo=zone)
        return Wrong(f"must be an instant: write {begin.isoformat()}")

    return read


_INTERVAL = re.compile(r"([1-9]\d{0,4}) ?(s|min|h|d)")
_SECONDS = {"s": 1, "min": 60, "h": 3600, "d": 86400}


def interval(value: Any) -> timedelta | Wrong:
    """Read a length of time such as 30s, 15min, 1h or 1d."""
    found = _INTERVAL.fullmatch(value) if isinstance(value, str) else None
    if not found:
        return Wrong('must be a length of time such as "30s", "15min", "1h" or "1d"')
    return timedelta(seconds=int(found[1]) * _SECONDS[found[2]])


def timezone(value: Any) -> ZoneInfo | Wrong:
    """Read the name of a time zone."""
    word = text(value)
    if isinstance(word, Wrong):
        return word
    try:
        return ZoneInfo(word)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return Wrong(f"is no time zone{nearest(word, available_timezones())}")
