"""What can be typed next about an episode: the commands of `campus ledger` that its state allows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from campus.ports import Episode, State
from campus.said import Said
from web.words_work import STEPS

_VERBS: dict[State, tuple[str, ...]] = {
    State.NEW: ("ack", "assign", "dismiss"),
    State.ACKNOWLEDGED: ("assign", "repair", "dismiss"),
    State.IN_WORK: ("repair", "assign", "dismiss"),
    State.REPAIRED: ("note",),
    State.REOPENED: ("ack", "assign", "dismiss"),
    State.CLOSED_BY_METER: ("note",),
    State.DISMISSED: ("note",),
    State.WITHDRAWN: ("note",),
}
# The deadline the command proposes; whoever types it chooses.
AHEAD = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Step:
    """Something that can be done, and the command that does it in either language's placeholders."""

    name: Said
    command: Said


def steps(episode: Episode, today: date, school: str = "") -> list[Step]:
    """Return the steps an episode's state allows, the likeliest first; `school` is named where there are several."""
    return [_step(verb, episode, (today, school)) for verb in _VERBS[episode.state]]


def _step(verb: str, episode: Episode, around: tuple[date, str]) -> Step:
    today, school = around
    start = f"campus ledger {verb} {episode.id}{f' --school {school}' if school else ''}"
    zh, en = {
        "ack": ("", ""),
        "repair": ("", ""),
        "assign": (f" --to 姓名 --deadline {today + AHEAD}", f" --to NAME --deadline {today + AHEAD}"),
        "dismiss": (" --reason 原因", " --reason REASON"),
        "note": (" --text 说明", " --text NOTE"),
    }[verb]
    return Step(STEPS[verb], Said(start + zh, start + en))
