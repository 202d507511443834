"""Ctrl-C and a polite kill set an event; loops end between two steps."""

from __future__ import annotations

import signal
import threading


def on_signal() -> threading.Event:
    """Return an event that SIGINT and SIGTERM set."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    return stop
