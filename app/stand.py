"""How a school's judgement stands: what its rules said, on which data, and what has changed since.

Whatever the passes in between, it stands as one pass over everything would leave it: a verdict is only kept where
none of what it was reckoned from is another now.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from analytics import detector
from analytics.around import HOUR_MS, WEATHER
from analytics.detector import Context, Detector
from app.hours import Span, closed_hours
from app.late import TAIL, View, late, renewed, view
from app.rulings import Verdicts
from app.sight import Sight
from app.windows import Window
from campus import calendar
from campus.ports import Rows
from campus.registry import Registry
from campus.schema import (
    CONSUMPTION,
    FIGURE,
    HOUR,
    REGISTER,
    SCHOOL_SUBJECT,
    WEATHER_IRRADIANCE,
    WEATHER_TEMPERATURE,
    SeriesId,
    from_ms,
)

Register = tuple[str, str]  # meter, quantity
Changed = Mapping[Register, Sequence[Window]]
# A morning is judged once some meter's data reach so far beyond it: by then those that speak every hour have told the
# night. Silent ones are judged by what they told, and again when they speak.
AFTER_MORNING = calendar.HOUR
_MOMENT = timedelta(milliseconds=1)
_DAY = timedelta(days=1)
_NONE: frozenset[SeriesId] = frozenset()
_WEATHER = tuple(SeriesId(FIGURE, SCHOOL_SUBJECT, name, HOUR) for name in (WEATHER_TEMPERATURE, WEATHER_IRRADIANCE))


@dataclass(frozen=True, slots=True)
class Stand:
    """What was judged of a school: as it was registered, on which hours, with which verdicts.

    `closed` is the end of each register's closed hours, `view` what was there before the morning that was judged;
    `rests` names the series that the verdicts on a register's days rest on.
    """

    registry: Registry
    closed: Mapping[Register, datetime]
    view: View
    rests: Mapping[Register, frozenset[SeriesId]]
    verdicts: Verdicts

    @property
    def morning(self) -> datetime:
        """The morning the school was judged by."""
        return self.view.morning


@dataclass(frozen=True, slots=True)
class Pass:
    """One pass over a school: its registry and rows, the rules, and how it stood before, None for the first pass.

    With `only` the verdicts are those of some registers, each looked at as a part of the whole school.
    """

    registry: Registry
    rows: Rows
    rules: Mapping[str, Detector]
    before: Stand | None = None
    only: frozenset[Register] | None = None

    def stand(self, changed: Changed) -> tuple[Stand, set[Register]] | None:
        """Return how the school stands now, and the registers whose days were judged anew; None without data.

        `changed` are the windows in which the hours of registers may have changed since the pass before.
        """
        every = [(m.key, r.quantity.key) for m in self.registry.meters.values() for r in m.registers]
        closed = closed_hours(self.rows, every)
        if not closed:
            return None
        morning = morning_of(max(closed.values()), self.registry)
        if self.only is not None:
            closed = {register: end for register, end in closed.items() if register in self.only}
        before = self.before
        if before is None or before.registry is not self.registry or before.morning != morning:
            rests, verdicts = self._days(closed, morning)
            hourly = [SeriesId(CONSUMPTION, *register) for register in closed]
            hourly += _WEATHER if any(WEATHER in rule.needs for rule in self.rules.values()) else ()
            seen = view(self.rows, morning, hourly, _raw(rests))
            return Stand(self.registry, closed, seen, rests, verdicts | self._hours(closed)), set(closed)
        return self._further(before, closed, changed)

    def _further(
        self, before: Stand, closed: Mapping[Register, datetime], changed: Changed
    ) -> tuple[Stand, set[Register]]:
        """Return how a school stands whose morning is the one it was judged by before."""
        touched = {
            register: min(start for start, _ in windows)
            for register, windows in changed.items()
            if windows and register in closed
        }
        new = closed.keys() - before.closed.keys()
        moved = late(self.rows, before.view, touched | dict.fromkeys(new, before.morning - TAIL))
        due = {
            r for r in closed if r in new or SeriesId(CONSUMPTION, *r) in moved or before.rests.get(r, _NONE) & moved
        }
        rests, verdicts = self._days({register: closed[register] for register in due}, before.morning)
        rests = {**before.rests, **rests}
        seen = renewed(self.rows, before.view, moved, _raw(rests))
        told = before.verdicts | verdicts | self._hours(closed)
        return Stand(self.registry, closed, seen, rests, told), due

    def _days(
        self, closed: Mapping[Register, datetime], morning: datetime
    ) -> tuple[dict[Register, frozenset[SeriesId]], Verdicts]:
        """Return what the rules that wait for the morning say, and on which series it rests."""
        rules = [rule for rule in self.rules.values() if rule.watch is None]
        # As it stood at the end of its own data, or at the morning.
        instants = {register: min(end, morning) - _MOMENT for register, end in closed.items()}
        return _judged(Sight(self.rows, self.registry, Span(until=morning)), rules, instants)

    def _hours(self, closed: Mapping[Register, datetime]) -> Verdicts:
        """Return what the rules that cannot wait say of every register: their past is short."""
        found: Verdicts = {}
        for rule in self.rules.values():
            for until in set(closed.values()) if rule.watch is not None else ():
                instants = {register: until - _MOMENT for register, end in closed.items() if end == until}
                span = Span(watched_from(until, rule.watch or _DAY, self.registry), until)
                found |= _judged(Sight(self.rows, self.registry, span), [rule], instants)[1]
        return found


def _raw(rests: Mapping[Register, frozenset[SeriesId]]) -> set[SeriesId]:
    return {one for series in rests.values() for one in series if one.measurement == REGISTER}


def morning_of(newest: datetime, registry: Registry) -> datetime:
    """Return the morning a school is judged by, whose newest closed hour ends at `newest`."""
    return calendar.morning(newest - AFTER_MORNING, registry.school.timezone)


def watched_from(until: datetime, watch: timedelta, registry: Registry) -> datetime:
    """Return from when on a rule sees that watches so much of the past: whole months.

    The ledger keeps what was found before a run began apart, so that a beginning that moves by the hour would leave
    a run of every hour behind.
    """
    return next(calendar.months(until - watch, until, registry.school.timezone))[0]


def _judged(
    sight: Sight, rules: Iterable[Detector], instants: Mapping[Register, datetime]
) -> tuple[dict[Register, frozenset[SeriesId]], Verdicts]:
    """Return what rules say of registers, each as it stood at its instant, and the series that each rests on."""
    known: dict[datetime, dict[Register, Context]] = {
        at: {(c.meter.key, c.quantity): c for c in detector.contexts(sight.registry, at)}
        for at in set(instants.values())
    }
    listed, rests, found = list(rules), dict[Register, frozenset[SeriesId]](), Verdicts()
    for register, at in instants.items():
        context = known[at].get(register)
        sight.asked.clear()
        if context is not None:
            for rule in listed:
                if context.quantity in rule.quantities:
                    found[rule.name, *register] = sight.judged(rule, context), _window(sight, register)
        rests[register] = frozenset(sight.asked)
    return rests, found


def _window(sight: Sight, register: Register) -> Window | None:
    start_ms = sight.hours(*register).start_ms
    if not len(start_ms):  # a meter read once a day has days alone
        start_ms = sight.days(*register).start_ms
    return (from_ms(start_ms[0]), from_ms(start_ms[-1] + HOUR_MS)) if len(start_ms) else None
