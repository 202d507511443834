"""The ledger on the terminal: what is open and what happened, Chinese first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from rich.table import Table

from analytics.wording import number
from app.wording import Wording, rules
from campus.calendar import local_date
from campus.ports import Entry, Episode, State
from campus.registry import Registry
from campus.results import Finding
from campus.said import Said
from web.findings import judgement
from web.names import place
from web.steps import steps
from web.words import STATES

# What comes next where no command does it.
_WAITS: Mapping[State, Said] = {
    State.REPAIRED: Said(
        "表计要连续一夜确认：停了就自动关闭，还在继续就重新打开。",
        "The meter has to confirm it for a whole night: it is closed if that stopped, or opened again if it goes on.",
    ),
    State.DISMISSED: Said("同一件事继续时不再提醒。", "While the same goes on, nobody is told of it again."),
}
_COLUMNS = (
    "状态 state",
    "位置 where",
    "什么事 what",
    "开始时间 since",
    "每天 a day",
    "至今 so far",
    "负责人 owner",
    "期限 deadline",
)
_METER = Said("表计", "the meter")


@dataclass(frozen=True, slots=True)
class Desk:
    """A school's ledger at one moment; `several` says that a command has to name the school."""

    registry: Registry
    now: datetime
    several: bool = False

    @property
    def zone(self) -> ZoneInfo:
        """The school's clock."""
        return self.registry.school.timezone


def table(rows: Iterable[tuple[Desk, Episode]], several: bool) -> Table:
    """Return episodes as a table, in the order given."""
    made = Table("编号 id", *(["学校 school"] if several else []), *_COLUMNS)
    for desk, episode in rows:
        found = episode.finding
        made.add_row(
            str(episode.id),
            *([episode.school] if several else []),
            lines(STATES[episode.state]),
            lines(place(desk.registry, found.subject)),
            lines(title_of(found.rule)),
            f"{found.start.astimezone(desk.zone):%Y-%m-%d %H:%M}",
            amount(found, found.yuan_per_day, found.per_day),
            amount(found, found.yuan_to_date, found.to_date),
            episode.owner or "-",
            deadline(desk, episode),
        )
    return made


def lines(said: Said) -> str:
    """Return both languages, one below the other where they differ."""
    return said.zh if said.zh == said.en else f"{said.zh}\n{said.en}"


def title_of(rule: str) -> Said:
    """Return a rule's two names; one this release does not have keeps its key."""
    known = rules().get(rule)
    return Said(known.zh, known.en) if known else Said(rule, rule)


def message_of(finding: Finding) -> Said:
    """Return the sentence for the one who acts, or nothing for a rule this release does not have."""
    known = rules().get(finding.rule)
    return Said(known.message(finding, "zh"), known.message(finding, "en")) if known else Said("", "")


def amount(finding: Finding, yuan: float | None, used: float | None) -> str:
    """Return what is used and what it costs: without a price no money is invented, an assumed one is named."""
    if yuan is None:
        return "-" if used is None else f"{number(used)} {finding.unit}\n未设价格 no price set"
    assumed = " (假设价 assumed price)" if finding.price is not None and finding.price.assumed else ""
    return f"¥{yuan:,.0f}{assumed}" + ("" if used is None else f"\n{number(used)} {finding.unit}")


def overdue(desk: Desk, episode: Episode) -> bool:
    """Whether the deadline passed; the day itself is in time, and a repair waits for the meter alone."""
    waits = episode.open and episode.state is not State.REPAIRED
    return waits and episode.deadline is not None and episode.deadline < local_date(desk.now, desk.zone)


def deadline(desk: Desk, episode: Episode) -> str:
    """Return the deadline, marked where it passed."""
    if episode.deadline is None:
        return "-"
    return f"{episode.deadline}" + ("\n逾期 overdue" if overdue(desk, episode) else "")


def page(desk: Desk, episode: Episode, entries: Sequence[Entry]) -> Iterable[str]:
    """Yield the lines that show one episode whole."""
    found = episode.finding
    state, title, where = STATES[episode.state], title_of(found.rule), place(desk.registry, found.subject)
    yield f"{episode.id} 号 #{episode.id}  {state.zh} / {state.en}"
    yield f"{title.zh} · {where.zh}\n{title.en} · {where.en}"
    told = message_of(found)
    yield from (text for text in (told.zh, told.en) if text)
    yield ""
    for name, fact in facts(desk, episode):
        yield f"{name}: {fact}"
    yield "\n经过 history:"
    yield from (f"  {line}" for line in timeline(desk, entries))
    yield from ("", *nexts(desk, episode))


