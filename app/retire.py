"""A member of a shared subscription goes for good: what its session and its journal hold is brought in first."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from app import broker_probe, collect, desk, members, status
from app.say import Say
from app.settings import Settings
from app.wiring import Installation, install
from campus.errors import CampusError, StoreUnavailable
from ingest import cursor, journal
from ingest.journal import JournalBusy, Position, Writer
from ingest.source import Receiver

# A broker sends what waits as fast as it is acknowledged: a pause as long as this is its end.
QUIET_S = 2.0
CONNECT_S = 30.0
# Without any progress: a store is away, or a journal damaged.
STUCK_S = 60.0
_LOOK_S = 0.05


class NotRetired(CampusError):
    """A member that is still wanted, runs, is unknown, or holds what cannot be brought in now."""

    def __init__(self, name: str, zh: str, en: str) -> None:
        super().__init__(f"{name} 没有退出：{zh} / {name} is not retired: {en}")
        self.name = name


def retire(settings: Settings, name: str, stop: threading.Event, say: Say) -> int:
    """Bring in what a member's session and journal hold, end the session, and forget the member.

    Returns how many messages the broker still owed it. Cut short anywhere, it may be done again. Raises `NotRetired`.
    """
    _check(settings, name)
    owed = _emptied(settings, name, stop, say)
    _end_session(settings, name)
    _drain(install(settings, need_school=False), settings.data.journal / name, stop, say)
    for said in (f"{status.RECEIVER}{name}", members.drain_status(name)):
        (settings.data.root / "status" / f"{said}.json").unlink(missing_ok=True)
    return owed


def _check(settings: Settings, name: str) -> None:
    if name in members.names(settings.broker.members):
        zh = "它在 [broker] members 之内，campus run 会再启动它：先改小 members（main 总是在的）"
        en = "[broker] members counts it, and campus run would start it again: lower that first (main always stays)"
        raise NotRetired(name, zh, en)
    known = _known(settings)
    if name not in known:
        listed = ", ".join(known) or "—"
        raise NotRetired(name, f"没有这个成员；有：{listed}", f"there is no such member; there are: {listed}")


def _known(settings: Settings) -> list[str]:
    """Return the members that have said how they are, or have a journal, but for the first."""
    said = status.read(settings.data.root / "status")
    told = {name.removeprefix(status.RECEIVER) for name in said if name.startswith(status.RECEIVER)}
    root = settings.data.journal
    kept = {path.name for path in root.iterdir() if path.name != desk.NAME} if root.is_dir() else set()
    return sorted(members.others(told | kept))


def _emptied(settings: Settings, name: str, stop: threading.Event, say: Say) -> int:
    """Give up the subscription and journal what the session still holds; return how many messages that were."""
    ended = threading.Event()
    with closing(_writer(settings.data.journal / name, name)) as writer:
        receiver = Receiver(collect.broker_of(settings, name), writer, say, ended, leaving=True)
        with _running(receiver, ended):
            if not _came(lambda: receiver.counts.connected, stop, CONNECT_S):
                trouble = receiver.counts.trouble or "—"
                raise NotRetired(name, f"代理服务器没有让它进来：{trouble}", f"the broker: {trouble}")
            _wait_for_quiet(receiver, name, stop)
    return receiver.counts.journaled


def _writer(folder: Path, name: str) -> Writer:
    try:
        return Writer(folder)
    except JournalBusy as error:
        zh = f"它还在运行：先停掉它（例如 systemctl disable --now campus-ingest@{name}）"
        en = f"it still runs: end it first (systemctl disable --now campus-ingest@{name})"
        raise NotRetired(name, zh, en) from error


@contextmanager
def _running(receiver: Receiver, ended: threading.Event) -> Iterator[None]:
    thread = threading.Thread(target=receiver.run, name="retire")
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _wait_for_quiet(receiver: Receiver, name: str, stop: threading.Event) -> None:
    counts, seen, since = receiver.counts, -1, time.monotonic()
    while counts.received != counts.journaled or time.monotonic() - since < QUIET_S:
        if counts.journaled != seen:
            seen, since = counts.journaled, time.monotonic()
        if stop.wait(_LOOK_S) or time.monotonic() - since > STUCK_S:
            raise NotRetired(name, f"没有收完：{counts.trouble}", f"not all has been taken in: {counts.trouble}")


def _came(true: Callable[[], bool], stop: threading.Event, seconds: float) -> bool:
    until = time.monotonic() + seconds
    while not true():
        if time.monotonic() > until or stop.wait(_LOOK_S):
            return False
    return True


def _drain(installation: Installation, folder: Path, stop: threading.Event, say: Say) -> None:
    """Bring a journal to its end, or wait for the process that does; its hours are derived as ever."""
    draining, place = collect.Drain(installation, say), installation.cursor("drain", folder)
    at, since = cursor.load(place), time.monotonic()
    while not _at_end(folder, at):
        trouble = _drained_once(draining)
        if (now_at := cursor.load(place)) != at:
            at, since = now_at, time.monotonic()
        elif stop.wait(_LOOK_S) or time.monotonic() - since > STUCK_S:
            zh = f"会话已收完，日志还没有入库（{trouble}）：解决后再运行一次"
            en = f"its session is taken in, its journal not yet stored ({trouble}): see to that, then type it again"
            raise NotRetired(folder.name, zh, en)


def _drained_once(draining: collect.Drain) -> str:
    """Drain a batch of each journal that is free; return why it could not be done."""
    try:
        draining.once()
    except (StoreUnavailable, OSError) as error:
        return str(error)
    return draining.damage or "see campus status"


def _at_end(folder: Path, at: Position) -> bool:
    return next(journal.read(folder, at), None) is None


def _end_session(settings: Settings, name: str) -> None:
    if why := broker_probe.forget(settings.broker, members.client_id(settings, name), CONNECT_S):
        raise NotRetired(name, f"代理服务器没有结束它的会话：{why}", f"the broker has not ended its session: {why}")
