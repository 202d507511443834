"""Figure (a number about a subject over a period) and Finding (something to act on, with what it costs)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Figure:
    """A number about `subject` over [start, end).

    `value` [unit] is None when `coverage` is below what the figure asks for: not enough data.
    `coverage` is measured time over all time, 0 to 1; `estimated` the share of the value that is estimated, and
    `corrected` the one that somebody's correction made, 0 to 1. `factors` are the ids of the factor rows used,
    `inputs` the figures it was made from.
    """

    name: str
    subject: str
    resolution: str
    start: datetime
    end: datetime
    value: float | None
    unit: str
    coverage: float
    estimated: float
    low: float | None = None
    high: float | None = None
    factors: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    corrected: float = 0.0


@dataclass(frozen=True, slots=True)
class Price:
    """What one unit costs, who says so, and whether it is only assumed.

    `timed` says that it is the mean of a price that goes by the hour.
    """

    yuan: float
    unit: str
    document: str
    assumed: bool = False
    timed: bool = False

    @property
    def shown(self) -> str:
        """The number of yuan as people read it: of a mean four decimals are enough, of a set price all there are."""
        return f"{self.yuan:.4f}".rstrip("0").rstrip(".") if self.timed else f"{self.yuan:g}"


def says_assumed(document: str, lang: str) -> bool:
    """Whether the name of a price's document says already, to readers of "zh" or "en", that it is assumed."""
    return "assum" in document.lower() if lang == "en" else "假设" in document or "假定" in document


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to act on at a meter.

    `start` is the onset, `end` is None while it lasts, `seen_until` is the end of the data that was judged.
    `size` [size_unit] is the excess rate, `usual` the expected rate beside it; `per_day` and `to_date` are
    amounts [unit]. Each is None where it is not known or the finding has no such thing, never 0.
    `yuan_per_day` is None when no price is set. `facts` feed the wording of the rule. `evidence` are half-open
    windows to draw. `opens` is False for what only ends an episode that is there, and makes none.
    `by_hour` is how a day's amount spreads over the local hours (24 shares that sum to 1), empty for evenly. `costed`
    says that each hour was given its own price (`analytics.costing`): `yuan_spent` is then what it has cost so far,
    None where some of that time has no price.
    `kgco2_per_unit` is None where no factor is known for the quantity; `co2_factor` is the id of its row.
    """

    rule: str
    subject: str
    quantity: str
    start: datetime
    end: datetime | None
    seen_until: datetime
    size: float | None
    size_unit: str
    usual: float | None
    per_day: float | None
    to_date: float | None
    unit: str
    yuan_per_day: float | None
    price: Price | None = None
    sure: float = 1.0
    facts: Mapping[str, str | float] = field(default_factory=dict)
    evidence: tuple[tuple[datetime, datetime], ...] = ()
    opens: bool = True
    kgco2_per_unit: float | None = None
    co2_factor: str = ""
    by_hour: tuple[float, ...] = ()
    costed: bool = False
    yuan_spent: float | None = None

    @property
    def yuan_to_date(self) -> float | None:
        """What it has cost so far [yuan]; None when no price is set or the amount is not known."""
        if self.costed:
            return self.yuan_spent
        return None if self.price is None or self.to_date is None else self.to_date * self.price.yuan

    @property
    def kgco2_per_day(self) -> float | None:
        """What a day of it emits [kgCO2]; None where no factor or no amount is known."""
        return None if self.kgco2_per_unit is None or self.per_day is None else self.per_day * self.kgco2_per_unit

    @property
    def kgco2_to_date(self) -> float | None:
        """What it has emitted so far [kgCO2]; None where no factor or no amount is known."""
        return None if self.kgco2_per_unit is None or self.to_date is None else self.to_date * self.kgco2_per_unit
