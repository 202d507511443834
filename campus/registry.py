"""A school as its registry describes it: places, accounts, meters, and which of them stand for what, when."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from campus.corrections import Correction
from campus.people import People
from campus.plans import Plan
from campus.projects import Project
from campus.quotas import WaterPlan
from campus.results import Price
from campus.schema import SCHOOL_SUBJECT, virtual_subject
from campus.tariff import Tariff
from campus.units import Quantity
from campus.virtual import Virtual


class Arrival(StrEnum):
    """How soon a meter's readings come: decides silence limits, promised delay and wording."""

    LIVE = "live"
    HOURLY = "hourly"
    DAILY_FROZEN = "daily_frozen"
    MANUAL = "manual"


# The class of buildings that send heat out: boiler rooms and heat stations (standards.md 2.2).
STATION = "boiler_room"
# The item of a water meter that counts what tops a heating network up.
MAKEUP = "makeup"
# How long a meter may say nothing before it is called silent (users.md, section 1.4).
SILENCE_LIMIT: dict[Arrival, timedelta] = {
    Arrival.LIVE: timedelta(hours=1),
    Arrival.HOURLY: timedelta(hours=6),
    Arrival.DAILY_FROZEN: timedelta(hours=36),
    Arrival.MANUAL: timedelta(days=40),
}
# How late somebody who reads meters may come: what a month's limit of 40 days allows.
READING_ROUND = timedelta(days=10)


@dataclass(frozen=True, slots=True)
class Term:
    """A stretch of the school's own calendar, [first, last] inclusive, such as a term or a vacation."""

    first: date
    last: date
    kind: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Season:
    """A heating season, [first, last]: both days are heated; `document` says who set it."""

    first: date
    last: date
    document: str = ""


@dataclass(frozen=True, slots=True)
class Location:
    """Where the school lies [degrees north, east], and the `source` its weather is fetched from, "" for none."""

    latitude: float
    longitude: float
    source: str = ""


@dataclass(frozen=True, slots=True)
class Contact:
    """Somebody who is told of findings: in which language, of which media, trades and states (empty: of all)."""

    name: str
    mail: str
    lang: str = "both"
    media: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    trades: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class School:
    """Who the school is and which clock, calendar and grid region it lives by.

    `code` is its 统一社会信用代码. `people` are heads (pupils and staff), `groups` the same by category with the days
    they are there. Areas [m²] are the whole school's, and None leaves them to the sum of its buildings; the floor
    area holds `garage_area_m2`. `heating_type` is one of `quotas.HEATING_COLUMN`, "" where nobody said; `heat_season`
    which heating season a year is held against: the one "ending" in it or the one "beginning" in it.
    """

    key: str
    name: str
    name_en: str
    type: str
    timezone: ZoneInfo
    region: str
    calendar: str
    boarding: bool = False
    terms: tuple[Term, ...] = ()
    code: str = ""
    people: int | None = None
    floor_area_m2: float | None = None
    heated_area_m2: float | None = None
    contacts: tuple[Contact, ...] = ()
    heating: tuple[Season, ...] = ()
    location: Location | None = None
    garage_area_m2: float = 0.0
    heating_type: str = ""
    heat_season: str = "ending"
    groups: tuple[People, ...] = ()
    water_plans: tuple[WaterPlan, ...] = ()


@dataclass(frozen=True, slots=True)
class Building:
    """A building: class (teaching, dormitory, canteen, laboratory, boiler_room, …), areas [m²] and people.

    Of the floor area `garage_area_m2` parks cars and `special_area_m2` holds special systems (a kitchen, a data
    centre, large laboratory equipment). `heating_type` is its own where it is not the school's. `independent` is one
    that reckons by itself and is metered apart, such as a hotel or shops: quotas leave it out. `survey` holds what
    the survey asks and nothing here computes with, by the keys of the TOML.
    """

    key: str
    name: str
    name_en: str
    kind: str
    floor_area_m2: float | None = None
    heated_area_m2: float | None = None
    people: int | None = None
    survey: dict[str, str] = field(default_factory=dict)
    garage_area_m2: float = 0.0
    special_area_m2: float = 0.0
    heating_type: str = ""
    independent: bool = False


