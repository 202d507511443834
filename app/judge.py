"""After deriving: what is usual, the month's carbon, and the rules' findings into the ledger."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from analytics import detector
from analytics.detector import Context, Detector, NotJudged, Verdict
from analytics.finding_carbon import with_carbon
from analytics.nearest import nearest
from app import account, status, usual
from app.account_figures import write_account_figures
from app.derive import Key
from app.hours import closed_hour
from app.sight import Sight
from app.windows import Window
from app.wiring import Installation
from app.year_figures import YearFigures
from campus import calendar, factors
from campus.plans import Plan
from campus.ports import Ledger, Store
from campus.registry import Account, Registry, Season, Term
from campus.schema import from_ms, meter_subject

Changed = dict[Key, list[Window]]
_NEVER = datetime.max.replace(tzinfo=UTC)
# What each rule last said of each meter and quantity, and the window it had judged.
Verdicts = dict[tuple[str, str, str], tuple[Verdict, Window]]
# What a school has announced: its terms, heating seasons and plans, and how it is billed.
Planned = tuple[tuple[Term, ...], tuple[Season, ...], tuple[Plan, ...], tuple[Account, ...]]


@dataclass(slots=True)
class Judge:
    """Keeps which closed hour each series was judged at, so that live readings within an hour cost nothing.

    A school whose calendar, plans or accounts changed is judged anew: what is expected of its meters, and what it
    costs, is another thing now.
    """

    ledger: Ledger
    rules: dict[str, Detector] = field(default_factory=lambda: dict(detector.detectors()))
    _judged: dict[Key, datetime] = field(default_factory=dict)
    _verdicts: dict[str, Verdicts] = field(default_factory=dict)
    _planned: dict[str, Planned] = field(default_factory=dict)
    _years: YearFigures = field(default_factory=YearFigures)

    def __call__(self, installation: Installation, changed: Changed) -> None:
        """Judge the series that changed since they were judged last."""
        for school, registry in installation.registries.items():
            store = installation.stores[school]
            mine = {key: windows for key, windows in changed.items() if key[0] == school}
            if self._planned.get(school) != _planned(registry):
                self._judged = {key: hour for key, hour in self._judged.items() if key[0] != school}
            closed = {key: hour for key in mine if (hour := closed_hour(store, key[1], key[2])) is not None}
            due = {key: mine[key] for key, hour in closed.items() if self._due(key, hour, mine[key])}
            if due:
                self._school(installation, registry, due)
            # Only now: what the ledger could not take is due again.
            self._judged |= closed
            if mine:
                self._planned[school] = _planned(registry)

    def _due(self, key: Key, closed: datetime, windows: list[Window]) -> bool:
        before = self._judged.get(key)
        # A window that began before the last judged day holds late readings.
        return before is None or closed > before or any(start < before - timedelta(days=1) for start, _ in windows)

    def _school(self, installation: Installation, registry: Registry, due: Changed) -> None:
        school = registry.school.key
        store = installation.stores[school]
        starts = [window[0] for windows in due.values() for window in windows]
        usual.write_usual(store, registry, {key[2] for key in due}, min(starts, default=None))
        if school not in self._verdicts or self._planned.get(school) != _planned(registry):
            # Factors may have changed while the program was not running, and accounts since: every month anew.
            starts = [*starts, *account.first_month(store, registry)]
        account.write_carbon(store, registry, starts)
        write_account_figures(store, registry, starts)
        self._years(store, registry, starts)
        verdicts = self._verdicts.setdefault(school, {})
        sight = Sight(store, registry)
        for context in contexts(registry, store, due):
            for rule in self.rules.values():
                if context.quantity in rule.quantities:
                    place = rule.name, context.meter.key, context.quantity
                    verdicts[place] = _verdict(rule, sight, context)
        self._record(school, registry, verdicts)
        listed = [
            {"rule": rule, "meter": meter, "zh": verdict.zh, "en": verdict.en}
            for (rule, meter, _), (verdict, _) in sorted(verdicts.items(), key=lambda item: item[0])
            if isinstance(verdict, NotJudged)
        ]
        status.write(installation.settings.data.root / "status", f"judged-{school}", {"not_judged": listed})

    def _record(self, school: str, registry: Registry, verdicts: Verdicts) -> None:
        """Record the findings, each where it is nearest: a leak in a building also flows through the main meter."""
        judged = {place: found for place, found in verdicts.items() if not isinstance(found[0], NotJudged)}
        every = [finding for findings, _ in judged.values() if isinstance(findings, list) for finding in findings]
        kept = [with_carbon(f, registry.school.region, factors.shipped()) for f in nearest(every, registry)]
        # A meter's registers are one subject: what a rule says of one does not take back what it said of another.
        windows: dict[tuple[str, str], list[Window]] = {}
        for (rule, meter, _), (_, window) in judged.items():
            windows.setdefault((rule, meter), []).append(window)
        for (rule, meter), several in windows.items():
            subject = meter_subject(meter)
            mine = [finding for finding in kept if (finding.rule, finding.subject) == (rule, subject)]
            window = min(start for start, _ in several), max(end for _, end in several)
            self.ledger.record(school, rule, subject, mine, window)


def _planned(registry: Registry) -> Planned:
    return registry.school.terms, registry.school.heating, registry.plans, tuple(registry.accounts.values())


def _verdict(rule: Detector, sight: Sight, context: Context) -> tuple[Verdict, Window]:
    hours = sight.hours(context.meter.key, context.quantity)
    known = len(hours.start_ms) > 0
    first = from_ms(hours.start_ms[0]) if known else _NEVER
    last = from_ms(hours.start_ms[-1]) + calendar.HOUR if known else _NEVER
    return sight.judged(rule, context), (first, last)


def contexts(registry: Registry, store: Store, due: Iterable[Key]) -> list[Context]:
    """Return the contexts of the due meters, each at the end of its own data."""
    # At the last closed instant, not after it: a meter that ended there is still judged.
    instants = {
        (meter, quantity): closed - timedelta(milliseconds=1)
        for _, meter, quantity in due
        if (closed := closed_hour(store, meter, quantity)) is not None
    }
    # Mostly all data end together: what is known of each meter then is gathered once.
    known = {
        at: {(c.meter.key, c.quantity): c for c in detector.contexts(registry, at)} for at in {*instants.values()}
    }
    return [known[at][key] for key, at in instants.items() if key in known[at]]
