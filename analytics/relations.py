"""By which factors a meter goes wrong: the known relations of units, of pulses and of current transformers."""

from __future__ import annotations

from dataclasses import dataclass
from math import log

from campus.said import Said

# How far a measured factor may lie from a relation: two school weeks scatter by a fifth (one standard deviation of
# the weekly levels of the Cambridge meters), next to a meter above it or below it by far less.
TOLERANCE = 1.25
# Rated primary currents of current transformers [A] (IEC 61869-2:2012, 5.201: 10 to 75 A and their decimal multiples)
# over the 5 A of the secondary; with what is common in schools.
PRIMARY_A = (100, 150, 200, 300, 400, 500, 600, 800, 1000)
SECONDARY_A = 5
RATIO, UNIT = "ratio_step", "unit_step"


@dataclass(frozen=True, slots=True)
class Relation:
    """A factor between `low` and `high` (equal for an exact one), the rule that names it, and what it is called."""

    rule: str
    low: float
    high: float
    name: Said

    def factor(self, measured: float) -> float:
        """Return the factor of the relation that is nearest to a measured one."""
        return min(max(measured, self.low), self.high)


def _unit(factor: float, zh: str, en: str) -> Relation:
    return Relation(UNIT, factor, factor, Said(zh, en))


def _pulse(factor: float) -> Relation:
    return Relation(
        RATIO, factor, factor, Said(f"脉冲或倍率差{factor:g}倍", f"a pulse or ratio {factor:g} times off")
    )


def _transformer(primary: int) -> Relation:
    ratio = primary / SECONDARY_A
    name = f"{primary}/{SECONDARY_A}"
    return Relation(RATIO, ratio, ratio, Said(f"互感器{name}", f"a current transformer {name}"))


# 1 kWh = 3.6 MJ by definition; 1 m³ = 35.315 ft³ (1 ft = 0.3048 m, international yard agreement 1959); 1 Gcal =
# 4.1868 GJ (International Table calorie); gas: 38.9 MJ/m³ = 10.8 kWh/m³ (standards.md: 1.33 kgce/m³).
_DECIMAL = (_pulse(10.0), _pulse(100.0))
_MWH, _MJ = _unit(1000.0, "度和兆瓦时", "kWh and MWh"), _unit(3.6, "度和兆焦", "kWh and MJ")
# Seen in the archive of Cambridge (gas, 2017 to 2018): a fall by 22 to 40 times that nobody explained.
_UNEXPLAINED = Relation(UNIT, 20.0, 45.0, Said("原因不明的单位", "a unit nobody knows"))
_LITRES, _FEET = _unit(1000.0, "升和立方米", "litres and m³"), _unit(35.315, "立方英尺和立方米", "ft³ and m³")
_HUNDRED_FEET = _unit(2.8317, "百立方英尺和立方米", "hundred ft³ and m³")
RELATIONS: dict[str, tuple[Relation, ...]] = {
    "electricity": (*_DECIMAL, *(_transformer(primary) for primary in PRIMARY_A), _MWH, _MJ),
    "water": (*_DECIMAL, _LITRES, _unit(1e6, "毫升和立方米", "mL and m³"), _FEET, _HUNDRED_FEET),
    "gas": (
        Relation(UNIT, 10.0, 11.0, Said("立方米和度（热值）", "m³ and kWh")),
        _pulse(100.0),
        _LITRES,
        _FEET,
        _HUNDRED_FEET,
        _UNEXPLAINED,
    ),
    "gas_energy": (*_DECIMAL, _MWH, _MJ, _UNEXPLAINED),
    "heat": (
        *_DECIMAL,
        _unit(1000.0, "兆焦和吉焦", "MJ and GJ"),
        _unit(3.6, "兆瓦时和吉焦", "MWh and GJ"),
        _unit(277.78, "度和吉焦", "kWh and GJ"),
        _unit(4.1868, "百万千卡和吉焦", "Gcal and GJ"),
    ),
}
RELATIONS["generation"] = RELATIONS["electricity_export"] = RELATIONS["electricity"]
RELATIONS["cold"] = RELATIONS["heat"]


def relation(quantity: str, ratio: float, tolerance: float = TOLERANCE) -> Relation | None:
    """Return the relation a measured step fits best, up or down; None where none is near."""
    measured = max(ratio, 1 / ratio)
    near = [(abs(log(measured / known.factor(measured))), known) for known in RELATIONS.get(quantity, ())]
    # Of two that fit alike the exact one: what has a name is likelier than what has none.
    fitting = [(off, known.high > known.low, place, known) for place, (off, known) in enumerate(near)]
    exact = [one for one in fitting if one[0] <= log(tolerance)]
    named = [one for one in exact if not one[1]]
    return min(named or exact)[3] if exact else None
