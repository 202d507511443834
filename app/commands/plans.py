"""`campus plans`: what a school has announced, and what became of a holiday's keep-on list."""

from __future__ import annotations

import os
from contextlib import closing
from datetime import UTC, datetime

import click

from app import plan_text
from app.chosen import chosen
from app.data_there import looked_into
from app.plan_audit import audited
from app.settings import load_settings
from app.terminal import print_table
from app.toml_fields import nearest
from app.wiring import install
from campus.plans import Plan, PlanKind, Stage, stage
from campus.registry import Registry

_SCHOOL = click.option("--school", default="", help="The school, where there are several.")


@click.group("plans")
def COMMAND() -> None:
    """Holidays with a keep-on list, outages, lights-out and events, as the school's file has them."""


@COMMAND.command("list")
@_SCHOOL
def list_(school: str) -> None:
    """Show the plans of every school, or of one, newest first."""
    installation = install(load_settings(os.environ))
    registries = installation.registries
    for registry in [chosen(registries, school)] if school else registries.values():
        if len(registries) > 1:
            click.echo(f"{registry.school.name} ({registry.school.key})")
        if registry.plans:
            print_table(plan_text.listed(registry, datetime.now(UTC)))
        else:
            click.echo("没有登记计划 / no plan: add [[plan]] to its file; config/schools/example.toml shows how")


@COMMAND.command("audit")
@click.argument("key")
@_SCHOOL
@click.pass_context
def audit(ctx: click.Context, key: str, school: str) -> None:
    """Hold a closed plan's keep-on list against the meters, line by line; also while it still runs.

    Exit code 1 where a line was not kept. The school's page has the same as a sheet to print.
    """
    installation = looked_into(install(load_settings(os.environ)))
    registry = chosen(installation.registries, school)
    plan, now = _plan(registry, key), datetime.now(UTC)
    if stage(plan, now) is Stage.COMING:
        click.echo("计划还没有开始 / the plan has not begun yet")
        return
    with closing(installation.stores):
        lines = audited(installation.stores[registry.school.key], registry, plan, now)
    print_table(plan_text.audit(registry, lines))
    for said in plan_text.prices(registry, lines):
        click.echo(f"{said.zh}\n  {said.en}")
    if any(line.kept is False for line in lines):
        ctx.exit(1)


def _plan(registry: Registry, key: str) -> Plan:
    closed = {plan.key: plan for plan in registry.plans if plan.kind is PlanKind.CLOSED}
    if key not in closed:
        raise click.BadParameter(f"没有关停方案 {key!r} / no plan of kind closed {key!r}{nearest(key, closed)}")
    return closed[key]
