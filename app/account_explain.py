"""Where a figure of an account comes from: its bill, the quarter hour of its demand, its power factor."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import numpy as np

from analytics.demand import maxima
from app import bills, bills_text
from app.account_use import LEAST_KNOWN, both, closed_until, ending, paying, quantity_of
from app.explain_asked import Asked, Line
from app.quarters import QUARTER, summed_quarters
from app.recompute import raw_around
from campus import calendar
from campus.ports import Rows
from campus.registry import Account, Registry
from campus.said import Said
from campus.schema import (
    DAY,
    DEMAND_AT,
    DEMAND_MAX,
    MONTH,
    POWER_FACTOR,
    REGISTER,
    YEAR,
    SeriesId,
    account_subject,
    from_ms,
    meter_subject,
    to_ms,
)

BILL = "bill"
_RESOLUTIONS = {DEMAND_MAX: (DAY, MONTH), DEMAND_AT: (DAY, MONTH), POWER_FACTOR: (MONTH,), BILL: (MONTH, YEAR)}
_INSTANT = timedelta(milliseconds=1)


def known(registry: Registry, subject: str, name: str, resolution: str) -> bool:
    """Whether a name is such a figure of an account."""
    return account_of(registry, subject) is not None and resolution in _RESOLUTIONS.get(name, ())


def account_of(registry: Registry, subject: str) -> Account | None:
    """Return the account a subject is, None where it is none."""
    return next((one for key, one in registry.accounts.items() if account_subject(key) == subject), None)


def lines(asked: Asked, rows: Rows, registry: Registry) -> Iterator[Line]:
    """Yield the explanation: sentences, and places whose own explanation follows."""
    account = account_of(registry, asked.subject)
    assert account is not None
    if asked.name == BILL:
        yield from _bill(asked, rows, registry, account)
        return
    until = closed_until(registry, rows, account, asked.end - _INSTANT)
    window = ending((asked.start, asked.end), until)
    if window[0] >= window[1]:
        yield (
            0,
            Said(
                f"{asked.name}：未知，{account.key} 的表这段时间没有读数",
                f"{asked.name}: unknown, since the meters of {account.key} tell nothing of this time",
            ),
        )
    elif asked.name == POWER_FACTOR:
        yield from _factor(asked, rows, registry, account)
    else:
        yield from _demand(asked, rows, registry, account)


def _bill(asked: Asked, rows: Rows, registry: Registry, account: Account) -> Iterator[Line]:
    zone = registry.school.timezone
    months = [start for start, _ in calendar.months(asked.start, asked.passed or asked.end, zone)]
    found = [bill for month in months if (bill := bills.month_bill(registry, rows, account, month)) is not None]
    totals = [one.bill.total for one in found]
    total = sum(t for t in totals if t is not None) if found and None not in totals else None
    head, few = bills_text.account_said(account), Said("数据不足", "not enough data")
    named = few if total is None else Said(f"{total:,.2f} 元", f"{total:,.2f} yuan")
    yield (
        0,
        Said(
            f"{head.zh}：{named.zh}（{len(months)} 个月中的 {len(found)} 个月）",
            f"{head.en}: {named.en} in {len(found)} of {len(months)} months",
        ),
    )
    for one in found:
        time, cost = bills_text.period(one, zone), "—" if one.bill.total is None else f"{one.bill.total:,.2f}"
        yield 1, Said(f"{time}：{cost} 元", f"{time}: {cost} yuan")
        for line in one.bill.lines:
            made, yuan = f"{line.amount:,.1f} {line.unit}", f"{line.yuan:,.2f}"
            yield 2, Said(f"{line.name.zh}：{made} = {yuan} 元", f"{line.name.en}: {made} = {yuan} yuan")
        for said in bills_text.sentences(one, zone):
            yield 2, said
    for meter in paying(registry, account, quantity_of(account), asked.start):
        yield 1, (meter_subject(meter.key), quantity_of(account))


def _factor(asked: Asked, rows: Rows, registry: Registry, account: Account) -> Iterator[Line]:
    window = asked.start, asked.passed or asked.end
    energy = both(registry, rows, account, window)
    if energy is None:
        yield (
            0,
            Said(
                f"{asked.name}：未知，有功和无功没有同时知道 {LEAST_KNOWN:.0%} 的时间",
                f"{asked.name}: unknown, since active and reactive energy are not both known of {LEAST_KNOWN:.0%} of "
                "it",
            ),
        )
    else:
        active, reactive, share = energy
        value = active / np.hypot(active, reactive)
        made = f"{active:,.1f} kWh ÷ √({active:,.1f}² + {reactive:,.1f}² kvarh)"
        yield (
            0,
            Said(
                f"{asked.name} = {value:.3f} = {made}，按两者都知道的 {share:.1%} 的时间",
                f"{asked.name} = {value:.3f} = {made}, of the {share:.1%} of the time both are known",
            ),
        )
    for meter in paying(registry, account, "electricity", asked.start):
        for quantity in ("electricity", "reactive"):
            yield 1, (meter_subject(meter.key), quantity)


def _demand(asked: Asked, rows: Rows, registry: Registry, account: Account) -> Iterator[Line]:
    meters = [registry.meters[one.key] for one in paying(registry, account, "electricity", asked.start)]
    window = asked.start, asked.passed or asked.end
    found = summed_quarters(rows, meters, "electricity", window) if meters else None
    best = None if found is None else maxima(found, np.array([to_ms(time) for time in window], np.int64))
    if best is None or np.isnan(best.kw[0]):
        yield (
            0,
            Said(
                f"{asked.name}：未知，没有一刻钟是实测的",
                f"{asked.name}: unknown, since no quarter hour is measured",
            ),
        )
        return
    at = from_ms(int(best.at_ms[0]))
    local = at.astimezone(registry.school.timezone)
    most, share = f"{asked.name} = {best.kw[0]:,.1f} kW", f"{best.coverage[0]:.1%}"
    yield (
        0,
        Said(
            f"{most}，{local:%F %H:%M} 起的一刻钟，是已知的 {share} 的刻钟里最高的",
            f"{most} in the quarter hour from {local:%F %H:%M}, the highest of the {share} of its quarter hours that "
            "are known",
        ),
    )
    for meter in meters:
        ratio = f"{meter.at(at).ratio:g}"
        yield (
            1,
            Said(
                f"{meter.key}（{meter.name}），倍率 {ratio}；前后的读数：",
                f"{meter.key} ({meter.name_en or meter.name}), ratio {ratio}; the readings around it:",
            ),
        )
        raw = raw_around(rows, SeriesId(REGISTER, meter.key, "electricity"), at, at + QUARTER)
        near = np.abs(raw.time_ms - to_ms(at + QUARTER / 2)) <= to_ms(at + 2 * QUARTER) - to_ms(at)
        for time, value in zip(raw.time_ms[near], raw.value[near], strict=True):
            when = f"{from_ms(int(time)).astimezone(registry.school.timezone):%F %T}"
            yield 2, Said(f"{when} 示数 {value:,.3f}", f"{when} register {value:,.3f}")
