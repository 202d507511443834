"""A school's year against the quotas, told: one entry an indicator, for people, for programs, and for the page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from analytics import quota_words
from analytics.indicator_days import parts
from analytics.indicator_terms import HEATING, NON_HEATING, PER_PERSON, Term
from analytics.indicators import CLAUSES, NAMES, Indicator
from analytics.quota import NO_QUOTA
from app import quota_landing, quota_names, quota_year
from app.quota_landing import Landing, QuarterLanding
from app.quota_year import YearQuota
from campus.registry import Registry
from campus.said import Said

# A value of less of its period than this says what is missing of it: a day of the year and a bit.
NEARLY_ALL = 0.995


@dataclass(frozen=True, slots=True)
class Told:
    """An indicator as it is told: the indicator, its name, what its band says, how it came about, where it lands.

    `words` is what follows from the band, or why there is none.
    """

    indicator: Indicator
    name: Said
    words: Said
    parts: tuple[tuple[Term, float], ...]
    landing: Landing | None
    notes: tuple[Said, ...] = ()

    @property
    def lines(self) -> tuple[tuple[str, float], ...]:
        """The lines of the quota, worst first: their words and values."""
        quota = self.indicator.standing.quota
        return () if quota is None else tuple(zip(quota.standard.words, quota.values, strict=True))

    @property
    def document(self) -> str:
        """The standard and its table; "" without a quota."""
        quota = self.indicator.standing.quota
        return "" if quota is None else f"{quota.standard.id} {quota.clause}"

    @property
    def clause(self) -> str:
        """The clause of the formula."""
        return CLAUSES[self.indicator.kind]


@dataclass(frozen=True, slots=True)
class YearTold:
    """A school's year against its quotas as it is told."""

    of: YearQuota
    told: tuple[Told, ...]
    per_head: Told
    per_area: Told
    quarters: tuple[QuarterLanding, ...]


def tell(of: YearQuota, until: date) -> YearTold:
    """Return a year as it is told."""
    landings = {} if of.over else {one.key: one for one in quota_landing.landings(of)}
    told = tuple(_told(of, found, landings.get(found.key)) for found in of.indicators)
    heads, area = _told(of, of.per_head, None), _told(of, of.per_area, None)
    return YearTold(of, told, heads, area, quota_landing.quarters(of.days, of.year, until))


def _told(of: YearQuota, found: Indicator, landing: Landing | None) -> Told:
    return Told(
        found,
        _name(found),
        _words(found),
        tuple(_parts(of, found)),
        landing,
        tuple(_notes(of, found)),
    )


def _name(found: Indicator) -> Said:
    name, way = NAMES[found.kind], found.key.partition("/")[2]
    if not way:
        return name
    called = quota_names.WAYS[way]
    return Said(f"{name.zh} · {called.zh}", f"{name.en} · {called.en}")


def _words(found: Indicator) -> Said:
    if found.standing.quota is None:
        return NO_QUOTA
    if found.lacking:
        return Said("；".join(said.zh for said in found.lacking), "; ".join(said.en for said in found.lacking))
    return found.standing.words or NO_QUOTA


def _parts(of: YearQuota, found: Indicator) -> Iterator[tuple[Term, float]]:
    if not found.terms:
        return
    rows = quota_year.rows_of_year(of.days, of.year)
    if found.kind == HEATING and of.season is not None:
        rows = quota_year.rows_of_season(of.days, of.season)
    key = PER_PERSON if found.kind == "per_area" else found.key
    yield from parts(of.days.of(key), of.days.table, rows)


def _notes(of: YearQuota, found: Indicator) -> Iterator[Said]:
    quota = found.standing.quota
    if quota is not None and quota.footnote:
        yield Said(quota.footnote, f"footnote of the standard: {quota.footnote}")
    if found.value is not None and found.coverage < NEARLY_ALL:
        yield quota_words.gaps(found.value, found.coverage, found.standing)
    if found.kind == PER_PERSON and found.divisor.value and of.per_area.divisor.value:
        rest = of.of(NON_HEATING)
        heating = next((one for one in of.indicators if one.kind == HEATING), None)
        quotas = tuple(None if one is None else one.standing.quota for one in (rest, heating, found))
        if found.divisor is not of.per_head.divisor:
            yield quota_words.people_per_area(of.per_area.divisor.value, found.divisor.value, quotas)  # type: ignore[arg-type]


def called(registry: Registry, term: Term) -> Said:
    """Return how a term is called: where and what, and which days of it count."""
    where, what = quota_names.place(registry, term.subject), quota_names.quantity(term.quantity)
    days = Said("（采暖期内）", " (heated days)") if term.heated else Said("", "")
    # A meter is mostly called by what it counts: "Canteen, electricity".
    en = where.en if where.en.lower().endswith(what.en) else f"{where.en} {what.en}"
    return Said(f"{where.zh}{what.zh}{days.zh}", f"{en}{days.en}")
