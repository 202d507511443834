"""`campus drain`: journal → store, for every journal nobody else drains."""

from __future__ import annotations

import os

import click

from app import collect, members
from app.say import speaker
from app.settings import load_settings
from app.stop import on_signal
from app.wiring import install


@click.command("drain")
@click.option("--log-json", is_flag=True, help="Log lines as JSON.")
@click.option("--beside", metavar="NAME", hidden=True, help="Started by that ingest process, which comes first.")
def COMMAND(log_json: bool, beside: str | None) -> None:
    """Bring what the journals hold into the store, or into quarantine with its reason. `campus ingest` starts it."""
    stop = on_signal()
    if beside is not None:
        # Taking in comes first: what is journaled waits as long as need be, what is not waits in the broker's queue.
        os.nice(collect.DRAIN_NICE)
    installation = install(load_settings(os.environ), need_school=False)
    collect.Drain(installation, speaker("drain", log_json), beside or members.MAIN).run(stop)
