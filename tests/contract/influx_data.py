"""What the stand-in holds: a bucket's series, its field types, its retention and its deletes."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime

Tags = tuple[tuple[str, str], ...]
Value = float | str
SECOND_NS = 1_000_000_000


@dataclass(frozen=True)
class Written:
    """A point as a line said it, with the line's beginning as the server's messages quote it."""

    measurement: str
    tags: Tags
    fields: dict[str, Value]
    time_ns: int
    key: str


class Refusal(Exception):
    """Why some points of a write were dropped, in the server's words."""


def rfc3339(time_ns: int) -> str:
    """Return a time as Go writes it: no trailing zeros after the second."""
    seconds, rest = divmod(time_ns, SECOND_NS)
    text = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return text + (f".{rest:09d}".rstrip("0") if rest else "") + "Z"


@dataclass
class Bucket:
    id: str
    name: str
    every_s: int
    shard_s: int
    series: dict[tuple[str, Tags], dict[str, dict[int, Value]]] = field(default_factory=dict)
    types: dict[tuple[str, str], str] = field(default_factory=dict)

    def take(self, points: list[Written], now_s: float) -> None:
        """Store points; raise `Refusal` about the dropped ones once the others are stored."""
        late = self._too_late(points, now_s)
        dropped = [] if late else [why for point in points if (why := self._type_conflict(point))]
        for point in points:
            if point not in late and not self._type_conflict(point):
                self._store(point)
        if late:
            raise Refusal(self._retention_message(late, now_s))
        if dropped:
            raise Refusal(f"field type conflict: {dropped[0]} dropped={len(dropped)}")

    def delete(self, start_ns: int, stop_ns: int, predicate: str) -> None:
        """Drop points from start to stop, both included, of the series a predicate names."""
        matches = [(name, sign, value) for name, sign, value in re.findall(r'(\w+)(!?=)"([^"]*)"', predicate)]
        assert " AND ".join(f'{name}{sign}"{value}"' for name, sign, value in matches) == predicate
        for (measurement, tags), fields in list(self.series.items()):
            named = dict(tags) | {"_measurement": measurement}
            if all((named.get(name) == value) == (sign == "=") for name, sign, value in matches):
                for times in fields.values():
                    for time_ns in [t for t in times if start_ns <= t <= stop_ns]:
                        del times[time_ns]

    def _store(self, point: Written) -> None:
        fields = self.series.setdefault((point.measurement, point.tags), {})
        for name, value in point.fields.items():
            self.types.setdefault((point.measurement, name), _type(value))
            fields.setdefault(name, {})[point.time_ns] = value

    def _type_conflict(self, point: Written) -> str:
        for name, value in point.fields.items():
            known = self.types.setdefault((point.measurement, name), _type(value))
            if known != _type(value):
                return (
                    f'input field "{name}" on measurement "{point.measurement}" is type {_type(value)}, '
                    f"already exists as type {known}"
                )
        return ""

    def _too_late(self, points: list[Written], now_s: float) -> list[Written]:
        bound_ns = (now_s - self.every_s) * SECOND_NS
        return [point for point in points if self.every_s and point.time_ns < bound_ns]

    def _retention_message(self, late: list[Written], now_s: float) -> str:
        bound = rfc3339(int((now_s - self.every_s) * SECOND_NS))
        ordered = sorted(late, key=lambda point: point.time_ns)

        def told(point: Written) -> str:
            at = f"{point.key} at {rfc3339(point.time_ns)}"
            return f"{at} dropped because it violates a Retention Policy Lower Bound at {bound}"

        return (
            f"dropped {len(late)} points outside retention policy of duration {self.every_s // 3600}h0m0s"
            f" - oldest point {told(ordered[0])}, newest point {told(ordered[-1])}"
            f" dropped={len(late)} for database: {self.id} for retention policy: autogen"
        )


def _type(value: Value) -> str:
    return "string" if isinstance(value, str) else "float"
