"""What a night comes to: a school's figures and verdicts over everything, in parts that any process can take on.

A part depends on the store and the registry alone, so that it is the same wherever, and beside whatever, it is done.
"""

from __future__ import annotations

import os
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Literal

from analytics.detector import detectors
from app import account, sums, virtual
from app.account_figures import write_account_figures
from app.balances import write_balances
from app.hours import closed_hours
from app.rulings import Verdicts
from app.settings import CONFIG, DATA, load_settings
from app.shelf import Shelf, Spent
from app.stand import Pass, Register, morning_of
from app.usual import KEPT, of_meters, of_places, read_ahead
from app.wiring import open_store
from app.year_figures import YearFigures
from campus.registry import Registry
from campus.schema import (
    CONSUMPTION,
    DAY,
    FIGURE,
    FORECAST_TEMPERATURE,
    HOUR,
    SCHOOL_SUBJECT,
    WEATHER_IRRADIANCE,
    WEATHER_TEMPERATURE,
    SeriesId,
    meter_subject,
    virtual_subject,
)

# Registers of a part: large schools are done by several processes, and no part holds more than a few hundred MB.
PART = 150


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a school's night: its sums and places, or some of its registers, or both.

    `config` and `data` are the folders of the installation; secrets come from the environment of who does it.
    """

    config: Path
    data: Path
    registry: Registry
    places: Literal["with its places", "registers alone"]
    registers: tuple[Register, ...]


@dataclass(frozen=True, slots=True)
class Done:
    """What a part of a school came to: the verdicts, and what it took."""

    school: str
    verdicts: Verdicts
    spent: Spent
    seconds: float


def parts(config: Path, data: Path, registry: Registry) -> list[Part]:
    """Return the parts of a school; one that is small is one part, whose hours are read once for all."""
    every = [(m.key, r.quantity.key) for m in registry.meters.values() for r in m.registers]
    if len(every) <= PART:
        return [Part(config, data, registry, "with its places", tuple(every))]
    slices = [tuple(every[first : first + PART]) for first in range(0, len(every), PART)]
    alone = [Part(config, data, registry, "registers alone", own) for own in slices]
    return [Part(config, data, registry, "with its places", ()), *alone]


def do(part: Part) -> Done:
    """Reckon a part and write its figures; runs in a process of its own. Raises `StoreUnavailable`."""
    begun, registry = perf_counter(), part.registry
    settings = load_settings({**os.environ, CONFIG: str(part.config), DATA: str(part.data)})
    with closing(open_store(settings, registry.school.key)) as store:
        shelf = Shelf(store)
        found = _reckon(part, shelf)
        shelf.flush()
    return Done(registry.school.key, found, shelf.spent, perf_counter() - begun)


def _reckon(part: Part, shelf: Shelf) -> Verdicts:
    registry = part.registry
    registers = [(m.key, r.quantity.key) for m in registry.meters.values() for r in m.registers]
    closed = closed_hours(shelf, registers)
    if not closed:
        return {}
    morning = morning_of(max(closed.values()), registry)
    if part.places == "with its places":
        quantities = {quantity for _, quantity in closed}
        _read_ahead(shelf, registry)
        read_ahead(shelf, registry, quantities, morning)
        sums.everything(registry, shelf, morning - KEPT)
        virtual.follow(registry, shelf, {}, registry.virtuals)
        of_places(shelf, registry, quantities, morning)
        write_balances(shelf, registry, closed, morning)
        months = account.first_month(shelf, registry)
        account.write_carbon(shelf, registry, months)
        write_account_figures(shelf, registry, months)
        YearFigures()(shelf, registry, months)
    else:
        # One query for all hours of the part; those of meters around it are read as they are asked for.
        shelf.series([SeriesId(CONSUMPTION, *register) for register in part.registers], *sums.ALL_TIME)
    stood = Pass(registry, shelf, detectors(), only=frozenset(part.registers)).stand({}) if part.registers else None
    if stood is None:
        return {}
    of_meters(shelf, registry, stood[1], morning)
    return stood[0].verdicts


def _read_ahead(shelf: Shelf, registry: Registry) -> None:
    """Read in few queries what all of the night's work is made of, over all time."""
    metered = [(m.key, r.quantity.key) for m in registry.meters.values() for r in m.registers]
    virtuals = [(virtual_subject(one.key), one.quantity.key) for one in registry.virtuals.values()]
    weather = (WEATHER_TEMPERATURE, WEATHER_IRRADIANCE, FORECAST_TEMPERATURE)
    ids = [SeriesId(CONSUMPTION, *one) for one in metered]
    ids += [SeriesId(FIGURE, meter_subject(key), quantity, DAY) for key, quantity in metered]
    ids += [SeriesId(FIGURE, *one, resolution) for one in virtuals for resolution in (HOUR, DAY)]
    shelf.series([*ids, *(SeriesId(FIGURE, SCHOOL_SUBJECT, name, HOUR) for name in weather)], *sums.ALL_TIME)
