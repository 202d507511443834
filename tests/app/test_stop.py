"""Processes end between two steps, whichever way they are asked to, and at whatever instant."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from app.stop import on_signal

ASKED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
HEARD_S, UNHEARD_S = 10.0, 0.2
# What `stop.wait()` does for an instant: it holds the event's lock. That is when the signal comes.
WAITING = """
import signal
from app.stop import on_signal
stop = on_signal()
with stop._cond:
    signal.raise_signal(signal.SIGINT)
    signal.raise_signal(signal.SIGINT)
assert stop.wait(10)
"""


@pytest.fixture(autouse=True)
def handlers_as_they_were() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in ASKED}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", ASKED)
def test_ctrl_c_a_polite_kill_and_a_closed_terminal_are_heard(number: signal.Signals) -> None:
    stop = on_signal()
    assert not stop.is_set()
    signal.raise_signal(number)
    assert stop.wait(HEARD_S)


def test_under_nohup_a_closed_terminal_is_ignored() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    stop = on_signal()
    signal.raise_signal(signal.SIGHUP)
    assert not stop.wait(UNHEARD_S)


def test_a_signal_at_the_instant_the_event_is_locked_does_not_hang() -> None:
    subprocess.run([sys.executable, "-c", WAITING], check=True, timeout=30)
