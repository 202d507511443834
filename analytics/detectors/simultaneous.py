"""A building that is heated and cooled at once: cold that carries off what was just paid for."""

from __future__ import annotations

import numpy as np

from analytics.around import BESIDE
from analytics.both import Both, both
from analytics.detector import Context, Detector, NotJudged, Verdict
from analytics.events import Rule
from analytics.excess import SIZE_DAYS, Excess, Span, blank, finding_of, least_worth, weigh
from analytics.heat_days import NO_SEASON, heat_days
from analytics.heat_walk import Above, walk
from analytics.heat_words import costs, over
from analytics.hours import Hours
from analytics.meter_words import Facts, day
from analytics.wording import number, place
from campus.registry import STATION
from campus.results import Finding
from campus.said import Said
from campus.trades import Trade

NAME = "simultaneous"
# Four of five days; three without end it. Ours.
RULE = Rule(above=4, of=5, quiet=3, memory=9, rejoin=10)
# A day counts when this share of the building's heat is carried off again: a server room that must be cooled takes
# less. Ours.
LEAST_SHARE = 0.1

_UNKNOWN = NotJudged(
    "too_little_history",
    "供暖期里还没有热和冷都有数的日子。",
    "There is no day of a heating season yet on which both heat and cold are known.",
)
_WHAT = Said("边供热边制冷", "heating and cooling at once")


def judge(hours: Hours, context: Context) -> Verdict:
    """Return the times of a heating season in which a building was heated and cooled at once, or why that cannot be
    seen; nothing of a station, which serves several buildings."""
    if context.kind == STATION or context.building is None:
        return []
    of = both(hours, context)
    if not isinstance(of, Both):
        return of
    if not context.school.heating:
        return NO_SEASON
    days = heat_days(hours, context)
    excess = blank(days.grid, "GJ")
    spans = walk(days, np.isfinite(of.cancelled), _above(of, excess, least_worth("GJ", context)), RULE)
    if np.isnan(excess.amount).all():
        return _UNKNOWN
    return [finding_of(NAME, span, excess, (hours, context, _facts(span, of, excess))) for span in spans]


def _above(of: Both, excess: Excess, least: float) -> Above:
    def above(row: int, _good: object, _first: object) -> bool | None:
        cancelled = float(of.cancelled[row])
        return weigh(excess, row, cancelled, (0.0, max(LEAST_SHARE * float(of.heat[row]), least)))

    return above


def _facts(span: Span, of: Both, excess: Excess) -> Facts:
    """Return the share of the heat that is carried off, and the power that takes a day where it is metered."""
    latest = np.flatnonzero(excess.over[span.first : span.end])[-SIZE_DAYS:] + span.first
    facts: Facts = {"share": float(of.cancelled[latest].sum() / of.heat[latest].sum())}
    kwh = np.zeros(0) if of.kwh is None else of.kwh[latest]
    known = kwh[np.isfinite(kwh)]
    return facts | ({"kwh": float(np.median(known))} if len(known) else {})


def message(finding: Finding, lang: str) -> str:
    """Return what the heating crew reads: how much cancels, what it costs, what to look at first."""
    if finding.end is not None:
        return over(finding, lang, _WHAT)
    where, since, money = place(finding, lang), day(finding, finding.start, lang), costs(finding, lang)
    share, kwh = f"{100 * float(finding.facts['share']):.0f}", finding.facts.get("kwh")
    if lang == "zh":
        power = "" if kwh is None else f"，冷机为此每天用约{number(float(kwh))}度电"
        return (
            f"{where}{since}起一边供热一边制冷：供的热有{share}%又被冷机带走，每天白用{money}{power}。"
            "请先停冷机，必须制冷的房间就先关那里的暖气阀。"
        )
    power = "" if kwh is None else f", and about {number(float(kwh))} kWh a day for the chillers"
    return (
        f"{where} has been heated and cooled at once since {since}: {share} % of the heat is carried off again, "
        f"{money}{power}. Stop the chillers first; where a room must be cooled, close its heating valve."
    )


DETECTOR = Detector(
    name=NAME,
    zh="一边供热一边制冷",
    en="Heating and cooling at once",
    quantities=frozenset({"heat"}),
    judge=judge,
    message=message,
    trade=Trade.HEATING,
    closes=Said("连续三天不再同时供热和制冷。", "Three days in a row without heating and cooling at once."),
    needs=frozenset({BESIDE}),
)
