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
from analytics.detector import Context, Detector, NotJudged, Verdict
from app.hours import Span, closed_hours, read_hours
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
# What rouses a rule may have begun in the last hour before the morning.
ROUSED_FROM = calendar.HOUR
_MOMENT = timedelta(milliseconds=1)
_NONE: frozenset[SeriesId] = frozenset()
_WEATHER = tuple(SeriesId(FIGURE, SCHOOL_SUBJECT, name, HOUR) for name in (WEATHER_TEMPERATURE, WEATHER_IRRADIANCE))


@dataclass(frozen=True, slots=True)
class Stand:
    """What was judged of a school: as it was registered, on which hours, with which verdicts.

    `closed` is the end of each register's closed hours, `view` what was there before the morning that was judged;
    `days` is what was said by that morning, `rests` names the series that it rests on, `later` what of it reads
    otherwise by now.
    """

    registry: Registry
    closed: Mapping[Register, datetime]
    view: View
    rests: Mapping[Register, frozenset[SeriesId]]
    days: Verdicts
    later: Verdicts

    @property
    def verdicts(self) -> Verdicts:
        """What is said of each meter now."""
        return self.days | self.later

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
            rests, days = self._days(closed, morning)
            hourly = [SeriesId(CONSUMPTION, *register) for register in closed]
            hourly += _WEATHER if any(WEATHER in rule.needs for rule in self.rules.values()) else ()
            seen = view(self.rows, morning, hourly, _raw(rests))
            return Stand(self.registry, closed, seen, rests, days, self._later(closed, morning, days)), set(closed)
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
        rests, anew = self._days({register: closed[register] for register in due}, before.morning)
        rests, days = {**before.rests, **rests}, before.days | anew
        seen = renewed(self.rows, before.view, moved, _raw(rests))
        return Stand(self.registry, closed, seen, rests, days, self._later(closed, before.morning, days)), due

    def _days(
        self, closed: Mapping[Register, datetime], morning: datetime
    ) -> tuple[dict[Register, frozenset[SeriesId]], Verdicts]:
        """Return what the rules say by the morning, and on which series it rests."""
        # As it stood at the end of its own data, or at the morning.
        instants = {register: min(end, morning) - _MOMENT for register, end in closed.items()}
        return _judged(Sight(self.rows, self.registry, Span(until=morning)), self.rules.values(), instants)

    def _later(self, closed: Mapping[Register, datetime], morning: datetime, days: Verdicts) -> Verdicts:
        """Return what the rules that cannot wait say by now of the registers that rouse them."""
        awake = {register: end for register, end in closed.items() if end > morning}
        found: Verdicts = {}
        for rule in self.rules.values():
            roused = self._roused(rule, awake, morning, days)
            for until in set(roused.values()):
                instants = {register: until - _MOMENT for register, end in roused.items() if end == until}
                found |= _judged(Sight(self.rows, self.registry, Span(until=until)), [rule], instants)[1]
        return found

    def _roused(
        self, rule: Detector, closed: Mapping[Register, datetime], morning: datetime, days: Verdicts
    ) -> dict[Register, datetime]:
        """Return the registers, with the end of their hours, that a rule looks at before the next morning."""
        if rule.rouses is None:
            return {}
        judged = {r: end for r, end in closed.items() if (verdict := days.get((rule.name, *r))) and _can(verdict[0])}
        start, end = morning - ROUSED_FROM, max(judged.values(), default=morning)
        # One query for all, which the rows then hold.
        self.rows.series([SeriesId(CONSUMPTION, *register) for register in judged], start, end)
        return {
            register: until
            for register, until in judged.items()
            if _goes_on(days[rule.name, *register][0])
            or rule.rouses(read_hours(self.rows, SeriesId(CONSUMPTION, *register), Span(start, end)))
        }


def _can(verdict: Verdict) -> bool:
    return not isinstance(verdict, NotJudged)


def _goes_on(verdict: Verdict) -> bool:
    return not isinstance(verdict, NotJudged) and any(finding.end is None for finding in verdict)


def _raw(rests: Mapping[Register, frozenset[SeriesId]]) -> set[SeriesId]:
    return {one for series in rests.values() for one in series if one.measurement == REGISTER}


def morning_of(newest: datetime, registry: Registry) -> datetime:
    """Return the morning a school is judged by, whose newest closed hour ends at `newest`."""
    return calendar.morning(newest - AFTER_MORNING, registry.school.timezone)


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
