"""What a yearly report lacks: whatever is here and forbids it keeps the report a draft."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from campus.said import Said
from reports import cost
from reports.text import GAP, percent
from reports.year import LEAST_COVERAGE, MOST_ESTIMATED, Medium, YearData


@dataclass(frozen=True, slots=True)
class Limit:
    """One thing missing or to be known; `forbids` says whether the report cannot be final with it."""

    zh: str
    en: str
    forbids: bool = True


def limits(data: YearData) -> tuple[Limit, ...]:
    """Return everything the report lacks, what forbids a final one first."""
    found = [*_year(data), *(limit for medium in data.media for limit in _medium(medium)), *_carbon(data)]
    found += [*_school(data), *_notes(data)]
    return tuple(sorted(found, key=lambda limit: not limit.forbids))


def _year(data: YearData) -> Iterator[Limit]:
    if not data.over:
        day = data.until.astimezone(data.school.timezone)
        yield Limit(
            f"年度未结束：数字只到 {day:%Y-%m-%d}。", f"The year is not over: figures are until {day:%Y-%m-%d}."
        )
    if data.stale:
        yield Limit(
            "存储的碳排放与现行因子不符：让 campus run 或 campus derive 重新计算后再生成。",
            "Stored carbon is not what the factors of now give: let campus run or campus derive reckon it again.",
        )
    if data.quotas_stale:
        yield Limit(
            "存储的定额指标与现在的数据或登记不符：让 campus run 或 campus derive 重新计算后再生成。",
            "Stored quota indicators are not what data and registry of now give: let campus run reckon them again.",
        )


def _medium(medium: Medium) -> Iterator[Limit]:
    name, year = Said(medium.quantity.zh, medium.quantity.en), medium.year
    missing = [n for n, month in enumerate(medium.months, 1) if month is not None and month.value is None]
    without_zh = f"；{_months(missing, '、')} 月没有数据" if missing else ""
    without_en = f"; no data in month {_months(missing, ', ')}" if missing else ""
    if not year.enough or missing:
        covered, least = percent(year.coverage), percent(LEAST_COVERAGE)
        below = Said("", "") if year.enough else Said(f"，低于 {least}，合计不出数", f", below {least}: no total")
        yield Limit(
            f"{name.zh}：覆盖率 {covered}{below.zh}{without_zh}。",
            f"{name.en}: coverage {covered}{below.en}{without_en}.",
        )
    if year.estimated > MOST_ESTIMATED:
        share, most = percent(year.estimated), percent(MOST_ESTIMATED)
        yield Limit(
            f"{name.zh}：估算占比 {share}，超过 {most}。", f"{name.en}: {share} of it estimated, more than {most}."
        )
    yield from _price(medium, name)


def _price(medium: Medium, name: Said) -> Iterator[Limit]:
    if medium.made_on_site or medium.quantity.key in ("generation", "electricity_export"):
        return
    known = cost.prices(medium)
    if known is None:
        yield Limit(
            f"{name.zh}：总表的户号没有录入价格，不计金额（在学校文件的户号里填价格）。",
            f"{name.en}: the account of a main meter has no price, so no yuan "
            "(enter it at the account in the school's file).",
        )
    elif any(price.assumed for price in known):
        yield Limit(f"{name.zh}：价格是假设的，请按账单录入。", f"{name.en}: the price is assumed; enter the bill's.")


def _months(numbers: list[int], between: str) -> str:
    """Return months as ranges: "1–3、7"."""
    runs: list[list[int]] = []
    for month in numbers:
        if runs and runs[-1][-1] == month - 1:
            runs[-1].append(month)
        else:
            runs.append([month])
    return between.join(f"{run[0]}–{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)


def _carbon(data: YearData) -> Iterator[Limit]:
    if data.carbon.total is None:
        yield Limit(
            "没有计量任何产生碳排放的能源，碳排放不出数。",
            "Nothing that emits is metered: there is no carbon figure.",
        )
    for source in data.carbon.sources:
        if source.factor is None and source.zero is None:
            region, name = data.school.region, source.quantity
            yield Limit(
                f"{name.zh}：地区 {region} 没有排放因子，不借用别处的，碳排放合计不出数。",
                f"{name.en}: no emission factor for {region}; none is borrowed, so there is no carbon total.",
            )


def _school(data: YearData) -> Iterator[Limit]:
    file = f"config/schools/{data.school.key}.toml"
    if not data.school.code:
        yield Limit(
            f"缺统一社会信用代码：在 {file} [school] 填 code。", f"No credit code: enter code in {file}, [school]."
        )
    if data.area_m2 is None:
        yield Limit(
            f"缺建筑面积：在 {file} [school] 填 floor_area_m2，或给每栋楼填写。",
            f"No floor area: enter floor_area_m2 in {file}, [school], or of every building.",
        )
    if not data.school.people:
        yield Limit(
            f"缺用能人数：在 {file} [school] 填 people。", f"No number of people: enter people in {file}, [school]."
        )
    if data.provisional_days:
        days = data.provisional_days
        yield Limit(f"校历或节假日表有{GAP}{days}{GAP}天为暂定。", f"The calendar is provisional on {days} day(s).")


def _notes(data: YearData) -> Iterator[Limit]:
    provisional = [s for s in data.carbon.sources if s.provisional and s.factor is not None]
    for row in {s.factor for s in provisional if s.factor is not None and not s.national}:
        yield Limit(
            f"{data.year} 年电力因子尚未公布，暂用 {row.data_year} 年数据（{row.id}）。",
            f"No electricity factor for {data.year} yet: that of {row.data_year} is used ({row.id}).",
            forbids=False,
        )
    without = [one.name for one in data.quotas if one.lacks]
    if without:
        yield Limit(
            f"与定额相比缺数：{'、'.join(name.zh for name in without)}（缺什么见 campus quota）。",
            f"Not held against a quota: {', '.join(name.en for name in without)} (see campus quota).",
            forbids=False,
        )
    standing = [one.correction for one in data.amended if not one.correction.withdrawn]
    if standing:
        yield Limit(
            f"有 {len(standing)} 条更正计入本年数字（附表六）。",
            f"{len(standing)} correction(s) count in the year's figures (appendix 6).",
            forbids=False,
        )
    conflicts = sum(meter.conflicts for meter in data.meters)
    if conflicts:
        yield Limit(
            f"有 {conflicts} 个时刻收到两个不同读数，以后到的为准（附表四）。",
            f"Said different readings at {conflicts} moment(s); the later one stands (appendix 4).",
            forbids=False,
        )
