"""`campus doctor`: is everything here that a school needs?"""

from __future__ import annotations

import os

import click

from app.doctor import examine
from app.machine import Verdict
from app.settings import load_settings

COLOURS = {Verdict.OK: "green", Verdict.WARN: "yellow", Verdict.BAD: "red"}


@click.command("doctor")
@click.pass_context
def doctor(ctx: click.Context) -> None:
    """Try schools, disk, store, broker, clock, fonts, page and ledger, and mail and Grafana where they are set up.

    Each comes with its remedy; exit 1 where one is bad.
    """
    checks = examine(load_settings(os.environ))
    for check in checks:
        click.echo(f"{click.style(f'{check.verdict:<4}', fg=COLOURS[check.verdict])}  {check.name:<12} {check.text}")
        if check.remedy:
            click.echo(f"{'':<19}→ {check.remedy}")
    ctx.exit(1 if any(check.verdict is Verdict.BAD for check in checks) else 0)


COMMAND: click.Command = doctor
