"""Bills of a school's accounts: reckoned from what the meters counted, and beside the ones the utility sent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from analytics.billing import Bill, Metered, bill
from analytics.contract import MONTHS, best_contract
from analytics.demand import maxima
from analytics.power_factor import power_factor
from analytics.shift import gap, hours_said
from app.account_use import LEAST_KNOWN, Counted, both, closed_until, counted, ending, paying, quantity_of
from app.quarters import summed_quarters
from app.windows import Window
from campus import calendar
from campus.ports import Rows
from campus.registry import Account, Registry
from campus.said import Said
from campus.schema import DEMAND_MAX, FIGURE, MONTH, SeriesId, account_subject, from_ms, to_ms
from campus.tariff import Tariff

_INSTANT = timedelta(milliseconds=1)
_ALL_TIME = timedelta(days=36_525)


@dataclass(frozen=True, slots=True)
class Reckoned:
    """An account's bill of [start, end) reckoned from its meters, as far as the data reach (`until`).

    `use` [unit] is what they counted, `known` the share of [start, until) whose use is known, `estimated` the share
    of the use that is, `edges` [unit] what is estimated of the first and the last day. `demand_at` is when the demand
    was highest. `advice` is what could be paid less.
    """

    account: Account
    window: Window
    until: datetime
    tariff: Tariff
    bill: Bill
    use: float
    known: float
    estimated: float
    edges: float = 0.0
    demand_kw: float | None = None
    demand_at: datetime | None = None
    advice: tuple[Said, ...] = ()

    @property
    def over(self) -> bool:
        """Whether all of its time has passed."""
        return self.until >= self.window[1]


def month_bill(registry: Registry, rows: Rows, account: Account, month: datetime) -> Reckoned | None:
    """Return an account's bill of the local month that holds `month`; None where it has no prices or no data."""
    window = next(iter(calendar.months(month, month + calendar.HOUR, registry.school.timezone)))
    found = reckoned(registry, rows, account, window)
    return None if found is None or not found.known else found


def reckoned(registry: Registry, rows: Rows, account: Account, window: Window) -> Reckoned | None:
    """Return an account's bill of any [start, end); None where it has no prices or no data."""
    until = closed_until(registry, rows, account, window[1] - _INSTANT)
    tariff = registry.billing(account, window[1] - _INSTANT)
    known = ending(window, until)
    if tariff is None or until is None or known[0] >= known[1]:
        return None
    use = counted(registry, rows, (account, quantity_of(account)), known)
    demand = _demand(registry, rows, account, known) if tariff.by_demand is not None else None
    energy = both(registry, rows, account, known) if tariff.power_factor is not None else None
    kw, at = (None, None) if demand is None else demand
    metered = Metered(
        use.edges[:-1],
        use.value,
        use.hourly,
        before=_before(registry, rows, account, tariff, window[0]),
        demand_kw=kw,
        factor=None if energy is None else power_factor(energy[0], energy[1]),
    )
    first = calendar.local_date(window[0], registry.school.timezone)
    return Reckoned(
        account=account,
        window=window,
        until=known[1],
        tariff=tariff,
        bill=bill(tariff, metered, first, registry.school.timezone),
        use=metered.total,
        known=use.known,
        estimated=_estimated(use),
        edges=_edges(use),
        demand_kw=kw,
        demand_at=at,
        advice=tuple(_advice(registry, rows, account, tariff, window)),
    )


def _estimated(use: Counted) -> float:
    total = float(np.nansum(use.value))
    return float(np.nansum(use.value * use.estimated)) / total if total else 0.0


def _edges(use: Counted) -> float:
    day = 24 if use.hourly else 1
    guessed = np.nan_to_num(use.value * use.estimated)
    return float(guessed[:day].sum() + guessed[-day:].sum())


def _before(registry: Registry, rows: Rows, account: Account, tariff: Tariff, start: datetime) -> float:
    """Return what was used of the calendar year before a time, where tiers ask for it."""
    if not any(prices.tiers for prices in tariff.prices):
        return 0.0
    year = next(iter(calendar.years(start, start + calendar.HOUR, registry.school.timezone)))[0]
    if year >= start:
        return 0.0
    return float(np.nansum(counted(registry, rows, (account, quantity_of(account)), (year, start)).value))


def _demand(registry: Registry, rows: Rows, account: Account, window: Window) -> tuple[float, datetime] | None:
    keys = [meter.key for meter in paying(registry, account, "electricity", window[1] - _INSTANT)]
    found = summed_quarters(rows, [registry.meters[key] for key in keys], "electricity", window) if keys else None
    if found is None:
        return None
    best = maxima(found, np.array([to_ms(window[0]), to_ms(window[1])], np.int64))
    return None if np.isnan(best.kw[0]) else (float(best.kw[0]), from_ms(int(best.at_ms[0])))


def _advice(registry: Registry, rows: Rows, account: Account, tariff: Tariff, window: Window) -> Iterator[Said]:
    """Yield what an account could pay less: by another contract, by other hours; nothing where it has neither."""
    first = calendar.local_date(window[0], registry.school.timezone)
    prices = tariff.at(first)
    if prices is not None and prices.yuan_per_kw is not None and tariff.by_demand is not None:
        series = SeriesId(FIGURE, account_subject(account.key), DEMAND_MAX, MONTH)
        recent = rows.series([series], window[0] - timedelta(days=31 * MONTHS), window[1])[series]
        whole = recent.value[recent.fields["coverage"] >= LEAST_KNOWN] if len(recent) else recent.value
        better = best_contract(
            tariff, whole.tolist(), yuan_per_kw=prices.yuan_per_kw, capacity_kva=_capacity(account)
        )
        if better is not None:
            yield better.said(tariff)
    found = gap(tariff, first)
    if found is not None:
        dear, cheap, yuan = hours_said(found.dearest), hours_said(found.cheapest), f"{100 * found.yuan:.0f}"
        yield Said(
            f"能挪的用电，每100度从{dear.zh}挪到{cheap.zh}，少付约{yuan}元",
            f"100 kWh that can be moved from {dear.en} to {cheap.en} cost about ¥{yuan} less",
        )


def _capacity(account: Account) -> float:
    try:
        return float(account.survey.get("transformer_kva", "0"))
    except ValueError:
        return 0.0
