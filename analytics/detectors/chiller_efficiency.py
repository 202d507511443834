"""A chiller plant that takes more power for the same cold: against its own good days at like load and weather."""

from __future__ import annotations

from analytics.around import BESIDE, WEATHER
from analytics.chiller_words import message
from analytics.chillers import chillers
from analytics.detector import Context, Detector, NotJudged, Verdict
from analytics.efficiency import Limits, judged
from analytics.hours import Hours
from campus.said import Said
from campus.trades import Trade

NAME = "chiller_efficiency"
# What comes out of a kWh under load: no chiller in use gives less than half of one of cold, none more than twelve
# [M]. The lower bound ours: with little load what stands by counts too.
LEAST, MOST = 0.5, 12.0

_UNKNOWN = NotJudged(
    "too_little_history",
    "冷机正常运行的日子还不到14天，不知道平时要用多少电。",
    "Fourteen good days with load are needed to know what the chillers usually take.",
)


def judge(hours: Hours, context: Context) -> Verdict:
    """Return the events of chillers that take too much or count what cannot be, or why none is judged; nothing of
    other meters."""
    plant = chillers(hours, context)
    if not isinstance(plant, tuple):
        return plant
    return judged(plant, Limits(NAME, LEAST, MOST, _UNKNOWN), (hours, context))


DETECTOR = Detector(
    name=NAME,
    zh="冷机能效下降",
    en="Chillers less efficient",
    quantities=frozenset({"electricity"}),
    judge=judge,
    message=message,
    trade=Trade.HEATING,
    closes=Said("连续三天供同样的冷不再多用电。", "Three days in a row that take no more for the same cold."),
    needs=frozenset({BESIDE, WEATHER}),
)
