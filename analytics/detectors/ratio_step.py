"""A meter that suddenly counts ten times as much, or a tenth: its transformer or pulse ratio changed, not its use."""

from __future__ import annotations

from analytics.around import BREAKS, CHILDREN, LIKE, PARENT
from analytics.detector import Context, Detector, NotJudged, Verdict
from analytics.hours import Hours
from analytics.relations import RATIO, RELATIONS
from analytics.suspect_words import answers, finding_of, said
from analytics.suspects import suspects
from campus.results import Finding
from campus.said import Said
from campus.trades import Trade

UNKNOWN = NotJudged(
    "too_little_history",
    "还没有两周上课日的数据，不知道平时是多少。",
    "Two weeks of working days are needed to know what is usual.",
)
_CLOSING = Said(
    "像是{relation_zh}：请核对铭牌和倍率（登记{ratio:g}，对得上的是{fits:.4g}），"
    "再用 campus meters ratio {meter} 补录。",
    "It looks like {relation_en}: check the plate and the ratio (registered {ratio:g}, {fits:.4g} would fit), then "
    "campus meters ratio {meter}.",
)


def judge(hours: Hours, context: Context) -> Verdict:
    """Return the suspected ratio changes of a meter, and what was entered about them; or why it cannot be judged."""
    found = suspects(hours, context)
    if found is None:
        return UNKNOWN
    steps = [finding_of(RATIO, s, hours, context) for s in found if s.relation.rule == RATIO]
    return [*steps, *answers(RATIO, hours, context)]


def message(finding: Finding, lang: str) -> str:
    """Return what the electrician or the water office reads."""
    return said(finding, lang, _CLOSING)


DETECTOR = Detector(
    name=RATIO,
    zh="疑似倍率变了",
    en="Ratio probably changed",
    quantities=frozenset(RELATIONS),
    judge=judge,
    message=message,
    trade=Trade.VENDOR,
    closes=Said("倍率改对，用量回到原来的水平。", "Its ratio is put right and use is back to what it was."),
    needs=frozenset({PARENT, CHILDREN, LIKE, BREAKS}),
)
