"""A school against its quotas as its page shows it, reckoned once a day."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from analytics import quota_words
from analytics.indicator_terms import PER_PERSON
from analytics.metering_level import NAMES as LEVELS
from analytics.shares import NAMES as SHARES
from app import quota_ask, quota_names, quota_text, rank, year_figures
from app.outlook_figures import FORECAST, FORECAST_OF
from app.quota_landing import Metered
from app.quota_told import Told, YearTold
from app.rank import BUILDINGS_BY, Home
from campus import calendar
from campus.ports import Store
from campus.registry import Registry
from campus.said import Said
from campus.schema import DAY, FIGURE, MONTH, SCHOOL_SUBJECT, YEAR, SeriesId
from campus.units import QUANTITIES
from web.quota_state import Ahead, Bar, Group, Mark, Placed, Quarter, Quotas, Share

_PERIODS = (Said("今天", "Today"), Said("明天", "Tomorrow"), Said("本月", "This month"), Said("下月", "Next month"))
_RANKED = "electricity"
# From any day into the next month.
_TWO_MONTHS = timedelta(days=32)
# Figures that change with whatever else is written of a day or a year.
_TELLING = (
    *(SeriesId(FIGURE, SCHOOL_SUBJECT, f"{FORECAST}{quantity}", DAY) for quantity in FORECAST_OF),
    *(SeriesId(FIGURE, SCHOOL_SUBJECT, name, YEAR) for name in (*SHARES, "landing/per_person", "landing/water")),
)


@dataclass(slots=True)
class QuotaPage:
    """Gives the page a school's quotas, and keeps them while registry, day and what is written stay as they are."""

    store: Store
    registry: Callable[[], Registry]
    clock: Callable[[], datetime]
    _kept: tuple[object, Quotas] | None = field(default=None)

    def __call__(self) -> Quotas | None:
        """Return it, None where nothing of the school was ever known for a whole day."""
        registry, now = self.registry(), self.clock()
        until = year_figures.known_until(self.store, registry)
        if until is None:
            return None
        written = sorted(self.store.latest(_TELLING).items())
        state = registry.version, until, calendar.local_date(now, registry.school.timezone), repr(written)
        if self._kept is None or self._kept[0] != state:
            self._kept = state, page(self.store, registry, now)
        return self._kept[1]


def page(store: Store, registry: Registry, now: datetime) -> Quotas:
    """Return a school's last whole year and its running one against the quotas."""
    year = calendar.local_date(now, registry.school.timezone).year
    running, until = quota_ask.asked(store, registry, year, now)
    last, _ = quota_ask.asked(store, registry, year - 1, now)
    home = Home(registry, store)
    return Quotas(
        head=_head(last, running),
        bars=tuple(_bars(last, running, registry)),
        quarters=tuple(_quarters(running)),
        shares=tuple(_shares(home, running.of.year)),
        ahead_names=_PERIODS,
        ahead=tuple(_ahead(home, until)),
        groups=tuple(_groups(home, year - 1)),
        ranked_year=year - 1,
        ranked_by=BUILDINGS_BY[_RANKED].name,
        remarks=running.of.remarks,
    )


def _head(last: YearTold, running: YearTold) -> Said:
    kind = quota_names.TYPES[running.of.school.type]
    years = f"{last.of.year}", f"{running.of.year}"
    return Said(
        f"{kind.zh}；深色是 {years[0]} 年全年，框是 {years[1]} 年年末预计",
        f"{kind.en}; dark: all of {years[0]}; frame: where {years[1]} will end",
    )


def _bars(last: YearTold, running: YearTold, registry: Registry) -> Iterator[Bar]:
    before = {one.indicator.key: one for one in last.told}
    for now in running.told:
        told = before.get(now.indicator.key, now)
        # A season that ends in the running year is over before the year is.
        if now.indicator.value is not None:
            told = now
        yield _bar((told, now), (last, running), registry)


