"""The stand-in's Flux: from, range, filter, limit, tail, last, drop; answers as plain CSV like the server's."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from io import StringIO
from itertools import groupby

from tests.contract.influx_data import SECOND_NS, Bucket, Value, rfc3339

# Real functions of Flux that nobody asks of the stand-in: not to be mistaken for misspelled ones.
ELSEWHERE = {"aggregateWindow", "group", "map", "pivot", "sort", "keep", "first", "count"}
_STAGE = re.compile(r"(\w+)\((.*)\)", re.DOTALL)
_TOKEN = re.compile(r'\s*(?:(r)\.(\w+)\s*==\s*"((?:[^"\\]|\\.)*)"|(and|or|\(|\)))')


class Unknown(Exception):
    """Flux beyond the stand-in."""


@dataclass
class Failed(Exception):
    """An error in the server's words."""

    status: int
    code: str
    message: str


@dataclass
class Table:
    """One field of one series within a range, ascending."""

    row: dict[str, str]
    points: list[tuple[int, Value]]


Row = Mapping[str, str]


def run(text: str, buckets: Mapping[str, Bucket], now_s: float) -> str:
    """Return the CSV that answers a query."""
    names = [stage.split("(")[0] for stage in text.split(" |> ")]
    stages = [_STAGE.fullmatch(stage) for stage in text.split(" |> ")]
    for name in names[1:]:
        if name not in STAGES and name not in ELSEWHERE and name not in ("range", "drop"):
            at = text.index(name) + 1
            raise Failed(400, "invalid", f"error @1:{at}-1:{at + len(name)}: undefined identifier {name}")
    if names[0] != "from" or not all(stages) or ELSEWHERE & set(names):
        raise Unknown(text)
    calls = [(stage[1], stage[2]) for stage in stages if stage]
    bucket_name = _literal(calls[0][1].removeprefix("bucket: "))
    if names[1:2] != ["range"]:
        why = f"cannot submit unbounded read to \"{bucket_name}\"; try bounding 'from' with a call to 'range'"
        raise Failed(400, "invalid", f"error in building plan while starting program: {why}")
    if bucket_name not in buckets:
        message = f'failed to initialize execute state: could not find bucket "{bucket_name}"'
        raise Failed(404, "not found", message)
    start, stop = _range(calls[1][1], now_s)
    tables = _read(buckets[bucket_name], start, stop)
    window = {"_start": rfc3339(start), "_stop": rfc3339(stop)}
    for name, argument in calls[2:]:
        if name == "drop":
            window = {column: bound for column, bound in window.items() if column not in _dropped(argument)}
        else:
            tables = STAGES[name](tables, argument)
    return _csv([table for table in tables if table.points], window)


def nanoseconds(text: str) -> int:
    """Return epoch nanoseconds of an RFC 3339 time."""
    whole, _, fraction = text.removesuffix("Z").partition(".")
    seconds = int(datetime.fromisoformat(whole + "+00:00").timestamp())
    return seconds * SECOND_NS + int((fraction or "0").ljust(9, "0"))


def _range(argument: str, now_s: float) -> tuple[int, int]:
    match = re.fullmatch(r"start: (\S+?)(?:, stop: (\S+))?", argument)
    if not match:
        raise Unknown(argument)
    start, stop = (_bound(text, now_s) for text in (match[1], match[2] or "-0h"))
    if start >= stop:
        raise Unknown(f"empty range: {argument}")
    return start, stop


def _bound(text: str, now_s: float) -> int:
    if re.fullmatch(r"-\d+h", text):
        return int((now_s - int(text[1:-1]) * 3600) * SECOND_NS)
    return int(text) * SECOND_NS if text.isdecimal() else nanoseconds(text)


def _read(bucket: Bucket, start: int, stop: int) -> list[Table]:
    tables = []
    for (measurement, tags), fields in sorted(bucket.series.items(), key=lambda item: _series_key(item[0])):
        for name, times in sorted(fields.items()):
            row = {"_field": name, "_measurement": measurement} | dict(tags)
            points = sorted((time_ns, value) for time_ns, value in times.items() if start <= time_ns < stop)
            tables.append(Table(row, points))
    return tables