@dataclass(frozen=True, slots=True)
class Account:
    """A utility account (户号): `tariff` names how it is billed, `billing` holds its prices, None until one is there.

    `share_of` is the account whose meters a fixed share (定比) of is billed here instead.
    """

    key: str
    medium: str
    number: str
    tariff: str
    billing: Tariff | None = None
    since: datetime | None = None
    until: datetime | None = None
    survey: dict[str, str] = field(default_factory=dict)
    share_of: str = ""

    def in_force(self, time: datetime) -> bool:
        """Whether the account exists at `time`: [since, until)."""
        return (self.since is None or self.since <= time) and (self.until is None or time < self.until)


@dataclass(frozen=True, slots=True)
class Register:
    """One counter of a meter: its quantity, unit, and the digits after which it starts anew (None: unknown)."""

    quantity: Quantity
    unit: str
    width: int | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """From `since` on, the named attributes of a meter have these values; `by` is who said so."""

    since: datetime
    values: dict[str, str | float]
    by: str = ""


@dataclass(frozen=True, slots=True)
class Replacement:
    """A meter was swapped at `time`: the old one ended at `end`, the new one began at `start` [register unit].

    `by` is who said so, `photo` the name of the picture of both.
    """

    time: datetime
    end: float
    start: float
    serial: str = ""
    quantity: str = ""
    by: str = ""
    photo: str = ""


@dataclass(frozen=True, slots=True)
class Meter:
    """A meter as it is at one instant; `Registry.at` applies its changes.

    `gateway` is the device it speaks through, "" where its topic tells (`campus.gateways`).
    """

    key: str
    name: str
    name_en: str
    topic: str
    format: str
    registers: tuple[Register, ...]
    interval: timedelta
    arrival: Arrival
    channel: str = ""
    ratio: float = 1.0
    parent: str = ""
    building: str = ""
    account: str = ""
    item: str = ""
    serial: str = ""
    max_rate: float | None = None
    pulse: float | None = None
    night_use_m3_h: float = 0.0
    since: datetime | None = None
    until: datetime | None = None
    changes: tuple[Change, ...] = ()
    replacements: tuple[Replacement, ...] = ()
    corrections: tuple[Correction, ...] = ()
    survey: dict[str, str] = field(default_factory=dict)
    gateway: str = ""

    def at(self, time: datetime) -> Meter:
        """Return the meter with every change up to `time` applied."""
        now = self
        for change in self.changes:
            if change.since <= time:
                now = replace(now, **change.values)  # type: ignore[arg-type]
        return now

    def in_force(self, time: datetime) -> bool:
        """Whether the meter exists at `time`: [since, until)."""
        return (self.since is None or self.since <= time) and (self.until is None or time < self.until)

    @property
    def silence_limit(self) -> timedelta:
        """How long it may say nothing: the limit of its class; one that speaks at its interval may miss a turn."""
        limit = SILENCE_LIMIT[self.arrival]
        if self.arrival is Arrival.MANUAL:
            return max(limit, self.interval + READING_ROUND)
        return limit if self.arrival is Arrival.DAILY_FROZEN else max(limit, 2 * self.interval)

    def register(self, quantity: str) -> Register | None:
        """Return the register of a quantity, if the meter has one."""
        return next((r for r in self.registers if r.quantity.key == quantity), None)


