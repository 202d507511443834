"""A school whose meters speak, or not, as simulated time passes; ledger, outbox, store and memory are real ones."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

from app.audience import audience
from app.registry_toml import load_registry
from app.silence import Watch
from app.silence_heard import Memory
from app.silence_listening import Listening
from campus.ports import Episode, State
from campus.registry import Registry
from campus.schema import to_ms
from ingest.checks import Routed, readings, routes
from ingest.drain import point
from ingest.payload import Message, formats
from ledger import Book, open_ledger
from store.sqlite import open_sqlite

MINUTE, QUARTER, HOUR, DAY = timedelta(minutes=1), timedelta(minutes=15), timedelta(hours=1), timedelta(days=1)
LOOK = 5 * MINUTE
Word = tuple[str, datetime, datetime]  # the meter, when it read, when it arrived
# Midnight in Shanghai.
BEGIN = datetime(2026, 10, 19, 16, tzinfo=UTC)
SCHOOL = """[school]
key = "s"
name = "学校"
name_en = "School"
type = "primary"
timezone = "Asia/Shanghai"
region = "CN-SD"
calendar = "CN"
[[contact]]
name = "hq"
mail = "hq@school.example"
"""
METER = """[[meter]]
key = "{key}"
name = "{key}表"
topic = "s/{key}"
format = "native"
quantity = "electricity"
unit = "kWh"
interval = "15min"
arrival = "live"
gateway = "{gateway}"
"""


def registered(count: int = 12, gateway: str = "东区") -> Registry:
    """Return a school of so many meters at one gateway."""
    text = SCHOOL + "".join(METER.format(key=f"m{n}", gateway=gateway) for n in range(count))
    registry, issues = load_registry(text, "s.toml", formats())
    assert registry is not None, issues
    return registry


@dataclass
class Town:
    """The school and its clock."""

    folder: Path
    registry: Registry
    now: datetime = BEGIN
    listens: Listening = Listening.YES
    every: timedelta = LOOK
    sent: list[tuple[datetime, State, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.known = routes([self.registry], formats())
        self.store = open_sqlite(self.folder / "s.sqlite")
        registries = {"s": self.registry}
        url = f"sqlite:///{self.folder}/ledger.sqlite"
        self.book: Book = open_ledger(url, lambda: self.now, audience(lambda: registries))
        data = SimpleNamespace(cursors=self.folder / "cursors", root=self.folder)
        self.installation = SimpleNamespace(
            registries=registries,
            stores={"s": self.store},
            routes=self.known,
            settings=SimpleNamespace(data=data),
            journals=list,
        )
        self.start()

    def start(self) -> None:
        """Start the deriving process anew, with what is on disk."""
        self.watch = Watch(self.book, lambda: self.now, self._listen)

    def _listen(self, _installation: object, memory: Memory, now: datetime) -> Listening:
        if self.listens is Listening.YES:
            now_ms = to_ms(now)
            if memory.seen_ms is None or now_ms - memory.seen_ms > 2 * QUARTER // timedelta(milliseconds=1):
                memory.since_ms = now_ms
            memory.seen_ms = now_ms
        return self.listens

    def say(self, *words: Word, retained: bool = False) -> None:
        """Let readings arrive, each a message."""
        points = []
        for meter, read, arrived in words:
            body = json.dumps({"time": to_ms(read), "register": (read - BEGIN) / HOUR + 1000}).encode()
            message = Message(f"s/{meter}", body, arrived, retained)
            results = readings(self.known, message)
            points += [point(one.reading) for one in results if isinstance(one, Routed)]
            self.watch.hear(self.installation, message, results)
        if points:
            self.store.write(points)

    def live(self, until: datetime, mute: Callable[[datetime], bool] = lambda _: False) -> None:
        """Live on: meters speak each quarter but where `mute`; ever so often we look, and letters are taken."""
        while self.now < until:
            before, self.now = self.now, min(until, self.now + self.every)
            self.say(*(word for word in self._words(before) if not mute(word[1])))
            self.look()

    def _words(self, before: datetime) -> Iterator[Word]:
        for n, key in enumerate(self.registry.meters):
            phase = MINUTE * (n * 7 % 15)
            word = BEGIN + phase + (self.now - BEGIN - phase) // QUARTER * QUARTER
            if word > before:
                yield key, word, word

    def look(self) -> None:
        """Judge, and send what is due."""
        self.watch.tick(self.installation)
        for letter in self.book.due(self.now):
            self.book.sent(letter.id, self.now)
            self.sent.append((self.now, letter.episode.state, letter.episode.finding.subject))

    def episodes(self) -> list[Episode]:
        """Return what is in the ledger."""
        return self.book.episodes("s")

    def told(self, state: State = State.NEW) -> list[str]:
        """Return the subjects told of in a state."""
        return [subject for _, one, subject in self.sent if one is state]


@contextmanager
def town(folder: Path, registry: Registry | None = None) -> Iterator[Town]:
    """Give a town, closed at the end."""
    made = Town(folder, registry or registered())
    try:
        yield made
    finally:
        made.book.close()
        made.store.close()
