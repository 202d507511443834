"""A school of a few meters, and a folder in which its messages are journaled and drained."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from campus.ports import Store
from campus.registry import Arrival, Change, Meter, Register, Registry, School
from campus.schema import REGISTER, to_ms
from campus.units import QUANTITIES
from ingest import journal
from ingest.checks import Routes, routes
from ingest.drain import Drained, Sinks, drain
from ingest.payload import formats
from ingest.quarantine import QuarantineFile
from store.sqlite import SqliteStore, open_sqlite

FORMATS = formats()
NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
CHANGED = datetime(2026, 6, 1, tzinfo=UTC)


def meter(key: str, topic: str, quantity: str = "electricity", unit: str = "kWh", **more: Any) -> Meter:
    """Return a meter with one register."""
    registers = more.pop("registers", (Register(QUANTITIES[quantity], unit),))
    fmt = more.pop("format", "native")
    return Meter(key, key, key, topic, fmt, registers, timedelta(minutes=15), Arrival.LIVE, **more)


METERS = (
    meter("main", "s/main"),
    meter("gate", "s/gate", "water", "L"),
    meter("outside", "s/outside", "temperature", "°C"),
    meter("plug", "shellypro4pm-aa", unit="Wh", format="shelly", channel="switch:0"),
    meter("plug2", "shellypro4pm-aa", unit="Wh", format="shelly", channel="switch:1"),
    meter("whole", "shellypro4pm-bb", unit="Wh", format="shelly"),
    meter("old", "shellies/em-cc", unit="Wh", format="shelly", channel="emeter:0"),
    meter("one", "s/crowd"),
    meter("two", "s/crowd"),
    meter("moved", "s/before", changes=(Change(CHANGED, {"topic": "s/after"}),)),
    meter("ended", "s/ended", until=CHANGED),
    meter("newer", "s/ended", format="shelly", since=CHANGED, channel="switch:0"),
    meter(
        "both",
        "s/both",
        registers=(Register(QUANTITIES["electricity"], "kWh"), Register(QUANTITIES["electricity_export"], "kWh")),
    ),
)


def school(meters: Iterable[Meter] = METERS, key: str = "s") -> Registry:
    """Return a school of these meters."""
    about = School(key, key, key, "other", ZoneInfo("Asia/Shanghai"), "CN-SD", "CN")
    return Registry(about, meters={one.key: one for one in meters})


ROUTES = routes([school()], FORMATS)


@dataclass(slots=True)
class Place:
    """A folder with a journal, a cursor, a store and a quarantine."""

    folder: Path
    known: Routes = ROUTES
    stores: dict[str, Store] = field(default_factory=dict)
    quarantine: Any = None

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.stores = self.stores or {"s": open_sqlite(self.folder / "store.db")}
        self.quarantine = self.quarantine or QuarantineFile(self.folder / "quarantine.db", FORMATS)

    @property
    def journal(self) -> Path:
        return self.folder / "main"

    @property
    def cursor(self) -> Path:
        return self.folder / "cursor.json"

    def hear(self, *messages: tuple[str, bytes], arrived: datetime = NOW, flags: int = 0) -> None:
        """Journal messages."""
        writer = journal.Writer(self.journal)
        writer.append([journal.Record(to_ms(arrived), topic, payload, flags) for topic, payload in messages])
        writer.close()

    def drain(self) -> Drained | None:
        """Drain one batch."""
        return drain(self.journal, self.cursor, self.known, Sinks(self.stores, self.quarantine))

    def drain_all(self) -> list[Drained]:
        """Drain to the end."""
        return list(iter(self.drain, None))

    def stored(self, key: str = "s") -> dict[tuple[str, str, int], tuple[Any, ...]]:
        """Return every register row of a school by its identity."""
        store = self.stores[key]
        assert isinstance(store, SqliteStore)
        query = "SELECT meter, quantity, time_ms, value, seconds, quality, serial FROM register_view"
        return {row[:3]: row[3:] for row in store._connection.execute(query)}

    def held(self) -> list[tuple[str, str, int]]:
        """Return topic, reason and item of every entry of the quarantine, oldest first."""
        entries = reversed(self.quarantine.entries(limit=100_000, open_only=False))
        return [(entry.topic, entry.reason.value, entry.item) for entry in entries]


def reading(minute: int, value: float = 1.0, unit: str = "kWh") -> bytes:
    """Return a native payload of some minute before NOW."""
    time = (NOW - timedelta(minutes=minute)).isoformat()
    return f'{{"time":"{time}","register":{value},"unit":"{unit}"}}'.encode()


__all__ = ["CHANGED", "FORMATS", "METERS", "NOW", "REGISTER", "ROUTES", "Place", "meter", "reading", "school"]
