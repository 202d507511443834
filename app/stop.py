"""Ctrl-C, a polite kill and a closed terminal set an event; loops end between two steps."""

from __future__ import annotations

import contextlib
import os
import signal
import threading


def on_signal() -> threading.Event:
    """Return an event that SIGINT, SIGTERM and SIGHUP set; one that is ignored (nohup) stays so.

    A handler runs between two instructions of the main thread, perhaps while that holds the event's own lock: setting
    it there hangs for ever. So the handler only writes into a pipe, and a thread that reads it sets the event.
    """
    stop = threading.Event()
    heard, said = os.pipe()
    os.set_blocking(said, False)
    threading.Thread(target=_hear, args=(heard, stop), name="stop", daemon=True).start()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, lambda *_: _say(said))
    return stop


def _hear(pipe: int, stop: threading.Event) -> None:
    os.read(pipe, 1)
    stop.set()


def _say(pipe: int) -> None:
    # Full after tens of thousands of signals: the first was enough.
    with contextlib.suppress(BlockingIOError):
        os.write(pipe, b"!")
