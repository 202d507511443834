"""What accounts pay for besides use, as stored figures: the highest demand of days and months, the power factor."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np

from analytics.demand import maxima
from analytics.hours import Numbers
from analytics.power_factor import power_factor
from analytics.series import Ints
from app.account_use import both, closed_until, ending, paying
from app.quarters import summed_quarters
from app.windows import Window, day_edges, month_edges
from campus.ports import Store
from campus.registry import Account, Registry
from campus.schema import (
    DAY,
    DEMAND_AT,
    DEMAND_MAX,
    FIELDS,
    FIGURE,
    MONTH,
    POWER_FACTOR,
    Columns,
    SeriesId,
    account_subject,
    from_ms,
    to_ms,
)

_INSTANT = timedelta(milliseconds=1)


def write_account_figures(store: Store, registry: Registry, touched: Sequence[datetime]) -> None:
    """Write the demand and power factor of the months that changed, of the accounts that pay for these."""
    for account in registry.accounts.values():
        billing = account.billing
        if billing is None or not touched or (billing.by_demand is None and billing.power_factor is None):
            continue
        until = closed_until(registry, store, account, max(touched))
        if until is None or until <= min(touched):
            continue
        edges = month_edges(min(touched), until, registry.school.timezone)
        for start, end in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
            month = ending((from_ms(start), from_ms(end)), until)
            if billing.by_demand is not None:
                _write_demand(store, registry, account, (month, from_ms(end)))
            if billing.power_factor is not None:
                _write_factor(store, registry, account, (month, from_ms(end)))


def _write_demand(store: Store, registry: Registry, account: Account, of: tuple[Window, datetime]) -> None:
    """`of` is the known part of a month, and the month's end."""
    known, end = of
    keys = [meter.key for meter in paying(registry, account, "electricity", known[1] - _INSTANT)]
    found = summed_quarters(store, [registry.meters[key] for key in keys], "electricity", known) if keys else None
    month = known[0], end
    for resolution, edges in ((DAY, day_edges(*month, registry.school.timezone)), (MONTH, _edges(month))):
        if found is None:
            at = kw = coverage = np.full(len(edges) - 1, np.nan)
        else:
            best = maxima(found, edges)
            kw, at, coverage = best.kw, best.at_ms.astype(np.float64), best.coverage
        _replace(store, (account, DEMAND_MAX, resolution), edges, (kw, coverage))
        _replace(store, (account, DEMAND_AT, resolution), edges, (np.where(np.isnan(kw), np.nan, at), coverage))


def _write_factor(store: Store, registry: Registry, account: Account, of: tuple[Window, datetime]) -> None:
    known, end = of
    energy = both(registry, store, account, known)
    factor = None if energy is None else power_factor(energy[0], energy[1])
    share = 0.0 if energy is None else energy[2] * ((known[1] - known[0]) / (end - known[0]))
    value, coverage = np.array([np.nan if factor is None else factor]), np.array([share])
    _replace(store, (account, POWER_FACTOR, MONTH), _edges((known[0], end)), (value, coverage))


def _edges(month: Window) -> Ints:
    return np.array([to_ms(month[0]), to_ms(month[1])], np.int64)


def _replace(store: Store, named: tuple[Account, str, str], edges: Ints, told: tuple[Numbers, Numbers]) -> None:
    account, name, resolution = named
    value, coverage = told
    known = np.isfinite(value)
    absent = np.full(int(known.sum()), np.nan)
    fields = {"value": value[known], "coverage": coverage[known], "estimated": np.zeros(int(known.sum()))}
    columns = Columns(edges[:-1][known], {field: fields.get(field, absent) for field in FIELDS[FIGURE]})
    series = SeriesId(FIGURE, account_subject(account.key), name, resolution)
    store.replace(series, (from_ms(int(edges[0])), from_ms(int(edges[-1]))), columns)
