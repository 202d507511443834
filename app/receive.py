"""The receiver (broker → journal), and the drain it keeps running beside it.

It loads neither stores nor registry: killed, it is back the sooner, and it needs little memory.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from dataclasses import asdict

from app import broker_probe, members, parent, status
from app.say import Say
from app.settings import Settings
from ingest import segment
from ingest.journal import Writer
from ingest.source import Broker, Receiver

ENDED_TOLD_S = 60.0  # how long it is told that a drain had to be started again


def receive(settings: Settings, name: str, stop: threading.Event, say: Say) -> None:
    """Run the receiver until `stop`, with a drain in a process of its own beside it."""
    known = bool(segment.numbers(settings.data.journal / name))
    receiver = Receiver(
        broker_of(settings, name),
        Writer(settings.data.journal / name),
        say,
        stop,
        settings.journal.group.total_seconds(),
        known,
    )
    beside = threading.Thread(target=_keep_drain, args=(settings, name, receiver, stop, say), daemon=True)
    beside.start()
    threading.Thread(target=_ask_limits, args=(settings, receiver, say), daemon=True).start()
    try:
        receiver.run()
    finally:
        stop.set()
        beside.join(timeout=20)
        receiver.journal.close()


def broker_of(settings: Settings, name: str) -> Broker:
    """Return where the broker is, as the member of that name speaks to it."""
    at, client_id = settings.broker, members.client_id(settings, name)
    return Broker(at.host, at.port, client_id, at.username, at.password, at.tls, at.filters)


def _keep_drain(settings: Settings, name: str, receiver: Receiver, stop: threading.Event, say: Say) -> None:
    """Keep a drain process running beside the receiver, and write the receiver's status every second."""
    child, ended, ended_at = _start_drain(name), "", -ENDED_TOLD_S
    # The first status at once: a member that died without one would be missed by nobody.
    while not stop.is_set():
        if child.poll() is not None:
            ended, ended_at = (
                f"入库进程曾退出（{child.returncode}），已重新启动，请看日志"
                f" / the drain ended ({child.returncode}) and was started again; see the log",
                time.monotonic(),
            )
            say("drain_ended", code=child.returncode, text="starting it again")
            child = _start_drain(name)
        facts = asdict(receiver.counts) | {"busy": receiver.rush.lasting(time.time())}
        if time.monotonic() - ended_at < ENDED_TOLD_S:
            facts["trouble"] = facts["trouble"] or ended
        status.write(settings.data.root / "status", f"ingest-{name}", facts)
        stop.wait(status.EVERY_S)
    child.terminate()
    try:
        child.wait(timeout=15)
    except subprocess.TimeoutExpired:
        child.kill()  # held by a store that does not answer; the cursor has not moved


def _ask_limits(settings: Settings, receiver: Receiver, say: Say) -> None:
    """Ask the broker for its limits whenever we are connected anew, and say those that will lose messages."""
    known = False
    while not receiver.stop.wait(status.EVERY_S / 4):
        if receiver.counts.connected and not known:
            allowed = receiver.counts.in_flight = broker_probe.in_flight(settings.broker)
            if 0 < allowed < broker_probe.MANY_IN_FLIGHT:
                say("broker_limits", in_flight=allowed, text=broker_probe.LIMITS_REMEDY.en)
        known = receiver.counts.connected


def _start_drain(name: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "app", "drain", "--beside", name]
    return subprocess.Popen(command, env={**os.environ, **parent.named()})
