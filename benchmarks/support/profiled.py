"""Where the time goes: the receiver's network thread and the drain under a profiler, on the same messages.

The profiler makes every call of Python dearer, so that shares say more than the times do.
"""

from __future__ import annotations

import cProfile
import pstats
import threading
import time
from pathlib import Path
from typing import Any

from app.settings import load_settings
from app.wiring import install
from benchmarks.support.installation import ROOT, Bench, installation
from benchmarks.support.messages import Message
from benchmarks.support.publisher import POLL_S, publish
from ingest.drain import Sinks, drain
from ingest.journal import Writer
from ingest.source import Broker, Receiver

_SHOWN = 8
Share = tuple[str, float]


def shares(bench: Bench, messages: list[Message]) -> dict[str, list[Share]]:
    """Return, of both parts, the functions that take most time of their own and their share of all of it."""
    with installation(bench) as ours:
        ours.set_up({message.topic.removeprefix("bench/") for message in messages})
        publish(bench.broker.port, messages)
        folder = ours.folder / "data" / "journal" / "main"
        received = _received(bench.broker.port, folder, len(messages))
        drained = _drained(ours.folder, folder)
        ours.stop()
    return {"receiver: MQTT": _dearest(received), "drain": _dearest(drained)}


def _received(port: int, folder: Path, wanted: int) -> cProfile.Profile:
    profile, stop, writer = cProfile.Profile(), threading.Event(), Writer(folder)

    def say(event: str, **_: Any) -> None:
        # Said by the network thread once it is subscribed: a profile is of the thread that begins it.
        if event == "connected":
            profile.enable()

    receiver = Receiver(Broker("127.0.0.1", port, "campus-ingest", filters=("bench/#",)), writer, say, stop)
    thread = threading.Thread(target=receiver.run)
    thread.start()
    while receiver.counts.acknowledged < wanted:
        time.sleep(POLL_S)
    stop.set()
    thread.join()
    writer.close()
    return profile


def _drained(root: Path, folder: Path) -> cProfile.Profile:
    settings = load_settings({"CAMPUS_CONFIG": str(root / "config"), "CAMPUS_DATA": str(root / "data")})
    installed, profile = install(settings), cProfile.Profile()
    sinks = Sinks(installed.stores, installed.quarantine())
    profile.enable()
    while drain(folder, installed.cursor("drain", folder), installed.routes, sinks):
        pass
    profile.disable()
    installed.stores.close()
    return profile


def _dearest(profile: cProfile.Profile) -> list[Share]:
    stats: dict[tuple[str, int, str], Any] = pstats.Stats(profile).stats  # type: ignore[attr-defined]
    # Waiting for the other side is no work.
    own = {_named(where): row[2] for where, row in stats.items() if "select.select" not in where[2]}
    total = sum(own.values())
    dearest = sorted(own.items(), key=lambda pair: -pair[1])[:_SHOWN]
    return [(name, round(seconds / total, 3)) for name, seconds in dearest]


def _named(where: tuple[str, int, str]) -> str:
    file, line, name = where
    if file == "~":
        return name
    path = Path(file)
    return f"{path.relative_to(ROOT) if path.is_relative_to(ROOT / 'ingest') else path.name}:{line} {name}"
