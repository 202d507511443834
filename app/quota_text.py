"""`campus quota` in words: each indicator with its band, clause, arithmetic, coverage and landing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from analytics import quota_words
from analytics.quota_people import standard_people
from app import quota_names
from app.quota_landing import QuarterLanding
from app.quota_told import Told, YearTold, called
from app.quota_year import YearQuota
from campus.people import NAMES as CATEGORIES
from campus.registry import Registry
from campus.said import Said
from campus.units import QUANTITIES


def lines(told: YearTold, registry: Registry, until: date) -> Iterator[Said]:
    """Yield the lines of a school's year."""
    yield from _head(told, until)
    for one in told.told:
        yield Said("", "")
        yield from indicator(one, registry)
        if one.indicator.kind == "per_person":
            yield from _heads(told.per_head)
    yield from _heat(told)
    yield from _quarters(told)
    for remark in told.of.remarks:
        yield Said(f"注意：{remark.zh}", f"Note: {remark.en}")


def _head(told: YearTold, until: date) -> Iterator[Said]:
    of, school = told.of, told.of.school
    kind = quota_names.TYPES[school.type]
    way = quota_names.WAYS.get(school.heating_type)
    state, name = _reach(of, until), school.name_en or school.name
    yield Said(
        f"{school.name} {of.year} 年与定额相比（{kind.zh}；{state.zh}）",
        f"{name}: {of.year} against the quotas ({kind.en}; {state.en})",
    )
    season = quota_names.SEASONS[school.heat_season]
    if of.season is not None:
        span = f"{of.season.first:%Y-%m-%d} – {of.season.last:%Y-%m-%d}"
        zh = "未登记供暖方式" if way is None else way.zh
        en = "no way of heating entered" if way is None else way.en
        yield Said(f"供暖：{zh}；采暖期 {span}（{season.zh}）", f"Heating: {en}; season {span} ({season.en})")
    yield from _people(told)


def _reach(of: YearQuota, until: date) -> Said:
    """Return which days of the year are known."""
    known = of.days.known(of.year)
    if known is None:
        begun = of.over or until >= date(of.year, 1, 1)
        if not begun:
            return Said("这一年还没到", "that year has not come yet")
        return Said(f"{of.year} 年没有数据", f"no data of {of.year}")
    if of.over:
        first, last = (f"{day:%Y-%m-%d}" for day in known)
        return Said(f"{first} 至 {last} 有数据", f"data from {first} to {last}")
    data = f"{until:%Y-%m-%d}"
    return Said(f"数据到 {data} 零点，年度未结束", f"data until {data}, the year is not over")


def _people(told: YearTold) -> Iterator[Said]:
    of = told.of
    if not of.people.people:
        return
    groups = [
        (CATEGORIES[g.category], g.heads, "?" if g.days is None else f"{g.days:g}", g.days) for g in of.people.people
    ]
    year = "" if of.people.of in (None, of.year) else f"（按 {of.people.of} 年人数）"
    year_en = "" if of.people.of in (None, of.year) else f" (people of {of.people.of})"
    standard = standard_people(of.people.people, of.school.type)
    yield Said(
        "人员：" + "、".join(f"{name.zh} {heads:g} 人×{days} 天" for name, heads, days, _ in groups) + year,
        "People: " + ", ".join(f"{name.en} {heads:g} × {days} d" for name, heads, days, _ in groups) + year_en,
    )
    if standard is not None:
        counted = f"N = {standard:,.0f}"
        yield Said(f"标准人数 {counted}（DB37/T 4452-2021）", f"Standard persons {counted} (DB37/T 4452-2021)")


def indicator(told: Told, registry: Registry) -> Iterator[Said]:
    """Yield the lines of an indicator."""
    found, name = told.indicator, told.name
    unit = quota_names.unit(found.unit)
    value = Said("—", "—")
    if found.value is not None:
        value = Said(f"{found.value:,.2f} {unit.zh}", f"{found.value:,.2f} {unit.en}")
    yield Said(f"{name.zh}：{value.zh}  {told.words.zh}", f"{name.en}: {value.en}  {told.words.en}")
    yield from grounds(told, registry)
    if told.landing is not None:
        yield _landing(told)
    for note in told.notes:
        yield Said(f"    {note.zh}", f"    {note.en}")


def grounds(told: Told, registry: Registry) -> Iterator[Said]:
    """Yield the lines of the quota with its document, and the arithmetic."""
    yield from _quota(told)
    yield from _arithmetic(told, registry)


def _quota(told: Told) -> Iterator[Said]:
    quota = told.indicator.standing.quota
    if quota is None:
        return
    zh = " / ".join(f"{quota_names.LINES[word].zh} {value:g}" for word, value in told.lines)
    en = " / ".join(f"{quota_names.LINES[word].en} {value:g}" for word, value in told.lines)
    checked, sure = f"{quota.standard.status_checked_on:%Y-%m-%d}", told.indicator.confidence
    formula = Said(f"，公式 {told.clause}", f", formula {told.clause}") if told.clause else Said("", "")
    yield Said(
        f"    {zh}；{told.document}{formula.zh}；可信等级 {sure}，标准状态 {checked} 查",
        f"    {en}; {told.document}{formula.en}; confidence {sure}, standing checked on {checked}",
    )


