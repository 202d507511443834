"""The school's own Modbus maps in config/modbus, over those that are shipped, with every problem at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations
from pathlib import Path
from typing import Any

from app.toml_fields import Field, Fields, Wrong, one_of, read_table, text
from app.toml_lines import Place, parse, read_text
from campus.errors import Issue, UnknownUnit
from campus.units import QUANTITIES, factor
from ingest.modbus_dump import LARGEST_ADDRESS, LARGEST_SLAVE
from ingest.modbus_map import FUNCTIONS, ORDERS, TYPES, Map, build, shipped
from ingest.payload import Format, formats
from ingest.payloads import modbus

EXAMPLE = "example.toml"  # lies there to be copied
_LONGEST_READ = 125  # registers an answer can hold: Modbus Application Protocol V1.1b3, 6.3


def formats_of(config: Path) -> dict[str, Format]:
    """Return the payload formats of a configuration folder; `campus check` says what is wrong with its maps."""
    return formats_with(config / "modbus")[0]


def formats_with(folder: Path) -> tuple[dict[str, Format], list[Issue]]:
    """Return the payload formats, Modbus with the maps of `folder` too, and what is wrong with those maps."""
    maps, issues = load_maps(folder)
    known = formats()
    return known | {"modbus": modbus.reading(lambda: maps)}, issues


def load_maps(folder: Path) -> tuple[dict[str, Map], list[Issue]]:
    """Return the shipped maps and those of a folder, which need not exist; a map with a problem is left out."""
    maps, issues = dict(shipped()), []
    for path in sorted(folder.glob("*.toml")) if folder.is_dir() else []:
        if path.name != EXAMPLE:
            written = read_text(path)
            found = written if isinstance(written, Issue) else load_map(written, str(path))
            if isinstance(found, Map):
                maps[found.name] = found
            else:
                issues += found if isinstance(found, list) else [found]
    return maps, issues


def load_map(written: str, file: str) -> Map | list[Issue]:
    """Return the map of a TOML text, named as its file, or every problem of it."""
    parsed = parse(written, file)
    if isinstance(parsed, Issue):
        return [parsed]
    body, root = parsed
    issues = [*read_table(body, _DEVICE, root, ("point", "read")).issues, *_rows(body, root)]
    if issues:
        return sorted(set(issues), key=lambda issue: (issue.line, issue.text))
    found = build(Path(file).stem, body)
    return list(_doubled(found, root)) or found


def _rows(body: Mapping[str, Any], root: Place) -> Iterator[Issue]:
    for table, known in (("point", _POINT), ("read", _READ)):
        rows = body.get(table, [])
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            yield root.at(table).issue(f"{table} must be written [[{table}]]")
            continue
        for number, row in enumerate(rows):
            place = root.at(table, number)
            yield from read_table(row, known, place).issues
            yield from _unit(row, place) if table == "point" else ()
    if not body.get("point"):
        yield root.issue("holds no [[point]]: say what the registers mean")


def _unit(row: Mapping[str, Any], place: Place) -> Iterator[Issue]:
    unit, quantity = row.get("unit"), row.get("quantity")
    named = [QUANTITIES[quantity]] if isinstance(quantity, str) and quantity in QUANTITIES else QUANTITIES.values()
    if isinstance(unit, str) and unit and not any(_fits(unit, one.key) for one in named):
        measured = f" of {quantity}" if quantity else ""
        yield place.at("unit").issue(f'unit = "{unit}" is no unit{measured} known here')


def _fits(unit: str, quantity: str) -> bool:
    try:
        return factor(unit, QUANTITIES[quantity]) > 0
    except UnknownUnit:
        return False


def _doubled(found: Map, root: Place) -> Iterator[Issue]:
    """Yield points that would be one reading twice: two values under one identity."""
    for (_, one), (number, two) in combinations(enumerate(found.points), 2):
        same = (one.quantity, one.channel) == (two.quantity, two.channel)
        if same and (one.slave is None or two.slave is None or one.slave == two.slave):
            text_ = f"measures the same as the point at address {one.address}: give one its own quantity or channel"
            yield root.at("point", number).issue(text_)


def _whole(least: int, most: int) -> Any:
    def read(value: Any) -> int | Wrong:
        fits = isinstance(value, int) and not isinstance(value, bool) and least <= value <= most
        return value if fits else Wrong(f"must be a whole number from {least} to {most}")

    return read


def _scale(value: Any) -> float | Wrong:
    fits = isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < float("inf")
    return value if fits else Wrong("must be a number above 0")


def _function(value: Any) -> int | Wrong:
    fits = value in FUNCTIONS and not isinstance(value, bool)
    return value if fits else Wrong("must be 3 (holding registers) or 4 (input registers)")


_ORDER = Field(one_of(ORDERS, "order"))
_SLAVE = Field(_whole(0, LARGEST_SLAVE))
_DEVICE: Fields = {
    "device": Field(text, required=True),
    "document": Field(text, required=True),
    "function": Field(_function),
    "words": _ORDER,
    "bytes": _ORDER,
}
_POINT: Fields = {
    "address": Field(_whole(0, LARGEST_ADDRESS), required=True),
    "type": Field(one_of(TYPES, "type"), required=True),
    "unit": Field(text, required=True),
    "quantity": Field(one_of(QUANTITIES, "quantity")),
    "channel": Field(text),
    "scale": Field(_scale),
    "absent": Field(_whole(-(2**63), 2**64 - 1)),
    "slave": _SLAVE,
    "function": Field(_function),
    "words": _ORDER,
    "bytes": _ORDER,
}
_READ: Fields = {
    "start": Field(_whole(0, LARGEST_ADDRESS), required=True),
    "count": Field(_whole(1, _LONGEST_READ), required=True),
    "function": Field(_function),
    "slave": _SLAVE,
}
