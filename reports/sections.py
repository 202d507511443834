"""The parts of a yearly report: tiles, intensities and tables, each from the year's data alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from campus.said import Said
from reports import columns, cost
from reports.cells import Cell, cell, change, quotient, words
from reports.columns import Table, table
from reports.text import in_words, number
from reports.year import Amount, Medium, Source, YearData, summed

# So many rows the second page has room for with its signatures; the other buildings stand in the appendix.
MOST_PLACES, MOST_DEEDS, MOST_PROJECTS = 5, 4, 2

_DIRECT, _BOUGHT = ("gas", "gas_energy"), ("electricity", "heat")  # scope 1, scope 2 (GHG Protocol)
_STANDARD_COAL = Said("等价用于定额，当量用于统计，两者不可比", "for quotas, for statistics: not to be compared")


@dataclass(frozen=True, slots=True)
class Entry:
    """A named cell."""

    name: Said
    cell: Cell


@dataclass(frozen=True, slots=True)
class Tile:
    """A medium's year at one look: its total, and what stands under it."""

    name: Said
    main: Cell
    under: tuple[Entry, ...]


def tile(name: Said, medium: Medium | None, data: YearData) -> Tile:
    """Return the tile of a medium: its year, what it cost, and the change; "not metered" without one."""
    if medium is None:
        return Tile(name, cell(None), ())
    return Tile(
        name,
        cell(medium.year),
        (
            Entry(Said("费用", "Cost"), cost.cost(medium)),
            Entry(Said("同比", "Year on year"), change(medium.year, medium.before, data.over)),
        ),
    )


def carbon(data: YearData) -> Tile:
    """Return the tile of the year's carbon: scopes, change, and by the national factor."""
    made = data.carbon
    counted = [source for source in made.sources if not source.national]
    under = [
        Entry(Said(f"范围{zh}", f"Scope {number}"), cell(_sum([s for s in counted if s.quantity.key in keys])))
        for zh, number, keys in (("一", 1, _DIRECT), ("二", 2, _BOUGHT))
    ]
    if made.total is not None:
        under.append(Entry(Said("同比", "Year on year"), change(made.total, made.before, data.over)))
    if made.national is not None:
        under.append(Entry(_by_nation(made.sources), cell(made.national)))
    name = Said("碳排放总量", "Carbon in all")
    return Tile(name, replace(cell(made.total), note=_located(made.sources)), tuple(under))


def _sum(sources: Sequence[Source]) -> Amount | None:
    """Return the sum of some sources, unknown as soon as one is."""
    if not sources:
        return None
    amounts = [source.year for source in sources]
    values = [amount.value for amount in amounts]
    value = None if None in values else sum(v for v in values if v is not None)
    made = " + ".join(amount.source for amount in amounts)
    absent = next((amount.absent for amount in amounts if amount.absent is not None), None)
    return summed(amounts, Amount(made, "tCO2", value, absent=absent))


def _located(sources: Sequence[Source]) -> Said | None:
    """Return which electricity factor the total is by: where, when, how much."""
    row = next((s.factor for s in sources if s.quantity.key == "electricity" and not s.national), None)
    if row is None:
        return None
    year, said = row.data_year or "", f"{row.value:g} {in_words(row.unit_out)}/{row.unit_in}"
    return Said(
        f"位置法；电力因子 {said}（{row.what}，{row.region} {year}）",
        f"Location-based; electricity factor {said} ({row.id}, {row.region} {year})",
    )


def _by_nation(sources: Sequence[Source]) -> Said:
    row = next(s.factor for s in sources if s.national)
    value = "" if row is None else f" {row.value:g}"
    return Said(f"按全国因子{value}", f"By the national factor{value}")


def intensities(data: YearData) -> tuple[Entry, ...]:
    """Return use and carbon per area and per head, each with its denominator."""
    area, people = data.area_m2, data.school.people
    electricity, water = data.medium("electricity"), data.medium("water")
    by_area, by_head = _area_note(data), _people_note(data)
    rows = (
        (Said("单位面积用电", "Electricity per area"), quotient(_year(electricity), area, "kWh/m²"), by_area),
        (Said("人均用水", "Water per person"), quotient(_year(water), people, "m³/人"), by_head),
        (Said("单位面积碳排放", "Carbon per area"), quotient(data.carbon.total, area, "kgCO2/m²", 1000), by_area),
        (Said("人均碳排放", "Carbon per person"), quotient(data.carbon.total, people, "tCO2/人"), by_head),
    )
    in_all = (Entry(name, replace(cell(of), measured=None, note=_STANDARD_COAL)) for name, of in data.energy)
    return (*(Entry(name, replace(made, note=note)) for name, made, note in rows), *in_all)


def _year(medium: Medium | None) -> Amount | None:
    return None if medium is None else medium.year


def _area_note(data: YearData) -> Said:
    if data.area_m2 is None:
        return Said("缺建筑面积：填 [school] floor_area_m2", "no floor area: enter [school] floor_area_m2")
    area = f"{number(data.area_m2, '元')} m²"
    return Said(f"÷ 建筑面积 {area}（{data.area_of.zh}）", f"÷ floor area {area} ({data.area_of.en})")


def _people_note(data: YearData) -> Said:
    if not data.school.people:
        return Said("缺用能人数：填 [school] people", "no number of people: enter [school] people")
    people = number(data.school.people, "元")
    return Said(f"÷ 用能人数 {people} 人（按人头）", f"÷ {people} people (heads)")


