"""What each quota indicator sums: stored series with the factor and sign they enter by, or what is lacking."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from analytics.boundary import DATA_CENTRE, GAS, IT_EQUIPMENT, Boundary, Place, boundary, of_item
from analytics.standard_coal import quota_factor
from campus.factors import Factor
from campus.registry import Registry
from campus.said import Said
from campus.schema import SCHOOL_SUBJECT, meter_subject

NON_HEATING, HEATING, PER_PERSON, CONVENTIONAL = "non_heating", "heating", "per_person", "conventional_electricity"
WATER, DATA, IT = "water", "data_centre", "it_equipment"
_ENERGY = ("electricity", *GAS)
# Ways of heating whose energy is not among what E's meters count where it has no meter of its own.
_BESIDE_METERS = ("district", "district_area", "own_coal")

# What the quotas imply of heat that is billed by area [GJ/m² and season], from the base value to the limit
# (standards.md, section 8): bounds to tell, never a value to count.
AREA_BOUNDS = (0.24, 0.36)
BY_AREA = Said(
    f"供热按面积计费，没有热量表：只能估一个范围（每季 {AREA_BOUNDS[0]}–{AREA_BOUNDS[1]} GJ/m²），不计入；"
    "请向供热公司要热量分摊证明",
    f"heat is billed by area without a meter: between {AREA_BOUNDS[0]} and {AREA_BOUNDS[1]} GJ/m² a season, and left "
    "out; ask the supplier for its apportionment",
)
_NO_WAY = Said("没有登记供暖方式（[school] heating_type）", "no way of heating is entered ([school] heating_type)")
_NOT_METERED: dict[str, Said] = {
    "district": Said("没有登记户号的热量表", "no heat meter with an account"),
    "district_area": BY_AREA,
    "gas": Said("锅炉房没有燃气分表", "the boiler room has no gas meter"),
    "own_coal": Said("自备锅炉的煤没有计量", "the coal of an own boiler is not metered"),
    "air_conditioning": Said("空调用电没有分项计量（分项 01B）", "air conditioning has no sub-meter (item 01B)"),
}
NO_ELECTRICITY = Said("没有电表", "no electricity meter")
NO_WATER = Said("没有水表", "no water meter")
NO_CENTRE = Said("没有机房分项计量（分项 01D1 与 01D1A）", "no sub-meters of a data centre (items 01D1 and 01D1A)")


@dataclass(frozen=True, slots=True)
class Term:
    """A series that enters a sum: its subject and quantity, the factor [per unit, None: the unit itself] and a sign.

    `heated` takes the days of the heating season alone. `bought` takes of electricity only the share of the day that
    was bought: what a roof made counts in no quota (DB37/T 2671-2019, 5.1.4), and a meter inside sees both.
    """

    subject: str
    quantity: str
    factor: Factor | None = None
    sign: int = 1
    heated: bool = False
    bought: bool = False

    @property
    def weight(self) -> float:
        """What a unit of the series counts for, with its sign."""
        return self.sign * (1.0 if self.factor is None else self.factor.value)


@dataclass(frozen=True, slots=True)
class Sum:
    """What an indicator is made of at one instant; with something `lacking` there is none."""

    terms: tuple[Term, ...]
    lacking: tuple[Said, ...] = ()


@dataclass(frozen=True, slots=True)
class Sums:
    """The sums of every indicator at one instant, by its name; heating in all, and by its way ("heating/gas")."""

    of: dict[str, Sum]
    within: Boundary


def sums(registry: Registry, time: datetime, factors: tuple[Factor, ...]) -> Sums:
    """Return what each indicator sums at an instant (DB37/T 2671-2019, 6.1 to 6.6; DB37/T 4452-2021)."""
    within = boundary(registry, time)
    measured = {q for q in (*_ENERGY, "heat", WATER) if registry.leaves(SCHOOL_SUBJECT, q, time)}
    whole = list(_whole(measured, within, factors))
    lacks = () if "electricity" in measured else (NO_ELECTRICITY,)
    heating = {way: _heating(way, within, factors) for way in within.heating}
    rest = _non_heating(whole, heating, within, factors)
    of = {
        NON_HEATING: Sum(rest.terms, (*lacks, *rest.lacking)),
        PER_PERSON: Sum(tuple(whole), (*lacks, *_unmetered_heat(within))),
        CONVENTIONAL: Sum(_conventional(within), lacks),
        WATER: _water(within) if WATER in measured else Sum((), (NO_WATER,)),
        DATA: _items(registry, DATA_CENTRE, time),
        IT: _items(registry, IT_EQUIPMENT, time),
        HEATING: _every(heating),
        **{f"{HEATING}/{way}": summed for way, summed in heating.items()},
    }
    return Sums(of, within)


def _whole(measured: set[str], within: Boundary, factors: tuple[Factor, ...]) -> Iterator[Term]:
    """Yield E (6.1): all that is bought, less what reckons by itself; a boiler's own heat counts as its fuel."""
    bought = [q for q in (*_ENERGY, "heat") if q in measured and (q != "heat" or within.heat_bought)]
    for quantity in bought:
        yield Term(SCHOOL_SUBJECT, quantity, quota_factor(factors, quantity))
    apart = [place for place in within.independent if place[1] in bought]
    yield from _less(apart, factors)


