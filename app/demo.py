"""A demonstration: a simulated school's history through the whole pipe, then its life as time passes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection, HTTPException
from itertools import count
from pathlib import Path
from threading import Event

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from app import demo_home, demo_weather, demo_words, rest
from app.demo_home import LOOPBACK, SCHOOL, Home
from app.settings import Settings
from app.wiring import open_books
from campus import calendar
from campus.schema import from_ms
from ingest.payload import formats
from sim import publish, visitor
from sim.plans import plans_toml
from sim.registers import HISTORY, Track, extended, lay
from sim.sender import Outgoing, Sender
from sim.toml import school_toml

# The unregistered device speaks this often; the school's live meters each third time, so that the page moves.
SPEAK_EVERY_S = 5.0
LIVE_EVERY = 3
SETTLE_S = 600.0
_LAID_OUT_LEFT = timedelta(hours=1)  # when less truth than this is left, more is laid out


@dataclass(frozen=True, slots=True)
class Options:
    """Which school with how much history until `now`, where it lies, and the port its page tries first.

    It lasts `lasting_s` [s] from its start, but at least until its history is in; None: until stopped.
    """

    seed: int
    folder: Path
    now: datetime
    history: timedelta = HISTORY
    port: int = 8000
    kept: bool = False
    lasting_s: float | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    """A demonstration that came to its own end: the school as it was, its installation, when the page was whole."""

    track: Track
    home: Home
    published: Path
    seconds_to_page: float


def run(options: Options, stop: Event, say: Callable[[str], object]) -> Ended:
    """Run a demonstration until its time is over. Raises `Stopped` when `stop` is set before that."""
    began = time.monotonic()
    track = lay(options.seed, options.now, options.history)
    with ExitStack() as stack:
        home = demo_home.begin(stack, options.folder, options.port, options.kept)
        demo_home.start(home, school_toml(track) + plans_toml(track))
        say(demo_words.beginning(home.place, options.history / timedelta(weeks=1)))
        published = home.layout.root / "published.tsv"
        record = stack.enter_context(published.open("w", encoding="utf-8"))
        sender = stack.enter_context(closing(Sender(LOOPBACK, home.broker_port, record)))
        books = stack.enter_context(closing(open_books(Settings(home.layout, home.layout.root / "config"))))
        _load(home, track, sender, stop)
        seconds = time.monotonic() - began
        rest.wait_for(rest.posted(books, SCHOOL), stop, home.children, SETTLE_S)
        say(demo_words.ready(home.place, seconds, options.lasting_s))
        until = None if options.lasting_s is None else began + options.lasting_s
        _live_on(home, _Life(track, sender), stop, until)
        sender.acknowledged()
        rest.wait_for(rest.judged(home.layout, sender.messages), stop, home.children, SETTLE_S)
        rest.wait_for(rest.posted(books, SCHOOL), stop, home.children, SETTLE_S)
    return Ended(track, home, published, seconds)


def _load(home: Home, track: Track, sender: Sender, stop: Event) -> None:
    """Publish the history as a gateway would, and wait until the page shows what it came to."""
    with _progress() as progress:
        making = progress.add_task("模拟 simulating", total=None)
        known = formats()
        history = [_message(message) for message in publish.history(track, known)]
        progress.update(making, total=1, completed=1)
        readings = sum(len(message.identities) for message in history)
        demo_weather.write(home, track, from_ms(track.end_ms))
        demo_home.await_collector(home, stop)
        sending = progress.add_task("发送读数 sending readings", total=readings)
        sender.send(_until(stop, history), sent=lambda n: progress.advance(sending, n))
        sender.acknowledged()
        deriving = progress.add_task("计算 storing, deriving, judging", total=None)
        rest.wait_for(rest.judged(home.layout, sender.messages), stop, home.children, SETTLE_S)
        rest.wait_for(lambda: page_answers(home.web_port), stop, home.children, SETTLE_S)
        progress.update(deriving, total=1, completed=1)


def _progress() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=Console(stderr=True))


def _message(message: publish.Outgoing) -> Outgoing:
    return Outgoing(message.topic, message.payload, message.identities)


def _until(stop: Event, messages: Iterable[Outgoing]) -> Iterator[Outgoing]:
    for message in messages:
        if stop.is_set():
            raise rest.Stopped("ended while history was being published")
        yield message


def page_answers(port: int) -> bool:
    """Whether the school's page can be read."""
    with closing(HTTPConnection(LOOPBACK, port, timeout=30)) as connection:
        try:
            connection.request("GET", f"/schools/{SCHOOL}")
            return connection.getresponse().status == 200
        except (OSError, HTTPException):
            return False


@dataclass(slots=True)
class _Life:
    """The school after its history: what is known of its truth, and who speaks for its devices."""

    track: Track
    sender: Sender


def _live_on(home: Home, life: _Life, stop: Event, until: float | None) -> None:
    """Publish what the devices send as time passes, until a monotonic time [s]. Raises `Stopped`."""
    known, after = formats(), from_ms(life.track.end_ms)
    sky = calendar.floor_hour(after)
    for turn in count():
        if until is not None and time.monotonic() >= until:
            return
        home.children.check()
        now = datetime.now(UTC)
        messages = [visitor.speaks(now)]
        if turn % LIVE_EVERY == 0:
            if now + _LAID_OUT_LEFT > from_ms(life.track.until_ms):
                life.track = extended(life.track, now)
            messages += map(_message, publish.live(life.track, after, now, known))
            after = now
        if now - sky >= 2 * calendar.HOUR:
            sky = demo_weather.write(home, life.track, now)
        life.sender.send(messages)
        left = SPEAK_EVERY_S if until is None else min(SPEAK_EVERY_S, max(0.0, until - time.monotonic()))
        if stop.wait(left):
            raise rest.Stopped("ended")
