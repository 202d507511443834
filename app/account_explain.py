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
        yield 0, f"{asked.name}: unknown, since the meters of {account.key} tell nothing of this time"
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
    named = "not enough data" if total is None else f"{total:,.2f} yuan"
    yield 0, f"{bills_text.account_said(account).en}: {named} in {len(found)} of {len(months)} months"
    for one in found:
        yield (
            1,
            f"{bills_text.period(one, zone)}: " + ("—" if one.bill.total is None else f"{one.bill.total:,.2f} yuan"),
        )
        for line in one.bill.lines:
            yield 2, f"{line.name.zh} {line.name.en}: {line.amount:,.1f} {line.unit} = {line.yuan:,.2f} yuan"
        for said in bills_text.sentences(one, zone):
            yield 2, f"{said.zh} / {said.en}"
    for meter in paying(registry, account, quantity_of(account), asked.start):
        yield 1, (meter_subject(meter.key), quantity_of(account))


def _factor(asked: Asked, rows: Rows, registry: Registry, account: Account) -> Iterator[Line]:
    window = asked.start, asked.passed or asked.end
    energy = both(registry, rows, account, window)
    if energy is None:
        yield (
            0,
            f"{asked.name}: unknown, since active and reactive energy are not both known of {LEAST_KNOWN:.0%} of it",
        )
    else:
        active, reactive, share = energy
        value = active / np.hypot(active, reactive)
        made = f"{active:,.1f} kWh ÷ √({active:,.1f}² + {reactive:,.1f}² kvarh)"
        yield 0, f"{asked.name} = {value:.3f} = {made}, of the {share:.1%} of the time both are known"
    for meter in paying(registry, account, "electricity", asked.start):
        for quantity in ("electricity", "reactive"):
            yield 1, (meter_subject(meter.key), quantity)


def _demand(asked: Asked, rows: Rows, registry: Registry, account: Account) -> Iterator[Line]:
    meters = [registry.meters[one.key] for one in paying(registry, account, "electricity", asked.start)]
    window = asked.start, asked.passed or asked.end
    found = summed_quarters(rows, meters, "electricity", window) if meters else None
    best = None if found is None else maxima(found, np.array([to_ms(time) for time in window], np.int64))
    if best is None or np.isnan(best.kw[0]):
        yield 0, f"{asked.name}: unknown, since no quarter hour is measured"
        return
    at = from_ms(int(best.at_ms[0]))
    local = at.astimezone(registry.school.timezone)
    known_share = f"of the {best.coverage[0]:.1%} of its quarter hours that are known"
    yield (
        0,
        f"{asked.name} = {best.kw[0]:,.1f} kW in the quarter hour from {local:%F %H:%M}, the highest {known_share}",
    )
    for meter in meters:
        yield 1, f"{meter.key} ({meter.name}), ratio {meter.at(at).ratio:g}; the readings around it:"
        raw = raw_around(rows, SeriesId(REGISTER, meter.key, "electricity"), at, at + QUARTER)
        near = np.abs(raw.time_ms - to_ms(at + QUARTER / 2)) <= to_ms(at + 2 * QUARTER) - to_ms(at)
        for time, value in zip(raw.time_ms[near], raw.value[near], strict=True):
            yield 2, f"{from_ms(int(time)):%FT%TZ} register {value:,.3f}"
