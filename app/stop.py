"""Ctrl-C, a polite kill and a closed terminal set an event; loops end between two steps."""

from __future__ import annotations

import signal
import threading


def on_signal() -> threading.Event:
    """Return an event that SIGINT, SIGTERM and SIGHUP set; one that is ignored (nohup) stays so."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, lambda *_: stop.set())
    return stop
