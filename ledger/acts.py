"""What people do with an episode: which act fits which state, and what to say where it does not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from campus.ports import OPEN_STATES, Act, Episode, NotPossible, State, Verb

# From which states an act leads to which; a note leaves the state as it is.
WAYS: Mapping[Verb, tuple[frozenset[State], State]] = {
    Verb.ACKNOWLEDGE: (frozenset({State.NEW, State.REOPENED}), State.ACKNOWLEDGED),
    Verb.ASSIGN: (OPEN_STATES, State.IN_WORK),
    Verb.REPAIR: (OPEN_STATES - {State.REPAIRED}, State.REPAIRED),
    Verb.DISMISS: (OPEN_STATES, State.DISMISSED),
}

# What happened before, by the state an act meets; blanks: who, when, owner.
_BEFORE: Mapping[State, str] = {
    State.ACKNOWLEDGED: "{who} {when} 已接下 / already acknowledged by {who} at {when}",
    State.IN_WORK: "{who} {when} 已派给 {owner} / already assigned to {owner} by {who} at {when}",
    State.REPAIRED: "{who} {when} 已报修好，等表计确认 / already reported repaired by {who} at {when}; "
    "the meter will confirm",
    State.DISMISSED: "{who} {when} 已决定不处理 / already dismissed by {who} at {when}",
    State.CLOSED_BY_METER: "表计 {when} 已确认恢复，不用再处理 / already closed by the meter at {when}",
    State.WITHDRAWN: "数据更正后 {when} 已撤销，不用再处理 / withdrawn at {when}: the data were corrected",
}


def done(episode: Episode, act: Act, now: datetime, since: datetime) -> Episode:
    """Return the episode after an act; `since` is when it came into its state. Raises `NotPossible`."""
    _complete(act)
    _not_past(act, _today(episode, now))
    if act.verb is Verb.NOTE:
        return replace(episode, updated=now)
    states, state = WAYS[act.verb]
    if episode.state not in states:
        raise NotPossible(_before(episode, now, since))
    changed = replace(episode, state=state, acted_by=act.who, updated=now)
    if act.verb is Verb.ASSIGN:
        return replace(changed, owner=act.owner, deadline=act.deadline or episode.deadline, repaired=None)
    if act.verb is Verb.REPAIR:
        return replace(changed, repaired=now)
    return replace(changed, reason=act.text) if act.verb is Verb.DISMISS else changed


def wording(act: Act) -> str:
    """Return what the history keeps of an act: for whom and until when, and what was said."""
    deadline = "" if act.deadline is None else act.deadline.isoformat()
    return " · ".join(part for part in (f"→ {act.owner}" if act.owner else "", deadline, act.text) if part)


def unknown(episode: int) -> NotPossible:
    """Return the refusal of an episode the school does not have."""
    return NotPossible(
        f"没有 {episode} 号：campus ledger list --all 列出全部 / no finding {episode}: campus ledger list --all "
        "shows those there are"
    )


def _complete(act: Act) -> None:
    if not act.who.strip():
        raise NotPossible("没写是谁做的 / say who does it")
    if act.verb is Verb.ASSIGN and not act.owner.strip():
        raise NotPossible("派给谁？请写姓名 / assign it to whom? Give a name")
    if act.verb is Verb.DISMISS and not act.text.strip():
        raise NotPossible("不处理要写原因 / leaving it needs a reason")
    if act.verb is Verb.NOTE and not act.text.strip():
        raise NotPossible("说明是空的 / the note is empty")


def _not_past(act: Act, today: date) -> None:
    if act.deadline is not None and act.deadline < today:
        raise NotPossible(
            f"期限 {act.deadline} 已经过去，今天是 {today}：请写今天或以后的日子 / the deadline {act.deadline} has "
            f"passed, today is {today}: give today or a later day"
        )


def _zone(episode: Episode) -> ZoneInfo:
    return ZoneInfo(str(episode.finding.facts.get("zone", "UTC")))


def _today(episode: Episode, now: datetime) -> date:
    """Return the school's day."""
    return now.astimezone(_zone(episode)).date()


def _before(episode: Episode, now: datetime, since: datetime) -> str:
    then = since.astimezone(_zone(episode))
    when = f"{then:%H:%M}" if then.date() == _today(episode, now) else f"{then:%Y-%m-%d %H:%M}"
    return _BEFORE[episode.state].format(who=episode.acted_by, when=when, owner=episode.owner)
