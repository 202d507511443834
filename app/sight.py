"""What the rules see in one pass over a school: hours read once, and what is around a meter where it is needed."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta

import numpy as np

from analytics import consumption, planned
from analytics.around import (
    BESIDE,
    BREAKS,
    CHILDREN,
    DAYS,
    FAMILY,
    LIKE,
    PARENT,
    QUARTERS,
    WEATHER,
    Beside,
    Family,
    Quarters,
    around,
    on_grid,
    related,
    unexplained,
)
from analytics.consumption import Suspicion
from analytics.costing import costed
from analytics.detector import Context, Detector, NotJudged, Verdict
from analytics.hours import Hours
from analytics.kin import Kin, kin
from analytics.supply import Term, drawn, inflow, summed
from app.account_use import paying
from app.hours import EVER, Span, read_days, read_hours
from app.past import Past
from app.quarters import summed_quarters
from app.recompute import raw_around
from campus import calendar
from campus.ports import Rows
from campus.registry import Meter, Registry
from campus.schema import (
    CONSUMPTION,
    DAY,
    FIGURE,
    HOUR,
    REGISTER,
    SCHOOL_SUBJECT,
    WEATHER_IRRADIANCE,
    WEATHER_TEMPERATURE,
    SeriesId,
    from_ms,
    meter_subject,
    to_ms,
)

_MOMENT = timedelta(milliseconds=1)
POWER = "power"  # the levels that quarter hours are made of where a counter is read less often


@dataclass(slots=True)
class Sight:
    """One pass's view of a school's store over a span; not kept longer, since the store goes on.

    `asked` gathers the series that were looked at; whoever wants to know what a verdict rests on empties it before.
    """

    store: Rows
    registry: Registry
    span: Span = EVER
    asked: set[SeriesId] = field(default_factory=set)
    _hours: dict[SeriesId, Hours] = field(default_factory=dict)
    _judged: dict[tuple[str, str], Hours] = field(default_factory=dict)
    _broken: dict[SeriesId, tuple[Suspicion, ...]] = field(default_factory=dict)
    _standing: dict[int, Kin] = field(default_factory=dict)
    _sums: dict[tuple[tuple[Term, ...], int, int], Hours] = field(default_factory=dict)
    _on_grid: dict[tuple[SeriesId, int, int], Hours] = field(default_factory=dict)
    _quartered: dict[tuple[str, str], Quarters | None] = field(default_factory=dict)
    _families: dict[tuple[str, str, int], Family] = field(default_factory=dict)

    def hours(self, meter: str, quantity: str) -> Hours:
        """Return the closed hours of a meter."""
        return self._read(SeriesId(CONSUMPTION, meter, quantity))

    def _read(self, series: SeriesId) -> Hours:
        self.asked.add(series)
        if series not in self._hours:
            self._hours[series] = read_hours(self.store, series, self.span)
        return self._hours[series]

    def days(self, meter: str, quantity: str) -> Hours:
        """Return the closed days of a meter that has no hours, each spread over its own."""
        series = SeriesId(FIGURE, meter_subject(meter), quantity, DAY)
        self.asked.add(series)
        if series not in self._hours:
            self._hours[series] = read_days(self.store, series, self.span, self.registry.school.timezone)
        return self._hours[series]

    def _laid(self, series: SeriesId, own: Hours) -> Hours:
        """Return the hours of a series on the grid of a meter's own, once for all rules."""
        hours = self._read(series)
        if not len(own.start_ms):
            return on_grid(hours, own.start_ms)
        if not len(hours.start_ms):
            return hours
        place = series, int(own.start_ms[0]), len(own.start_ms)
        if place not in self._on_grid:
            self._on_grid[place] = on_grid(hours, own.start_ms)
        return self._on_grid[place]

    def own(self, context: Context) -> Hours:
        """Return the hours a meter is judged by: what a plan sets aside is unknown to every rule."""
        key = context.meter.key, context.quantity
        if key not in self._judged:
            plain, zone = self.hours(*key), self.registry.school.timezone
            self._judged[key] = planned.without(plain, context.plans, zone)
        return self._judged[key]

    def judged(self, rule: Detector, context: Context) -> Verdict:
        """Return what a rule says of a meter, its findings with what they cost."""
        key = context.meter.key, context.quantity
        by_day = DAYS in rule.needs and context.meter.interval > calendar.HOUR
        own, plain = (self.days(*key), self.days(*key)) if by_day else (self.own(context), self.hours(*key))
        verdict = rule.judge(own, self.around(context, rule.needs))
        if isinstance(verdict, NotJudged):
            return verdict
        return [costed(one, plain, self.registry) for one in verdict]

    def around(self, context: Context, needs: frozenset[str]) -> Context:
        """Return the context with what a rule needs to see around its meter."""
        if not needs:
            return context
        meter, quantity = context.meter, context.quantity
        own = self.hours(meter.key, quantity)
        keys = related(self._kin(own), meter, quantity) if len(own.start_ms) else {}
        seen = around(keys, needs, own, lambda relation, key: self._seen(relation, (key, quantity), own))
        more = {
            "above": self.family(meter.parent, quantity) if FAMILY in needs else None,
            "below": self.family(meter.key, quantity) if FAMILY in needs else None,
            "breaks": self._breaks(context, own) if BREAKS in needs else (),
            "beside": self._beside(context, own) if BESIDE in needs else (),
            "temperature": self._weather(WEATHER_TEMPERATURE, own) if WEATHER in needs else None,
            "irradiance": self._weather(WEATHER_IRRADIANCE, own) if WEATHER in needs else None,
            "quarters": self._quarters(context, own) if QUARTERS in needs else None,
        }
        return replace(context, around=replace(seen, **more))  # type: ignore[arg-type]

    def _seen(self, relation: str, of: tuple[str, str], own: Hours) -> Hours:
        """Return the hours of a meter (key, quantity) as the meter with hours `own` sees it in a relation."""
        known, (key, quantity) = self._kin(own), of
        plain = self._laid(SeriesId(CONSUMPTION, key, quantity), own)
        terms = () if relation == LIKE else (inflow if relation == PARENT else drawn)(known, key, quantity)
        if len(terms) < 2:
            return plain
        self.asked |= {SeriesId(CONSUMPTION, term.key, term.quantity) for term in terms}
        place = terms, int(own.start_ms[0]), len(own.start_ms)
        if place not in self._sums:
            self._sums[place] = summed(terms, plain.start_ms, lambda k, q, grid: on_grid(self.hours(k, q), grid))
        return self._sums[place]

    def family(self, key: str, quantity: str) -> Family | None:
        """Return a meter with all that hang directly below it at the end of its hours, None where nothing does.

        All its members get the same one.
        """
        base = self.hours(key, quantity) if key in self.registry.meters else None
        if base is None or not len(base.start_ms):
            return None
        known = self._kin(base)
        below = [known.meters[k] for k in sorted(known.children.get(key, ())) if k in known.meters]
        parts = [part for part in below if part.register(quantity) is not None]
        if not parts or key not in known.meters:
            return None
        terms = {*inflow(known, key, quantity), *(t for part in parts for t in drawn(known, part.key, quantity))}
        self.asked |= {SeriesId(CONSUMPTION, term.key, term.quantity) for term in terms}
        name = key, quantity, int(base.start_ms[-1])
        if name not in self._families:
            hours = [self._part(part, quantity, base) for part in parts]
            flows = self._seen(PARENT, (key, quantity), base)
            self._families[name] = Family(known.meters[key], flows, tuple(zip(parts, hours, strict=True)))
        return self._families[name]

    def _part(self, part: Meter, quantity: str, base: Hours) -> Hours:
        """Return what a part draws on the grid of its parent, unknown while it hung elsewhere."""
        hours = on_grid(self._seen(CHILDREN, (part.key, quantity), base), base.start_ms)
        moved = [to_ms(change.since) for change in part.changes if "parent" in change.values]
        since = max((at for at in moved if at <= base.start_ms[-1]), default=0)
        elsewhere = base.start_ms < since
        return replace(hours, value=np.where(elsewhere, np.nan, hours.value)) if elsewhere.any() else hours

    def _kin(self, own: Hours) -> Kin:
        """Return how the school's meters stand at the end of hours: mostly all of them end together."""
        end_ms = int(own.start_ms[-1])
        if end_ms not in self._standing:
            self._standing[end_ms] = kin(self.registry, from_ms(end_ms))
        return self._standing[end_ms]

    def _beside(self, context: Context, own: Hours) -> tuple[Beside, ...]:
        """Return the other registers of the meter's building in force at the end of its hours."""
        building = context.meter.building
        if not building or not len(own.start_ms):
            return ()
        here = self._kin(own).meters
        pairs = sorted(
            (key, register.quantity.key)
            for key, meter in here.items()
            if meter.building == building
            for register in meter.registers
            if (key, register.quantity.key) != (context.meter.key, context.quantity)
        )
        laid = [(here[k], quantity, self._laid(SeriesId(CONSUMPTION, k, quantity), own)) for k, quantity in pairs]
        return tuple(Beside(meter, quantity, hours) for meter, quantity, hours in laid if len(hours.start_ms))

    def _weather(self, name: str, own: Hours) -> Hours | None:
        """Return the school's weather on the grid of a meter's hours, None where none is kept."""
        kept = self._laid(SeriesId(FIGURE, SCHOOL_SUBJECT, name, HOUR), own)
        return kept if len(kept.start_ms) else None

    def _raw(self) -> Rows:
        """Return the rows of which none is later than the span: a reading at its very end closes its last hour."""
        return self.store if self.span.until is None else Past(self.store, self.span.until + _MOMENT)

    def _quarters(self, context: Context, own: Hours) -> Quarters | None:
        """Return the quarter hours of what an account billed by demand pays, since the meter's hours begin; None of
        any other meter, and of all but the first of several it is billed by, whose sum that one shows.

        Only what such an account pays is asked of quarter hours, and years of them are much to read.
        """
        if context.tariff is None or context.tariff.by_demand is None or not len(own.start_ms):
            return None
        end = from_ms(int(own.start_ms[-1]))
        account = self.registry.accounts[context.meter.account]
        keys = [meter.key for meter in paying(self.registry, account, context.quantity, end)]
        if keys[:1] != [context.meter.key]:
            return None
        self.asked |= {SeriesId(REGISTER, key, of) for key in keys for of in (context.quantity, POWER)}
        place = context.meter.key, context.quantity
        if place not in self._quartered:
            window = from_ms(int(own.start_ms[0])), end + calendar.HOUR
            meters = [self.registry.meters[key] for key in keys]
            self._quartered[place] = summed_quarters(self._raw(), meters, context.quantity, window)
        return self._quartered[place]

    def _breaks(self, context: Context, own: Hours) -> tuple[Suspicion, ...]:
        """Return the breaks of a register: raw rows are read only around hours that have something unexplained."""
        meter, quantity = self.registry.meters[context.meter.key], context.quantity
        series = SeriesId(REGISTER, meter.key, quantity)
        if series in self._broken:
            return self._broken[series]
        register = meter.register(quantity)
        assert register is not None
        found: dict[int, Suspicion] = {}
        for start, end in unexplained(own):
            raw = raw_around(self._raw(), series, from_ms(start), from_ms(end))
            found |= {s.start_ms: s for s in consumption.read(raw, meter, register).suspicions}
        self._broken[series] = tuple(found[start] for start in sorted(found))
        return self._broken[series]
