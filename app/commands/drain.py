"""`campus drain`: journal → store, for every journal nobody else drains."""

from __future__ import annotations

import os
import threading

import click

from app import collect
from app.say import speaker
from app.settings import load_settings
from app.stop import on_signal
from app.wiring import install


@click.command("drain")
@click.option("--log-json", is_flag=True, help="Log lines as JSON.")
@click.option("--parent", type=int, hidden=True, help="End when the process of this id is no longer the parent.")
def COMMAND(log_json: bool, parent: int | None) -> None:
    """Bring what the journals hold into the store, or into quarantine with its reason. `campus ingest` starts it."""
    stop = on_signal()
    if parent is not None:
        # Taking in comes first: what is journaled waits as long as need be, what is not waits in the broker's queue.
        os.nice(collect.DRAIN_NICE)
        threading.Thread(target=_end_with_parent, args=(parent, stop), daemon=True).start()
    collect.Drain(install(load_settings(os.environ), need_school=False), speaker("drain", log_json)).run(stop)


def _end_with_parent(parent: int, stop: threading.Event) -> None:
    while os.getppid() == parent and not stop.wait(0.5):
        pass
    stop.set()
