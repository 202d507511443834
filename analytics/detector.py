"""What a detector is: a rule that reads a meter's hours and gives Findings, or says why it cannot judge."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast

from analytics.around import Around
from analytics.hours import Hours
from analytics.planned import felt, of_meter, upward
from campus import catalogue
from campus.plans import Plan
from campus.registry import Building, Meter, Registry, School
from campus.results import Finding, Price
from campus.said import Said
from campus.tariff import Tariff
from campus.trades import Trade

# The class of buildings people sleep in.
SLEEPING = "dormitory"
# How an account is billed that pays for heated floor area and not for heat.
BY_AREA = "area"


@dataclass(frozen=True, slots=True)
class Context:
    """What is known about the meter a detector judges, as it stands at the end of the hours.

    `price` is None when none is set. `around` holds what the rule said it needs.
    `submetered` says that meters below this one carry the same quantity. `sleepers` is how many people sleep
    behind the meter in term, None where some do and nobody wrote down how many. `plans` are those that speak of the
    meter's place and medium, or of what flows through it, with the keep-on lines it can be held to
    (`analytics.planned`). `tariff` is how its account is billed, None where that is not entered in full; `by_area`:
    by floor area, whatever is used.
    """

    school: School
    meter: Meter
    quantity: str
    building: Building | None = None
    price: Price | None = None
    submetered: bool = False
    sleepers: int | None = 0
    around: Around = field(default_factory=Around)
    plans: tuple[Plan, ...] = ()
    tariff: Tariff | None = None
    by_area: bool = False

    @property
    def kind(self) -> str:
        """The building's class, "" for a meter that belongs to no building."""
        return "" if self.building is None else self.building.kind


@dataclass(frozen=True, slots=True)
class NotJudged:
    """Why a rule says nothing about a meter: a word to count by and a sentence in both languages."""

    reason: str
    zh: str
    en: str


Verdict = list[Finding] | NotJudged


@dataclass(frozen=True, slots=True)
class Detector:
    """A rule of the catalogue.

    `judge` sees data up to the end of the hours and nothing later, so that it gives at each moment what it would
    have given then. `message` is the sentence for the one who acts, in "zh" or "en": what and where, since when,
    what it costs, the first thing to do. `trade` is who acts, `closes` what the meter must show for it to be over.
    `needs` names what it wants to see around the meter (`analytics.around`): what nobody needs is not read.
    A meter is judged once the night is over (`campus.calendar.MORNING`), on all there is until then. `rouses` is for
    what cannot wait for the next morning: given a meter's hours from the last one before this morning on, it says
    whether they are worth a look by now. What goes on is looked at every hour until it is over.
    """

    name: str
    zh: str
    en: str
    quantities: frozenset[str]
    judge: Callable[[Hours, Context], Verdict]
    message: Callable[[Finding, str], str]
    trade: Trade
    closes: Said
    needs: frozenset[str] = frozenset()
    rouses: Callable[[Hours], bool] | None = None


def detectors() -> Mapping[str, Detector]:
    """Return every detector of the folder `detectors`, by name."""
    package = importlib.import_module("analytics.detectors")
    return cast("Mapping[str, Detector]", catalogue.load(package, "DETECTOR"))


def contexts(registry: Registry, time: datetime) -> list[Context]:
    """Return what a detector needs to know of each meter and quantity in force at `time`."""
    meters = registry.at(time)
    passing = upward(registry, meters)
    above = {(meter.parent, register.quantity.key) for meter in meters.values() for register in meter.registers}
    return [
        Context(
            school=registry.school,
            meter=meter,
            quantity=quantity,
            building=registry.buildings.get(meter.building),
            price=registry.price(meter, time),
            submetered=(meter.key, quantity) in above,
            sleepers=_sleepers(registry, meter),
            plans=(*of_meter(registry, meter, (quantity, time)), *felt(passing, meter, quantity)),
            tariff=registry.tariff(meter, time),
            by_area=any(one.tariff == BY_AREA for one in registry.accounts_of(meter, time)),
        )
        for meter in meters.values()
        for quantity in (register.quantity.key for register in meter.registers)
    ]


def _sleepers(registry: Registry, meter: Meter) -> int | None:
    """Return the people of the meter's dormitory; behind a meter of no one building, those of all of them."""
    building = registry.buildings.get(meter.building)
    homes = [b for b in registry.buildings.values() if b.kind == SLEEPING] if building is None else [building]
    if building is not None and building.kind != SLEEPING:
        return 0
    people = [home.people for home in homes]
    if not people:
        return None if registry.school.boarding else 0
    return None if None in people else sum(p or 0 for p in people)


def yuan_per_day(per_day: float, unit: str, price: Price | None) -> float | None:
    """Return what `per_day` [unit] costs a day, or None: without a price in that unit none is invented."""
    return None if price is None or price.unit != unit else per_day * price.yuan
