"""Processes end between two steps, whichever way they are asked to."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from app.stop import on_signal

ASKED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


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
    assert stop.is_set()


def test_under_nohup_a_closed_terminal_is_ignored() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    stop = on_signal()
    signal.raise_signal(signal.SIGHUP)
    assert not stop.is_set()
