"""`campus sparkplug`: what a host asks of Sparkplug nodes."""

from __future__ import annotations

import os
import time

import click

from app.rebirth import NotAsked, ask
from app.settings import load_settings
from ingest.births import command_topic


@click.group("sparkplug")
def sparkplug() -> None:
    """Sparkplug B nodes: ask them for their births."""


@sparkplug.command("rebirth")
@click.argument("topics", nargs=-1, required=True, metavar="TOPIC...")
def rebirth(topics: tuple[str, ...]) -> None:
    """Ask the nodes of these topics to publish their births again, so that waiting data can be replayed.

    A TOPIC is any of the node's own, or one that a meter of it is registered under.
    """
    commands = {topic: command_topic(topic) for topic in topics}
    for topic, command in commands.items():
        if command is None:
            raise click.UsageError(f"{topic!r} is no topic of a node: spBv1.0/<group>/<node>[/<device>]")
    wanted = sorted({command for command in commands.values() if command is not None})
    try:
        ask(load_settings(os.environ).broker, wanted, int(time.time() * 1000))
    except NotAsked as error:
        raise click.ClickException(str(error)) from error
    for command in wanted:
        click.echo(
            f"已请求 {command} / asked. 出生消息到达后 / once the births are heard: campus quarantine replay --all"
        )


COMMAND: click.Command = sparkplug
