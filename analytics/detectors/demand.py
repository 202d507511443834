"""Demand about to pass the contract: the month's highest quarter hour so far, and what the rest of it may bring."""

from __future__ import annotations

from calendar import monthrange
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from analytics.around import QUARTERS
from analytics.billing import DEMAND_MARGIN, DEMAND_UNCHECKED, above_contract
from analytics.demand import QUARTER_MS
from analytics.demand_days import Days, days_of
from analytics.detector import Context, Detector, NotJudged, Verdict
from analytics.events import Event, Rule, run
from analytics.hours import Hours
from analytics.wording import moment, number, place, place_facts
from campus.calendar import local_hours, midnight
from campus.results import Finding, Price
from campus.said import Said
from campus.schema import from_ms, meter_subject
from campus.tariff import Tariff
from campus.trades import Trade

NAME = "demand"
# A month that passed the contract stays so; what is only to be feared must be feared two days in a row (below). Three
# days without fear end it, and a month after a month is one finding: all ours.
RULE = Rule(above=1, of=1, quiet=3, memory=1, rejoin=8)
BEFORE = timedelta(days=3)

_UNSEEN = NotJudged(
    "no_quarters",
    "这个户号按需量计费，但总表读数间隔超过15分钟，看不到最大需量。",
    "This account is billed by demand, but its meter is read less often than every 15 minutes: no demand is seen.",
)
_UNKNOWN = NotJudged(
    "too_little_history",
    "还没有一周完整的数据，说不准本月最大需量。",
    "There is not yet a week of days to foresee the month's highest demand from.",
)


def judge(_hours: Hours, context: Context) -> Verdict:
    """Return when the month's demand passed the contract or was about to, oldest first; nothing where the account
    does not pay for it."""
    tariff, quarters = context.tariff, context.around.quarters
    if tariff is None or tariff.by_demand is None:
        return []
    if quarters is None or not np.isfinite(quarters.value).any():
        # A meter below another one is not what the account is billed by.
        return [] if context.meter.parent else _UNSEEN
    days = days_of(quarters, context.school)
    limit = DEMAND_MARGIN * tariff.by_demand
    passed, feared = (np.nan_to_num(kw) > limit for kw in (days.so_far, days.foreseen))
    if np.isnan(days.foreseen).all() and not passed.any():
        return _UNKNOWN
    above = passed | (feared & np.append(False, feared[:-1]))

    def told(row: int, _calm: NDArray[np.bool_], _event: Event | None) -> bool | None:
        # Of a day without any known quarter nothing is told, though its month could be foreseen.
        silent = np.isnan(days.top[row]) or (np.isnan(days.foreseen[row]) and not passed[row])
        return None if silent else bool(above[row])

    seen_ms = int(quarters.start_ms[np.flatnonzero(np.isfinite(quarters.value))[-1]]) + QUARTER_MS
    return [_finding(event, days, seen_ms, context) for event in run(len(days.top), told, RULE)]


def _finding(event: Event, days: Days, seen_ms: int, context: Context) -> Finding:
    tariff, zone = context.tariff, context.school.timezone
    assert tariff is not None and tariff.by_demand is not None
    row = int(np.flatnonzero(np.isfinite(days.top))[-1]) if event.end is None else event.last
    month = days.month(row)
    best = month.start + int(np.nanargmax(days.top[month]))
    limit = DEMAND_MARGIN * tariff.by_demand
    start = (
        from_ms(int(days.at_ms[event.first]))
        if days.top[event.first] > limit
        else midnight(days.dates[event.first], zone)
    )
    seen_until = from_ms(seen_ms)
    lasts = event.end is None
    foreseen = float(np.fmax(days.so_far[row], days.foreseen[row]) if lasts else days.so_far[row])
    price, extra = _price(tariff, days, row), _extra(tariff, days, row, foreseen)
    return Finding(
        rule=NAME,
        subject=meter_subject(context.meter.key),
        quantity=context.quantity,
        start=start,
        end=None if event.end is None else midnight(days.dates[event.end], zone),
        seen_until=seen_until,
        size=max(0.0, foreseen - limit),
        size_unit="kW",
        usual=limit,
        per_day=None,
        to_date=None,
        unit="kW",
        yuan_per_day=None if extra is None else extra / monthrange(days.dates[row].year, days.dates[row].month)[1],
        price=price,
        facts={
            **place_facts(context),
            "contract": tariff.by_demand,
            "so_far": float(days.so_far[row]),
            "at_ms": float(days.at_ms[best]),
            "hour": float(local_hours(days.at_ms[best : best + 1], zone)[1][0]),
            "foreseen": foreseen,
            "month": float(days.dates[row].month),
            **({} if extra is None else {"extra": extra}),
        },
        evidence=((start - BEFORE, seen_until),),
        costed=True,
        yuan_spent=_spent(event, days, tariff),
    )