def _series_key(series: tuple[str, tuple[tuple[str, str], ...]]) -> str:
    return ",".join([series[0], *(f"{tag}={value}" for tag, value in series[1])])


def _filter(tables: list[Table], argument: str) -> list[Table]:
    match = re.fullmatch(r"fn: \(r\) => (.*)", argument, re.DOTALL)
    if not match:
        raise Unknown(argument)
    holds, rest = _either(_tokens(match[1]))
    if rest:
        raise Unknown(argument)
    return [table for table in tables if holds(table.row)]


Condition = Callable[[Row], bool]
Tokens = list[tuple[str, str, str]]


def _tokens(text: str) -> Tokens:
    tokens, at = [], 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if not match:
            raise Unknown(text[at:])
        tokens.append((match[4], "", "") if match[4] else ("is", match[2], _literal(f'"{match[3]}"')))
        at = match.end()
    return tokens


def _either(tokens: Tokens) -> tuple[Condition, Tokens]:
    left, rest = _both(tokens)
    while rest and rest[0][0] == "or":
        right, rest = _both(rest[1:])
        left = lambda row, one=left, two=right: one(row) or two(row)  # noqa: E731
    return left, rest


def _both(tokens: Tokens) -> tuple[Condition, Tokens]:
    left, rest = _one(tokens)
    while rest and rest[0][0] == "and":
        right, rest = _one(rest[1:])
        left = lambda row, one=left, two=right: one(row) and two(row)  # noqa: E731
    return left, rest


def _one(tokens: Tokens) -> tuple[Condition, Tokens]:
    (kind, column, value), rest = tokens[0], tokens[1:]
    if kind == "is":
        return (lambda row: row.get(column) == value), rest
    if kind != "(":
        raise Unknown(kind)
    inner, rest = _either(rest)
    if not rest or rest[0][0] != ")":
        raise Unknown("a bracket left open")
    return inner, rest[1:]


def _cut(choose: Callable[[list[tuple[int, Value]], int], list[tuple[int, Value]]]) -> Callable[..., list[Table]]:
    def stage(tables: list[Table], argument: str) -> list[Table]:
        match = re.fullmatch(r"n: (\d+)", argument)
        if not match:
            raise Unknown(argument)
        return [Table(table.row, choose(table.points, int(match[1]))) for table in tables]

    return stage


def _last(tables: list[Table], argument: str) -> list[Table]:
    if argument:
        raise Unknown(argument)
    return [Table(table.row, table.points[-1:]) for table in tables]


STAGES: dict[str, Callable[[list[Table], str], list[Table]]] = {
    "filter": _filter,
    "limit": _cut(lambda points, n: points[:n]),
    "tail": _cut(lambda points, n: points[-n:]),
    "last": _last,
}


def _literal(text: str) -> str:
    if not re.fullmatch(r'"(?:[^"\\]|\\.)*"', text, re.DOTALL) or re.search(r"(?<!\\)\$\{", text):
        raise Unknown(text)
    return re.sub(r'\\(["\\$])', r"\1", text[1:-1])


def _dropped(argument: str) -> list[str]:
    """Return the columns that go, which here can only be the bounds: they part no tables."""
    match = re.fullmatch(r"columns: (\[.*\])", argument)
    columns = list(json.loads(match[1])) if match else []
    if not columns or not {*columns} <= {"_start", "_stop"}:
        raise Unknown(argument)
    return columns


def _csv(tables: list[Table], window: Mapping[str, str]) -> str:
    out = StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    numbered = enumerate(tables)
    for columns, group in groupby(numbered, key=lambda pair: tuple(pair[1].row)):
        writer.writerow(["", "result", "table", *window, "_time", "_value", *columns])
        for number, table in group:
            for time_ns, value in table.points:
                row = ["", "_result", number, *window.values(), rfc3339(time_ns), _shown(value)]
                writer.writerow([*row, *table.row.values()])
        out.write("\r\n")
    return out.getvalue() or "\r\n"


def _shown(value: Value) -> str:
    if isinstance(value, str):
        return value
    text = format(Decimal(repr(value)), "f")
    return text.removesuffix(".0")
