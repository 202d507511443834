"""The columns of a report's tables: what each is called and how it is read off the year's data."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from campus.corrections import signed, span, what, withdrawal
from campus.quality import gravest
from campus.said import Said
from campus.units import QUANTITIES
from reports.cells import NOT_BEGUN, NOT_ENOUGH, NOT_MEASURED, Cell, cell, change, like, words
from reports.text import same
from reports.year import Amended, Amount, Deed, Medium, MeterYear, Source, Verified, YearData, summed

Row = TypeVar("Row")

# The quantities a school's year is told in, in the order of the tables.
TOLD = ("electricity", "water", "gas", "gas_energy", "heat", "generation", "electricity_export")


@dataclass(frozen=True, slots=True)
class Column(Generic[Row]):
    """A column: its two names, its unit ("" for words, "*" for each cell's own), the cell of a row, whether a school
    has it, and its width beside the others."""

    zh: str
    en: str
    unit: str
    get: Callable[[Row], Cell]
    has: Callable[[YearData], bool] = lambda _data: True
    width: float = 1.0


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a table's column."""

    name: Said
    unit: str
    width: float


@dataclass(frozen=True, slots=True)
class Table:
    """A table: every row has a cell for every head, the first one its name."""

    key: str
    title: Said
    heads: tuple[Head, ...]
    rows: tuple[tuple[Cell, ...], ...]


def table(named: tuple[str, Said], columns: Sequence[Column[Row]], rows: Sequence[Row], data: YearData) -> Table:
    """Return the table of rows by the columns that the school has."""
    had = [column for column in columns if column.has(data)]
    heads = tuple(Head(Said(column.zh, column.en), column.unit, column.width) for column in had)
    return Table(*named, heads, tuple(tuple(column.get(row) for column in had) for row in rows))


@dataclass(frozen=True, slots=True)
class Month:
    """A row of the monthly table: the month's place in the year from 0."""

    data: YearData
    index: int


def _month_cell(months: Sequence[Amount | None], index: int) -> Cell:
    return words(NOT_BEGUN) if months[index] is None else cell(months[index])


def _of_month(quantity: str) -> Column[Month]:
    kind = QUANTITIES[quantity]

    def get(row: Month) -> Cell:
        medium = row.data.medium(quantity)
        return words(NOT_MEASURED) if medium is None else _month_cell(medium.months, row.index)

    return Column(kind.zh, kind.en, kind.unit, get, lambda data: data.medium(quantity) is not None)


MONTHLY: tuple[Column[Month], ...] = (
    Column("月份", "Month", "", lambda row: words(same(f"{row.data.year}-{row.index + 1:02d}")), width=0.75),
    *(_of_month(quantity) for quantity in TOLD),
    Column("碳排放", "Carbon", "tCO2", lambda row: _month_cell(row.data.carbon.months, row.index)),
)


# What no building's meter counted, the roof's own current, and the whole school: no building's key has such a sign.
REST, SOLAR, WHOLE = "*rest", "*solar", "*school"


@dataclass(frozen=True, slots=True)
class Place:
    """A row of the table by building; instead of a building's key it may have `REST`, `SOLAR` or `WHOLE`."""

    data: YearData
    key: str
    name: Said


def self_used(data: YearData) -> Amount | None:
    """Return what the school used of its own PV [kWh]: generated less exported where that is metered; or None."""
    made, sent = data.medium("generation"), data.medium("electricity_export")
    if made is None or sent is None:
        return None if made is None else made.year
    known = made.year.enough and sent.year.enough
    value = (made.year.value or 0.0) - (sent.year.value or 0.0) if known else None
    both = (made.year, sent.year)
    source = f"{made.year.source} − {sent.year.source}"
    # What is estimated or corrected of either may be all of the difference.
    return Amount(
        source,
        "kWh",
        value,
        min(a.coverage for a in both),
        max(a.estimated for a in both),
        corrected=max(a.corrected for a in both),
        by_hand=all(a.by_hand for a in both),
    )


def _whole(data: YearData, medium: Medium) -> Amount:
    """Return what the school used: of electricity what it bought and what it used of its own PV."""
    own = self_used(data) if medium.quantity.key == "electricity" else None
    if own is None:
        return medium.year
    bought = medium.year
    value = None if None in (bought.value, own.value) else (bought.value or 0.0) + (own.value or 0.0)
    return summed((bought, own), Amount(f"{bought.source} + {own.source}", "kWh", value))


def _rest(medium: Medium, whole: Amount) -> Cell:
    """Return what the school used and no building's meter counted."""
    parts = list(medium.buildings.values())
    if not (whole.enough and all(part.enough for part in parts)):
        return words(NOT_ENOUGH)
    left = (whole.value or 0.0) - sum(part.value or 0.0 for part in parts)
    made = " − ".join([whole.source, *(part.source for part in parts)])
    over = None if left >= 0 else Said("各楼之和大于总表", "buildings exceed the main meter")
    code = gravest(amount.code for amount in (whole, *parts))
    return replace(like(whole, left, medium.year.unit, made), note=over, code=code)


def _place_cell(row: Place, quantity: str) -> Cell:
    medium = row.data.medium(quantity)
    if medium is None:
        return words(NOT_MEASURED)
    if row.key == SOLAR:
        return cell(self_used(row.data)) if quantity == "electricity" else words(NOT_BEGUN)
    whole = _whole(row.data, medium)
    if row.key == WHOLE:
        return cell(whole)
    return _rest(medium, whole) if row.key == REST else cell(medium.buildings.get(row.key))


def _share(row: Place, quantity: str) -> Cell:
    """Return a place's share of the school's use [%]."""
    medium, part = row.data.medium(quantity), _place_cell(row, quantity)
    whole = None if medium is None else _whole(row.data, medium)
    if whole is None or part.value is None or not whole.enough or not whole.value:
        return words(NOT_BEGUN)
    code = gravest((part.code or whole.code, whole.code))
    return Cell(100 * part.value / whole.value, "%", source=f"({part.source}) ÷ ({whole.source})", code=code)


def _by_building(quantity: str) -> Callable[[YearData], bool]:
    def has(data: YearData) -> bool:
        medium = data.medium(quantity)
        return medium is not None and bool(medium.buildings)

    return has


def _of_place(quantity: str) -> tuple[Column[Place], Column[Place]]:
    kind = QUANTITIES[quantity]
    return (
        Column(kind.zh, kind.en, kind.unit, lambda row: _place_cell(row, quantity), _by_building(quantity)),
        Column("占比", "Share", "%", lambda row: _share(row, quantity), _by_building(quantity), 0.55),
    )


PLACES: tuple[Column[Place], ...] = (
    Column("楼栋", "Building", "", lambda row: words(row.name), width=1.5),
    *(column for quantity in ("electricity", "water", "gas", "gas_energy", "heat") for column in _of_place(quantity)),
)


@dataclass(frozen=True, slots=True)
class Against:
    """A row of the comparison with the year before: this year's figure and the one it is set against."""

    name: Said
    now: Amount
    before: Amount | None
    over: bool


def _before(row: Against) -> Cell:
    return words(Said("无上年数据", "no data")) if row.before is None else cell(row.before)


COMPARED: tuple[Column[Against], ...] = (
    Column("项目", "Item", "", lambda row: words(row.name)),
    Column("本年", "This year", "*", lambda row: cell(row.now)),
    Column("上年", "Year before", "*", _before),
    Column("变化", "Change", "%", lambda row: change(row.now, row.before, row.over)),
)


def _factor_value(row: Source) -> Cell:
    if row.factor is None:
        return words(row.zero or Said("无因子", "no factor"))
    factor = row.factor
    return Cell(
        factor.value,
        f"{factor.unit_out}/{factor.unit_in}",
        source=f"{factor.id}@{factor.data_year or ''}",
        exact=True,
    )


def _of_factor(pick: Callable[[Source], Said]) -> Callable[[Source], Cell]:
    return lambda row: words(NOT_BEGUN if row.factor is None else pick(row))


def _year_text(row: Source) -> Said:
    assert row.factor is not None
    year = str(row.factor.data_year or "—")
    return Said(f"{year}（暂用）", f"{year} (provisional)") if row.provisional else same(year)


def _clause(row: Source) -> Said:
    assert row.factor is not None
    return same(" ".join(part for part in (row.factor.document, row.factor.clause) if part))


def _source_name(row: Source) -> Said:
    of = row.quantity
    return Said(f"{of.zh}（全国因子）", f"{of.en} (national)") if row.national else Said(of.zh, of.en)


FACTORS: tuple[Column[Source], ...] = (
    Column("来源", "Source", "", lambda row: words(_source_name(row))),
    Column("碳排放", "Carbon", "tCO2", lambda row: cell(row.year)),
    Column("因子", "Factor", "*", _factor_value, width=1.25),
    Column("数据年份", "Data year", "", _of_factor(_year_text), width=0.9),
    Column("适用", "Level", "", _of_factor(lambda row: same(row.factor.region if row.factor else "")), width=0.6),
    Column("编号", "Id", "", _of_factor(lambda row: same(row.factor.id if row.factor else "")), width=0.9),
    Column("文件与条款", "Document and clause", "", _of_factor(_clause), width=2.2),
    Column(
        "可信度",
        "Confidence",
        "",
        _of_factor(lambda row: same(row.factor.confidence if row.factor else "")),
        width=0.7,
    ),
)


QUALITY: tuple[Column[MeterYear], ...] = (
    Column("表计", "Meter", "", lambda row: words(row.name)),
    Column("编号", "Key", "", lambda row: words(same(row.key))),
    Column("计量", "Quantity", "", lambda row: words(Said(row.quantity.zh, row.quantity.en))),
    Column("用量", "Use", "*", lambda row: cell(row.amount)),
    Column("冲突读数", "Conflicts", "次", lambda r: Cell(r.conflicts, "次", source=f"{r.amount.source}#conflicts")),
)


AMENDED: tuple[Column[tuple[YearData, Amended]], ...] = (
    Column("编号", "Id", "", lambda row: words(same(row[1].correction.id)), width=0.5),
    Column("表计", "Meter", "", lambda row: words(row[1].meter)),
    Column("时段", "Time", "", lambda row: words(same(span(row[1].correction, row[0].school.timezone))), width=1.6),
    Column(
        "更正为",
        "What holds",
        "",
        lambda row: words(what(row[1].correction, row[1].quantity.unit, row[1].unit)),
        width=1.4,
    ),
    Column("原因", "Reason", "", lambda row: words(same(row[1].correction.reason)), width=1.6),
    Column("签字", "Signed", "", lambda row: words(same(signed(row[1].correction)))),
    Column("撤销", "Withdrawn", "", lambda row: words(same(withdrawal(row[1].correction) or "—")), width=1.4),
)


def _of_saving(pick: Callable[[Verified], Amount | None], none: Said) -> Callable[[Verified], Cell]:
    """Return the cell of an amount; without a verdict there is none, and a reason where only this one lacks."""

    def get(row: Verified) -> Cell:
        amount = pick(row)
        if row.saved is None or amount is None:
            return words(NOT_BEGUN)
        return words(none) if amount.value is None else cell(amount)

    return get


def _in_service(row: Verified) -> Said:
    return NOT_BEGUN if row.finished is None else same(f"{row.finished}")


_NO_FACTOR, _NO_PRICE = Said("无因子", "no factor"), Said("未录入价格", "no price")

PROJECTS: tuple[Column[Verified], ...] = (
    Column("项目", "Project", "", lambda row: words(row.name), width=1.3),
    Column("类别", "Kind", "", lambda row: words(row.measure), width=0.9),
    Column("投用", "In service", "", lambda row: words(_in_service(row)), width=0.9),
    Column("节约", "Saved", "*", _of_saving(lambda row: row.saved, NOT_BEGUN)),
    Column("误差 ±90%", "± at 90 %", "*", _of_saving(lambda row: row.error, NOT_BEGUN), width=0.9),
    Column("折合", "Worth", "元", _of_saving(lambda row: row.yuan, _NO_PRICE), width=0.8),
    Column("减排", "Avoided", "tCO2", _of_saving(lambda row: row.tco2, _NO_FACTOR), width=0.8),
    Column("结论", "In a word", "", lambda row: words(row.verdict)),
)


def _span(row: Deed) -> Said:
    return same(f"{row.start:%Y-%m-%d} – {'' if row.end is None else f'{row.end:%Y-%m-%d}'}".strip())


def _amount(value: float | None, unit: str, source: str) -> Cell:
    return words(NOT_BEGUN) if value is None else Cell(value, unit, source=source)


def _yuan(row: Deed) -> Cell:
    if row.to_date is None:
        return words(NOT_BEGUN)
    if row.yuan_to_date is None:
        return words(Said("未录入价格", "no price"))
    return Cell(row.yuan_to_date, "元", source=f"{row.source}/yuan_to_date")


DEEDS: tuple[Column[Deed], ...] = (
    Column("事项", "What", "", lambda row: words(row.what)),
    Column("地点", "Where", "", lambda row: words(row.place)),
    Column("起止", "From – to", "", lambda row: words(_span(row)), width=1.6),
    Column("停止的浪费", "Waste stopped", "*", lambda r: _amount(r.per_day, f"{r.unit}/d", f"{r.source}/per_day")),
    Column("累计", "In all", "*", lambda row: _amount(row.to_date, row.unit, f"{row.source}/to_date")),
    Column("累计金额", "Cost", "元", _yuan),
)