def _bar(pair: tuple[Told, Told], years: tuple[YearTold, YearTold], registry: Registry) -> Bar:
    told, now = pair
    of = years[1] if told is now else years[0]
    landing, found = now.landing, told.indicator
    bounds = None if landing is None else landing.bounds
    middle = None if landing is None or landing.value is None or bounds is None else (landing.value, *bounds)
    chance = None if landing is None else landing.chance
    shown = told if found.amount is not None else now
    return Bar(
        key=found.key,
        name=told.name,
        unit=quota_names.unit(found.unit),
        year=of.of.year,
        value=found.value,
        band=found.standing.band or "",
        words=told.words,
        lines=tuple(Mark(value, quota_names.LINES[word], word) for word, value in told.lines),
        beside=_beside(found.key, of),
        landing_year=years[1].of.year,
        landing=middle,
        chance="" if chance is None else quota_words.percentage(chance),
        document=told.document,
        confidence=found.confidence,
        explained=tuple(quota_text.grounds(shown, registry)),
        notes=tuple(told.notes),
    )


def _beside(key: str, of: YearTold) -> Mark | None:
    """Return energy per head beside energy per person."""
    value = of.per_head.indicator.value
    return Mark(value, Said("按人头", "by heads")) if key == PER_PERSON and value is not None else None


def _quarters(running: YearTold) -> Iterator[Quarter]:
    for one in running.quarters:
        name, plan = f"{one.plan.year} Q{one.plan.quarter}", one.plan.m3
        if one.metered is not None and one.metered.known < one.metered.days:
            yield _partly(name, plan, one.metered)
            continue
        if one.outlook is None:
            yield Quarter(name, plan, None, 0.0, 0.0, "", over=False)
            continue
        low, high = one.outlook.bounds()
        chance = "" if one.outlook.days == 0 else quota_words.percentage(one.chance or 0.0)
        yield Quarter(name, plan, one.outlook.value, low, high, chance, over=one.outlook.value > plan)


def _partly(name: str, plan: float, of: Metered) -> Quarter:
    """Return a quarter that is over and known in part: what was metered, with nothing guessed beside it."""
    m3 = of.m3 if of.known else None
    return Quarter(name, plan, None, 0.0, 0.0, "", of.m3 > plan, m3, of.days - of.known, of.days)


def _shares(home: Home, year: int) -> Iterator[Share]:
    for name, said in SHARES.items():
        value = _values(home, SeriesId(FIGURE, SCHOOL_SUBJECT, name, YEAR), _year(home, year))
        if value is not None:
            yield Share(said, value[0])


def _ahead(home: Home, until: date) -> Iterator[Ahead]:
    zone = home.registry.school.timezone
    start = calendar.midnight(until, zone)
    days = list(calendar.days(start, start + 2 * calendar.HOUR * 24, zone))[:2]
    months = list(calendar.months(start, start + _TWO_MONTHS, zone))[:2]
    for quantity in FORECAST_OF:
        kind = QUANTITIES[quantity]
        found = tuple(
            _values(home, SeriesId(FIGURE, SCHOOL_SUBJECT, f"{FORECAST}{quantity}", resolution), span)
            for resolution, spans in ((DAY, days), (MONTH, months))
            for span in spans
        )
        if any(found):
            yield Ahead(Said(kind.zh, kind.en), kind.unit, kind.medium, found)


def _values(home: Home, series: SeriesId, window: tuple[datetime, datetime]) -> tuple[float, float, float] | None:
    rows = home.store.series([series], *window)[series]
    if not len(rows):
        return None
    value, low, high = (float(rows.fields[name][0]) for name in ("value", "low", "high"))
    return value, low, high


def _year(home: Home, year: int) -> tuple[datetime, datetime]:
    return year_figures.window_of(home.registry, year)


def _groups(home: Home, year: int) -> Iterator[Group]:
    """Yield the school's own buildings by class: other schools' are none of this page's business."""
    for peers in rank.buildings({home.registry.school.key: home}, BUILDINGS_BY[_RANKED], year):
        placed = tuple(
            Placed(one.entry.name, one.entry.value, one.place, str(one.entry.level or "")) for one in peers.placed
        )
        if any(one.value is not None for one in placed):
            yield Group(peers.kind, peers.median is not None, placed)


def levels() -> dict[str, Said]:
    """Return what the levels of metering mean."""
    return {level.value: name for level, name in LEVELS.items()}
