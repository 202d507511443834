"""`campus rank`: like schools, or like buildings, side by side."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

import click

from analytics.metering_level import NAMES as LEVELS
from analytics.ranking import LEAST_PEERS, Entry, Peers
from app import rank
from app.commands.report import UnknownSchool
from app.data_there import looked_into
from app.rank import BUILDINGS_BY, SCHOOLS_BY, By, Home
from app.settings import load_settings
from app.wiring import install
from campus import calendar
from campus.said import Said


@click.command("rank")
@click.option("--year", required=True, type=click.IntRange(2000, 2100), help="The calendar year; it must be over.")
@click.option(
    "--by",
    type=click.Choice(list(SCHOOLS_BY)),
    default="area",
    show_default=True,
    help="Rank schools by energy per area, person (P) or head, or by water per standard person.",
)
@click.option("--buildings", type=click.Choice(list(BUILDINGS_BY)), help="Rank buildings of a class by this instead.")
@click.option("--school", help="Only the buildings of this school.")
@click.option(
    "--lang", type=click.Choice(["zh", "en"]), default="zh", show_default=True, help="Language of the table."
)
def COMMAND(year: int, by: str, buildings: str | None, school: str | None, lang: str) -> None:
    """Set like schools side by side: of one type and way of heating, on figures of a whole year.

    Every peer is named, with how finely it is metered: L0 bills only, L1 a main meter, L2 sub-meters. Bills and
    meters are ranked together on yearly figures alone. Who has no figure stands last, unranked: see `campus quota`.
    """
    installation = looked_into(install(load_settings(os.environ)))
    if school is not None and school not in installation.registries:
        raise UnknownSchool(school, sorted(installation.registries))
    now, zones = datetime.now(UTC), {one.school.timezone for one in installation.registries.values()}
    whole = min(calendar.local_date(now, zone).year for zone in zones) - 1
    if year > whole:
        raise click.BadParameter(
            f"{year} 年还没有结束，不能排名；最近的整年是 {whole} / "
            f"{year} is not over, so that it cannot be ranked: the newest whole year is {whole}",
            param_hint="--year",
        )
    homes = {
        key: Home(registry, installation.stores[key])
        for key, registry in sorted(installation.registries.items())
        if school in (None, key)
    }
    for line in _lines(homes, (year, by, buildings), lang):
        click.echo(line)


def _lines(homes: Mapping[str, Home], asked: tuple[int, str, str | None], lang: str) -> Iterator[str]:
    year, by, of_buildings = asked
    measure = SCHOOLS_BY[by] if of_buildings is None else BUILDINGS_BY[of_buildings]
    groups = (rank.schools if of_buildings is None else rank.buildings)(homes, measure, year)
    yield Said(f"{year} 年 {measure.name.zh} {measure.unit}", f"{year}: {measure.name.en} {measure.unit}").to(lang)
    for peers in groups:
        yield from ("", *_group(peers, measure, lang))
    if of_buildings is None and any(one.entry.value is None for peers in groups for one in peers.placed):
        why = f"campus quota --year {year}"
        yield from ("", Said(f"“无数”的原因：{why}", f"Why there is no figure: {why}").to(lang))
    yield ""
    for key, name in LEVELS.items():
        yield f"{key}: {name.to(lang)}"


def _group(peers: Peers, by: By, lang: str) -> Iterator[str]:
    known = sum(one.entry.value is not None for one in peers.placed)
    if peers.median is None:
        more = Said(f"，不足 {LEAST_PEERS} 个，不排名", f"; fewer than {LEAST_PEERS} are not ranked")
    else:
        more = Said(f"，中位数 {peers.median:.2f}", f", median {peers.median:.2f}")
    kind = peers.kind
    yield Said(f"{kind.zh}：{known} 个有数{more.zh}", f"{kind.en}: {known} with a figure{more.en}").to(lang)
    for one in peers.placed:
        place = "–" if one.place is None else str(one.place)
        value, metered = _value(one.entry, by).to(lang), one.entry.level or "–"
        yield f"  {place:>3}  {value:>18}  {metered}  {one.entry.name.to(lang)}"


def _value(entry: Entry, by: By) -> Said:
    if entry.value is None:
        return Said("无数", "no figure")
    value, covered = f"{entry.value:,.2f} {by.unit}", f"{entry.coverage:.0%}"
    return Said(f"{value}（覆盖率 {covered}）", f"{value} (coverage {covered})")
