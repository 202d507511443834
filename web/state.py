"""What the page is given: one view per school, all of it through ports."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from campus.panel import Panel
from campus.plans import Kept, Plan
from campus.ports import Ledger, Letter, Quarantine, Store
from campus.quality import Code
from campus.registry import Registry
from campus.results import Finding
from campus.said import Said
from web.quota_state import Quotas

Window = tuple[datetime, datetime]


class Charts(Protocol):
    """Draws the panels of the catalogue."""

    @property
    def panels(self) -> Mapping[str, Panel]:
        """The panels by name."""

    @property
    def script_version(self) -> str:
        """Names the content of `script`."""

    def script(self) -> str:
        """Return the JavaScript that defines `vegaEmbed`, to be served from our own address."""

    def spec(
        self, panel: Panel, subject: str, window: Window, *, lang: str = "zh", marks: tuple[Window, ...] = ()
    ) -> dict[str, Any]:
        """Return the Vega-Lite specification of a panel about `subject` over [start, end), `marks` shaded."""

    def svg(self, document: dict[str, Any], width: int = 720) -> str:
        """Return such a specification as SVG, `width` pixels wide."""


@dataclass(frozen=True, slots=True)
class BillLine:
    """A line of a bill: `amount` [unit] comes to `yuan`."""

    name: Said
    amount: float
    unit: str
    yuan: float


@dataclass(frozen=True, slots=True)
class Bill:
    """An account's reckoned bill of a `period`: `total` [yuan] is None where it lacks something, which `said` names,
    with its documents and what could be paid less. `assumed` says that a price of it is, `over` that its period is.
    `sent` are the utility's own bills beside it."""

    account: str
    head: Said
    period: str
    lines: tuple[BillLine, ...]
    total: float | None
    said: tuple[Said, ...] = ()
    sent: tuple[Said, ...] = ()
    assumed: bool = False
    over: bool = True


@dataclass(frozen=True, slots=True)
class CarbonLine:
    """One source of a month's carbon: `value` [tCO₂], None for not enough data, and where its factor comes from.

    `memo` lines stand beside the total, not in it, such as the same use by the national factor; `explained` is the
    arithmetic in words, from hours to tonnes.
    """

    zh: str
    en: str
    value: float | None
    factor_text: str
    document: str
    clause: str
    confidence: str
    coverage: float
    estimated: float
    provisional: bool = False
    memo: bool = False
    code: Code = Code.MEASURED
    explained: Said | None = None


@dataclass(frozen=True, slots=True)
class Computed:
    """A meter that is computed from others: `yesterday` [unit] is None where not enough of it is known.

    `remarks` say what is lacking, and what is doubtful.
    """

    key: str
    name: Said
    building: Said | None
    formula: str
    unit: str
    yesterday: float | None
    estimated: float
    remarks: tuple[Said, ...] = ()
    code: Code = Code.MEASURED


@dataclass(frozen=True, slots=True)
class Saved:
    """A project: what it is, what it saved of each quantity, or why that cannot be said.

    `details` say where the numbers come from; `charts` are the subjects its panel is drawn for, a quantity each.
    """

    key: str
    head: Said
    said: tuple[Said, ...]
    details: tuple[Said, ...] = ()
    charts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unjudged:
    """What a rule cannot judge, why, and at which meters."""

    rule: Said
    reason: Said
    meters: tuple[Said, ...]


@dataclass(frozen=True, slots=True)
class Rendered:
    """A message as its reader gets it; `images` are PNGs by the content id the HTML names them with (cid:…)."""

    subject: str
    text: str
    html: str
    images: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Report:
    """A year's report as files named `name`.pdf and `name`.xlsx.

    `limits` keep it a draft; `notes` are to be known and forbid nothing.
    """

    name: str
    pdf: bytes
    xlsx: bytes
    limits: tuple[Said, ...] = ()
    notes: tuple[Said, ...] = ()


def _no_carbon(_month_start: datetime) -> Sequence[CarbonLine]:
    return ()


def _unsaid(_rule: str) -> Said:
    return Said("", "")


def _no_computed() -> Sequence[Computed]:
    return ()


def _no_bills() -> Sequence[Bill]:
    return ()


def _no_quotas() -> Quotas | None:
    return None


def _none_unjudged() -> Sequence[Unjudged]:
    return ()


def _no_savings() -> Sequence[Saved]:
    return ()


def _no_notices() -> Sequence[Said]:
    return ()


def _no_clocks() -> Mapping[str, Said]:
    return {}


def _no_alarms() -> Sequence[Said]:
    return ()


def _no_audit(_plan: Plan) -> Sequence[Kept]:
    return ()


def _no_letters() -> Sequence[Letter]:
    return ()


def _no_subject(_letter: Letter) -> str:
    return ""


def _no_mail(_letter: Letter) -> Rendered | None:
    return None


def _no_years() -> Sequence[int]:
    return ()


def _no_report(_year: int) -> Report | None:
    return None


@dataclass(frozen=True, slots=True)
class View:
    """One school as the page sees it.

    `clocks` says of which meters the clock is off, and how far.
    `message` and `title` are the rules' wording, `trade` says who acts on what a rule finds, `closes` what ends it;
    `carbon` is by month start, `computed` are the virtual meters, `savings` the projects, `bills` those of accounts,
    `quotas` the school against its quotas and what is ahead, `unjudged` what no rule can judge.
    `alarms` say what is wrong with the processes that collect and compute, `notices` what else is to be known.
    `letters` are the school's, newest first; `subject` words a letter's subject line cheaply ("" where it cannot),
    `mail` makes the whole of it. `years` are those with data; `report` makes a year's, which may take seconds: None
    where there is nothing to report. `audit` holds a closed plan's keep-on list against the meters.
    """

    registry: Callable[[], Registry]
    store: Store
    ledger: Ledger
    quarantine: Quarantine
    charts: Charts
    message: Callable[[Finding, str], str]
    title: Callable[[str, str], str]
    clock: Callable[[], datetime]
    trade: Callable[[str], Said] = _unsaid
    closes: Callable[[str], Said] = _unsaid
    carbon: Callable[[datetime], Sequence[CarbonLine]] = _no_carbon
    computed: Callable[[], Sequence[Computed]] = _no_computed
    savings: Callable[[], Sequence[Saved]] = _no_savings
    bills: Callable[[], Sequence[Bill]] = _no_bills
    quotas: Callable[[], Quotas | None] = _no_quotas
    unjudged: Callable[[], Sequence[Unjudged]] = _none_unjudged
    notices: Callable[[], Sequence[Said]] = _no_notices
    clocks: Callable[[], Mapping[str, Said]] = _no_clocks
    alarms: Callable[[], Sequence[Said]] = _no_alarms
    letters: Callable[[], Sequence[Letter]] = _no_letters
    subject: Callable[[Letter], str] = _no_subject
    mail: Callable[[Letter], Rendered | None] = _no_mail
    years: Callable[[], Sequence[int]] = _no_years
    report: Callable[[int], Report | None] = _no_report
    audit: Callable[[Plan], Sequence[Kept]] = _no_audit
