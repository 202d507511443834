"""A replay: broker, ingest and deriving processes, a publisher of mapped files, and the witness at the end."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any

import tomlkit
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from app import broker, rest
from app.processes import Children
from app.settings import Layout
from campus.schema import to_ms
from ingest.payloads import native
from sim import mapping, witness
from sim.mapping import Found, Mapping
from sim.replay import Meters, Spoken, spoken
from sim.sender import Outgoing, Sender

_CONNECT_S, _SETTLE_S = 60.0, 900.0
_INTERVALS = {1800: "30min", 3600: "1h", 86400: "1d", 900: "15min"}


@dataclass(frozen=True, slots=True)
class Options:
    """Where the replay keeps its files, how many messages a second (0: all), and readings in a message."""

    folder: Path
    speed: float = 0.0
    batch: int = 48


def run(mappings: Sequence[Path], data: Path, options: Options) -> list[dict[str, Any]]:
    """Replay every file of the mappings and return the witness's line for each."""
    plans = [(m := mapping.load(path), mapping.find(m, data)) for path in mappings]
    with ExitStack() as stack:
        port, children = _start_pipe(stack, options.folder, plans)
        published = [_publish(plan, port, options) for plan in plans]
        _settle(Layout(options.folder), children, sum(messages for _, messages in published))
    lines: list[dict[str, Any]] = []
    for job, _ in published:
        said = subprocess.run([sys.executable, witness.__file__, str(job)], stdout=subprocess.PIPE, check=True)
        lines += map(json.loads, said.stdout.decode().splitlines())
    return lines


def _start_pipe(stack: ExitStack, folder: Path, plans: list[tuple[Mapping, list[Found]]]) -> tuple[int, Children]:
    """Write the schools' files, start broker, ingest and derive; return the broker's port and the processes."""
    config = folder / "config"
    (config / "schools").mkdir(parents=True, exist_ok=True)
    for plan, found in plans:
        (config / "schools" / f"{plan.school['key']}.toml").write_text(school_toml(plan, found), encoding="utf-8")
    local = broker.start(folder / "broker")
    stack.callback(local.stop)
    (config / "settings.toml").write_text(f"[broker]\nport = {local.port}\n")
    children = stack.enter_context(
        Children({"CAMPUS_DATA": str(folder), "CAMPUS_CONFIG": str(config)}, folder / "log")
    )
    children.start("ingest", "ingest")
    children.start("derive", "derive")
    rest.wait_for(lambda: rest.connected(Layout(folder)), Event(), children, _CONNECT_S)
    return local.port, children


def _settle(layout: Layout, children: Children, messages: int) -> None:
    """Wait until a journal of so many messages is stored, derived and judged to its end."""
    with _progress() as progress:
        progress.add_task("storing, deriving, judging", total=None)
        rest.wait_for(rest.judged(layout, messages), Event(), children, _SETTLE_S)


def school_toml(plan: Mapping, found: list[Found]) -> str:
    """Return the school's own file: what the mapping says of it, and the meters and buildings its files name."""
    meters: dict[str, dict[str, Any]] = {}
    buildings = {entry["key"]: entry for entry in plan.tables.get("building", [])}
    for file in found:
        for column in file.kind.columns:
            building = file.building(column)
            if building:
                buildings.setdefault(
                    building, {"key": building, "name": building, "name_en": building, "class": "other"}
                )
            key = file.meter(column)
            seconds = int(file.kind.interval.total_seconds())
            meters[key] = {
                "key": key,
                "name": key,
                "name_en": key,
                "topic": topic(plan, key),
                "format": "native",
                "quantity": column.quantity,
                "unit": column.unit,
                "interval": _INTERVALS[seconds],
                "arrival": "daily_frozen" if seconds > 3600 else "hourly",
                **({"building": building} if building else {}),
            }
    rest = {key: value for key, value in plan.tables.items() if key != "building"}
    body = {"school": plan.school, **rest, "building": list(buildings.values()), "meter": list(meters.values())}
    return tomlkit.dumps({key: value for key, value in body.items() if value})


