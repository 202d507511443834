"""`campus web`: the page."""

from __future__ import annotations

import os
from contextlib import closing
from datetime import datetime

import click

from app import views
from app.settings import load_settings
from app.wiring import install, open_books
from campus.said import Said
from web.app import create_app
from web.guard import is_loopback
from web.server import anywhere, serve


@click.command("web")
@click.option("--host", help="Address to listen on; loopback alone until accounts exist, or in a container.")
@click.option("--port", type=int, help="Port to listen on.")
@click.option(
    "--at",
    type=click.DateTime(["%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%d"]),
    help="Show the page as of a past time, for replayed archives.",
)
@click.option("--notice", nargs=2, multiple=True, metavar="ZH EN", hidden=True, help="Shown on every page.")
def COMMAND(host: str | None, port: int | None, at: datetime | None, notice: tuple[tuple[str, str], ...]) -> None:
    """Serve the page of every registered school: live, in Chinese and English."""
    settings = load_settings(os.environ)
    installation = install(settings)
    said = tuple(Said(zh, en) for zh, en in notice)
    with closing(installation.quarantine()) as quarantine:
        ports = views.Ports(installation, open_books(settings), quarantine, views.clock(at))
        app = create_app(views.views(ports, said))
        allowed = anywhere if settings.web.published_on_loopback else is_loopback
        serve(app, host or settings.web.host, port or settings.web.port, allowed)
