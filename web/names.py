"""How subjects, media and quantities are called on the page."""

from __future__ import annotations

from campus.calendar import HOUR
from campus.gateways import called, gateway_of
from campus.registry import Building, Meter, Registry
from campus.said import Said
from campus.schema import meter_subject
from campus.units import QUANTITIES

# The quantities a school looks at, in the order of the page.
SHOWN = ("electricity", "water", "gas", "gas_energy", "heat", "cold", "generation")


def shown_quantities(registry: Registry) -> list[str]:
    """Return the quantities of the page the school has a meter of."""
    return [key for key in SHOWN if any(meter.register(key) for meter in registry.meters.values())]


def hourly_quantities(registry: Registry) -> list[str]:
    """Return those of them that are known by the hour: a meter read once a day tells no hours."""
    return [
        key
        for key in shown_quantities(registry)
        if any(meter.register(key) and meter.interval <= HOUR for meter in registry.meters.values())
    ]


def quantity_name(key: str) -> Said:
    """Return a quantity's two names."""
    quantity = QUANTITIES.get(key)
    return Said(quantity.zh, quantity.en) if quantity else Said(key, key)


def named(thing: Building | Meter) -> Said:
    """Return a building's or meter's two names; one without an English name keeps its own."""
    return Said(thing.name or thing.key, thing.name_en or thing.name or thing.key)


def meter_of(registry: Registry, subject: str) -> Meter | None:
    """Return the meter a subject is about: `meter/<key>`, or a bare key."""
    return registry.meters.get(subject.removeprefix("meter/"))


def figure_subject(registry: Registry, subject: str) -> str:
    """Return a finding's subject as figures spell it."""
    meter = meter_of(registry, subject)
    return meter_subject(meter.key) if meter else subject


def place(registry: Registry, subject: str) -> Said:
    """Return where a subject is: the meter and its building, the building, the gateway, or the school."""
    if gateway := gateway_of(subject):
        return called(gateway)
    meter = meter_of(registry, subject)
    if meter is not None:
        building = registry.buildings.get(meter.building)
        name = named(meter)
        if building is None:
            return name
        return Said(f"{building.name} · {name.zh}", f"{named(building).en} · {name.en}")
    building = registry.buildings.get(subject.removeprefix("building/"))
    if building is not None:
        return named(building)
    return Said(registry.school.name, registry.school.name_en or registry.school.name)