def topic(plan: Mapping, meter: str) -> str:
    """Return the topic a replayed meter speaks on."""
    return f"campus/{plan.school['key']}/{meter}"


def _publish(plan_of: tuple[Mapping, list[Found]], port: int, options: Options) -> tuple[Path, int]:
    """Publish the files of a mapping; return the witness's job and how many messages it took."""
    plan, found = plan_of
    school = plan.school["key"]
    record = options.folder / "published"
    record.mkdir(exist_ok=True)
    meters, files, sent = Meters(), [], 0
    with _progress() as progress:
        task = progress.add_task(f"{school}: publishing files", total=len(found))
        for number, file in enumerate(found):
            log = record / f"{school}-{number}.tsv"
            with log.open("w", encoding="utf-8") as lines:
                sender = Sender("127.0.0.1", port, lines)
                sender.send(messages(plan, spoken(file, meters), options.batch), options.speed)
                sender.finish()
                sent += sender.messages
            files.append(_witnessed(file, log))
            progress.advance(task)
    layout = Layout(options.folder)
    job = options.folder / f"witness-{school}.json"
    job.write_text(
        json.dumps(
            {
                "mapping": str(plan.source),
                "files": files,
                "journal": str(layout.journal),
                "store": str(layout.store(school)),
                "quarantine": str(layout.quarantine),
            }
        )
    )
    return job, sent


def _witnessed(file: Found, log: Path) -> dict[str, Any]:
    name = "/".join(file.path.parts[-len(Path(file.kind.path).parts) :])
    meters = {column.name: file.meter(column) for column in file.kind.columns}
    return {"name": name, "path": str(file.path), "published": str(log), "meters": meters}


def messages(plan: Mapping, said: Iterable[Spoken], batch: int) -> Iterator[Outgoing]:
    """Yield messages of up to `batch` readings of one meter, in the order they were said."""
    waiting: dict[tuple[str, str], list[Spoken]] = {}
    for one in said:
        gathered = waiting.setdefault((one.meter, one.quantity), [])
        gathered.append(one)
        if len(gathered) >= batch:
            yield _message(plan, waiting.pop((one.meter, one.quantity)))
    for gathered in waiting.values():
        yield _message(plan, gathered)


def _message(plan: Mapping, gathered: list[Spoken]) -> Outgoing:
    meter, quantity, _ = gathered[0]
    identities = tuple((meter, quantity, to_ms(one.item.time)) for one in gathered if one.item.time is not None)
    payload = native.encode([one.item for one in gathered])
    return Outgoing(topic(plan, meter), payload, identities)


def _progress() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=Console(stderr=True))


def total(lines: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Return one line for all files: sums, and the largest difference of any."""
    listed = list(lines)
    counted = [key for key, value in listed[0].items() if isinstance(value, int)]
    sums = {key: sum(line[key] for line in listed) for key in counted}
    differences = [line["largest_difference"] for line in listed if line["largest_difference"]]
    largest = max(differences, key=_size, default=None)
    return {"file": "all", **sums, "largest_difference": largest}


def _size(difference: dict[str, Any]) -> float:
    """Order differences: a day the store lacks altogether comes first."""
    return float("inf") if difference["difference"] is None else float(difference["difference"])


HEADINGS = {
    "rows": "rows",
    "published": "published",
    "stored": "stored",
    "quarantined": "held",
    "duplicates": "twice",
    "lost": "lost",
    "days_compared": "days",
    "days_off_by_more_than_0.1_pct": "off",
    "days_unknown": "unknown",
    "unknown_days_with_a_value": "invented",
}


def show(lines: Sequence[dict[str, Any]]) -> None:
    """Print the table people read, a row a file."""
    table = Table(title="What became of every row", title_justify="left", box=None)
    table.add_column("file", no_wrap=True)
    for heading in HEADINGS.values():
        table.add_column(heading, justify="right", no_wrap=True)
    for line in lines:
        table.add_row(line["file"], *(f"{line[key]:,}" for key in HEADINGS))
    console = Console(stderr=True)
    console.width = max(console.width, 132)  # a table that is cut says nothing
    console.print(table)
