"""A school's year as a report: pages, tiles and tables of cells, from the year's data alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from campus.said import Said
from reports import sections
from reports.cells import words
from reports.columns import Table
from reports.limits import Limit, limits
from reports.quotas import Bar, bars
from reports.sections import Entry, Tile
from reports.year import YearData

# How many limits the first page shows; all of them stand in the appendix when there are more.
MOST_LIMITS = 6


_MEDIA: tuple[tuple[Said, tuple[str, ...]], ...] = (
    (Said("电", "Electricity"), ("electricity",)),
    (Said("水", "Water"), ("water",)),
    (Said("气", "Gas"), ("gas", "gas_energy")),
    (Said("热", "Heat"), ("heat",)),
)


@dataclass(frozen=True, slots=True)
class Report:
    """A yearly report. `number` is its id; `final` whether nothing forbids a final one but the signatures."""

    key: str
    year: int
    number: str
    inputs: str
    title: Said
    band: tuple[Entry, ...]
    final: bool
    tiles: tuple[Tile, ...]
    carbon: Tile
    intensities: tuple[Entry, ...]
    quotas: tuple[Bar, ...]
    limits: tuple[Limit, ...]
    where: Table
    compared: Table
    projects: Table
    deeds: Table
    deeds_note: Said
    memo: tuple[Entry, ...]
    months: Table
    places: Table
    factors: Table
    quality: Table
    amended: Table
    every_project: Table

    @property
    def forbidding(self) -> tuple[Limit, ...]:
        """What keeps it a draft."""
        return tuple(limit for limit in self.limits if limit.forbids)

    def tables(self) -> tuple[Table, ...]:
        """Return every table, in the order of the pages."""
        return (
            self.where,
            self.compared,
            self.projects,
            self.deeds,
            self.months,
            self.places,
            self.factors,
            self.quality,
            self.amended,
            self.every_project,
        )

    def entries(self) -> Iterator[Entry]:
        """Yield every named cell outside the tables, in the order of the pages."""
        for tile in (*self.tiles, self.carbon):
            yield Entry(tile.name, tile.main)
            yield from (
                Entry(Said(f"{tile.name.zh} {e.name.zh}", f"{tile.name.en}, {e.name.en}"), e.cell) for e in tile.under
            )
        for bar in self.quotas:
            yield bar.entry
            yield from () if bar.beside is None else (bar.beside,)
        yield from self.intensities
        yield from self.memo


def annual(data: YearData) -> Report:
    """Return the report of a year."""
    found = limits(data)
    final = not any(limit.forbids for limit in found)
    identity = f"{data.school.key}-{data.year}-{data.inputs[:8]}"
    return Report(
        key=data.school.key,
        year=data.year,
        number=identity,
        inputs=data.inputs,
        title=_title(data),
        band=_band(data, identity, final),
        final=final,
        tiles=tuple(sections.tile(name, data.medium(*keys), data) for name, keys in _MEDIA),
        carbon=sections.carbon(data),
        intensities=sections.intensities(data),
        quotas=bars(data.quotas),
        limits=found,
        where=sections.where(data),
        compared=sections.compared(data),
        projects=sections.projects(data),
        deeds=sections.deeds(data),
        deeds_note=sections.deeds_note(data),
        memo=sections.memo(data),
        months=sections.months(data),
        places=sections.places(data),
        factors=sections.factors(data),
        quality=sections.quality(data),
        amended=sections.amended(data),
        every_project=sections.every_project(data),
    )


def _title(data: YearData) -> Said:
    school = data.school
    return Said(
        f"{school.name} {data.year} 年度能源资源消费与碳排放年报",
        f"{school.name_en or school.name}: energy, water and carbon in {data.year}",
    )


def _band(data: YearData, identity: str, final: bool) -> tuple[Entry, ...]:
    state = Said("待签字", "ready to sign") if final else Said("草稿", "draft")
    code = data.school.code or "未填"
    return (
        Entry(Said("统一社会信用代码", "Credit code"), words(Said(code, data.school.code or "not entered"))),
        Entry(Said("报告编号", "Report no."), words(Said(identity, identity))),
        Entry(Said("状态", "State"), words(state)),
        Entry(Said("生成时间", "Generated"), words(Said(f"{data.generated:%Y-%m-%d %H:%M}", f"{data.generated:%z}"))),
    )
