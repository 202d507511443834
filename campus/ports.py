"""Ports: what the parts need of each other, as Protocols. `app` puts adapters behind them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from campus.errors import CampusError
from campus.projects import Frozen
from campus.registry import Location
from campus.results import Finding
from campus.schema import Columns, Point, SeriesId, Stretch


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two different values under one identity; the later arrival, `new`, stands in the store."""

    series: SeriesId
    time_ms: int
    old: float
    new: float


@dataclass(frozen=True, slots=True)
class Refused:
    """A point the store would not take, with the store's own words."""

    point: Point
    reason: str


@dataclass(frozen=True, slots=True)
class Written:
    """What became of a write: everything not in `refused` is durable."""

    refused: tuple[Refused, ...] = ()
    conflicts: tuple[Conflict, ...] = ()


class Rows(Protocol):
    """One school's readings and results, to be read. It aggregates nothing."""

    def series(self, ids: Iterable[SeriesId], start: datetime, end: datetime) -> Mapping[SeriesId, Columns]:
        """Return the rows in [start, end) of each id; an id without rows has empty columns."""

    def neighbours(self, series: SeriesId, time: datetime, count: int = 1) -> tuple[list[int], list[int]]:
        """Return up to `count` times [epoch ms] before and after `time`, both nearest first."""

    def latest(self, ids: Iterable[SeriesId]) -> Mapping[SeriesId, Point]:
        """Return the last row of each id that has one."""


class Store(Rows, Protocol):
    """One school's readings and results. Raises `StoreUnavailable` when it cannot now."""

    def write(self, points: Sequence[Point]) -> Written:
        """Write points durably; one with a known identity replaces the earlier one."""

    def replace(self, series: SeriesId, window: tuple[datetime, datetime], columns: Columns) -> None:
        """Make the series hold exactly `columns` within [start, end)."""

    def replace_all(self, stretches: Sequence[Stretch]) -> None:
        """The same for many stretches, none of which overlap; what an error leaves undone may be done again."""

    def ids(self, measurement: str) -> list[SeriesId]:
        """Return every series of a measurement that holds a row."""

    def conflicts(self, limit: int = 100) -> list[Conflict]:
        """Return the latest conflicts seen, newest first."""

    def close(self) -> None:
        """Let go of files and connections."""


@dataclass(frozen=True, slots=True)
class WeatherSamples:
    """What a source or a file said: `time_ms` (n,) epoch ms; values (n,) by figure of `campus.schema`, in its unit,
    NaN where unknown. Temperature and humidity are those of the instant, irradiance the mean of the hour before."""

    time_ms: NDArray[np.int64]
    value: Mapping[str, NDArray[np.float64]]


class WeatherUnavailable(CampusError):
    """A source of weather that did not answer, or not with weather; its text says what to do. Nothing was lost."""


class WeatherSource(Protocol):
    """Who knows the weather of a place. Raises `WeatherUnavailable`."""

    def history(self, place: Location, first: date, last: date) -> WeatherSamples:
        """Return what the weather was on the UTC days [first, last], as far as it is known yet."""

    def forecast(self, place: Location, past_days: int, days: int) -> WeatherSamples:
        """Return the weather of the last UTC days and of the coming ones, today being the first of these."""


class Reason(StrEnum):
    """Why something is in quarantine: the key of the sentence that says what to do."""

    UNKNOWN_TOPIC = "unknown_topic"
    UNKNOWN_QUANTITY = "unknown_quantity"
    UNKNOWN_UNIT = "unknown_unit"
    UNIT_IN_DOUBT = "unit_in_doubt"
    UNDECODABLE = "undecodable"
    NOT_A_NUMBER = "not_a_number"
    NO_READING = "no_reading"
    NO_TIME_ZONE = "no_time_zone"
    BAD_TIME = "bad_time"
    CLOCK_AHEAD = "clock_ahead"
    TOO_OLD = "too_old"
    TWO_METERS = "two_meters"
    BIRTH_MISSING = "birth_missing"
    STORE_REFUSED = "store_refused"


@dataclass(frozen=True, slots=True)
class Quarantined:
    """Something kept out of the store: its place in the journal, what arrived, and why it waits.

    `item` counts the readings inside one message; `format` names a format that can read the payload, if any.
    """

    id: int
    journal: str
    segment: int
    offset: int
    item: int
    arrived: datetime
    topic: str
    payload: bytes
    reason: Reason
    detail: str
    format: str = ""
    replayed: datetime | None = None


@dataclass(frozen=True, slots=True)
class NewTopic:
    """A topic nobody registered: when it spoke last, what it said, and the format that reads it."""

    topic: str
    messages: int
    first_seen: datetime
    last_seen: datetime
    payload: bytes
    format: str


class Quarantine(Protocol):
    """What arrived and could not be stored; nothing leaves it but by being replayed."""

    def entries(self, limit: int = 200, open_only: bool = True) -> list[Quarantined]:
        """Return entries, newest first."""

    def counts(self) -> dict[Reason, int]:
        """Return how many open entries each reason has."""

    def new_topics(self) -> list[NewTopic]:
        """Return the unregistered topics with open entries, most recently heard first."""


class State(StrEnum):
    """Where an episode stands between the meter that shows it and the people who work on it."""

    NEW = "new"
    ACKNOWLEDGED = "acknowledged"
    IN_WORK = "in_work"
    REPAIRED = "repaired"  # somebody says so; the meter has not confirmed it yet
    REOPENED = "reopened"  # the meter shows it again, or still, after an end or a repair
    CLOSED_BY_METER = "closed_by_meter"
    DISMISSED = "dismissed"
    WITHDRAWN = "withdrawn"  # corrected data made it vanish


