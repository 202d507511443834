"""`campus ingest`: take readings in from the broker, without loss."""

from __future__ import annotations

import os

import click

from app import collect
from app.retire import retire as leave
from app.say import speaker
from app.settings import load_settings
from app.stop import on_signal


@click.command("ingest")
@click.option("--name", default="main", show_default=True, help="Journal and client id of this process; keep it.")
@click.option(
    "--retire", metavar="NAME", help="End that process for good: bring in what broker and journal hold for it."
)
@click.option("--log-json", is_flag=True, help="Log lines as JSON.")
def COMMAND(name: str, retire: str | None, log_json: bool) -> None:
    """Receive from the broker, journal and fsync, then acknowledge; a drain beside it fills the store.

    Several ingest processes may share a subscription ($share): each needs a --name of its own, and keeps it, so that
    the broker's session and the journal find it again after a restart. With [broker] members = N, `campus run` starts
    N of them. One that is to stay away is retired, or the broker goes on dealing it messages.
    """
    settings, stop = load_settings(os.environ), on_signal()
    if retire is None:
        collect.receive(settings, name, stop, speaker(f"ingest-{name}", log_json))
    else:
        owed = leave(settings, retire, stop, speaker(f"retire-{retire}", log_json))
        click.echo(
            f"{retire} 已退出：收进 {owed} 条消息，会话已结束"
            f" / {retire} is retired: {owed} messages were brought in, and its session is ended"
        )
