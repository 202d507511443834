"""`campus ingest`: take readings in from the broker, without loss."""

from __future__ import annotations

import os

import click

from app import collect
from app.say import speaker
from app.settings import load_settings
from app.stop import on_signal


@click.command("ingest")
@click.option("--name", default="main", show_default=True, help="Journal and client id of this process; keep it.")
@click.option("--log-json", is_flag=True, help="Log lines as JSON.")
def COMMAND(name: str, log_json: bool) -> None:
    """Receive from the broker, journal and fsync, then acknowledge; a drain beside it fills the store.

    Several ingest processes may share a subscription ($share): each needs a --name of its own, and keeps it, so that
    the broker's session and the journal find it again after a restart.
    """
    collect.receive(load_settings(os.environ), name, on_signal(), speaker(f"ingest-{name}", log_json))
