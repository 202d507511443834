"""Heat that flows though the heating season is over, or has not begun: what is left of a season's ordinary day."""

from __future__ import annotations

import numpy as np

from analytics.around import BESIDE, WEATHER
from analytics.detector import Context, Detector, Verdict
from analytics.events import Event, Rule, run
from analytics.excess import Excess, Span, blank, finding_of, least_worth
from analytics.heat_days import FUELS, NO_SEASON, TOO_LITTLE, HeatDays, Rows, heat_days, not_heating
from analytics.heat_response import MEMORY_DAYS, response
from analytics.heat_words import costs, over
from analytics.hours import Hours
from analytics.meter_words import Facts, day
from analytics.robust import deviation, middle
from analytics.wording import number, place, unit
from campus.results import Finding
from campus.said import Said
from campus.trades import Trade
from campus.units import QUANTITIES

NAME = "heat_off_season"
# Three days in a row: suppliers run out over a day or two. Three without end it. Ours.
RULE = Rule(above=3, of=3, quiet=3, memory=5, rejoin=14)
# Above what is no heating a day counts from this share of an ordinary day of the season on, and by this share of the
# warm water, or so many of its standard deviations, whichever is most. Ours.
LEAST_SHARE, WATER_SHARE, NOISE_SIGMAS = 0.15, 0.5, 4.0
# Days of a season that say what an ordinary one took.
LEAST_DAYS = 14
# How far back the season before lies at most [days].
A_SEASON_DAYS = 200
# What flows this long after a season, and before the next, is no heating but warm water; so many such days tell how
# much. Ours.
SUMMER_AFTER_DAYS, LEAST_SUMMER_DAYS = 60, 14
# On days this cold heating may well go on (the 5 °C that heating periods are reckoned by, GB 50736-2012, 4.1.17 [M]);
# above the other nothing is heated, and what the line of the season leaves there is warm water.
COLD_C, WARM_C = 5.0, 18.0

_WHAT = Said("供暖期外的供热", "heat outside the heating season")


def judge(hours: Hours, context: Context) -> Verdict:
    """Return the events of heat outside the heating season, oldest first, or why it cannot be judged."""
    if (why := not_heating(context)) is not None:
        return why
    if not context.school.heating:
        return NO_SEASON
    days = heat_days(hours, context)
    excess = blank(days.grid, QUANTITIES[context.quantity].unit)
    spans: list[Span] = []
    for rows in _stretches(days):
        spans += _of_stretch(days, rows, (excess, least_worth(excess.unit, context)))
    if days.off.any() and np.isnan(excess.usual).all():
        return TOO_LITTLE
    return [finding_of(NAME, span, excess, (hours, context, _facts(span, days))) for span in spans]


def _facts(span: Span, days: HeatDays) -> Facts:
    """Return whether it went on until the day from which on it may be the next season's heat."""
    return {"untold": float(span.end is not None and not days.off[span.end])}


def _stretches(days: HeatDays) -> list[Rows]:
    """Return the days between seasons, each stretch by itself."""
    rows = np.flatnonzero(days.off)
    return np.split(rows, np.flatnonzero(np.diff(rows) > 1) + 1) if len(rows) else []


def _of_stretch(days: HeatDays, rows: Rows, of: tuple[Excess, float]) -> list[Span]:
    """Judge the days of one stretch against the season before it."""
    excess, least = of
    heated = np.flatnonzero((days.season >= 0) & np.isfinite(days.amount))
    heated = heated[(heated < rows[0]) & (heated >= rows[0] - A_SEASON_DAYS)]
    if len(heated) < LEAST_DAYS:
        return []
    usual, scatter = _warm_water(days, heated, int(rows[0]))
    limit = usual + max(LEAST_SHARE * middle(days.amount[heated]), WATER_SHARE * usual, NOISE_SIGMAS * scatter, least)
    cold = np.nan_to_num(days.outdoor_c[rows], nan=COLD_C) < COLD_C
    known = rows[np.isfinite(days.amount[rows]) & ~cold]
    excess.amount[known], excess.usual[rows] = days.amount[known] - usual, usual
    excess.over[known] = days.amount[known] > limit
    events = run(len(known), lambda at, _calm, _event: bool(excess.over[known[at]]), RULE)
    after = int(rows[-1]) + 1 if rows[-1] + 1 < len(days.off) else None
    return [_span(event, known, (days, rows, limit), after) for event in events]


def _warm_water(days: HeatDays, heated: Rows, row: int) -> tuple[float, float]:
    """Return what flows without any heating and its scatter [unit a day]: as in the summer before, else as the
    season's line leaves it where nothing is heated, else nothing."""
    start = max(0, row - MEMORY_DAYS)
    summer = np.flatnonzero((days.after[start:row] > SUMMER_AFTER_DAYS) & np.isfinite(days.amount[start:row])) + start
    if len(summer) >= LEAST_SUMMER_DAYS:
        return middle(days.amount[summer]), deviation(days.amount[summer])
    line = response(days, heated[~days.free[heated] & np.isfinite(days.outdoor_c[heated])])
    return (0.0, 0.0) if line is None else (max(line.at_zero + WARM_C * line.per_k, 0.0), line.sigma)


def _span(event: Event, known: Rows, of: tuple[HeatDays, Rows, float], after: int | None) -> Span:
    """Return an event in days, from the first day on that took too much, cold ones included."""
    days, rows, limit = of
    first = int(known[event.first])
    while first > rows[0] and days.amount[first - 1] > limit:
        first -= 1
    return Span(first, int(known[event.known]), after if event.end is None else int(known[event.end]))


def message(finding: Finding, lang: str) -> str:
    """Return what the heating crew reads: where, since when, how much, which valve to shut."""
    if finding.end is not None:
        return _untold(finding, lang) if finding.facts.get("untold") else over(finding, lang, _WHAT)
    where, since, money = place(finding, lang), day(finding, finding.start, lang), costs(finding, lang)
    if lang == "zh":
        return (
            f"现在不在供暖期，{where}可能还在供热：{since}起每天{money}。"
            "请供热班先关楼入口阀，再看循环泵停没停；关了以后看热表还走不走。"
        )
    return (
        f"It is not the heating season, and {where} probably still takes heat: {money} since {since}. "
        "Please close the inlet valve first, see that the pumps are off, and watch whether the meter still moves."
    )


def _untold(finding: Finding, lang: str) -> str:
    """Return how much it was until the next season, or until nobody can tell for want of a registered one."""
    assert finding.end is not None
    since, until = day(finding, finding.start, lang), day(finding, finding.end, lang)
    where, total = place(finding, lang), number(finding.to_date)
    if lang == "zh":
        amount = f"{total}{unit(finding, lang)}"
        return f"{where}{_WHAT.zh}：{since}到{until}一共约{amount}。再往后可能是下个供暖期，不再判断。"
    return (
        f"{where}, {_WHAT.en}: about {total} {finding.unit} in all from {since} to {until}. From then on it may be "
        "the next season's and is no longer judged."
    )


DETECTOR = Detector(
    name=NAME,
    zh="供暖期外还在供热",
    en="Heat outside the season",
    quantities=frozenset({"heat", *FUELS}),
    judge=judge,
    message=message,
    trade=Trade.HEATING,
    closes=Said("连续三天不再用热（热水除外）。", "Three days in a row without heat, but for warm water."),
    needs=frozenset({BESIDE, WEATHER}),
)
