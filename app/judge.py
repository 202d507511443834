"""After deriving: what is usual, the month's carbon, and the rules' findings into the ledger."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from analytics import detector, stored
from analytics.detector import Context, Detector, NotJudged, Verdict
from analytics.hours import Hours
from analytics.nearest import nearest
from analytics.series import Ints
from analytics.usual import HEATING, OLDEST_DAYS, OLDEST_HEATING_DAYS, usual
from app import account, status
from app.derive import Key
from app.windows import Window, hour_edges
from app.wiring import Installation
from campus import calendar
from campus.ports import Ledger, Store
from campus.registry import Registry
from campus.results import Figure
from campus.schema import (
    CONSUMPTION,
    FIELDS,
    FIGURE,
    HOUR,
    MONTH,
    REGISTER,
    SCHOOL_SUBJECT,
    Columns,
    SeriesId,
    building_subject,
    from_ms,
    meter_subject,
    to_ms,
)

Changed = dict[Key, list[Window]]
# What each rule last said of each meter, and the window it had judged.
Verdicts = dict[tuple[str, str], tuple[Verdict, Window]]

# The usual is drawn this far beyond the data: the rest of today, and tomorrow.
_AHEAD = timedelta(days=2)
# All there is, in practice: an event must not lose the good time before it, on which it is judged.
_LOOK_BACK = timedelta(days=3660)


@dataclass(slots=True)
class Judge:
    """Keeps which closed hour each series was judged at, so that live readings within an hour cost nothing."""

    ledger: Ledger
    rules: dict[str, Detector] = field(default_factory=lambda: dict(detector.detectors()))
    _judged: dict[Key, datetime] = field(default_factory=dict)
    _verdicts: dict[str, Verdicts] = field(default_factory=dict)

    def __call__(self, installation: Installation, changed: Changed) -> None:
        """Judge the series that changed since they were judged last."""
        for school, registry in installation.registries.items():
            mine = {key: windows for key, windows in changed.items() if key[0] == school}
            due = {key: w for key, w in mine.items() if self._due(installation.stores[school], key, w)}
            if due:
                self._school(installation, registry, due)

    def _due(self, store: Store, key: Key, windows: list[Window]) -> bool:
        closed = closed_hour(store, key[1], key[2])
        if closed is None:
            return False
        before = self._judged.get(key)
        self._judged[key] = closed
        # A window that began before the last judged day holds late readings.
        return before is None or closed > before or any(start < before - timedelta(days=1) for start, _ in windows)

    def _school(self, installation: Installation, registry: Registry, due: Changed) -> None:
        school = registry.school.key
        store = installation.stores[school]
        starts = [window[0] for windows in due.values() for window in windows]
        write_usual(store, registry, {key[2] for key in due}, min(starts, default=None))
        write_carbon(store, registry, starts)
        verdicts = self._verdicts.setdefault(school, {})
        for context in contexts(registry, store, due):
            series = SeriesId(CONSUMPTION, context.meter.key, context.quantity)
            hours = read_hours(store, series)
            for rule in self.rules.values():
                if context.quantity in rule.quantities:
                    verdicts[rule.name, context.meter.key] = _verdict(rule, hours, context)
        self._record(school, registry, verdicts)
        listed = [
            {"rule": rule, "meter": meter, "zh": verdict.zh, "en": verdict.en}
            for (rule, meter), (verdict, _) in sorted(verdicts.items(), key=lambda item: item[0])
            if isinstance(verdict, NotJudged)
        ]
        status.write(installation.settings.data.root / "status", f"judged-{school}", {"not_judged": listed})

    def _record(self, school: str, registry: Registry, verdicts: Verdicts) -> None:
        """Record the findings, each where it is nearest: a leak in a building also flows through the main meter."""
        judged = {place: found for place, found in verdicts.items() if not isinstance(found[0], NotJudged)}
        every = [finding for findings, _ in judged.values() if isinstance(findings, list) for finding in findings]
        kept = nearest(every, registry)
        for (rule, meter), (_, window) in judged.items():
            subject = meter_subject(meter)
            mine = [finding for finding in kept if (finding.rule, finding.subject) == (rule, subject)]
            self.ledger.record(school, rule, subject, mine, window)


# A daily meter shows no night, and both rules are about nights.
DAILY = NotJudged("daily", "一天一数，看不出夜里的用量", "Read once a day: its nights cannot be seen")


def _verdict(rule: Detector, hours: Hours, context: Context) -> tuple[Verdict, Window]:
    if not len(hours.start_ms):
        return DAILY, (datetime.max.replace(tzinfo=UTC),) * 2
    window = from_ms(hours.start_ms[0]), from_ms(hours.start_ms[-1]) + calendar.HOUR
    return rule.judge(hours, context), window


def closed_hour(store: Store, meter: str, quantity: str) -> datetime | None:
    """Return the end of the last closed hour of a register, None where it never spoke."""
    series = SeriesId(REGISTER, meter, quantity)
    last = store.latest([series]).get(series)
    if last is None:
        return None
    seconds = last.values[1]
    assert isinstance(seconds, float)
    return calendar.floor_hour(from_ms(last.time_ms) + timedelta(seconds=max(0.0, seconds)))


def contexts(registry: Registry, store: Store, due: Iterable[Key]) -> list[Context]:
    """Return the contexts of the due meters, each at the end of its own data."""
    found = []
    for _, meter, quantity in due:
        closed = closed_hour(store, meter, quantity)
        if closed is not None:
            # At the last closed instant, not after it: a meter that ended there is still judged.
            at = closed - timedelta(milliseconds=1)
            every = detector.contexts(registry, at)
            found += [c for c in every if c.meter.key == meter and c.quantity == quantity]
    return found


def read_hours(store: Store, series: SeriesId, until: datetime | None = None) -> Hours:
    """Return a series' closed hours as a complete grid, from its first stored hour within the look-back."""
    last = store.latest([series]).get(series)
    if last is None:
        return _hours(Columns(np.empty(0, np.int64), {}), np.zeros(1, np.int64))
    end = from_ms(last.time_ms) + calendar.HOUR
    columns = store.series([series], end - _LOOK_BACK, end)[series]
    if series.measurement == CONSUMPTION:
        end = min(end, closed_hour(store, series.subject, series.name) or end)
    return _hours(columns, hour_edges(from_ms(columns.time_ms[0]), until or end))


