"""Silence judged by the clock, a minute apart: who has said nothing for too long becomes a finding, and ends as one.

Only of what lives: a history that is replayed ends long ago, and that is no silence. Where we do not listen ourselves
that is said, once, and of no gateway anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import chain

from analytics.silence import COLLECTOR, NAME, finding_of, judge, members
from analytics.silence_scene import Scene
from analytics.silence_usual import DAYS, Span, spans, usual
from app import silence_heard
from app.silence_heard import Memory, state_file
from app.silence_listening import Listening, listening
from app.wiring import Installation
from campus.calendar import local_date
from campus.ports import BY_DAY, TELL, Ledger, Store
from campus.readings import Reject
from campus.registry import SILENCE_LIMIT, Arrival, Meter, Registry
from campus.results import Finding
from campus.schema import REGISTER, SeriesId, from_ms
from ingest.checks import Routed
from ingest.payload import Message

EVERY = timedelta(minutes=1)
# What goes on unchanged is noted so often: "yesterday" in its sentence is as of then.
RENEWED = timedelta(hours=1)
# Of a meter of which nothing is remembered, as it was heard by an earlier release or is read by hand, the newest
# reading tells whether it still lives, up to so long after its limit.
LIVED = timedelta(days=14)
_LOOK_BACK = timedelta(days=DAYS + 1)
_DURATION = 1  # the place of `seconds` among the fields of a register row

Listen = Callable[[Installation, Memory, datetime], Listening]


@dataclass(slots=True)
class Watch:
    """Who spoke when, and what of it is in the ledger."""

    ledger: Ledger
    clock: Callable[[], datetime]
    listen: Listen = listening
    _memory: Memory | None = None
    _next: datetime | None = None
    _spans: dict[tuple[str, str, datetime], list[Span]] = field(default_factory=dict)

    def hear(self, installation: Installation, message: Message, results: Sequence[Routed | Reject]) -> None:
        """Note a message that is being derived."""
        self.memory(installation).hear(message, results, installation.routes, installation.registries)

    def memory(self, installation: Installation) -> Memory:
        """Return what is remembered, read when it is first asked for."""
        if self._memory is None:
            self._memory = silence_heard.load(state_file(installation.settings.data.cursors))
        return self._memory

    def tick(self, installation: Installation) -> None:
        """Judge, where it is time. Raises `StoreUnavailable`, to be tried again."""
        now = self.clock()
        if self._next is not None and self._next - EVERY <= now < self._next:
            return
        memory = self.memory(installation)
        heard = self.listen(installation, memory, now)
        for registry in installation.registries.values():
            if heard is Listening.NO:
                self._deaf(registry, memory, now)
            elif heard is not Listening.BEHIND:
                self._school(registry, installation.stores[registry.school.key], memory, now)
        self.keep(installation)
        self._next = now + EVERY

    def keep(self, installation: Installation) -> None:
        """Write down what is remembered: the journal's cursor has passed it."""
        silence_heard.save(state_file(installation.settings.data.cursors), self.memory(installation))

    def _school(self, registry: Registry, store: Store, memory: Memory, now: datetime) -> None:
        known = _open(self.ledger, registry.school.key)
        mine = [one for one in known if one.subject != COLLECTOR]
        since = now if memory.since_ms is None else from_ms(memory.since_ms)
        scene = Scene(
            registry=registry,
            heard=_heard(registry, store, memory, set(chain.from_iterable(map(members, mine))), now),
            since=since,
            now=now,
            usual=lambda meter: self._usual(registry, store, meter, (scene.last(meter), now)),
            counts=lambda meter: _counts(store, meter),
        )
        found = [_filled(one, registry, store) for one in judge(scene, mine)]
        found += [replace(one, end=since, seen_until=now) for one in known if one.subject == COLLECTOR]
        _record(self.ledger, registry, known, found)

    def _usual(self, registry: Registry, store: Store, meter: Meter, silent: Span) -> bool:
        key = (registry.school.key, meter.key, silent[0])
        if key not in self._spans:
            if len(self._spans) > len(registry.meters):
                self._spans.clear()
            self._spans[key] = spans(meter, _times(store, meter, (silent[1] - _LOOK_BACK, silent[1])))
        return usual(self._spans[key], silent, registry.school.timezone)

    def _deaf(self, registry: Registry, memory: Memory, now: datetime) -> None:
        """Say that we have heard nobody, once that has lasted as long as a live meter may be silent."""
        seen = from_ms(memory.seen_ms or 0)
        if now - seen <= SILENCE_LIMIT[Arrival.LIVE]:
            return
        known = _open(self.ledger, registry.school.key)
        school = registry.school
        facts: dict[str, str | float] = {
            "whole": 1.0,
            "meters": "",
            "count": float(len(registry.at(now))),
            "of": float(len(registry.at(now))),
            "counts": 0.0,
            "arrival": str(Arrival.LIVE),
            "place_zh": "收数程序",
            "place_en": "the collecting program",
            "zone": school.timezone.key,
            TELL: BY_DAY,
        }
        began = next((one.start for one in known if one.subject == COLLECTOR), seen)
        _record(self.ledger, registry, known, [finding_of(COLLECTOR, "", began, now, facts)])


