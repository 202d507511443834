"""`campus derive`: hours, days, months, carbon and findings, behind the drain."""

from __future__ import annotations

import os
from datetime import UTC, datetime

import click

from app import weather_follow
from app.follow import Follow
from app.judge import Judge
from app.savings_nightly import Nightly, after
from app.say import speaker
from app.settings import load_settings
from app.silence import Watch
from app.stop import on_signal
from app.wiring import install, open_books


@click.command("derive")
@click.option("--log-json", is_flag=True, help="Log lines as JSON.")
def COMMAND(log_json: bool) -> None:
    """Compute hours, days, months, carbon and findings anew wherever readings came; one process does it for all.

    Beside it weather is fetched once a day for schools whose file names a source; nobody is asked otherwise.
    """
    settings = load_settings(os.environ)
    installation = install(settings, need_school=False)
    books = open_books(settings, lambda: installation.registries)
    watch = Watch(books, lambda: datetime.now(UTC))
    say, stop = speaker("derive", log_json), on_signal()
    weather_follow.beside(settings, say, stop)
    judge = after(Judge(books), Nightly(books, say))
    Follow(installation, judge, say, watch=watch).run(stop)
