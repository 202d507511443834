"""How many messages come by topic, minute by minute: what floods is told of, and nothing is dropped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

MINUTE_S = 60.0
# As many whole minutes in a row: a gateway that sends what it had kept during an outage is through before.
MINUTES = 5
# Not looked at below it: one message every two seconds is any chatty device.
BUSY_PER_MIN = 30
# Told at most, and remembered at most: what strangers publish on must fill neither status nor memory.
BUSIEST, MOST_TOPICS = 200, 10_000


@dataclass(slots=True)
class Rush:
    """The messages of this minute, and what was busy in the minutes before it; one thread hears, any may ask."""

    every_s: float = MINUTE_S
    _minute: int = 0
    _topics: Counter[str] = field(default_factory=Counter)
    _places: Counter[str] = field(default_factory=Counter)
    _past: tuple[Mapping[str, int], ...] = ()

    def hear(self, topics: Iterable[str], now_s: float) -> None:
        """Count messages that came now [s since 1970]."""
        minute = int(now_s // self.every_s)
        if minute != self._minute:
            self._turn(minute)
        self._topics.update(topics)
        if len(self._topics) > MOST_TOPICS:
            self._fold()

    def lasting(self, now_s: float) -> dict[str, int]:
        """Return what was busy in each of the last whole minutes, with the messages of the least busy one.

        By topic, and by place: "campus/north/#" is all that came below it.
        """
        past = self._past
        if len(past) < MINUTES or int(now_s // self.every_s) > self._minute + 1:
            return {}
        always = set.intersection(*(set(minute) for minute in past))
        least = {name: min(minute[name] for minute in past) for name in always}
        return dict(Counter(least).most_common(BUSIEST))

    def _turn(self, minute: int) -> None:
        # A minute without any message ends what lasted.
        self._past = (*self._past[1 - MINUTES :], self._busy()) if minute == self._minute + 1 else ()
        self._minute = minute
        self._topics.clear()
        self._places.clear()

    def _busy(self) -> dict[str, int]:
        topics = {topic: count for topic, count in self._topics.items() if count >= BUSY_PER_MIN}
        self._fold()
        return topics | {place: count for place, count in self._places.items() if count >= BUSY_PER_MIN}

    def _fold(self) -> None:
        """Count by places alone what has come until now."""
        for topic, count in self._topics.items():
            self._places[place(topic)] += count
        self._topics.clear()
        if len(self._places) > MOST_TOPICS:
            self._places = Counter({"#": self._places.total()})


def place(topic: str) -> str:
    """Return the filter of a topic's first two levels, below which a school's account speaks."""
    return "/".join([*topic.split("/", 2)[:2], "#"]) if topic.count("/") > 1 else f"{topic.partition('/')[0]}/#"
