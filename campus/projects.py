"""Projects that should save something: what was done on which meters, and the baselines frozen to judge them by."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from campus.said import Said


class Measure(StrEnum):
    """What kind of project it is."""

    PIPES = "pipes"
    WINDOWS = "windows"
    CHILLER_PLANT = "chiller_plant"
    LIGHTING = "lighting"
    HEATING_CONTROL = "heating_control"
    PV = "pv"


MEASURES: dict[Measure, Said] = {
    Measure.PIPES: Said("管网改造", "Pipes"),
    Measure.WINDOWS: Said("门窗改造", "Windows"),
    Measure.CHILLER_PLANT: Said("冷站改造", "Chiller plant"),
    Measure.LIGHTING: Said("照明改造", "Lighting"),
    Measure.HEATING_CONTROL: Said("供热控制", "Heating control"),
    Measure.PV: Said("光伏", "PV"),
}


class Contract(StrEnum):
    """Who pays and who takes part: a retrofit of the school's own, contracted, or shared with city and university."""

    OWN = "own"
    EMC = "emc"  # 合同能源管理、合同节水: a saving statement settles the account
    COOPERATION = "cooperation"  # 市校合作


@dataclass(frozen=True, slots=True)
class NonRoutine:
    """A change over the local days [first, until) that is not the project's (None: it lasts).

    It made the meters of `quantity` use `per_day` [unit a day] more (less, if negative) than they would have. `by`
    is who says so, `document` where it is written.
    """

    quantity: str
    first: date
    until: date | None
    per_day: float
    reason: Said
    by: str
    document: str = ""


@dataclass(frozen=True, slots=True)
class Project:
    """A measure on meters: works from `started` on, in service from `finished` on (local days; None: not yet).

    What was used between the two is neither baseline nor reporting period. `meters` are pairs (meter, quantity).
    `baselines` are the ids of frozen baselines it is judged by, where several could be meant. `expected_per_year`
    [unit of the first quantity], `investment_yuan` and `subsidy_yuan` are what was planned.
    """

    key: str
    name: str
    name_en: str
    measure: Measure
    meters: tuple[tuple[str, str], ...]
    started: date
    finished: date | None
    baselines: tuple[str, ...] = ()
    adjustments: tuple[NonRoutine, ...] = ()
    contract: Contract = Contract.OWN
    expected_per_year: float | None = None
    investment_yuan: float | None = None
    subsidy_yuan: float | None = None
    document: str = ""

    @property
    def quantities(self) -> tuple[str, ...]:
        """The quantities its meters count, each once: each has a saving of its own."""
        return tuple(dict.fromkeys(quantity for _, quantity in self.meters))

    def meters_of(self, quantity: str) -> tuple[str, ...]:
        """Return its meters of a quantity."""
        return tuple(meter for meter, of in self.meters if of == quantity)


@dataclass(frozen=True, slots=True)
class Frozen:
    """A baseline as it was frozen: by whom, when, for which meter and local days [first, until).

    `id` is the hash of `body`, which is the whole of it as JSON: nobody changes one afterwards. `project` is the one
    it was frozen for, "" for none.
    """

    id: str
    school: str
    project: str
    meter: str
    quantity: str
    first: date
    until: date
    by: str
    at: datetime
    body: str
    note: str = ""
