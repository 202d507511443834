"""`campus run`: everything a school needs in one go."""

from __future__ import annotations

import os

import click

from app.processes import Children
from app.settings import load_settings
from app.stop import on_signal
from app.wiring import install

# A page that cannot start, say because its port is taken, must not stop readings from being taken in: each process is
# started again by itself, not more often than this.
AGAIN_S = 5.0


@click.command("run")
def COMMAND() -> None:
    """Take readings in, derive, and serve the page, until Ctrl-C; each in a process of its own.

    The broker is yours (config/settings.toml, [broker]); while it is away the rest goes on and says so.
    """
    settings = load_settings(os.environ)
    install(settings)
    stop = on_signal()
    with Children({}, settings.data.root / "log") as children:
        for name in ("ingest", "derive", "web"):
            children.start(name, name)
        click.echo(f"页面 / page: http://{settings.web.host}:{settings.web.port}/   (Ctrl-C 结束 / ends it)")
        click.echo(f"日志 / logs: {children.log_folder}")
        while not stop.wait(AGAIN_S):
            for name, last_words in children.ended():
                click.echo(f"{name} 已结束，正在重新启动 / ended, starting it again: {last_words}", err=True)
                children.start(name, name)
