"""What the rules see in one pass over a school: hours read once, and what is around a meter where it is needed."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from analytics import consumption
from analytics.around import BREAKS, Around, around, related, unexplained
from analytics.consumption import Suspicion
from analytics.detector import Context
from analytics.hours import Hours
from app.hours import read_hours
from app.recompute import raw_around
from campus.ports import Store
from campus.registry import Registry
from campus.schema import CONSUMPTION, REGISTER, SeriesId, from_ms


@dataclass(slots=True)
class Sight:
    """One pass's view of a school's store; not kept longer, since the store goes on."""

    store: Store
    registry: Registry
    _hours: dict[SeriesId, Hours] = field(default_factory=dict)
    _broken: dict[SeriesId, tuple[Suspicion, ...]] = field(default_factory=dict)

    def hours(self, meter: str, quantity: str) -> Hours:
        """Return the closed hours of a meter."""
        series = SeriesId(CONSUMPTION, meter, quantity)
        if series not in self._hours:
            self._hours[series] = read_hours(self.store, series)
        return self._hours[series]

    def around(self, context: Context, needs: frozenset[str]) -> Context:
        """Return the context with what a rule needs to see around its meter."""
        if not needs:
            return context
        meter, quantity = context.meter, context.quantity
        own = self.hours(meter.key, quantity)
        end = from_ms(own.start_ms[-1]) if len(own.start_ms) else None
        keys = {} if end is None else related(self.registry, meter, quantity, end)
        seen = around(keys, needs, own, lambda key: self.hours(key, quantity))
        breaks = self._breaks(context, own) if BREAKS in needs else ()
        return replace(context, around=Around(seen.parent, seen.children, seen.like, breaks))

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
            raw = raw_around(self.store, series, from_ms(start), from_ms(end))
            found |= {s.start_ms: s for s in consumption.read(raw, meter, register).suspicions}
        self._broken[series] = tuple(found[start] for start in sorted(found))
        return self._broken[series]
