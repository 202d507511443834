"""`campus status`: what runs, how far it is, and how much lies where."""

from __future__ import annotations

import os
from contextlib import closing

import click
from rich.table import Table

from app import status, unjudged
from app.alarms import alarms
from app.data_there import looked_into
from app.settings import load_settings
from app.silence_heard import clocks
from app.terminal import print_table
from app.wiring import Installation, install
from ingest import cursor, journal, segment

_NOT_COUNTS = ("pid", "silent", "connected")


@click.command("status")
def COMMAND() -> None:
    """Show the processes, the journals with their size and how far each consumer is, and what is in quarantine.

    Exit code 1 where a process is missing, waits for something, or knows of messages the broker dropped.
    """
    installation = looked_into(install(load_settings(os.environ), need_school=False))
    _processes(installation)
    _journals(installation)
    _not_judged(installation)
    _clocks(installation)
    with closing(installation.quarantine()) as quarantine:
        counts = quarantine.counts()
    listed = ", ".join(f"{reason}: {count}" for reason, count in counts.items())
    click.echo(f"隔离区 quarantine: {listed or '空 empty'}")
    if wrong := alarms(installation.settings.data.root / "status", installation.registries):
        for said in wrong:
            click.echo(f"! {said.zh} / {said.en}", err=True)
        raise click.exceptions.Exit(1)


def _clocks(installation: Installation) -> None:
    for school in installation.registries:
        for meter, said in clocks(installation.settings, school).items():
            click.echo(f"{school}: {meter}: {said.zh} / {said.en}")


def _not_judged(installation: Installation) -> None:
    if rows := unjudged.lines(installation.settings.data.root / "status", installation.registries):
        click.echo("不能判断 cannot be judged:")
        for row in rows:
            click.echo(f"  {row}")


def _processes(installation: Installation) -> None:
    table = Table("进程 process", "状态 state", "启动以来 since it began", "问题 trouble", box=None)
    for name, facts in status.read(installation.settings.data.root / "status").items():
        if "pid" in facts and not name.startswith(unjudged.PREFIX):
            counted = {k: v for k, v in facts.items() if isinstance(v, int) and k not in _NOT_COUNTS}
            said = ", ".join(f"{key} {value:,}" for key, value in counted.items())
            table.add_row(
                name, "未运行 not running" if facts["silent"] else "运行中 running", said, facts.get("trouble") or ""
            )
    print_table(table)


def _journals(installation: Installation) -> None:
    table = Table("日志 journal", "占用 size on disk", "已入库 drained", "已计算 derived", box=None)
    for folder in installation.journals():
        megabytes = f"{segment.size_bytes(folder) / 1e6:,.1f} MB"
        places = (_place(installation, consumer, folder.name) for consumer in ("drain", "derive"))
        table.add_row(folder.name, megabytes, *places)
    print_table(table)


def _place(installation: Installation, consumer: str, name: str) -> str:
    folder = installation.settings.data.journal / name
    at = cursor.load(installation.cursor(consumer, folder))
    rest = next(journal.read(folder, at), None)
    return "到末尾 to the end" if rest is None else f"segment {at.segment}, byte {at.offset:,}"
