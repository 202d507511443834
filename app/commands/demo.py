"""`campus demo`: a simulated school through the whole pipeline, with its page."""

from __future__ import annotations

import json
import re
import tempfile
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from threading import Event
from typing import Any

import click

from app import demo, demo_result, demo_words, rest
from app.demo import Options
from app.stop import on_signal
from sim.faults import HistoryTooShort

# A school with a leak and a light left on, so that both kinds of finding can be looked at.
SEED = 4
_UNITS = {"s": "seconds", "min": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def span(text: str) -> timedelta:
    """Read a length of time such as 60s, 15min, 2h, 3d or 6w."""
    found = re.fullmatch(r"(\d+)(s|min|h|d|w)", text)
    if found is None:
        raise click.BadParameter(f"{text!r} is no length of time such as 60s, 15min, 2h, 3d or 6w")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


@click.command("demo")
@click.option("--for", "lasting", type=span, metavar="TIME", help="End by itself after this long, such as 60s.")
@click.option("--seed", default=SEED, show_default=True, help="Which school and faults; 5, 10, 15 … are healthy.")
@click.option("--json", "as_json", is_flag=True, help="End with one JSON line that holds the pipe against the truth.")
@click.option("--port", default=8000, show_default=True, help="Port of the page; the next free one if it is taken.")
@click.option("--keep", type=click.Path(file_okay=False, path_type=Path), help="Keep data and configuration here.")
@click.option(
    "--history", type=span, metavar="TIME", default="6w", show_default=True, help="History to load first: 6w, 30d …"
)
def demo_command(
    lasting: timedelta | None, seed: int, as_json: bool, port: int, keep: Path | None, history: timedelta
) -> None:
    """Run a simulated school, 示范学校, through the whole pipeline and show its page.

    Needs nothing: a broker, the collecting and deriving processes and the page are started on this machine alone.
    Weeks of history are published over MQTT as a gateway would, then its meters live on. Ends with Ctrl-C.

    \b
    campus demo
    campus demo --for 60s --seed 7 --json
    """
    if as_json and lasting is None:
        raise click.UsageError("--json ends with a result: say when, with --for 60s")
    stop = on_signal()
    with tempfile.TemporaryDirectory(prefix="campus-demo-") as temporary:
        folder = keep or Path(temporary)
        seconds = None if lasting is None else lasting.total_seconds()
        options = Options(seed, folder, datetime.now(UTC), history, port, keep is not None, seconds)
        line = _course(options, stop, as_json)
    click.echo(demo_words.ended(keep), err=as_json)
    if line is not None:
        click.echo(json.dumps(line) if as_json else demo_words.result(line))
    if (line is None and as_json) or (line is not None and not demo_result.kept(line)):
        raise click.exceptions.Exit(1)


def _course(options: Options, stop: Event, as_json: bool) -> dict[str, Any] | None:
    """Return what the demonstration came to, None where somebody ended it before its time."""
    try:
        ended = demo.run(options, stop, partial(click.echo, err=as_json))
    except rest.Stopped:
        return None
    except HistoryTooShort as error:
        raise click.BadParameter(str(error), param_hint="--history") from error
    return demo_result.reckon(ended)


COMMAND: click.Command = demo_command
