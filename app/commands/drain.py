"""`campus drain`: journal → store, for every journal nobody else drains."""

from __future__ import annotations

import os

import click

from app import collect
from app.say import speaker
from app.settings import load_settings
from app.stop import on_signal
from app.wiring import install


@click.command("drain")
@click.option("--log-json", is_flag=True, help="Log lines as JSON.")
@click.option("--beside", is_flag=True, hidden=True, help="Started by ingest, which comes first.")
def COMMAND(log_json: bool, beside: bool) -> None:
    """Bring what the journals hold into the store, or into quarantine with its reason. `campus ingest` starts it."""
    stop = on_signal()
    if beside:
        # Taking in comes first: what is journaled waits as long as need be, what is not waits in the broker's queue.
        os.nice(collect.DRAIN_NICE)
    collect.Drain(install(load_settings(os.environ), need_school=False), speaker("drain", log_json)).run(stop)