def _arithmetic(told: Told, registry: Registry) -> Iterator[Said]:
    found = told.indicator
    if found.amount is None:
        return
    by = found.divisor
    unit = quota_names.unit(by.unit)
    divided = "?" if by.value is None else f"{by.value:,.1f}"
    shares = f"{found.coverage:.1%}", f"{found.estimated:.1%}"
    amount = f"{found.amount:,.1f} {found.unit_of_amount}"
    yield Said(
        f"    {amount} ÷ {divided} {unit.zh}（{by.name.zh}）；覆盖率 {shares[0]}，估算占比 {shares[1]}",
        f"    {amount} ÷ {divided} {unit.en} ({by.name.en}); coverage {shares[0]}, estimated {shares[1]}",
    )
    for term, used in told.parts:
        name, kept = called(registry, term), QUANTITIES[term.quantity].unit
        sign = "+" if term.sign > 0 else "−"
        made = "" if term.factor is None else f" × {term.factor.value:g} = {used * term.factor.value:,.1f} kgce"
        came = f"{used:,.1f} {kept}{made}"
        yield Said(f"      {sign} {name.zh} {came}", f"      {sign} {name.en} {came}")


def _landing(told: Told) -> Said:
    landing = told.landing
    assert landing is not None
    if landing.value is None or landing.bounds is None:
        why = landing.why or Said("", "")
        return Said(f"    年末预计：推不出来，{why.zh}", f"    Where it will end cannot be told: {why.en}")
    line = quota_names.LINES[told.lines[0][0]] if told.lines else None
    said = quota_words.landing(
        (landing.value, *landing.bounds), quota_names.unit(told.indicator.unit), landing.chance, line
    )
    return Said(f"    {said.zh}", f"    {said.en}")


def _heads(told: Told) -> Iterator[Said]:
    found = told.indicator
    if found.value is None:
        return
    value, unit = f"{found.value:,.2f}", quota_names.unit(found.unit)
    yield Said(
        f"    按人头（{found.divisor.value:,.0f} 人，非标准口径）：{value} {unit.zh}  {told.words.zh}",
        f"    by heads ({found.divisor.value:,.0f}, not the standard's way): {value} {unit.en}  {told.words.en}",
    )


def _heat(told: YearTold) -> Iterator[Said]:
    of = told.of
    values = [made.known() for made in (of.heating_year, of.heating_season)]
    if values == [None, None]:
        return
    year, season = ("—" if value is None else f"{value:,.0f} kgce" for value in values)
    yield Said("", "")
    yield Said(
        f"两个供暖量：{of.year} 日历年 {year}（从综合能耗里扣除，6.2）；采暖期 {season}（与表2相比，6.3）",
        f"Two figures of heat: calendar year {of.year} {year} (taken off in 6.2); season {season} (table 2, 6.3)",
    )


def _quarters(told: YearTold) -> Iterator[Said]:
    for one in told.quarters:
        yield from quarter(one)


def quarter(one: QuarterLanding) -> Iterator[Said]:
    """Yield the line of a quarter and its water plan."""
    name, plan = f"{one.plan.year}-Q{one.plan.quarter}", f"{one.plan.m3:,.0f} m³"
    document = f"（{one.plan.document}）" if one.plan.document else ""
    if one.metered is not None and one.metered.known < one.metered.days:
        used = f"{one.metered.m3:,.0f}" if one.metered.known else "—"
        of = f"{one.metered.known}/{one.metered.days}"
        yield Said(
            f"{name} 计划用水 {plan}{document}：已过，计量到 {used} m³（{of} 天有数）",
            f"{name} water plan {plan}: over, {used} m³ metered ({of} days known)",
        )
        return
    if one.outlook is None:
        why = one.why or Said("", "")
        yield Said(f"{name} 计划用水 {plan}{document}：推不出来，{why.zh}", f"{name} water plan {plan}: {why.en}")
        return
    low, high = one.outlook.bounds()
    ends, chance = f"{one.outlook.value:,.0f}", quota_words.percentage(one.chance or 0.0)
    if one.outlook.days == 0:
        yield Said(f"{name} 计划用水 {plan}{document}：用了 {ends}", f"{name} water plan {plan}: {ends} were used")
        return
    yield Said(
        f"{name} 计划用水 {plan}{document}：季末预计 {ends}（{low:,.0f}–{high:,.0f}），超计划的可能 {chance}",
        f"{name} water plan {plan}: expected {ends} ({low:,.0f}–{high:,.0f}), chance to exceed it {chance}",
    )