def _price(tariff: Tariff, days: Days, row: int) -> Price | None:
    """Return what a kW costs a month, None where it is not set."""
    prices = tariff.at(days.dates[row])
    if prices is None or prices.yuan_per_kw is None:
        return None
    return Price(prices.yuan_per_kw, "kW", f"{prices.document}（{DEMAND_UNCHECKED.zh}）", prices.assumed)


def _extra(tariff: Tariff, days: Days, row: int, demand_kw: float) -> float | None:
    """Return what a month with that demand costs more than the contract [yuan], None without a price."""
    price = _price(tariff, days, row)
    assert tariff.by_demand is not None
    return None if price is None else 2 * above_contract(demand_kw, tariff.by_demand) * price.yuan


def _spent(event: Event, days: Days, tariff: Tariff) -> float | None:
    """Return what the months of an event have cost more so far [yuan], None where one has no price."""
    rows = range(event.first, len(days.top) if event.end is None else event.end)
    last = {(days.dates[row].year, days.dates[row].month): row for row in rows}
    extra = [_extra(tariff, days, row, float(np.nan_to_num(days.so_far[row]))) for row in last.values()]
    known = [one for one in extra if one is not None]
    return sum(known) if len(known) == len(extra) else None


def message(finding: Finding, lang: str) -> str:
    """Return what the energy manager reads: how high, against what, what it costs, what to move first."""
    facts, where = finding.facts, place(finding, lang)
    so_far, foreseen, contract = (number(float(facts[key])) for key in ("so_far", "foreseen", "contract"))
    when, hour, month = moment(finding, from_ms(int(facts["at_ms"])), lang), int(facts["hour"]), int(facts["month"])
    extra = float(facts.get("extra", 0.0))
    if finding.end is not None:
        spent = finding.yuan_to_date
        if lang == "zh":
            paid = f"，一共多付约{number(spent)}元" if spent else ""
            return f"{where}的最大需量回到合同以内：{month}月最高{so_far}千瓦，合同{contract}千瓦{paid}。"
        paid = f", about ¥{number(spent)} more in all" if spent else ""
        return f"{where}: demand is back within the contract; month {month} reached {so_far} kW of {contract}{paid}."
    passed = float(facts["so_far"]) > DEMAND_MARGIN * float(facts["contract"])
    if lang == "zh":
        ahead = "" if passed else f"，照近来的用法会到{foreseen}千瓦"
        paid = f"，这个月多付约{number(extra)}元" if extra else ""
        return (
            f"{where}{month}月最大需量{so_far}千瓦（{when}）{ahead}，超过合同{contract}千瓦的105%{paid}。"
            f"先把{hour}点前后的空调、热水、充电错开。"
        )
    ahead = "" if passed else f" and will reach {foreseen} kW as days have been"
    paid = f", about ¥{number(extra)} more this month" if extra else ""
    return (
        f"{where}: demand reached {so_far} kW at {when}{ahead}, above 105 % of the contracted {contract} kW{paid}. "
        f"Stagger air conditioning, hot water and charging around {hour}:00 first."
    )


DETECTOR = Detector(
    name=NAME,
    zh="最大需量要超合同",
    en="Demand passes the contract",
    quantities=frozenset({"electricity"}),
    judge=judge,
    message=message,
    trade=Trade.ENERGY,
    closes=Said(
        "连续三天看，本月最大需量都会在合同的105%以内；每月重新计。",
        "Three days in a row the month is likely to stay within 105 % of the contract; each month counts anew.",
    ),
    needs=frozenset({QUARTERS}),
)