def _less(places: Sequence[Place], factors: tuple[Factor, ...]) -> Iterator[Term]:
    for subject, quantity in places:
        yield Term(subject, quantity, quota_factor(factors, quantity), -1, bought=quantity == "electricity")


def _heating(way: str, within: Boundary, factors: tuple[Factor, ...]) -> Sum:
    places = within.heating[way]
    apart = [(s, q) for s, q in within.independent if q == "heat" and way.startswith("district")] if places else []
    terms = [
        Term(subject, quantity, quota_factor(factors, quantity), sign, heated=True, bought=quantity == "electricity")
        for sign, listed in ((1, places), (-1, apart))
        for subject, quantity in listed
    ]
    return Sum(tuple(terms), () if places else (_NOT_METERED[way],))


def _every(heating: dict[str, Sum]) -> Sum:
    lacking = [said for found in heating.values() for said in found.lacking]
    terms = tuple(term for found in heating.values() for term in found.terms)
    return Sum(terms, tuple(lacking) if heating else (_NO_WAY,))


def _non_heating(
    whole: Sequence[Term], heating: dict[str, Sum], within: Boundary, factors: tuple[Factor, ...]
) -> Sum:
    """Return E − Egn − Ejt (6.2), Egn being the calendar year's heat: what E does not hold need not be taken off."""
    lacking = [said for way, found in heating.items() for said in found.lacking if way not in _BESIDE_METERS]
    lacking += [] if heating else [_NO_WAY]
    minus = [
        Term(t.subject, t.quantity, t.factor, -t.sign, t.heated, t.bought)
        for found in heating.values()
        for t in found.terms
    ]
    return Sum((*whole, *minus, *_less(within.special, factors)), tuple(lacking))


def _unmetered_heat(within: Boundary) -> Iterator[Said]:
    for way, places in within.heating.items():
        if not places and way in _BESIDE_METERS:
            yield _NOT_METERED[way]


def _conventional(within: Boundary) -> tuple[Term, ...]:
    """Return ED (6.5) [kWh]: bought electricity less special systems and what reckons by itself."""
    less = [place for place in (*within.special, *within.independent) if place[1] == "electricity"]
    minus = [Term(subject, quantity, None, -1, bought=True) for subject, quantity in less]
    return (Term(SCHOOL_SUBJECT, "electricity"), *minus)


def _water(within: Boundary) -> Sum:
    minus = [Term(subject, WATER, None, -1) for subject, quantity in within.independent if quantity == WATER]
    return Sum((Term(SCHOOL_SUBJECT, WATER), *minus))


def _items(registry: Registry, item: str, time: datetime) -> Sum:
    meters = of_item(registry, item, time)
    terms = tuple(Term(meter_subject(meter.key), "electricity") for meter in meters)
    return Sum(terms, () if terms else (NO_CENTRE,))