@dataclass(frozen=True, slots=True)
class Registry:
    """One school's buildings, accounts, meters and what is computed from meters; the latter counts in no sum."""

    school: School
    buildings: dict[str, Building] = field(default_factory=dict)
    accounts: dict[str, Account] = field(default_factory=dict)
    meters: dict[str, Meter] = field(default_factory=dict)
    version: str = ""
    virtuals: dict[str, Virtual] = field(default_factory=dict)
    plans: tuple[Plan, ...] = ()
    projects: tuple[Project, ...] = ()

    def at(self, time: datetime) -> dict[str, Meter]:
        """Return the meters in force at `time`, each as it is then."""
        return {k: m.at(time) for k, m in self.meters.items() if m.in_force(time)}

    def leaves(self, subject: str, quantity: str, time: datetime) -> list[Meter]:
        """Return the meters whose sum is the subject's use of `quantity` at `time`, none counted twice.

        These are the meters of the subject that no other meter of the subject and quantity stands above:
        for the school its main meters, for a building those that feed it. The heat that a boiler room or heat station
        sends out is used elsewhere: it is none of its own.
        """
        kind, _, key = subject.partition("/")
        place = self.buildings.get(key) if kind == "building" else None
        if quantity == "heat" and place is not None and place.kind == STATION:
            return []
        inside = {
            key: meter
            for key, meter in self.at(time).items()
            if meter.register(quantity) is not None and _belongs(meter, subject)
        }
        return [m for m in inside.values() if not any(a in inside for a in self._ancestors(m, time))]

    def _ancestors(self, meter: Meter, time: datetime) -> Iterator[str]:
        seen = {meter.key}
        parent = meter.parent
        while parent and parent not in seen:
            yield parent
            seen.add(parent)
            above = self.meters.get(parent)
            parent = above.at(time).parent if above is not None else ""

    def turning_points(self, start: datetime, end: datetime) -> list[datetime]:
        """Return the instants in (start, end) at which any meter begins, ends or changes, ascending."""
        instants = {
            instant
            for meter in self.meters.values()
            for instant in (meter.since, meter.until, *(change.since for change in meter.changes))
            if instant is not None and start < instant < end
        }
        return sorted(instants)

    def subjects(self) -> list[str]:
        """Return every subject that may have figures: the school, its buildings, its meters, real and virtual."""
        return [
            SCHOOL_SUBJECT,
            *(f"building/{key}" for key in self.buildings),
            *(f"meter/{key}" for key in self.meters),
            *(virtual_subject(key) for key in self.virtuals),
        ]

    def accounts_of(self, meter: Meter, time: datetime) -> list[Account]:
        """Return the accounts a meter's use is billed on at `time`: its own, then those with a fixed share of it."""
        own = self.accounts.get(meter.at(time).account)
        if own is None or not own.in_force(time):
            return []
        return [own, *(one for one in self.accounts.values() if one.share_of == own.key and one.in_force(time))]

    def billed(self, account: Account, time: datetime) -> list[Meter]:
        """Return the meters whose use an account pays (or a share of it) at `time`: none below another of them, and
        those read by hand, from the bill itself, only where no other is there."""
        key = account.share_of or account.key
        mine = {
            meter.key: meter
            for meter in self.at(time).values()
            if meter.account == key and any(r.quantity.medium == account.medium for r in meter.registers)
        }
        speaking = {key: meter for key, meter in mine.items() if meter.arrival is not Arrival.MANUAL} or mine
        return [m for m in speaking.values() if not any(above in speaking for above in self._ancestors(m, time))]

    def billing(self, account: Account, time: datetime) -> Tariff | None:
        """Return how an account is billed at `time`, for what those that share its meters leave to it."""
        sharers = (one for one in self.accounts.values() if one.share_of == account.key and one.in_force(time))
        taken = sum(one.billing.share for one in sharers if one.billing is not None)
        own = account.billing
        return own if own is None or not taken else replace(own, share=own.share - taken)

    def tariffs(self, meter: Meter, time: datetime) -> list[Tariff]:
        """Return how each of those accounts is billed, each with its share; none where one of them has no prices."""
        found = [self.billing(account, time) for account in self.accounts_of(meter, time)]
        known = [tariff for tariff in found if tariff is not None]
        return known if len(known) == len(found) else []

    def tariff(self, meter: Meter, time: datetime) -> Tariff | None:
        """Return how the meter's own account is billed at `time`, None where nothing is known of that."""
        return next((account.billing for account in self.accounts_of(meter, time)), None)

    def price(self, meter: Meter, time: datetime) -> Price | None:
        """Return what a unit of the meter's use costs at `time`, or None: no price is ever invented.

        Of a price that goes by the hour it is the month's mean, of several accounts the sum of their shares.
        """
        day = time.astimezone(self.school.timezone).date()
        parts = [(tariff.share, tariff.price(day)) for tariff in self.tariffs(meter, time)]
        known = [(share, price) for share, price in parts if price is not None]
        if not known or len(known) < len(parts) or len({price.unit for _, price in known}) > 1:
            return None
        return _shared(known)


def _shared(parts: list[tuple[float, Price]]) -> Price:
    if len(parts) == 1 and parts[0][0] == 1.0:
        return parts[0][1]
    prices = [price for _, price in parts]
    return Price(
        sum(share * price.yuan for share, price in parts),
        prices[0].unit,
        "；".join(f"{price.document}（{share:.0%}）" for share, price in parts),
        any(price.assumed for price in prices),
        any(price.timed for price in prices),
    )


def _belongs(meter: Meter, subject: str) -> bool:
    if subject == SCHOOL_SUBJECT:
        return True
    kind, _, key = subject.partition("/")
    return key == (meter.building if kind == "building" else meter.key)
