"""`campus analyse`: figures and findings over everything, now, on as many processes as there are."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from contextlib import AbstractContextManager, closing
from dataclasses import asdict
from time import perf_counter

import click
from rich.console import Console
from rich.progress import track
from rich.table import Table

from app.analyse import Analysis, Outcome, Workers, as_many_as_help, pool
from app.cluster import cluster
from app.data_there import looked_into
from app.settings import load_settings
from app.terminal import print_table
from app.wiring import Installation, install, open_books


@click.command("analyse")
@click.option("--school", "schools", multiple=True, help="Only this school; may be given several times.")
@click.option("--workers", default=0, help="Processes to do it with; 0: one a core, with InfluxDB two.")
@click.option(
    "--cluster", "address", default="", help="Do it on the Dask cluster with this scheduler, tcp://HOST:8786."
)
@click.option("--json", "as_json", is_flag=True, help="End with one JSON line, for other programs.")
@click.pass_context
def COMMAND(ctx: click.Context, schools: tuple[str, ...], workers: int, address: str, as_json: bool) -> None:
    """Compute sums, what is usual, carbon and findings of all schools over all that is stored, and write them.

    `campus derive` (part of `campus run`) does the same for what is new, every hour and every morning; this does it
    for everything, say after an import, a restored backup or a new release. Both may run: a school is judged by one
    process at a time, the other waits, and whoever comes last leaves what both would have left. The result does not
    depend on the number of workers.

    With --cluster the same work is done by Dask workers (pip install 'campus-energy[cluster]'). Each of them needs
    this release, the configuration and data folders under the same paths, and the secrets in its environment: with
    SQLite they run on this machine, with InfluxDB anywhere. Findings are recorded by this process alone.

    Exit 1 where a finding goes on.

    \b
    campus analyse
    campus analyse --school demo --workers 1
    dask scheduler &  dask worker tcp://127.0.0.1:8786 --nworkers 8 --nthreads 1 &
    campus analyse --cluster tcp://127.0.0.1:8786
    """
    settings = load_settings(os.environ)
    installation = looked_into(install(settings))
    unknown = sorted(set(schools) - set(installation.registries))
    if unknown or workers < 0:
        known = ", ".join(sorted(installation.registries))
        raise click.UsageError(f"没有学校 / no school {', '.join(unknown)}: {known}" if unknown else "--workers < 0")
    begun = perf_counter()
    hands = cluster(address) if address else pool(workers or as_many_as_help(settings.store.kind))
    done = _analysed(installation, sorted(schools or installation.registries), hands)
    _show(done, perf_counter() - begun, as_json)
    ctx.exit(1 if any(one.going_on for one in done) else 0)


def _analysed(
    installation: Installation, schools: Sequence[str], hands: AbstractContextManager[Workers]
) -> list[Outcome]:
    settings = installation.settings
    folders = settings.config.resolve(), settings.data.root.resolve()
    registries = [installation.registries[school] for school in schools]
    with closing(open_books(settings, lambda: installation.registries)) as books, hands as workers:
        outcomes = Analysis(*folders, books, workers).run(registries)
        seen = Console(stderr=True)
        return list(track(outcomes, "分析 analysing", total=len(registries), console=seen, transient=True))


def _show(done: Sequence[Outcome], seconds: float, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({"seconds": round(seconds, 3), "schools": [asdict(one) for one in done]}))
        return
    table = Table("学校 school", "表 meters", "读 rows read", "写 rows to write", "在办 findings going on")
    for one in sorted(done, key=lambda outcome: outcome.school):
        numbers = (one.meters, one.spent.rows_read, one.spent.rows_written, one.going_on)
        table.add_row(one.school, *(f"{number:,}" for number in numbers))
    print_table(table)
    meters, going_on = sum(one.meters for one in done), sum(one.going_on for one in done)
    click.echo(
        f"{len(done)} 所学校 {meters} 块表，用时 {seconds:.1f} 秒，{going_on} 件正在持续（campus ledger list）\n"
        f"{len(done)} schools, {meters} meters in {seconds:.1f} s; {going_on} findings go on (campus ledger list)"
    )
