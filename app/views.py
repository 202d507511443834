"""Puts the installation behind the page: one view a school, all of it through ports."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from analytics import carbon_text
from analytics.carbon import Line, Why
from app import account
from app.alarms import alarms
from app.annual_gather import Pieces
from app.bills_view import Costs
from app.letters import Letters
from app.papers import Papers
from app.plan_audit import audited
from app.quota_page import QuotaPage
from app.savings_view import Shown
from app.silence_heard import clocks
from app.unjudged import unjudged
from app.virtual_view import computed
from app.wiring import Installation
from app.wording import Wording
from campus import quality
from campus.ports import Books, Quarantine, Store
from campus.registry import Registry
from campus.said import Said
from campus.units import QUANTITIES
from dashboards.charts import StoreCharts
from web.state import CarbonLine, View


@dataclass(frozen=True, slots=True)
class Ports:
    """What the pages of an installation are made of."""

    installation: Installation
    books: Books
    quarantine: Quarantine
    clock: Callable[[], datetime]


def clock(at: datetime | None) -> Callable[[], datetime]:
    """Return the wall clock, or one that began at `at` when the program did."""
    if at is None:
        return lambda: datetime.now(UTC)
    began = datetime.now(UTC)
    start = at.astimezone(UTC)
    return lambda: start + (datetime.now(UTC) - began)


def views(ports: Ports, said: tuple[Said, ...] = ()) -> Mapping[str, View]:
    """Return the view of each registered school; `said` is shown on every page."""
    return {school: _view(ports, school, said) for school in sorted(ports.installation.registries)}


def _view(ports: Ports, school: str, said: tuple[Said, ...]) -> View:
    installation = ports.installation
    store = installation.stores[school]

    def registry() -> Registry:
        installation.reload()
        return installation.registries[school]

    words = Wording()
    papers = Papers(
        school,
        ports.books,
        Letters(installation, ports.clock),
        lambda: Pieces(registry(), store, ports.books, ports.clock),
    )
    return View(
        registry=registry,
        store=store,
        ledger=ports.books,
        quarantine=ports.quarantine,
        charts=StoreCharts(store, registry, ports.clock),
        message=words.message,
        title=words.title,
        trade=words.trade,
        closes=words.closes,
        clock=ports.clock,
        carbon=lambda month: carbon_lines(store, registry(), month),
        computed=lambda: computed(registry(), store, ports.clock()),
        quotas=QuotaPage(store, registry, ports.clock),
        unjudged=lambda: unjudged(installation.settings.data.root / "status", registry()),
        savings=Shown(store, registry, ports.books, ports.clock),
        bills=Costs(store, registry, ports.clock),
        notices=lambda: (*said, *_notices(installation)),
        clocks=lambda: clocks(installation.settings, school),
        alarms=lambda: alarms(installation.settings.data.root / "status", installation.registries),
        letters=papers.letters,
        subject=papers.subject,
        mail=papers.mail,
        years=papers.years,
        report=papers.report,
        audit=lambda plan: audited(store, registry(), plan, ports.clock()),
    )


def carbon_lines(store: Store, registry: Registry, month: datetime) -> list[CarbonLine]:
    """Return a month's sources as the page shows them."""
    region = registry.school.region
    lines = account.month_carbon(store, registry, month).lines
    return [_carbon_line(line, region) for line in lines if _worth_showing(line)]


def _worth_showing(line: Line) -> bool:
    return line.why is not Why.SELF_USED or line.use.value != 0


def _carbon_line(line: Line, region: str) -> CarbonLine:
    quantity = QUANTITIES[line.use.name]
    suffix = ("(按全国因子)", " (national factor)") if line.level else ("", "")
    row = line.chosen.factor if line.chosen else None
    return CarbonLine(
        zh=quantity.zh + suffix[0],
        en=quantity.en + suffix[1],
        value=line.figure.value,
        factor_text=carbon_text.factor_text(row) if row else "",
        document=row.document if row else "",
        clause=row.clause if row else "",
        confidence=row.confidence if row else "",
        coverage=line.use.coverage,
        estimated=line.use.estimated,
        provisional=bool(line.chosen and line.chosen.provisional),
        memo=bool(line.level),
        code=quality.code(line.figure.value, line.use.coverage, line.use.estimated, line.use.corrected),
        explained=Said(carbon_text.explain(line, region, "zh"), carbon_text.explain(line, region, "en")),
    )


def _notices(installation: Installation) -> tuple[Said, ...]:
    """Return what is wrong with the schools' files."""
    return tuple(
        Said(f"配置有误，仍按上一版运行：{issue}", f"Configuration: {issue}; the last good version stays in force")
        for issue in installation.watcher.issues[:3]
    )
