"""`campus baseline`: what meters would use without a project, frozen before it begins."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime

import click

from analytics.baseline import Refused
from app import baseline_text, baselines, metered
from app.baselines import Signed
from app.chosen import chosen
from app.data_there import looked_into
from app.metered import Counter, Days, Place
from app.project_toml import pair
from app.projects import named
from app.settings import load_settings
from app.terminal import print_table
from app.toml_fields import nearest
from app.typed_days import day
from app.who import who
from app.wiring import install, open_books
from campus.calendar import local_date
from campus.projects import Frozen
from campus.registry import Registry
from campus.said import Said
from ledger import Book

_SCHOOL = click.option("--school", default="", help="Of which school; needed where there are several.")
_LANG = click.option("--lang", type=click.Choice(["zh", "en"]), default="zh", show_default=True, help="Language.")
_NONE = "还没有封存的基准 / no baseline is frozen yet: campus baseline freeze --project KEY"


@contextmanager
def _opened(school: str) -> Iterator[tuple[Place, Book]]:
    installation = looked_into(install(load_settings(os.environ)))
    registry = chosen(installation.registries, school)
    with closing(installation.stores), closing(open_books(installation.settings)) as books:
        yield metered.place(installation.stores[registry.school.key], registry), books


@click.group("baseline")
def COMMAND() -> None:
    """What meters would use without a project: made from a year, frozen, and cited by its id."""


@COMMAND.command("freeze")
@click.option("--project", default="", metavar="KEY", help="All meters of a project, before its works began.")
@click.option("--meter", default="", metavar="KEY", help="One meter, KEY or KEY.quantity.")
@click.option(
    "--from",
    "first",
    type=day,
    metavar="YYYY-MM-DD",
    help="First day of the period; a year before its end, if left out.",
)
@click.option(
    "--to",
    "until",
    type=day,
    metavar="YYYY-MM-DD",
    help="First day after it; the start of works, or today, if left out.",
)
@click.option("--by", default="", metavar="NAME", help="Who signs; your own login name if left out.")
@click.option("--note", default="", help="What there is to note with it.")
@_SCHOOL
@_LANG
@click.pass_context
def freeze(ctx: click.Context, /, project: str, meter: str, school: str, **given: datetime | str | None) -> None:
    """Make baselines and keep them for good; exit 1 where one is refused, with the reasons.

    Best before works begin, signed by both sides: what is frozen nobody changes, and a saving is told by it alone.
    """
    if bool(project) == bool(meter):
        raise click.UsageError("项目或表，写一个 / name a project or a meter: --project KEY or --meter KEY")
    signed_by = who(str(given["by"]))
    with _opened(school) as (at, books):
        now = datetime.now(UTC)
        counters, until = _of(at.registry, project, meter, local_date(now, at.registry.school.timezone))
        signed = Signed(signed_by, now, project, str(given["note"] or ""))
        done = [_frozen(at, books, (counter, _period(at, counter, until, given)), signed) for counter in counters]
    for said in (said for lines in done for said in lines[1]):
        click.echo(said.to(str(given["lang"])))
    ctx.exit(0 if all(fine for fine, _ in done) else 1)


def _of(registry: Registry, project: str, meter: str, today: date) -> tuple[tuple[Counter, ...], date]:
    """Return the meters to freeze, and the day before which their period ends unless another is named."""
    if project:
        one = named(registry, project)
        return one.meters, min(one.started, today)
    found = pair(meter, registry.meters)
    if found is None:
        raise click.BadParameter(f"没有这块表 / no such meter{nearest(meter, registry.meters)}", param_hint="--meter")
    return (found,), today


def _period(at: Place, counter: Counter, until: date, given: dict[str, datetime | str | None]) -> Days:
    last, first = given["until"], given["first"]
    end = last.date() if isinstance(last, datetime) else until
    start = first.date() if isinstance(first, datetime) else baselines.period_of(at, counter, end)[0]
    if start >= end:
        raise click.UsageError(f"基准期是空的 / the period is empty: {start} … {end}")
    return start, end


def _frozen(at: Place, books: Book, what: tuple[Counter, Days], signed: Signed) -> tuple[bool, list[Said]]:
    """Freeze one baseline; return whether it was made, and what to say of it."""
    (meter, quantity), (first, until) = what
    one = named(at.registry, signed.project) if signed.project else None
    if one is not None and until > one.started:
        late = Said(
            f"{meter}：基准期（至{until}）延续到开工（{one.started}）之后，会含改造的影响，没有封存。",
            f"{meter}: the period (to {until}) goes on after works began ({one.started}): not frozen.",
        )
        return False, [late]
    made = baselines.make(at, (meter, quantity), (first, until))
    if isinstance(made, Refused):
        head = Said(f"{meter} {quantity}：没有封存，因为：", f"{meter} {quantity}: not frozen, since:")
        return False, [head, *(Said(f"  {r.said.zh}", f"  {r.said.en}") for r in made.reasons)]
    kept = books.freeze(baselines.freeze(at, made, (meter, quantity), signed))
    lines = list(baseline_text.page(kept, at.registry.school.timezone, changed=False))
    if one is not None and local_date(kept.at, at.registry.school.timezone) > one.started:
        lines.append(
            Said(
                f"注意：{one.started}已经开工，事后才封存；合同双方应在开工前签认。",
                f"Note: works began on {one.started}, and it is frozen afterwards; both sides should sign before.",
            )
        )
    return True, lines


@COMMAND.command("list")
@_SCHOOL
@click.option("--json", "as_json", is_flag=True, help="As JSON, for other programs.")
def list_(school: str, as_json: bool) -> None:
    """Show the frozen baselines, oldest first."""
    with _opened(school) as (at, books):
        kept = books.baselines(at.registry.school.key)
        zone = at.registry.school.timezone
    if as_json:
        click.echo(json.dumps([baseline_text.as_json(one) for one in kept], ensure_ascii=False, indent=2))
    elif kept:
        print_table(baseline_text.table(kept, zone))
    else:
        click.echo(_NONE)


@COMMAND.command("show")
@click.argument("baseline", metavar="ID")
@_SCHOOL
@_LANG
@click.option("--json", "as_json", is_flag=True, help="As JSON, for other programs.")
def show(baseline: str, school: str, lang: str, as_json: bool) -> None:
    """Show one baseline: period, fit, the least saving it can show, and of what it says nothing.

    ID is its id, or as much of its beginning as no other has.
    """
    with _opened(school) as (at, books):
        one = _one(books.baselines(at.registry.school.key), baseline)
        changed = baselines.changed_since(at, one)
    if as_json:
        click.echo(json.dumps({**baseline_text.as_json(one), "changed_since": changed}, ensure_ascii=False, indent=2))
        return
    for said in baseline_text.page(one, at.registry.school.timezone, changed):
        click.echo(said.to(lang))


def _one(kept: list[Frozen], beginning: str) -> Frozen:
    found = [one for one in kept if one.id.startswith(beginning)]
    if len(found) == 1:
        return found[0]
    known = ", ".join(one.id for one in found or kept)
    what = "不止一个基准这样开头 / more than one baseline begins so" if found else "没有这个基准 / no such baseline"
    raise click.BadParameter(f"{what}: {beginning!r}; {known or _NONE}", param_hint="ID")