def facts(desk: Desk, episode: Episode) -> Iterable[tuple[str, str]]:
    """Yield what is known of an episode, name and value."""
    found = episode.finding
    until = "仍在持续 still going on" if found.end is None else _local(found.end, desk.zone)
    yield "起止 from, to", f"{_local(found.start, desk.zone)} – {until}"
    yield "数据到 judged up to", _local(found.seen_until, desk.zone)
    if found.size is not None:
        yield "多用 excess", f"{number(found.size)} {found.size_unit} (平时 usual {number(found.usual)})"
    if found.per_day is not None or found.yuan_per_day is not None:
        yield "每天 a day", _one_line(amount(found, found.yuan_per_day, found.per_day))
    if found.to_date is not None or found.yuan_to_date is not None:
        yield "至今 so far", _one_line(amount(found, found.yuan_to_date, found.to_date))
    if found.price is not None:
        mean = " (分时均价 mean of its hours)" * found.price.timed
        yield "价格依据 price from", f"{found.price.shown} 元/{found.price.unit}{mean}, {found.price.document}"
    if found.kgco2_per_day is not None:
        so_far = number(found.kgco2_to_date)
        yield "碳排放 carbon", f"{number(found.kgco2_per_day)} kgCO2/d, {so_far} kgCO2 ({found.co2_factor})"
    wording = Wording()
    yield "谁去处理 who acts", _one_line(lines(wording.trade(found.rule)))
    if found.end is None:
        yield "怎样算好了 over when", _one_line(lines(wording.closes(found.rule)))
    if told := judgement(found.sure):
        yield "判断 judgement", f"{told.zh} {told.en}"
    yield "负责人 owner", episode.owner or "-"
    yield "期限 deadline", _one_line(deadline(desk, episode))
    if episode.reason:
        yield "不处理的原因 why left", episode.reason
    if episode.round > 1:
        yield "第几次 round", str(episode.round)


def timeline(desk: Desk, entries: Sequence[Entry]) -> Iterable[str]:
    """Yield a line for each thing that happened."""
    before = None
    for entry in entries:
        state = STATES[entry.state]
        moved = f"{state.zh} / {state.en}" if entry.state is not before else ""
        told = not entry.who and entry.finding.size is not None
        size = f"{number(entry.finding.size)} {entry.finding.size_unit}" if told else ""
        parts = (entry.who or f"{_METER.zh} {_METER.en}", moved, entry.text, size)
        yield f"{_local(entry.at, desk.zone)}  " + "  ".join(part for part in parts if part)
        before = entry.state


def nexts(desk: Desk, episode: Episode) -> Iterable[str]:
    """Yield what comes next, and what to type for it."""
    if episode.state in _WAITS:
        yield lines(_WAITS[episode.state])
    today, school = local_date(desk.now, desk.zone), episode.school if desk.several else ""
    for step in steps(episode, today, school):
        yield f"  {step.name.zh} / {step.name.en}: {step.command.en}"


def as_json(desk: Desk, episode: Episode) -> dict[str, Any]:
    """Return an episode as JSON values: times in UTC, amounts with their unit."""
    found, where, title = (
        episode.finding,
        place(desk.registry, episode.finding.subject),
        title_of(episode.finding.rule),
    )
    return {
        "id": episode.id,
        "school": episode.school,
        "state": episode.state.value,
        "open": episode.open,
        "round": episode.round,
        "rule": found.rule,
        "title": {"zh": title.zh, "en": title.en},
        "subject": found.subject,
        "place": {"zh": where.zh, "en": where.en},
        "start": found.start.isoformat(),
        "end": None if found.end is None else found.end.isoformat(),
        "seen_until": found.seen_until.isoformat(),
        "per_day": found.per_day,
        "to_date": found.to_date,
        "unit": found.unit,
        "yuan_per_day": found.yuan_per_day,
        "yuan_to_date": found.yuan_to_date,
        "kgco2_per_day": found.kgco2_per_day,
        "kgco2_to_date": found.kgco2_to_date,
        "co2_factor": found.co2_factor,
        "owner": episode.owner,
        "deadline": None if episode.deadline is None else episode.deadline.isoformat(),
        "overdue": overdue(desk, episode),
        "reason": episode.reason,
    }


def _local(instant: datetime, zone: ZoneInfo) -> str:
    return f"{instant.astimezone(zone):%Y-%m-%d %H:%M}"


def _one_line(text: str) -> str:
    return text.replace("\n", " ")