def _open(ledger: Ledger, school: str) -> list[Finding]:
    """Return the silences of a school that have not ended, also those that somebody dismissed."""
    found = (episode.finding for episode in ledger.episodes(school))
    return [finding for finding in found if finding.rule == NAME and finding.end is None]


def _record(ledger: Ledger, registry: Registry, known: Sequence[Finding], found: Iterable[Finding]) -> None:
    before = {one.subject: one for one in known}
    for finding in found:
        if finding.subject not in before or _changed(before[finding.subject], finding, registry):
            judged = finding.start, finding.seen_until
            ledger.record(registry.school.key, NAME, finding.subject, [finding], judged)


def _changed(before: Finding, now: Finding, registry: Registry) -> bool:
    zone = registry.school.timezone
    if (before.end, dict(before.facts)) != (now.end, dict(now.facts)):
        return True
    another_day = local_date(before.seen_until, zone) != local_date(now.seen_until, zone)
    return another_day or now.seen_until - before.seen_until >= RENEWED


def _heard(registry: Registry, store: Store, memory: Memory, found: set[str], now: datetime) -> dict[str, datetime]:
    """Return the last word of every meter that lives; whoever was found silent does until he speaks."""
    ears = memory.ears.get(registry.school.key, {})
    heard = {}
    for meter in registry.at(now).values():
        ear = None if meter.arrival is Arrival.MANUAL else ears.get(meter.key)
        if ear is not None and (ear.lives(meter.silence_limit) or meter.key in found):
            heard[meter.key] = min(now, from_ms(ear.heard_ms))
        elif ear is None:
            newest = _newest(store, meter)
            if newest is not None and (meter.key in found or now - newest <= meter.silence_limit + LIVED):
                heard[meter.key] = min(now, newest)
    return heard


def _series(meter: Meter) -> list[SeriesId]:
    return [SeriesId(REGISTER, meter.key, register.quantity.key) for register in meter.registers]


def _newest(store: Store, meter: Meter) -> datetime | None:
    """Return up to when a meter's readings speak."""
    rows = store.latest(_series(meter)).values()
    return max(
        (from_ms(row.time_ms) + timedelta(seconds=max(0.0, _seconds(row.values))) for row in rows), default=None
    )


def _counts(store: Store, meter: Meter) -> bool:
    """Whether a meter sends a counter, which goes on while nobody hears it."""
    return any(_seconds(row.values) == 0 for row in store.latest(_series(meter)).values())


def _seconds(values: tuple[float | str | None, ...]) -> float:
    return float(values[_DURATION] or 0.0)


def _times(store: Store, meter: Meter, window: Span) -> list[datetime]:
    found = store.series(_series(meter), *window).values()
    return [from_ms(time) for time in sorted({time for rows in found for time in rows.time_ms.tolist()})]


def _filled(finding: Finding, registry: Registry, store: Store) -> Finding:
    """Return an ended finding with the share of its time's readings that were sent later."""
    if finding.end is None:
        return finding
    window = (finding.start + timedelta(milliseconds=1), finding.end)
    mine = [registry.meters[key] for key in members(finding) if key in registry.meters]
    due = sum((window[1] - window[0]) // meter.interval for meter in mine)
    sent = sum(min(len(_times(store, meter, window)), (window[1] - window[0]) // meter.interval) for meter in mine)
    return replace(finding, facts={**finding.facts, "filled": round(sent / due, 3)}) if due else finding
