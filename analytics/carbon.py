"""Location-based carbon [tCO2] of a month or year from its use and dated factor rows, each line with its reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from analytics import virtual
from campus.errors import UnknownUnit
from campus.factors import Chosen, Factor, same_year
from campus.registry import Registry
from campus.results import Figure
from campus.schema import SCHOOL_SUBJECT
from campus.units import QUANTITIES, Quantity
from campus.units import factor as unit_factor

# Share of the month that must be measured. Completeness asked of key energy users' monitoring: standards.md 2.6.
LEAST_COVERAGE = 0.9
UNIT = "tCO2"

# Levels to look a factor up at, nearest first. Shandong lies in the North China grid (standards.md 1.1).
_LEVELS: dict[str, tuple[str, ...]] = {"CN-SD": ("CN-SD", "CN-NC", "CN")}
NATION = "CN"

# Shipped rows a quantity may take, in order of preference: the province, the grid region, the nation for
# electricity (standards.md 1.1), JS/T 303-2026 for gas and heat (1.3).
SHIPPED_IDS: dict[str, tuple[str, ...]] = {
    "electricity": ("el.sd.avg", "el.nc.avg", "el.cn.avg"),
    "gas": ("gas.js303",),
    "gas_energy": ("gas.51366.kwh",),
    "heat": ("heat",),
}
# What the id of a school's own row begins with.
_OWN_PREFIX: dict[str, str] = {"electricity": "el.", "gas": "gas.", "gas_energy": "gas.", "heat": "heat"}
_TONNES: dict[str, float] = {"kgCO2": 1e-3, "kgCO2e": 1e-3, "tCO2": 1.0, "tCO2e": 1.0}


class Why(StrEnum):
    """Why a line has the value it has."""

    COUNTED = "counted"
    NO_FACTOR = "no_factor"
    NOT_ENOUGH_DATA = "not_enough_data"
    SELF_USED = "self_used"  # PV used on the spot: 0, JS/T 303 and standards.md 1.5
    NOT_DEDUCTED = "not_deducted"  # exported PV: named, never subtracted (standards.md 1.5)
    MADE_ON_SITE = "made_on_site"  # heat of the school's own boiler: counted as its fuel


@dataclass(frozen=True, slots=True)
class Line:
    """One source's carbon: the figure, the use it was made from, the factor and the reason.

    `level` is "" for the line that enters the total and "national" for the second line of electricity.
    """

    figure: Figure
    use: Figure
    chosen: Chosen | None
    why: Why
    level: str = ""


@dataclass(frozen=True, slots=True)
class Rules:
    """What a school's carbon is reckoned by: its region, the shipped rows, its own rows (these come first).

    `made_on_site` are the quantities whose energy is already counted as the fuel they were made from. Below
    `least_coverage` [0..1] there is no figure. `factor_year` takes every factor of that year instead of the use's.
    `self_used` is the PV used on the spot where it was computed hour by hour; else it is generation less export.
    """

    region: str
    shipped: tuple[Factor, ...]
    own: tuple[Factor, ...] = ()
    made_on_site: frozenset[str] = frozenset()
    least_coverage: float = LEAST_COVERAGE
    factor_year: int | None = None
    self_used: Figure | None = None


def month(uses: Sequence[Figure], rules: Rules) -> list[Line]:
    """Return a line for each use that emits or could be thought to, and the national line of electricity.

    `uses` are one subject's figures of one month or year, named by quantity; of a running month they end with the
    data. Their coverage is over [start, end). Water and gauges give no line.
    """
    lines: list[Line] = []
    for use in uses:
        if use.name in SHIPPED_IDS:
            lines.append(_emission(use, rules))
        elif use.name in ("generation", "electricity_export"):
            lines.append(_solar(use, uses, rules))
    return lines + [_national(line, rules) for line in lines if line.use.name == "electricity" and _in_nation(rules)]


def total(lines: Sequence[Line]) -> Figure | None:
    """Return `carbon/total` of the lines, its value None as soon as one source is unknown; None without lines."""
    return _sum([line for line in lines if line.level == ""], "carbon/total")


def national_total(lines: Sequence[Line]) -> Figure | None:
    """Return the total with the national instead of the nearer electricity factor, or None where there is none."""
    if not any(line.level for line in lines):
        return None
    counted = [line for line in lines if line.level or line.use.name != "electricity"]
    return _sum(counted, "carbon/total_national")


def made_on_site(registry: Registry, use: Figure) -> frozenset[str]:
    """Return {"heat"} where no heat meter of the school is billed by a supplier: its heat is its own boiler's."""
    leaves = registry.leaves(SCHOOL_SUBJECT, "heat", use.start + (use.end - use.start) / 2)
    bought = any(meter.account in registry.accounts for meter in leaves)
    return frozenset() if bought or not leaves else frozenset({"heat"})


def levels(region: str) -> tuple[str, ...]:
    """Return the regions whose rows are valid in `region`, nearest first: "GB-ENG" gives ("GB-ENG", "GB")."""
    parts = region.split("-")
    return _LEVELS.get(region) or tuple("-".join(parts[:n]) for n in range(len(parts), 0, -1))


