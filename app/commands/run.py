"""`campus run`: everything a school needs in one go."""

from __future__ import annotations

import os
import threading

import click

from app import members
from app.processes import Children
from app.settings import Settings, load_settings
from app.stop import on_signal
from app.wiring import install

# The processes, in the order they start in: the name, and what is typed for it after `campus`.
PROCESSES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("ingest", ("ingest",)),
    ("derive", ("derive",)),
    ("post", ("alerts", "send", "--follow")),
    ("web", ("web",)),
)
# A page that cannot start, say because its port is taken, must not stop readings from being taken in: each process is
# started again by itself, not more often than this.
AGAIN_S = 5.0


@click.command("run")
@click.option(
    "--only",
    multiple=True,
    type=click.Choice([name for name, _ in PROCESSES]),
    help="Run this process alone; may be given several times.",
)
@click.option("--log-here", is_flag=True, help="Log to this terminal, instead of files in the data folder.")
def COMMAND(only: tuple[str, ...], log_here: bool) -> None:
    """Take readings in, derive, send mails, and serve the page, until Ctrl-C; each in a process of its own.

    The broker is yours (config/settings.toml, [broker]); while it is away the rest goes on and says so. With [broker]
    members = N there are N ingest processes on one shared subscription; one that ends comes back under its own name.
    """
    settings = load_settings(os.environ)
    wanted = _wanted(settings, only)
    install(settings, need_school="web" in wanted)
    stop = on_signal()
    with Children({}, None if log_here else settings.data.root / "log") as children:
        for name, words in wanted.items():
            children.start(name, *words)
        _say_where(settings, wanted, children)
        _keep(children, wanted, stop)


def _wanted(settings: Settings, only: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Return the processes to run; of taking in there are as many as the shared subscription is to have members."""
    chosen = [process for process in PROCESSES if not only or process[0] in only]
    taking_in = [members.process(name) for name in members.names(settings.broker.members)]
    return dict(one for process in chosen for one in (taking_in if process[0] == "ingest" else [process]))


def _say_where(settings: Settings, wanted: dict[str, tuple[str, ...]], children: Children) -> None:
    if "web" in wanted:
        click.echo(f"页面 / page: http://{settings.web.host}:{settings.web.port}/   (Ctrl-C 结束 / ends it)")
    if children.log_folder is not None:
        click.echo(f"日志 / logs: {children.log_folder}")


def _keep(children: Children, wanted: dict[str, tuple[str, ...]], stop: threading.Event) -> None:
    while not stop.wait(AGAIN_S):
        for name, last_words in children.ended():
            click.echo(f"{name} 已结束，正在重新启动 / ended, starting it again: {last_words}", err=True)
            children.start(name, *wanted[name])
