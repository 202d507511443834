"""Where a carbon figure comes from: each use × factor, with document, clause and coverage."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from analytics import carbon, carbon_text
from app import account
from app.explain_asked import Asked, Line
from campus.ports import Store
from campus.registry import Registry
from campus.results import Figure
from campus.said import Said, both
from campus.schema import SCHOOL_SUBJECT, YEAR


def lines(asked: Asked, store: Store, registry: Registry) -> Iterator[Line]:
    """Yield how a carbon figure came about, each use in it with its own explanation."""
    parts, totals = _reckoned(asked, store, registry)
    wanted = asked.name.removeprefix("carbon/")
    if not totals and not any(line.figure.name == asked.name for line in parts):
        yield (
            0,
            Said(
                f"{asked.name}：没有这个数，学校没有这类排放源的表",
                f"{asked.name}: no figure, since the school has no meter of what emits it",
            ),
        )
    yield from ((0, _total(total, parts)) for total in totals if total.name == asked.name)
    for line in parts:
        if wanted.startswith("total") or line.figure.name == asked.name:
            yield from _line(line, registry)
            if not line.level or not wanted.startswith("total"):
                place = SCHOOL_SUBJECT, line.use.name, asked.resolution
                yield 2, Asked(asked.school, *place, line.use.start, line.use.end)


def _total(total: Figure, parts: list[carbon.Line]) -> Said:
    said, covered, used = _tonnes(total, parts), f"{total.coverage:.1%}", ", ".join(total.factors)
    zh, en = (f"；因子 {used}", f"; factors {used}") if used else ("", "")
    return Said(
        f"{total.name} = {said.zh}；按地域法，CO2；覆盖率 {covered}{zh}",
        f"{total.name} = {said.en}; location-based, CO2; coverage {covered}{en}",
    )


def _reckoned(asked: Asked, store: Store, registry: Registry) -> tuple[list[carbon.Line], list[Figure]]:
    """Return lines and totals of what was measured, whatever the coverage."""
    if asked.resolution == YEAR:
        year = account.year_carbon(store, registry, asked.start)
        passed = asked.end if asked.passed is None else asked.passed
        share = (asked.end - asked.start) / (passed - asked.start)
        totals = [_over(figure, share) for figure in (year.total, year.national, year.fixed) if figure is not None]
        return [replace(line, use=_over(line.use, share)) for line in year.lines], totals
    month = account.month_carbon(store, registry, asked.start, least=0.0)
    national = carbon.national_total(month.lines)
    return list(month.lines), [figure for figure in (month.total, national) if figure is not None]


def _over(figure: Figure, share: float) -> Figure:
    return replace(figure, coverage=min(1.0, figure.coverage * share))


def _tonnes(total: Figure, parts: list[carbon.Line]) -> Said:
    """Return a total in words; below the coverage asked for, or with a source unknown, it is none."""
    if total.value is not None and total.coverage >= carbon.LEAST_COVERAGE:
        return both(f"{total.value:.2f} {total.unit}")
    known = [line.figure.value or 0.0 for line in account.counted(parts)]
    if any(line.why is carbon.Why.NO_FACTOR for line in parts if not line.level):
        return Said("没有数，有的排放源没有因子", "no figure, since a source has no emission factor")
    measured = sum(known) if total.value is None and total.name == "carbon/total" and known else total.value
    if measured is None:
        return Said("数据不足", "not enough data")
    so_far = f"{measured:.2f} {total.unit}"
    return Said(f"数据不足；目前已计量 {so_far}", f"not enough data; measured so far {so_far}")


def _line(line: carbon.Line, registry: Registry) -> Iterator[tuple[int, Said]]:
    region = registry.school.region
    if line.why is carbon.Why.COUNTED and line.use.coverage < carbon.LEAST_COVERAGE:
        few = replace(line, why=carbon.Why.NOT_ENOUGH_DATA)
        yield 1, _in_both(lambda lang: carbon_text.explain(few, region, lang))
        known = _in_both(lambda lang: carbon_text.arithmetic(line, lang))
        yield 2, Said(f"其中已计量：{known.zh}", f"Measured so far: {known.en}")
    else:
        yield 1, _in_both(lambda lang: carbon_text.explain(line, region, lang))
    if line.chosen is not None:
        row = line.chosen.factor
        checked = f"{row.status_checked_on}"
        yield (
            2,
            Said(
                f"{row.id}：{row.what}；标准状态 {checked} 查{f'；{row.note}' if row.note else ''}",
                f"{row.id}: {row.what}; standing last checked on {checked}{f'; {row.note}' if row.note else ''}",
            ),
        )


def _in_both(said: Callable[[str], str]) -> Said:
    return Said(said("zh"), said("en"))
