"""Meters hanging on gateways, who speaks when, and what is found minute by minute."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from analytics.silence import judge
from analytics.silence_scene import Scene
from campus.plans import Plan
from campus.registry import Arrival, Meter, Register, Registry, School
from campus.results import Finding
from campus.units import QUANTITIES

BEGIN = datetime(2026, 10, 20, tzinfo=UTC)
MINUTE, HOUR, DAY, QUARTER = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1), timedelta(minutes=15)
REGISTERS = (Register(QUANTITIES["electricity"], "kWh"),)


def meter(key: str, topic: str = "", gateway: str = "", **more) -> Meter:
    """Return an electricity meter that speaks every quarter of an hour."""
    values = {"interval": QUARTER, "arrival": Arrival.LIVE, "name_en": f"meter {key}", **more}
    return Meter(
        key, f"{key}表", topic=topic or f"s/{key}", format="native", registers=REGISTERS, gateway=gateway, **values
    )


def registry(*meters: Meter, plans: tuple[Plan, ...] = ()) -> Registry:
    """Return a school of meters."""
    zone = ZoneInfo("Asia/Shanghai")
    school = School("s", "学校", "School", "primary", zone, "CN-SD", "CN")
    return Registry(school, meters={one.key: one for one in meters}, plans=plans)


def below(count: int, gateway: str = "东区", first: int = 0, **more) -> list[Meter]:
    """Return so many meters of a gateway, keys numbered from `first`."""
    return [meter(f"m{n}", gateway=gateway, **more) for n in range(first, first + count)]


@dataclass
class Life:
    """Meters that speak at their interval, each at a phase of its own, but where `mute` says they do not."""

    meters: list[Meter]
    mute: Callable[[Meter, datetime], bool]
    usual: Callable[[Meter], bool] = lambda _meter: False
    counts: Callable[[Meter], bool] = lambda _meter: True
    since: datetime = BEGIN - DAY
    phase: Callable[[int], timedelta] = lambda n: MINUTE * (n * 7 % 15)
    known: dict[str, Finding] = field(default_factory=dict)
    plans: tuple[Plan, ...] = ()
    ended: list[Finding] = field(default_factory=list)
    heard: dict[str, datetime] = field(default_factory=dict)

    def run(self, until: datetime, start: datetime = BEGIN, step: timedelta = MINUTE) -> list[Finding]:
        """Live from `start` until then; return every finding when it was first made."""
        first: list[Finding] = []
        now = start
        while now <= until:
            self.speak(now, step)
            first += self.judge(now)
            now += step
        return first

    def speak(self, now: datetime, step: timedelta) -> None:
        """Let everybody whose time it was since the last step say his word."""
        for n, one in enumerate(self.meters):
            turns = (now - BEGIN - self.phase(n)) // one.interval
            word = BEGIN + self.phase(n) + turns * one.interval
            if now - step < word <= now and not self.mute(one, word):
                self.heard[one.key] = word

    def judge(self, now: datetime) -> list[Finding]:
        """Judge an instant; return what is new."""
        scene = Scene(registry(*self.meters, plans=self.plans), self.heard, self.since, now, self.usual, self.counts)
        found = judge(scene, list(self.known.values()))
        new = [one for one in found if one.subject not in self.known]
        assert len({one.subject for one in found}) == len(found)
        self.ended += [one for one in found if one.end is not None]
        self.known = {one.subject: one for one in found if one.end is None}
        return new


def between(keys: Iterable[str], begin: datetime, end: datetime | None = None) -> Callable[[Meter, datetime], bool]:
    """Return the muteness of meters within [begin, end)."""
    mute = set(keys)
    return lambda one, at: one.key in mute and begin <= at and (end is None or at < end)
