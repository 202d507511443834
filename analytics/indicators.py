"""The indicators of the quotas for a year: a sum over what it is divided by, with its band, or what is lacking."""

from __future__ import annotations

import math
from dataclasses import dataclass

from analytics.carbon import LEAST_COVERAGE
from analytics.indicator_terms import Term
from analytics.quota import Standing, standing
from analytics.series import Use
from campus.quotas import Quota
from campus.said import Said

# Units and names as they are printed, and the clauses of the formulas (DB37/T 2671-2019).
UNITS = {
    "non_heating": "kgce/m²",
    "heating": "kgce/m²",
    "per_person": "kgce/人",
    "per_area": "kgce/m²",
    "conventional_electricity": "kWh/m²",
    "data_centre": "",
    "water": "m³/人",
}
NAMES = {
    "non_heating": Said("单位面积非供暖能耗", "Non-heating energy per area"),
    "heating": Said("单位采暖面积供暖能耗", "Heating energy per heated area"),
    "per_area": Said("单位面积综合能耗", "Energy per area"),
    "per_person": Said("人均综合能耗", "Energy per person"),
    "conventional_electricity": Said("单位面积常规电耗", "Conventional electricity per area"),
    "data_centre": Said("数据中心能源使用效率 EUE", "Data centre, energy usage effectiveness"),
    "water": Said("标准人均用水", "Water per standard person"),
}
CLAUSES = {
    "non_heating": "6.2",
    "heating": "6.3",
    "per_person": "6.4",
    "conventional_electricity": "6.5",
    "data_centre": "6.6",
    "water": "",
}
TOO_LITTLE = Said("数据不足", "not enough data")
NOT_OVER = Said("年度未结束", "the year is not over")


@dataclass(frozen=True, slots=True)
class Divisor:
    """What an indicator is divided by, its unit and how it is called; None where it is not known, with the reason."""

    value: float | None
    unit: str
    name: Said
    lacking: Said | None = None


@dataclass(frozen=True, slots=True)
class Indicator:
    """An indicator of a year: `amount` [unit_of_amount] over `divisor`; `value` None with the reasons in `lacking`.

    `key` is the indicator, with the way of heating for heating ("heating/gas"). `coverage` is over the year (the
    season, for heating), 0 to 1.
    """

    key: str
    amount: float | None
    unit_of_amount: str
    coverage: float
    estimated: float
    corrected: float
    divisor: Divisor
    standing: Standing
    terms: tuple[Term, ...]
    lacking: tuple[Said, ...] = ()

    @property
    def kind(self) -> str:
        """The indicator without its way of heating."""
        return self.key.partition("/")[0]

    @property
    def value(self) -> float | None:
        """The indicator itself, None where it cannot be told."""
        return self.standing.value

    @property
    def unit(self) -> str:
        """The unit of the indicator."""
        return UNITS[self.kind]

    @property
    def open(self) -> bool:
        """Whether nothing is lacking but that the period is not over."""
        return self.lacking == (NOT_OVER,)

    @property
    def confidence(self) -> str:
        """The least sure of the standard and the factors: S1 before S2, C and M."""
        known = [] if self.standing.quota is None else [self.standing.quota.standard.confidence]
        known += [term.factor.confidence for term in self.terms if term.factor is not None]
        return max(known, key=_DOUBT.index, default="")


_DOUBT = ("S1", "S2", "C", "M", "U")


@dataclass(frozen=True, slots=True)
class Made:
    """What an indicator is made from: its sum over the period (1,), the unit, the terms, and what is lacking."""

    use: Use
    unit: str
    terms: tuple[Term, ...]
    lacking: tuple[Said, ...] = ()

    def known(self) -> float | None:
        """Return the sum, None where something is lacking or too little of the period was measured."""
        amount, coverage, _, _ = (float(column[0]) for column in self.use.columns())
        return None if self.lacking or math.isnan(amount) or coverage < LEAST_COVERAGE else amount


def indicator(key: str, made: Made, divisor: Divisor, quota: Quota | None) -> Indicator:
    """Return an indicator; below `LEAST_COVERAGE` of the period it is "not enough data"."""
    amount, coverage, estimated, corrected = (float(column[0]) for column in made.use.columns())
    lacking = list(made.lacking)
    known = None if math.isnan(amount) else amount
    if not lacking and (known is None or coverage < LEAST_COVERAGE):
        lacking.append(TOO_LITTLE)
    if divisor.value is None and divisor.lacking is not None and not made.lacking:
        lacking.append(divisor.lacking)
    value = None if lacking or known is None or not divisor.value else known / divisor.value
    return Indicator(
        key=key,
        amount=known,
        unit_of_amount=made.unit,
        coverage=coverage,
        estimated=estimated,
        corrected=corrected,
        divisor=divisor,
        standing=standing(value, quota),
        terms=made.terms,
        lacking=tuple(lacking),
    )
