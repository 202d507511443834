"""From a file's rows to journal records of its meters: checked as messages are; what cannot go in is named."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NamedTuple

from app.file_meters import LEFT_OUT, Found
from app.file_plan import Plan
from app.table_text import Track
from campus.ports import Reason
from campus.readings import Kind, Reading, Reject
from campus.registry import Meter
from campus.schema import BILLED_YUAN, to_ms
from ingest import layout
from ingest.checks import EARLIEST, Routed, Routes, checked, file_topic
from ingest.headings import unit_of
from ingest.journal import Record
from ingest.layout import Fault, Value
from ingest.payload import Item, Message
from ingest.payloads import native
from ingest.table import Row

# Readings in one message of the journal: a month of half hours in eight, and little to read again after a crash.
BATCH = 200


class Refused(NamedTuple):
    """Something of a row that did not go in: the row's number in the file, the column, and why."""

    row: int
    column: str
    zh: str
    en: str


class Taken(NamedTuple):
    """A value as it will be stored, of a row."""

    row: int
    column: str
    label: str
    item: Item
    meter: Meter
    said: dict[str, str]


@dataclass(slots=True)
class Batches:
    """Rows on their way into the journal: `keep` hears of every reading that goes, `refuse` of all that do not."""

    plan: Plan
    routes: Routes
    arrived: datetime
    keep: Callable[[Reading], None]
    refuse: Callable[[Refused], None]
    without_value: int = 0
    _waiting: dict[str, list[Taken]] = field(default_factory=dict)

    def records(self, track: Track) -> Iterator[Record]:
        """Yield the records of the file."""
        reading = self.plan.reading()
        for row in self.plan.data(track):
            for taken in self.take(row, reading):
                waiting = self._waiting.setdefault(taken.meter.key, [])
                waiting.append(taken)
                if len(waiting) == BATCH:
                    yield from self._record(taken.meter, self._waiting.pop(taken.meter.key))
        while self._waiting:
            _, rest = self._waiting.popitem()
            yield from self._record(rest[0].meter, rest)

    def take(self, row: Row, reading: layout.Reading) -> Iterator[Taken]:
        """Yield what a row says of registered meters."""
        for one in taken_of(row, reading, self.plan):
            if isinstance(one, Taken):
                yield one
            elif one is None:
                self.without_value += 1
            else:
                self.refuse(one)

    def _record(self, meter: Meter, batch: list[Taken]) -> Iterator[Record]:
        topic = file_topic(self.plan.meters.registry.school.key, meter.key)
        results = checked(self.routes, Message(topic, b"", self.arrived), [taken.item for taken in batch])
        good = []
        for taken, result in zip(batch, results, strict=True):
            if isinstance(result, Reject):
                self.refuse(_rejected(taken, result))
            elif isinstance(result, Routed):
                self.keep(result.reading)
                good.append(taken)
        if good:
            yield Record(to_ms(self.arrived), topic, self._payload(good))

    def _payload(self, batch: list[Taken]) -> bytes:
        """Return the message of a batch: native JSON, and beside each reading its row and what was said with it."""
        entries = [native.entry(taken.item) | {"row": taken.row} | taken.said for taken in batch]
        body = {"readings": entries, "file": self.plan.table.path.name, "layout": self.plan.layout.name}
        return json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def taken_of(row: Row, reading: layout.Reading, plan: Plan) -> Iterator[Taken | Refused | None]:
    """Yield what a row says, value by value; None for a row without any."""
    if row.fault:
        zh, _, en = row.fault.partition(" / ")
        yield Refused(row.number, "", zh, en)
        return
    values = plan.layout.read(row, reading)
    if not values:
        yield None
    for value in values:
        if isinstance(value, Fault):
            yield Refused(row.number, value.column, value.zh, value.en)
            continue
        found = plan.meters.find(value.labels)
        if found is LEFT_OUT:
            continue
        if isinstance(found, Fault):
            yield Refused(row.number, value.column if plan.columns.series else "", found.zh, found.en)
            if not plan.columns.series:  # all of a row is one meter's
                return
        else:
            yield _taken(row.number, value, found, plan)


def _taken(row: int, value: Value, found: Found, plan: Plan) -> Taken:
    item, said = value.item, {"by" if key == "who" else key: text for key, text in value.said.items()}
    if item.quantity == BILLED_YUAN:  # money has no ratio, and no unit but its own
        return Taken(row, value.column, found.label, item, found.meter, said)
    unit = plan.unit or unit_of(value.item.unit) or value.item.unit
    item = item if unit == item.unit else replace(item, unit=unit)
    if item.kind is Kind.INTERVAL and item.time is not None and (plan.multiplied or plan.layout.bills):
        # The ratio is applied when use is computed: what already has it in it is stored without.
        ratio = found.meter.at(item.time).ratio
        item = item if ratio == 1.0 else replace(item, value=item.value / ratio)
    return Taken(row, value.column, found.label, item, found.meter, said)


# What the checks' reasons are called where a person has the file before them.
_REASONS = {
    Reason.UNKNOWN_UNIT: "单位不对",
    Reason.CLOCK_AHEAD: "时间在将来",
    Reason.TOO_OLD: "时间太早",
    Reason.UNKNOWN_TOPIC: "那时这块表不在用",
    Reason.UNKNOWN_QUANTITY: "这块表不测这个量",
}


def _rejected(taken: Taken, result: Reject) -> Refused:
    reason, key = Reason(result.reason), taken.meter.key
    en = {
        Reason.CLOCK_AHEAD: "its time lies in the future",
        Reason.UNKNOWN_TOPIC: "the meter was not in force then",
        Reason.TOO_OLD: f"its time is before {EARLIEST:%F}",
    }.get(reason, result.detail)
    return Refused(taken.row, "", f"{key}：{_REASONS.get(reason, '不能存')}", f"{key}: {en}")