def where(data: YearData) -> Table:
    """Return the biggest users of the second page."""
    most = MOST_PLACES if columns.self_used(data) is None else MOST_PLACES - 1
    return _where(data, ("where", Said("五、用在哪里", "Where it was used")), most)


def places(data: YearData) -> Table:
    """Return every building."""
    return _where(data, ("places", Said("附表二 按楼", "Appendix 2: by building")), len(data.buildings))


def _where(data: YearData, named: tuple[str, Said], most: int) -> Table:
    """Return a table by building, the biggest users of electricity first, what is in none, and the school."""
    electricity = data.medium("electricity")
    used = {} if electricity is None else electricity.buildings
    ordered = sorted(data.buildings, key=lambda b: -((used[b].value or 0.0) if b in used else 0.0))
    rows = [columns.Place(data, building, data.buildings[building]) for building in ordered[:most]]
    rows.append(columns.Place(data, columns.REST, Said("未分到楼", "Not by building")))
    if columns.self_used(data) is not None:
        rows.append(columns.Place(data, columns.SOLAR, Said("其中光伏自用", "Of it own PV")))
    rows.append(columns.Place(data, columns.WHOLE, Said("全校", "School")))
    return table(named, columns.PLACES, rows, data)


def compared(data: YearData) -> Table:
    """Return the comparison with the year before; carbon also by unchanged factors."""
    rows = [
        columns.Against(Said(m.quantity.zh, m.quantity.en), m.year, m.before, data.over)
        for m in data.media
        if m.quantity.key in columns.TOLD
    ]
    for total, name in (
        (data.carbon.total, Said("碳排放（当年因子）", "Carbon, factors of each year")),
        (data.carbon.fixed, Said("碳排放（固定为上年因子）", "Carbon, factors of the year before")),
    ):
        if total is not None:
            rows.append(columns.Against(name, total, data.carbon.before, data.over))
    return table(("compared", Said("六、比去年", "Against the year before")), columns.COMPARED, rows, data)


def deeds(data: YearData) -> Table:
    """Return what the meters saw end in the year, the dearest first."""
    dearest = sorted(data.closed, key=lambda deed: (-(deed.yuan_to_date or 0.0), deed.start))[: _room(data)]
    return table(
        ("deeds", Said("七、做了什么、省了多少", "What was done, what it saved")), columns.DEEDS, dearest, data
    )


def _room(data: YearData) -> int:
    """Return for how many findings there is room: projects and their heads take theirs."""
    listed = min(len(data.projects), MOST_PROJECTS)
    return MOST_DEEDS - listed - 1 if listed else MOST_DEEDS


def projects(data: YearData) -> Table:
    """Return the projects of the second page, those that saved most in yuan first."""
    most = sorted(data.projects, key=lambda one: -((one.yuan and one.yuan.value) or 0.0))[:MOST_PROJECTS]
    title = Said("项目节约（与封存的基准相比，90%可信）", "Projects, against frozen baselines")
    return table(("projects", title), columns.PROJECTS, most, data)


def every_project(data: YearData) -> Table:
    """Return every project."""
    title = Said("附表七 项目节约", "Appendix 7: what projects saved")
    return table(("every_project", title), columns.PROJECTS, data.projects, data)


def deeds_note(data: YearData) -> Said:
    """Return how many findings ended and wait, and what their numbers are not."""
    done, waiting = len(data.closed), len(data.open)
    shown = min(done, _room(data))
    return Said(
        f"表计确认已停止 {done} 件（列出 {shown} 件），仍待处理 {waiting} 件。"
        "“停止的浪费”是发现时的速率，不是经核实的节省；经核实的只有项目的节约。",
        f"The meter confirmed {done} as ended ({shown} listed); {waiting} still open. "
        "“Waste stopped” is the rate found, not a verified saving: verified are the projects' alone.",
    )


def memo(data: YearData) -> tuple[Entry, ...]:
    """Return what is told and never part of the total."""
    missing = words(Said("未填", "not entered"))
    return (
        Entry(Said("碳汇", "Carbon sink"), missing),
        Entry(Said("出行", "Travel"), missing),
        Entry(Said("光伏减排（发电量）", "PV (generated)"), cell(_year(data.medium("generation")))),
        Entry(Said("用水", "Water"), cell(_year(data.medium("water")))),
    )


def months(data: YearData) -> Table:
    """Return the twelve months."""
    rows = [columns.Month(data, index) for index in range(12)]
    return table(("months", Said("附表一 按月", "Appendix 1: by month")), columns.MONTHLY, rows, data)


def factors(data: YearData) -> Table:
    """Return the factors that were used, each with its document."""
    title = Said("附表三 排放因子", "Appendix 3: emission factors")
    return table(("factors", title), columns.FACTORS, data.carbon.sources, data)


def amended(data: YearData) -> Table:
    """Return every correction of the year, who signed it, and what became of it."""
    title = Said("附表六 更正记录", "Appendix 6: corrections")
    rows = sorted(((data, one) for one in data.amended), key=lambda row: row[1].correction.start)
    return table(("amended", title), columns.AMENDED, rows, data)


def quality(data: YearData) -> Table:
    """Return how well each meter's year is known."""
    return table(("quality", Said("附表四 数据质量", "Appendix 4: data quality")), columns.QUALITY, data.meters, data)