OPEN_STATES = frozenset({State.NEW, State.ACKNOWLEDGED, State.IN_WORK, State.REPAIRED, State.REOPENED})


@dataclass(frozen=True, slots=True)
class Episode:
    """A Finding as the ledger keeps it: one row per event, updated as data comes, ended by the meter.

    `round` counts how often it was opened: 1, and one more each time the meter reopens it. `reason` is why it was
    dismissed, `acted_by` who changed its state last ("" for the meter), `repaired` when somebody said it was.
    """

    id: int
    school: str
    state: State
    finding: Finding
    first_found: datetime
    updated: datetime
    version: int
    round: int = 1
    owner: str = ""
    deadline: date | None = None
    reason: str = ""
    acted_by: str = ""
    repaired: datetime | None = None

    @property
    def open(self) -> bool:
        """Whether somebody still has to do something, or the meter to confirm it."""
        return self.state in OPEN_STATES


# The fact of a finding that says when it may be told: by day alone, not yet, since it is in doubt whether it still
# holds, or on the page alone, since nobody has to go anywhere for it. Without it: at once.
TELL, BY_DAY, NOT_YET, ON_PAGE = "tell", "by_day", "not_yet", "on_page"


class Verb(StrEnum):
    """What a person can do with an episode."""

    ACKNOWLEDGE = "acknowledge"
    ASSIGN = "assign"
    REPAIR = "repair"
    DISMISS = "dismiss"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Act:
    """Somebody did something: `text` is a note, what was repaired, or (needed) why it is dismissed."""

    verb: Verb
    who: str
    text: str = ""
    owner: str = ""
    deadline: date | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of an episode's history; `who` is "" for the meter."""

    at: datetime
    state: State
    who: str
    text: str
    finding: Finding


class NotPossible(CampusError):
    """An act that does not fit the state an episode is in; its text says who did what before."""


@dataclass(frozen=True, slots=True)
class Ruling:
    """What a run of a rule says of a subject: what it found over the window it judged."""

    rule: str
    subject: str
    findings: Sequence[Finding]
    judged: tuple[datetime, datetime]


class Ledger(Protocol):
    """What people work on."""

    def record(
        self,
        school: str,
        rule: str,
        subject: str,
        findings: Sequence[Finding],
        judged: tuple[datetime, datetime],
        as_of: datetime | None = None,
    ) -> list[Episode]:
        """Match a rule's findings on a subject, over the judged window, to its episodes; return those touched.

        Runs may come in any order: the one judged furthest speaks, of several that reach as far the one whose data
        were read last (`as_of`, None: now), and an earlier one only of the time before what later ones judged.
        """

    def record_all(self, school: str, rulings: Sequence[Ruling], as_of: datetime | None = None) -> list[Episode]:
        """Record what rules say of a school's subjects, each rule and subject once; return the episodes touched.

        Each ruling is taken in whole or not at all; what an error leaves out may be recorded again.
        """

    def episodes(self, school: str, open_only: bool = False) -> list[Episode]:
        """Return a school's episodes, dearest open ones first; withdrawn ones are not among them."""

    def act(self, school: str, episode: int, act: Act) -> Episode:
        """Do what somebody did. Raises `NotPossible` where the state it meets does not allow it."""

    def history(self, school: str, episode: int) -> list[Entry]:
        """Return what happened to an episode, oldest first."""


@dataclass(frozen=True, slots=True)
class Address:
    """Whom a message goes to: the channel ("mail"), the address in it, and the language ("zh", "en" or "both")."""

    channel: str
    to: str
    lang: str = "both"


class Delivery(StrEnum):
    """What became of a message."""

    WAITING = "waiting"
    SENT = "sent"
    GIVEN_UP = "given_up"  # refused for good: kept, shown, and sent again when somebody says so


@dataclass(frozen=True, slots=True)
class Letter:
    """One message of the outbox: the episode as it was at the change of state it tells, and what became of it."""

    id: int
    episode: Episode
    address: Address
    queued: datetime
    delivery: Delivery = Delivery.WAITING
    attempts: int = 0
    next_try: datetime | None = None
    sent: datetime | None = None
    error: str = ""


class Outbox(Protocol):
    """Messages to be sent, durable, one per (episode, round, state, address): written with the change they tell."""

    def due(self, now: datetime, limit: int = 50) -> list[Letter]:
        """Return waiting letters whose next try is not after `now`, oldest first."""

    def sent(self, letter: int, at: datetime) -> None:
        """Note that a letter was taken by the server."""

    def failed(self, letter: int, error: str, again: datetime | None) -> None:
        """Note why a letter was not taken and when to try again; None gives it up until somebody retries."""

    def retry(self, letters: Sequence[int] = ()) -> int:
        """Make letters given up, or put off, due now, as if never tried (all, or those named); return how many.

        One a sender has in hand, or one already sent, is left as it is.
        """

    def letters(self, school: str, limit: int = 200) -> list[Letter]:
        """Return a school's letters, newest first, whatever became of them."""


class Baselines(Protocol):
    """Frozen baselines: kept for good, never changed."""

    def freeze(self, given: Frozen) -> Frozen:
        """Keep a baseline for good; where the school has one of its id, that one is returned, as frozen first."""

    def baselines(self, school: str) -> list[Frozen]:
        """Return a school's frozen baselines, oldest first; raises `CampusError` where one was changed since."""


class Books(Ledger, Outbox, Baselines, Protocol):
    """The ledger, its outbox and what is frozen in it: one database, one transaction."""

    def close(self) -> None:
        """Let go of connections."""
