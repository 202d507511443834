"""`campus health`: is a service alive? For the health checks of containers and for whoever watches a machine."""

from __future__ import annotations

import os
import time
from dataclasses import replace

import click

from app import members
from app.health import SERVICES, WEB_ANSWERS_S, Health, member_parts, page, service
from app.settings import Settings, load_settings

WEB = "web"


@click.command("health")
@click.argument("name", metavar="SERVICE", type=click.Choice([*SERVICES, WEB]))
@click.option(
    "--patience", type=click.FloatRange(min=0.1), metavar="SECONDS", help="How long a process may be silent."
)
@click.pass_context
def COMMAND(ctx: click.Context, name: str, patience: float | None) -> None:
    """Say whether a service is alive: ingest, analytics (derive and post) or web; exit code 0 or 1.

    One that waits for a broker, a store or a mail server is alive, and says what it waits for. It looks at this
    machine: in a container, ask inside it.
    """
    health = _health(name, load_settings(os.environ), patience)
    click.echo(health.text, err=not health.alive)
    if not health.alive:
        ctx.exit(1)


def _health(name: str, settings: Settings, patience_s: float | None) -> Health:
    if name == WEB:
        return page(settings.web, patience_s or WEB_ANSWERS_S)
    # Where containers are: further members run in that of the first, which `campus run --only ingest` keeps.
    more = member_parts(members.others(members.names(settings.broker.members))) if name == "ingest" else ()
    parts = [replace(part, silent_s=patience_s or part.silent_s) for part in (*SERVICES[name], *more)]
    return service(settings.data.root / "status", parts, time.time())
