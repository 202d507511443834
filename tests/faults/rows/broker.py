"""The broker stops, dies, or keeps to its stock limits."""

from __future__ import annotations

import threading

from tests.faults import brokers, said
from tests.faults.pipe import Pipe, piped, until
from tests.faults.publisher import given, session
from tests.faults.row import Case, Ground, Row

TWIN = "twin"  # a session that is away just as long as ours: what the broker kept for it, it kept for us


def _stopped(ground: Ground) -> Row:
    messages = said.mixed(ground, 0, ground.size.messages)
    with piped(ground) as pipe:
        pipe.start()
        meters = threading.Thread(target=pipe.meters.publish, args=(messages, 150 if len(messages) < 1000 else 1000))
        meters.start()
        for _ in range(2):
            before = len(pipe.meters.acknowledged)
            until(lambda before=before: len(pipe.meters.acknowledged) > before + 20 or not meters.is_alive())
            pipe.broker.stop()
            until(lambda: pipe.alarmed("connection to the broker lost|no broker at"))
            pipe.broker.start()
        meters.join()
        pipe.settled()
        pipe.end_politely()
        return pipe.row("broker stopped and started again under load")


def _away(pipe: Pipe) -> None:
    """Let the broker know our session and its twin, save them, and leave."""
    session(pipe.broker.port, TWIN, "ours/#")
    pipe.start()
    pipe.stop()
    pipe.broker.stop()
    pipe.broker.start()


def _killed(ground: Ground, lines: tuple[str, ...], case: str) -> Row:
    count = ground.size.messages // 4  # saving all that waits at each message takes its time
    with piped(ground, lines) as pipe:
        _away(pipe)
        pipe.meters.publish(said.mixed(ground, 0, count))
        pipe.broker.kill()
        pipe.broker.start()
        pipe.meters.publish(said.mixed(ground, count, count))
        kept = given(pipe.broker.port, TWIN)
        pipe.start()
        pipe.settled(len(set(kept)))
        pipe.end_politely()
        return pipe.row(case, kept=kept)


def _killed_stock(ground: Ground) -> Row:
    return _killed(ground, brokers.SHIPPED, "broker killed -9, stock autosave (every 1800 s)")


def _killed_saved(ground: Ground) -> Row:
    return _killed(ground, brokers.SAVED_ON_CHANGES, "broker killed -9, autosave_on_changes")


def _stock_limits(ground: Ground) -> Row:
    with piped(ground, brokers.STOCK) as pipe:
        _away(pipe)
        pipe.meters.publish(said.mixed(ground, 0, 1_000 + ground.size.messages))
        kept = given(pipe.broker.port, TWIN)
        pipe.start()
        until(lambda: pipe.alarmed("sends at most 20 messages ahead") and "max_queued_messages" in pipe.log())
        pipe.settled(len(set(kept)))
        lost = len(set(pipe.meters.acknowledged)) - len(set(kept))
        # It counts what it dropped for our session and what it dropped for the twin.
        until(
            lambda: pipe.alarmed(f"dropped {2 * lost} messages"), why=lambda: f"{lost} {pipe.status('ingest-main')}"
        )
        pipe.end_politely()
        return pipe.row("stock mosquitto limits: 1 000 queued, the rest dropped", kept=kept)


def _forgotten(ground: Ground) -> Row:
    count = ground.size.messages
    with piped(ground, brokers.FORGETFUL) as pipe:
        pipe.start()
        pipe.meters.publish(said.mixed(ground, 0, count))
        pipe.settled()
        pipe.stop()
        pipe.meters.publish(said.mixed(ground, count, count))
        pipe.broker.stop()
        pipe.broker.start()
        pipe.start()
        until(lambda: pipe.alarmed("forgotten our session"))
        pipe.meters.publish(said.mixed(ground, 2 * count, count))
        pipe.settled(2 * count)
        pipe.end_politely()
        return pipe.row("broker restarted without persistence while the collector is away", kept=[])


def _ingest_away(ground: Ground) -> Row:
    with piped(ground) as pipe:
        pipe.start()
        pipe.stop()
        pipe.meters.publish(said.mixed(ground, 0, 10 * ground.size.messages))
        pipe.start()
        pipe.settled()
        pipe.end_politely()
        return pipe.row("collector away, everything waits at the broker")


CASES: dict[str, Case] = {
    "stopped": _stopped,
    "killed, stock autosave": _killed_stock,
    "killed, autosave_on_changes": _killed_saved,
    "stock limits": _stock_limits,
    "no persistence": _forgotten,
    "collector away": _ingest_away,
}
