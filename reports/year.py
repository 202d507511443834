"""What a yearly report is made from: stored figures and what the registry and the ledger say beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from campus import quality
from campus.corrections import Correction
from campus.factors import Factor
from campus.quality import Code
from campus.registry import School
from campus.results import Price
from campus.said import Said
from campus.units import Quantity

# Share of the elapsed time that must be measured before a total is a number (standards.md 2.6).
LEAST_COVERAGE = 0.9
# Share of a value that may be estimated in a final report: what completeness of 90 % leaves (standards.md 2.6).
MOST_ESTIMATED = 0.1


@dataclass(frozen=True, slots=True)
class Amount:
    """A stored figure by the name of its `source`; value [unit] is None where nothing is known.

    `coverage` is over the part of the period that has passed, `estimated` and `corrected` those shares of the value;
    0 to 1. `by_hand` says that people read the meters. `absent` says why there can be no value, where that is not
    for want of data.
    """

    source: str
    unit: str
    value: float | None
    coverage: float = 0.0
    estimated: float = 0.0
    absent: Said | None = None
    corrected: float = 0.0
    by_hand: bool = False

    @property
    def code(self) -> Code:
        """How the value came to be known."""
        return quality.code(self.value, self.coverage, self.estimated, self.corrected, self.by_hand)

    @property
    def enough(self) -> bool:
        """Whether the value is a total, not only what was measured of it."""
        return self.value is not None and self.coverage >= LEAST_COVERAGE


def summed(amounts: Sequence[Amount], total: Amount) -> Amount:
    """Return the total of amounts with how far it may be trusted: shares by value, the least coverage."""
    value = total.value
    guessed, touched = (
        sum((a.value or 0.0) * share for a, share in zip(amounts, shares, strict=True))
        for shares in ([a.estimated for a in amounts], [a.corrected for a in amounts])
    )
    return replace(
        total,
        coverage=min(a.coverage for a in amounts),
        estimated=guessed / value if value else 0.0,
        corrected=touched / value if value else 0.0,
        by_hand=all(a.by_hand for a in amounts),
    )


@dataclass(frozen=True, slots=True)
class Bill:
    """What one main meter measured and the price of its account; None where none is entered."""

    amount: Amount
    price: Price | None


@dataclass(frozen=True, slots=True)
class Paid:
    """What a medium's accounts are billed in the year, reckoned month by month where no one price holds throughout.

    `yuan` is None where a bill lacks something, which `lacks` names. `documents` are the prices'.
    """

    yuan: float | None
    source: str
    documents: tuple[str, ...]
    assumed: bool = False
    lacks: Said | None = None


@dataclass(frozen=True, slots=True)
class Medium:
    """A quantity the school measures: its year, the year before, its months, what each building used, its bills.

    `months` are twelve, None for one that has not begun. `before` is None where no figure is stored. `made_on_site`
    is heat of the school's own boiler, paid for as its fuel. `paid` stands in for use times price.
    """

    quantity: Quantity
    year: Amount
    before: Amount | None
    months: tuple[Amount | None, ...]
    buildings: Mapping[str, Amount]
    bills: tuple[Bill, ...] = ()
    made_on_site: bool = False
    paid: Paid | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """One line of the year's carbon: its amount, the year before, and the factor row it was made with.

    `factor` is None where no row is valid for the region, or none is needed (`zero` says why it counts 0).
    """

    quantity: Quantity
    year: Amount
    factor: Factor | None = None
    provisional: bool = False
    zero: Said | None = None
    national: bool = False


@dataclass(frozen=True, slots=True)
class Carbon:
    """The year's carbon [tCO2]: its sources, the totals, months, and the total of the year before; None: no such."""

    sources: tuple[Source, ...]
    total: Amount | None
    national: Amount | None
    fixed: Amount | None
    before: Amount | None
    months: tuple[Amount | None, ...]


@dataclass(frozen=True, slots=True)
class Verified:
    """What a project saved of a quantity in the year: amounts None where nothing can be said, or no price is set.

    `saved` has its ± at 90 % confidence in `error`; `verdict` says in a word what both come to, `finished` is the
    first day in service (None: not yet).
    """

    name: Said
    measure: Said
    finished: date | None
    quantity: Quantity
    verdict: Said
    saved: Amount | None = None
    error: Amount | None = None
    yuan: Amount | None = None
    tco2: Amount | None = None


@dataclass(frozen=True, slots=True)
class Deed:
    """A finding of the year: what and where, when (local), its rate [unit/d] and what it came to [unit, yuan].

    The amounts of what has none, such as a replaced meter, are None.
    """

    source: str
    what: Said
    place: Said
    start: datetime
    end: datetime | None
    per_day: float | None
    to_date: float | None
    unit: str
    yuan_to_date: float | None


@dataclass(frozen=True, slots=True)
class MeterYear:
    """How well a meter's year of a quantity is known; `conflicts` counts moments with two different readings."""

    key: str
    name: Said
    quantity: Quantity
    amount: Amount
    conflicts: int


@dataclass(frozen=True, slots=True)
class Amended:
    """A correction about the year, with the meter's name and the unit its register shows."""

    meter: Said
    quantity: Quantity
    unit: str
    correction: Correction


@dataclass(frozen=True, slots=True)
class Against:
    """An indicator of the year: its stored figure, what follows from its band or why it has none, the quota's lines.

    `lines` are worst first with their names, empty without a quota; `document` is the standard and its table.
    `beside` is the same by another count; `note` says what to know before the band is read; `lacks` that a school
    should have it.
    """

    name: Said
    amount: Amount
    words: Said
    lines: tuple[tuple[Said, float], ...]
    document: str
    over: bool
    beside: tuple[Said, Amount] | None = None
    note: Said | None = None
    lacks: bool = False


@dataclass(frozen=True, slots=True)
class YearData:
    """A school's year: `until` is the end of the part that has passed, `generated` the local time of the report.

    `code`, `people`, `area_m2` may be missing; `area_of` says whose area it is. `stale` tells that the stored carbon
    is not what the factors of now give, `quotas_stale` the same of the indicators; `inputs` is the hash of everything
    stored that enters. `energy` is all of it in standard coal, by the factor of the quotas and by heat content.
    """

    school: School
    year: int
    generated: datetime
    until: datetime
    over: bool
    inputs: str
    media: tuple[Medium, ...]
    carbon: Carbon
    buildings: Mapping[str, Said]
    area_m2: float | None
    area_of: Said
    closed: tuple[Deed, ...]
    open: tuple[Deed, ...]
    meters: tuple[MeterYear, ...]
    provisional_days: int
    stale: bool = False
    amended: tuple[Amended, ...] = ()
    projects: tuple[Verified, ...] = ()
    quotas: tuple[Against, ...] = ()
    quotas_stale: bool = False
    energy: tuple[tuple[Said, Amount], ...] = ()

    def medium(self, *keys: str) -> Medium | None:
        """Return the first of these quantities that the school measures."""
        found = {medium.quantity.key: medium for medium in self.media}
        return next((found[key] for key in keys if key in found), None)