def choose(quantity: str, year: int, rules: Rules) -> Chosen | None:
    """Return the factor of a quantity for a year: the school's own row, else the nearest level's, else None.

    Never taken: uncertain rows (confidence U), rows of other regions, rows per a unit of another quantity.
    """
    valid = levels(rules.region)
    own = [row for row in rules.own if row.id.startswith(_OWN_PREFIX[quantity])]
    ids = dict.fromkeys(row.id for row in sorted(own, key=lambda row: _rank(row, valid)))
    for rows, candidates in ((own, tuple(ids)), (rules.shipped, SHIPPED_IDS[quantity])):
        usable = tuple(row for row in rows if _usable(row, QUANTITIES[quantity], valid))
        for factor_id in candidates:
            if chosen := same_year(usable, factor_id, year):
                return chosen
    return None


def tonnes_per_unit(row: Factor, quantity: Quantity) -> float:
    """Return the row's value [tCO2 per unit the quantity is kept in]. Raises `UnknownUnit` for another quantity's."""
    return row.value * _TONNES[row.unit_out] / unit_factor(row.unit_in, quantity)


def _rank(row: Factor, valid: tuple[str, ...]) -> int:
    return valid.index(row.region) if row.region in valid else len(valid)


def _usable(row: Factor, quantity: Quantity, valid: tuple[str, ...]) -> bool:
    if row.confidence == "U" or row.region not in valid or row.unit_out not in _TONNES:
        return False
    try:
        return unit_factor(row.unit_in, quantity) > 0
    except UnknownUnit:
        return False


def _emission(use: Figure, rules: Rules) -> Line:
    if use.name in rules.made_on_site:
        return Line(_figure(use, 0.0), use, None, Why.MADE_ON_SITE)
    # The middle, since a local month may begin in the UTC year before.
    year = rules.factor_year or (use.start + (use.end - use.start) / 2).year
    return _line(use, choose(use.name, year, rules), rules.least_coverage)


def _line(use: Figure, chosen: Chosen | None, least_coverage: float) -> Line:
    if chosen is None:
        return Line(_figure(use, None), use, None, Why.NO_FACTOR)
    if use.value is None or use.coverage < least_coverage:
        return Line(_figure(use, None, chosen), use, chosen, Why.NOT_ENOUGH_DATA)
    tonnes = use.value * tonnes_per_unit(chosen.factor, QUANTITIES[use.name])
    return Line(_figure(use, tonnes, chosen), use, chosen, Why.COUNTED)


def _solar(use: Figure, uses: Sequence[Figure], rules: Rules) -> Line:
    if use.name == "electricity_export":
        return Line(_figure(use, 0.0), use, None, Why.NOT_DEDUCTED)
    exported = [other for other in uses if other.name == "electricity_export"]
    end = max(figure.end for figure in (use, *exported))
    parts = [(1.0, _over(use, end)), *((-1.0, _over(other, end)) for other in exported)]
    own = rules.self_used or virtual.of_figures(parts)
    own = own if own.coverage >= rules.least_coverage else replace(own, value=None)
    return Line(_figure(use, 0.0), own, None, Why.SELF_USED)


def _over(figure: Figure, end: datetime) -> Figure:
    """Return a figure that ends with its data as one until `end`: a meter that fell silent earlier covers less."""
    share = (figure.end - figure.start) / (end - figure.start) if end > figure.start else 1.0
    return replace(figure, end=end, coverage=figure.coverage * share)


def _in_nation(rules: Rules) -> bool:
    return NATION in levels(rules.region)


def _national(line: Line, rules: Rules) -> Line:
    nation = replace(rules, region=NATION, own=())
    second = _emission(line.use, nation)
    return replace(second, figure=replace(second.figure, name=f"{second.figure.name}_national"), level="national")


def _figure(use: Figure, tonnes: float | None, chosen: Chosen | None = None) -> Figure:
    return replace(
        use,
        name=f"carbon/{use.name}",
        value=tonnes,
        unit=UNIT,
        low=None,
        high=None,
        factors=() if chosen is None else (row_name(chosen.factor),),
        inputs=(f"{use.subject}/{use.name}/{use.resolution}/{use.start.isoformat()}",),
    )


def row_name(row: Factor) -> str:
    """Return the id of a factor row with its data year."""
    return row.id if row.data_year is None else f"{row.id}@{row.data_year}"


def _sum(lines: list[Line], name: str) -> Figure | None:
    figures = [line.figure for line in lines if line.use.name in SHIPPED_IDS]
    if not figures:
        return None
    values = [figure.value for figure in figures]
    value = None if None in values else sum(v for v in values if v is not None)
    guessed = sum((figure.value or 0.0) * figure.estimated for figure in figures)
    touched = sum((figure.value or 0.0) * figure.corrected for figure in figures)
    return replace(
        figures[0],
        name=name,
        value=value,
        coverage=min(figure.coverage for figure in figures),
        estimated=guessed / value if value else 0.0,
        corrected=touched / value if value else 0.0,
        factors=tuple(dict.fromkeys(row for figure in figures for row in figure.factors)),
        inputs=tuple(source for figure in figures for source in figure.inputs),
    )
