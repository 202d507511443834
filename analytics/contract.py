"""Which contracted demand would have cost least: reckoned from the months that were, for the month to come."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from analytics.billing import DEMAND_MARGIN, above_contract
from campus.said import Said
from campus.tariff import Tariff

# Months a contract is judged by: a quarter of a year, after which it may be changed again [M].
MONTHS = 3
# A contract may not lie below this share of the transformers' capacity (两部制电价 [M]).
LEAST_OF_CAPACITY = 0.4
# A change of less than this share of the contract is not worth a letter to the supply company: ours.
NOTICEABLE = 0.05


@dataclass(frozen=True, slots=True)
class Contract:
    """A contracted demand [kW] and what it saves against the present one [yuan a month]."""

    kw: float
    yuan_a_month: float

    def said(self, tariff: Tariff) -> Said:
        """Return the advice in words; its rule is not checked against its text, and says so."""
        kw, yuan = f"{self.kw:.0f}", f"{self.yuan_a_month:.0f}"
        down = self.kw < (tariff.by_demand or 0.0)
        zh, en = ("降到", "lowered to") if down else ("提到", "raised to")
        return Said(
            f"按最近{MONTHS}个月的最大需量，下月合同需量{zh}{kw}千瓦，每月少付约{yuan}元"
            f"（不低于变压器容量的{LEAST_OF_CAPACITY:.0%}；规则未核对原文）",
            f"By the last {MONTHS} months' demand, next month's contract {en} {kw} kW saves about ¥{yuan} a month "
            f"(not below {LEAST_OF_CAPACITY:.0%} of the transformers; its rule not checked)",
        )


def best_contract(
    tariff: Tariff, demands_kw: Sequence[float], *, yuan_per_kw: float, capacity_kva: float = 0.0
) -> Contract | None:
    """Return the lowest contract that none of the last months' maxima would have passed, None where the present one
    costs no more or fewer than `MONTHS` are known. `capacity_kva` is the transformers', 0 where it is not known.
    """
    present, recent = tariff.by_demand, list(demands_kw)[-MONTHS:]
    if present is None or len(recent) < MONTHS:
        return None

    def cost(kw: float) -> float:
        return sum(kw + 2 * above_contract(demand, kw) for demand in recent) / len(recent) * yuan_per_kw

    least = LEAST_OF_CAPACITY * capacity_kva
    best = max(float(math.ceil(max(recent) / DEMAND_MARGIN)), least)
    saved = cost(present) - cost(best)
    return Contract(best, saved) if saved > 0 and abs(best - present) >= NOTICEABLE * present else None
