"""The head of the page: how fresh and whole the data are, and one lamp per medium."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from campus import quality
from campus.quality import Code
from campus.registry import Registry
from campus.said import Said
from campus.schema import DAY, FIGURE, SCHOOL_SUBJECT, Columns, SeriesId
from campus.units import QUANTITIES
from web.findings import Item
from web.freshness import Heard, Lamp
from web.names import shown_quantities
from web.state import View
from web.windows import day_of
from web.words import MEDIA, WORDS


@dataclass(frozen=True, slots=True)
class OnTime:
    """How many of the meters of one arrival class were heard in time."""

    arrival: str
    heard: int
    all: int


@dataclass(frozen=True, slots=True)
class Share:
    """A medium's coverage and estimated share of yesterday, each 0 to 1 or None, and the code of its use."""

    medium: Said
    coverage: float | None
    estimated: float | None
    code: Code


@dataclass(frozen=True, slots=True)
class MediumLamp:
    """A lamp and the sentence that says why it has its colour."""

    medium: str
    name: Said
    lamp: Lamp
    why: Said


@dataclass(frozen=True, slots=True)
class Head:
    """What stands above everything else."""

    as_of: datetime | None
    lamp: Lamp
    on_time: tuple[OnTime, ...]
    yesterday: tuple[Share, ...]
    lamps: tuple[MediumLamp, ...]
    new_topics: int
    alarms: tuple[Said, ...] = ()


def head(view: View, meters: Sequence[Heard], items: Sequence[Item], new_topics: int) -> Head:
    """Return the head of the page."""
    registry, now, alarms = view.registry(), view.clock(), tuple(view.alarms())
    as_of = max((row.newest for row in meters if row.newest is not None), default=None)
    return Head(
        as_of=as_of,
        lamp=_worst([row.lamp for row in meters]),
        on_time=tuple(_on_time(meters)),
        yesterday=tuple(_yesterday(view, registry, now)),
        lamps=(*_lamps(registry, meters, items), _collection(meters, len(alarms))),
        new_topics=new_topics,
        alarms=alarms,
    )


def _worst(lamps: Sequence[Lamp]) -> Lamp:
    """Return grey when nothing was ever heard, amber when anything is late or was never heard, else green."""
    if not lamps or all(lamp is Lamp.GREY for lamp in lamps):
        return Lamp.GREY
    return Lamp.GREEN if all(lamp is Lamp.GREEN for lamp in lamps) else Lamp.AMBER


def _on_time(meters: Sequence[Heard]) -> list[OnTime]:
    classes = dict.fromkeys(row.arrival for row in meters)
    return [
        OnTime(
            arrival,
            sum(row.arrival == arrival and row.lamp is Lamp.GREEN for row in meters),
            sum(row.arrival == arrival for row in meters),
        )
        for arrival in classes
    ]


def _yesterday(view: View, registry: Registry, now: datetime) -> list[Share]:
    ids = {q: SeriesId(FIGURE, SCHOOL_SUBJECT, q, DAY) for q in shown_quantities(registry)}
    rows = view.store.series(ids.values(), *day_of(now, registry.school.timezone, back=1))
    return [_share(registry, series, rows[series], now) for series in ids.values()]


def _share(registry: Registry, series: SeriesId, rows: Columns, now: datetime) -> Share:
    value, coverage, estimated, corrected = (
        _first(rows, name) for name in ("value", "coverage", "estimated", "corrected")
    )
    by_hand = quality.by_hand(registry, series.subject, series.name, now)
    code = quality.code(value, coverage, estimated, corrected, by_hand)
    return Share(MEDIA[QUANTITIES[series.name].medium], coverage, estimated, code)


def _first(columns: Columns, field: str) -> float | None:
    value = float(columns.fields[field][0]) if len(columns) else math.nan
    return None if math.isnan(value) else value


def _lamps(registry: Registry, meters: Sequence[Heard], items: Sequence[Item]) -> list[MediumLamp]:
    media = dict.fromkeys(QUANTITIES[quantity].medium for quantity in shown_quantities(registry))
    return [_medium(medium, [row for row in meters if medium in row.media], items) for medium in media]


def _medium(medium: str, meters: Sequence[Heard], items: Sequence[Item]) -> MediumLamp:
    known = _worst([row.lamp for row in meters])
    found = sum(item.lasting and item.medium == medium for item in items)
    if known is Lamp.GREY:
        return MediumLamp(medium, MEDIA[medium], Lamp.GREY, WORDS["nothing_heard"])
    # No meter of the medium is in time: whatever was found before, how things are now is not known.
    if not any(row.lamp is Lamp.GREEN for row in meters):
        return MediumLamp(medium, MEDIA[medium], Lamp.GREY, _counted("silent", len(meters)))
    if found:
        return MediumLamp(medium, MEDIA[medium], Lamp.AMBER, _counted("open_findings", found))
    silent = sum(row.lamp is not Lamp.GREEN for row in meters)
    why = _counted("silent", silent) if silent else WORDS["lamp_green"]
    return MediumLamp(medium, MEDIA[medium], known, why)


def _collection(meters: Sequence[Heard], alarms: int) -> MediumLamp:
    if alarms:
        return MediumLamp("collection", WORDS["collection"], Lamp.RED, _counted("alarms_counted", alarms))
    lamp = _worst([row.lamp for row in meters])
    silent = sum(row.lamp is not Lamp.GREEN for row in meters)
    why = _counted("silent", silent) if silent else _counted("all_heard", len(meters))
    return MediumLamp("collection", WORDS["collection"], lamp, WORDS["nothing_heard"] if lamp is Lamp.GREY else why)


def _counted(key: str, number: int) -> Said:
    words = WORDS[key]
    return Said(words.zh.format(number), words.en.format(number))
