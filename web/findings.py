"""Findings as the page shows them: what, where, since when, what it costs a day, what to do first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from campus.calendar import ceil_hour, local_date
from campus.panel import Panel
from campus.ports import OPEN_STATES, Episode, State
from campus.registry import Registry
from campus.results import Finding, Price
from campus.said import Said
from campus.units import QUANTITIES
from web.names import figure_subject, place
from web.state import View, Window
from web.words import LANGS, STATES, WORDS
from web.words_work import SENTENCES, SOMEBODY

# How much of the time before a finding its chart shows, and how much of it at most: hours stay legible.
BEFORE = timedelta(days=2)
LONGEST = timedelta(days=14)
# What goes on is drawn up to the present while it is younger than this.
YOUNG = timedelta(days=30)
# What has ended stays in sight this long: somebody wants to see that the repair worked.
LATELY = timedelta(days=14)
LATELY_SHOWN = 5
# A rule names the share of the event's days above its limit; from so much on only few days speak against it. Assumed.
FAIRLY_SURE = 0.8


@dataclass(frozen=True, slots=True)
class Item:
    """An episode in words; amounts keep their unit, and money is None where no price is set.

    `stage` is the state itself, `sentence` what it means for this episode; `overdue` counts the days since the
    deadline passed, 0 where none did; `lasted_days` runs to the end, or to now; `drawn` says whether a picture of
    its hours can be drawn; `judgement` is None where there is no doubt.
    """

    id: int
    title: Said
    place: Said
    message: Said
    state: Said
    stage: State
    sentence: Said
    owner: str
    deadline: date | None
    overdue: int
    round: int
    medium: str
    lasting: bool
    start: datetime
    end: datetime | None
    seen_until: datetime
    size: float | None
    size_unit: str
    usual: float | None
    per_day: float | None
    to_date: float | None
    unit: str
    yuan_per_day: float | None
    yuan_to_date: float | None
    lasted_days: float
    price: Price | None
    judgement: Said | None
    drawn: bool
    trade: Said
    closes: Said
    kgco2_per_day: float | None
    kgco2_to_date: float | None
    co2_factor: str


def items(view: View, episodes: Sequence[Episode]) -> list[Item]:
    """Return the episodes in words, in the order given."""
    return [item(view, episode) for episode in episodes]


def item(view: View, episode: Episode) -> Item:
    """Return one episode in words."""
    finding = episode.finding
    quantity = QUANTITIES.get(finding.quantity)
    return Item(
        id=episode.id,
        title=Said(*(view.title(finding.rule, lang) for lang in LANGS)),
        place=place(view.registry(), finding.subject),
        message=Said(*(view.message(finding, lang) for lang in LANGS)),
        state=STATES[episode.state],
        stage=episode.state,
        sentence=_sentence(episode, view.registry()),
        owner=episode.owner,
        deadline=episode.deadline,
        overdue=_overdue(episode, local_date(view.clock(), view.registry().school.timezone)),
        round=episode.round,
        medium=quantity.medium if quantity else "",
        lasting=finding.end is None,
        start=finding.start,
        end=finding.end,
        seen_until=finding.seen_until,
        size=finding.size,
        size_unit=finding.size_unit,
        usual=finding.usual,
        per_day=finding.per_day,
        to_date=finding.to_date,
        unit=finding.unit,
        yuan_per_day=finding.yuan_per_day,
        yuan_to_date=finding.yuan_to_date,
        lasted_days=((finding.end or view.clock()) - finding.start) / timedelta(days=1),
        price=finding.price,
        judgement=judgement(finding.sure),
        drawn=evidence(view, finding) is not None,
        trade=view.trade(finding.rule),
        closes=view.closes(finding.rule),
        kgco2_per_day=finding.kgco2_per_day,
        kgco2_to_date=finding.kgco2_to_date,
        co2_factor=finding.co2_factor,
    )


def judgement(sure: float) -> Said | None:
    """Return how sure a finding is in words, None where nothing speaks against it; no percentage, it is no chance."""
    if round(sure, 2) >= 1:
        return None
    return WORDS["fairly_sure" if sure >= FAIRLY_SURE else "to_be_checked"]


def _sentence(episode: Episode, registry: Registry) -> Said:
    """Return what the state means: who did what, and what happens next."""
    words = SENTENCES[episode.state]
    time = episode.repaired.astimezone(registry.school.timezone).strftime("%m-%d %H:%M") if episode.repaired else ""
    facts = {"time": time, "round": episode.round, "reason": episode.reason}

    def filled(text: str, somebody: str) -> str:
        who, owner = episode.acted_by or somebody, episode.owner or somebody
        return text.format(who=who, owner=owner, **facts)

    return Said(filled(words.zh, SOMEBODY.zh), filled(words.en, SOMEBODY.en))


def _overdue(episode: Episode, today: date) -> int:
    """Return how many days ago the deadline of what is still to be done passed; the day itself is in time.

    What is said to be repaired waits for the meter, not for its owner.
    """
    if episode.deadline is None or episode.state not in OPEN_STATES - {State.REPAIRED}:
        return 0
    return max(0, (today - episode.deadline).days)


@dataclass(frozen=True, slots=True)
class Evidence:
    """The picture of a finding: a panel about its subject, over a window, with parts of it shaded.

    `cut` says that the finding goes on after the window.
    """

    panel: Panel
    subject: str
    window: Window
    marks: tuple[Window, ...]
    cut: bool = False


def evidence(view: View, finding: Finding) -> Evidence | None:
    """Return the picture of a finding: its hours around the onset, or None where no panel draws them."""
    panel = view.charts.panels.get(f"hours_{finding.quantity}")
    registry = view.registry()
    subject = figure_subject(registry, finding.subject)
    if panel is None or not panel.select(registry, subject):
        return None
    shown = _shown(finding, view.clock())
    marks = ((finding.start, finding.end or finding.seen_until),)
    return Evidence(panel, subject, shown, marks, cut=finding.end is None and shown[1] < finding.seen_until)


def _shown(finding: Finding, now: datetime) -> Window:
    """Return the window to draw: what goes on and is young runs up to the present."""
    if finding.end is None and finding.seen_until - finding.start <= YOUNG:
        if not finding.evidence:
            return ceil_hour(finding.start) - BEFORE, ceil_hour(max(now, finding.seen_until))
        start, end = finding.evidence[0]
        return start, max(end, ceil_hour(finding.seen_until))
    return finding.evidence[0] if finding.evidence else _window(finding, now)


def _window(finding: Finding, now: datetime) -> Window:
    """Return from before the onset until a day after the end; a long one is cut to its beginning."""
    start = ceil_hour(finding.start) - BEFORE
    end = ceil_hour(min(now, finding.end + timedelta(days=1)) if finding.end else max(now, finding.seen_until))
    return start, min(end, start + LONGEST)


def split(view: View, registry: Registry) -> tuple[list[Episode], list[Episode]]:
    """Return the open episodes, dearest first as the ledger gives them, and those ended lately, newest first."""
    episodes = view.ledger.episodes(registry.school.key)
    since = view.clock() - LATELY
    ended = [(one.finding.end, one) for one in episodes if not one.open and one.finding.end is not None]
    lately = sorted((pair for pair in ended if pair[0] >= since), key=lambda pair: pair[0], reverse=True)
    return [one for one in episodes if one.open], [one for _, one in lately[:LATELY_SHOWN]]