def _hours(columns: Columns, edges: Ints) -> Hours:
    use = stored.on_grid(columns, edges)
    return Hours(edges[:-1], use.value, use.coverage, use.estimated)


def write_usual(store: Store, registry: Registry, quantities: set[str], since: datetime | None) -> None:
    """Write what each hour usually is, from the day of `since` on, for the school, its buildings and meters."""
    for quantity in sorted(quantities):
        subjects = (SCHOOL_SUBJECT, *map(building_subject, registry.buildings))
        hourly = {subject: SeriesId(FIGURE, subject, quantity, HOUR) for subject in subjects}
        meters = {meter_subject(key): SeriesId(CONSUMPTION, key, quantity) for key in registry.meters}
        for subject, series in (hourly | meters).items():
            last = store.latest([series]).get(series)
            if last is not None:
                end = calendar.floor_hour(from_ms(last.time_ms) + _AHEAD)
                target = SeriesId(FIGURE, subject, f"usual/{quantity}", HOUR)
                _write_usual(store, registry, (series, target), (since, end))


def _write_usual(
    store: Store, registry: Registry, pair: tuple[SeriesId, SeriesId], span: tuple[datetime | None, datetime]
) -> None:
    series, target = pair
    since, end = span
    first = end - _LOOK_BACK if since is None else since
    columns = store.series([series], first - timedelta(days=OLDEST_DAYS + 1), end)[series]
    if not len(columns):
        return
    edges = hour_edges(from_ms(columns.time_ms[0]), end)
    oldest = OLDEST_HEATING_DAYS if series.name in HEATING else OLDEST_DAYS
    expected = usual(_hours(columns, edges), registry.school, oldest)
    start_ms = max(to_ms(calendar.floor_hour(first)), int(edges[0]))
    known = ~np.isnan(expected.value) & (edges[:-1] >= start_ms)
    absent = np.full(int(known.sum()), np.nan)
    rows = Columns(
        edges[:-1][known],
        {
            "value": expected.value[known],
            "low": expected.low[known],
            "high": expected.high[known],
            "coverage": absent,
            "estimated": absent,
        },
    )
    store.replace(target, (from_ms(start_ms), end), rows)


def write_carbon(store: Store, registry: Registry, touched: list[datetime]) -> None:
    """Write the carbon of the months that changed, and of the running one."""
    zone = registry.school.timezone
    months = {next(iter(calendar.months(t, t + calendar.HOUR, zone))) for t in touched}
    if touched:
        series = SeriesId(FIGURE, SCHOOL_SUBJECT, "electricity", MONTH)
        last = store.latest([series]).get(series)
        end = from_ms(last.time_ms) + calendar.HOUR if last is not None else max(touched) + calendar.HOUR
        months |= set(calendar.months(min(touched), end, zone))
    for start, end in sorted(months):
        reckoned = account.month_carbon(store, registry, start)
        figures = [line.figure for line in reckoned.lines if not line.level]
        for figure in (*figures, *([reckoned.total] if reckoned.total else [])):
            _write_figure(store, figure, (start, end))


def _write_figure(store: Store, figure: Figure, month: Window) -> None:
    series = SeriesId(FIGURE, SCHOOL_SUBJECT, figure.name, MONTH)
    known = figure.value is not None
    times = np.array([to_ms(month[0])] if known else [], np.int64)
    values = {"value": figure.value, "coverage": figure.coverage, "estimated": figure.estimated}
    fields: dict[str, NDArray[np.float64] | NDArray[np.object_]] = {
        name: np.array([values.get(name, np.nan)] if known else [], np.float64) for name in FIELDS[FIGURE]
    }
    store.replace(series, month, Columns(times, fields))
