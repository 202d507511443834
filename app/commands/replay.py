"""`campus replay`: files of real meters through the whole pipe, proven against the files."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import click

from app import findings_table, replay
from sim import mapping


@click.command("replay")
@click.argument("mappings", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--data",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=Path("../shared/data"),
    show_default=True,
    help="Folder the mappings' paths are below.",
)
@click.option("--speed", default=0.0, help="Messages per second at most; 0: as fast as they are taken.")
@click.option("--batch", default=48, show_default=True, help="Readings of one meter in a message, as gateways send.")
@click.option(
    "--keep",
    type=click.Path(file_okay=False, path_type=Path),
    help="Keep data and configuration here, to look at with `campus run`; else they are removed.",
)
@click.option("--json", "as_json", is_flag=True, help="End with one JSON line per file and one for all.")
def COMMAND(
    mappings: tuple[Path, ...], data: Path, speed: float, batch: int, keep: Path | None, as_json: bool
) -> None:
    """Publish files of real meters over MQTT and prove what the pipe makes of them.

    Each of MAPPINGS is a TOML file that says how an archive is to be read (see config/mappings/). A broker, an ingest
    and a deriving process are started, every row is published, and a witness that shares no code with the pipe
    compares store, journal and quarantine with the files, day by day.

    \b
    campus replay config/mappings/*.toml --data ../shared/data
    campus replay config/mappings/greenwich.toml --keep /tmp/greenwich
    CAMPUS_DATA=/tmp/greenwich CAMPUS_CONFIG=/tmp/greenwich/config campus web --at 2025-03-31
    """
    with tempfile.TemporaryDirectory() as temporary:
        folder = keep or Path(temporary)
        lines = replay.run(mappings, data, replay.Options(folder, speed, batch))
        findings_table.show(folder, [mapping.load(path).school["key"] for path in mappings])
    total = replay.total(lines)
    replay.show([*lines, total])
    if as_json:
        for line in [*lines, total]:
            click.echo(json.dumps(line, ensure_ascii=False))
    if total["lost"] or total["days_off_by_more_than_0.1_pct"] or total["unknown_days_with_a_value"]:
        raise click.exceptions.Exit(1)
