"""Rules over the rows of a school's registry: keys, references, validity, changes, registers, replacements."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from app.toml_fields import ALIKE, nearest
from app.toml_lines import Place
from campus.errors import Issue
from campus.registry import MAKEUP, Account, Meter, Registry, Replacement

_CLOCK_WHEN_UNKNOWN = ZoneInfo("UTC")
KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
KEYED = ("people", "building", "account", "meter", "virtual", "plan", "project")


@dataclass(frozen=True, slots=True)
class Source:
    """The text a registry was read from: names the place of each row, and times at the school's clock.

    The first row of a doubled key counts.
    """

    root: Place
    body: Mapping[str, Any]
    zone: ZoneInfo = _CLOCK_WHEN_UNKNOWN

    def stamp(self, time: datetime) -> str:
        """Return an instant as the school's file would write it: at its own clock, with the offset."""
        return stamp(time, self.zone)

    def rows(self, table: str) -> list[Mapping[str, Any]]:
        """Return the rows of an array of tables, as they stand in the text."""
        found = self.body.get(table, [])
        return [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []

    def keys(self, table: str) -> list[str]:
        """Return the keys written in a table, those of rows with other problems included."""
        return [row["key"] for row in self.rows(table) if isinstance(row.get("key"), str)]

    def follows(self, table: str, named: str) -> bool:
        """Whether a name finds no row only since the row it means has a problem of its own, which is told there."""
        keys = [row.get("key") for row in self.rows(table)]
        broken = [key for key in keys if not (isinstance(key, str) and KEY.fullmatch(key))]
        written = [key for key in broken if isinstance(key, str)]
        nameless = len(written) < len(broken)
        return named in keys or nameless or bool(get_close_matches(named, written, 1, ALIKE))

    def place(self, table: str, key: str) -> Place:
        """Return the place of the row with that key."""
        position = next((n for n, row in enumerate(self.rows(table)) if row.get("key") == key), 0)
        return self.root.at(table, position)


def row_issues(registry: Registry, source: Source) -> Iterator[Issue]:
    """Yield every problem that a row has by itself or with the rows it names."""
    for table in KEYED:
        yield from _doubled(source, table)
    for account in registry.accounts.values():
        yield from _validity(account, source.place("account", account.key), source.zone)
    for table in ("parent", "building", "account"):
        yield from _unknown_references(source, table)
    for meter in registry.meters.values():
        place = source.place("meter", meter.key)
        yield from _validity(meter, place, source.zone)
        yield from _changes(meter, place, source.zone)
        yield from _registers(meter, place)
        for number, replacement in enumerate(meter.replacements):
            yield from _replacement(meter, replacement, (place.at("replaced", number), source.zone))
        yield from _replacement_order(meter, place, source.zone)


def _doubled(source: Source, table: str) -> Iterator[Issue]:
    seen: set[str] = set()
    for number, row in enumerate(source.rows(table)):
        key = row.get("key")
        if isinstance(key, str) and key in seen:
            yield source.root.at(table, number, "key").issue(f"a second {table} has the key {key!r}: keys are unique")
        if isinstance(key, str):
            seen.add(key)


def _validity(row: Account | Meter, place: Place, zone: ZoneInfo) -> Iterator[Issue]:
    if row.since and row.until and row.since >= row.until:
        yield place.at("to").issue(
            f"{row.key}: ends at {stamp(row.until, zone)}, not after it begins at {stamp(row.since, zone)}"
        )


def _unknown_references(source: Source, key: str) -> Iterator[Issue]:
    """Yield a problem for every parent, building or account that is named but not described."""
    table = "meter" if key == "parent" else key
    known = source.keys(table)
    for number, meter in enumerate(source.rows("meter")):
        place = source.root.at("meter", number)
        changes = meter.get("change", [])
        rows = [(meter, place)]
        rows += [(c, place.at("change", n)) for n, c in enumerate(changes if isinstance(changes, list) else [])]
        for row, at in rows:
            named = row.get(key) if isinstance(row, dict) else None
            if isinstance(named, str) and named and named not in known and not source.follows(table, named):
                yield at.at(key).issue(f"no [[{table}]] has the key {named!r}{nearest(named, known)}")


def _changes(meter: Meter, place: Place, zone: ZoneInfo) -> Iterator[Issue]:
    for number, (earlier, later) in enumerate(pairwise(meter.changes), 1):
        if later.since <= earlier.since:
            yield place.at("change", number, "from").issue(
                f"{meter.key}: changes out of order: {stamp(later.since, zone)} stands after "
                f"{stamp(earlier.since, zone)}"
            )
    for number, change in enumerate(meter.changes):
        if not meter.in_force(change.since):
            yield place.at("change", number, "from").issue(
                f"{meter.key}: changes at {stamp(change.since, zone)}, when it is not in force"
            )


def _registers(meter: Meter, place: Place) -> Iterator[Issue]:
    seen: set[str] = set()
    for number, register in enumerate(meter.registers):
        at = place if number == 0 else place.at("register", number - 1)
        if register.quantity.key in seen:
            yield at.at("quantity").issue(f"{meter.key}: a second register of {register.quantity.key}")
        seen.add(register.quantity.key)
    media = {register.quantity.medium for register in meter.registers}
    items = [(place, meter.item)]
    items += [(place.at("change", n), str(c.values.get("item", ""))) for n, c in enumerate(meter.changes)]
    for at, item in items:
        if item == MAKEUP and "water" not in media:
            yield at.at("item").issue(f'{meter.key}: only water is "{MAKEUP}" (make-up), not {", ".join(media)}')
        elif item and item != MAKEUP and not media & {"electricity", "pv"}:
            yield at.at("item").issue(f"{meter.key}: only electricity has sub-items (分项), not {', '.join(media)}")


def _replacement(meter: Meter, replacement: Replacement, of: tuple[Place, ZoneInfo]) -> Iterator[Issue]:
    place, zone = of
    quantity = replacement.quantity or meter.registers[0].quantity.key
    register = meter.register(quantity)
    if not meter.in_force(replacement.time):
        yield place.at("at").issue(
            f"{meter.key}: replaced at {stamp(replacement.time, zone)}, when it is not in force"
        )
    if register is None:
        known = [r.quantity.key for r in meter.registers]
        yield place.at("quantity").issue(f"{meter.key} has no register of {quantity}{nearest(quantity, known)}")
    elif register.width is not None and replacement.end >= 10**register.width:
        yield place.at("end").issue(f"{meter.key}: {replacement.end:g} does not fit on {register.width} digits")


def _replacement_order(meter: Meter, place: Place, zone: ZoneInfo) -> Iterator[Issue]:
    newest: dict[str, datetime] = {}
    for number, replacement in enumerate(meter.replacements):
        quantity = replacement.quantity or meter.registers[0].quantity.key
        if quantity in newest and replacement.time <= newest[quantity]:
            yield place.at("replaced", number, "at").issue(
                f"{meter.key}: replacements out of order: {stamp(replacement.time, zone)} is not after the one before"
            )
        newest[quantity] = replacement.time


def stamp(time: datetime, zone: ZoneInfo) -> str:
    """Return an instant as a file would write it, at the clock of `zone`, with its offset."""
    return time.astimezone(zone).isoformat(timespec="minutes")
