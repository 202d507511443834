"""The stand-in's reader of line protocol, with the server's words for what does not parse."""

from __future__ import annotations

import math
import re

from tests.contract.influx_data import Value, Written

_ESCAPED = re.compile(r"\\(.)")


def parse(body: str, factor: int) -> tuple[list[Written], list[str]]:
    """Return the points of a body and the messages about its bad lines; `factor` is nanoseconds per tick."""
    points, faults = [], []
    for line in body.split("\n"):
        if not line:
            continue
        try:
            points.append(_point(line, factor))
        except ValueError as why:
            faults.append(f"unable to parse '{line}': {why}")
    return points, faults


def _point(line: str, factor: int) -> Written:
    key, fields, tick = _split(line)
    measurement, *tags = _parts(key, ",")
    named = tuple(sorted((_plain(tag), _plain(value)) for tag, value in (_parts(one, "=") for one in tags)))
    values = {}
    for one in _parts(fields, ",", quotes=True):
        name, _, text = one.partition("=")
        values[name] = _value(text)
    if not re.fullmatch(r"-?\d+", tick) or abs(int(tick)) >= 2**63:
        raise ValueError(f'strconv.ParseInt: parsing "{tick}": value out of range')
    return Written(_plain(measurement), named, values, int(tick) * factor, key)


def _split(line: str) -> list[str]:
    pieces = _parts(line, " ", quotes=True)
    if len(pieces) == 3 and pieces[1].endswith("="):
        raise ValueError("missing field value")
    if len(pieces) != 3 or "=" not in pieces[1]:
        raise ValueError("invalid field format")
    return pieces


def _value(text: str) -> Value:
    if text.startswith('"') and text.endswith('"') and len(text) > 1:
        return _ESCAPED.sub(r"\1", text[1:-1])
    number = float(text) if re.fullmatch(r"[-+0-9.eE]+", text) else math.nan
    if not math.isfinite(number):
        raise ValueError("invalid number")
    return number


def _parts(text: str, separator: str, quotes: bool = False) -> list[str]:
    """Split at separators that are neither escaped nor, where quotes count, inside quotes."""
    parts, part, inside, index = [], "", False, 0
    while index < len(text):
        char = text[index]
        if char == "\\":
            part += text[index : index + 2]
            index += 2
            continue
        inside ^= quotes and char == '"'
        if char == separator and not inside:
            parts.append(part)
            part = ""
        else:
            part += char
        index += 1
    return [*parts, part]


def _plain(text: str) -> str:
    return re.sub(r"\\([,= ])", r"\1", text)
