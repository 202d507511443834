"""From the tables of an account to how it is billed, with everything that is wrong with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from app.account_rules import ELECTRIC, FLAT, Told, account_issues, flat_issues, order_issues, price_issues
from campus.errors import Issue
from campus.tariff import Part, Prices, Tariff, Windows, windows_of
from campus.units import paid_units


def own_windows(rows: Sequence[Told], region: str) -> tuple[dict[str, Windows], list[Issue]]:
    """Return a school's own time-of-use windows by id, and what is wrong with them."""
    found: dict[str, Windows] = {}
    issues: list[Issue] = []
    for row in rows:
        values = row.table.values
        if not row.table.complete:
            continue
        named = {letter for hours in values["months"].values() for letter in hours}
        lacks = sorted(named - set(values["multiplier"]))
        if lacks:
            issues.append(row.place.at("multiplier").issue(f"the hours name {', '.join(lacks)}: say its multiplier"))
        elif values["id"] in found:
            issues.append(row.place.at("id").issue(f"second windows have the id {values['id']!r}: ids are unique"))
        else:
            found[values["id"]] = windows_of({**values, "region": region})
    return found, issues


def read(account: Told, prices: Sequence[Told], known: Mapping[str, Windows]) -> tuple[dict[str, Any], list[Issue]]:
    """Return an account's values with its `billing` in place of the keys that tell it, and what is wrong.

    `known` are the time-of-use windows there are, by id.
    """
    values = dict(account.table.values)
    flat = {name: values.pop(f"price_{name}", None) for name in FLAT}
    told = {key: values.pop(key, None) for key in (*ELECTRIC, "fixed_share")}
    issues = [*account_issues(account), *flat_issues(account), *order_issues(prices)]
    dated = [] if flat["yuan"] is None else [_flat_prices(flat)]
    for row in prices:
        wrong = list(price_issues(row, account.raw, known))
        issues += wrong
        dated += [] if wrong or not row.table.complete else [_prices(row.table.values, known)]
    if dated or any(value is not None for value in told.values()):
        values["billing"] = Tariff(
            flat["unit"] or _unit(prices, account.raw),
            tuple(sorted(dated, key=lambda one: one.since)),
            by_demand=told["contract_demand_kw"],
            by_capacity=told["billed_kva"],
            power_factor=told["power_factor_standard"],
            share=told["fixed_share"] or 1.0,
        )
    return values, issues


def _unit(prices: Sequence[Told], account: Mapping[str, Any]) -> str:
    said = [str(row.raw["unit"]) for row in prices if "unit" in row.raw]
    return next(iter((*said, *paid_units(str(account.get("medium"))))), "")


def _flat_prices(flat: Mapping[str, Any]) -> Prices:
    return Prices(date.min, flat["document"] or "", (Part("", flat["yuan"]),), assumed=bool(flat["assumed"]))


def _prices(values: Mapping[str, Any], known: Mapping[str, Windows]) -> Prices:
    whole = [Part("", values["yuan"])] if "yuan" in values else []
    timed = [Part(name, yuan, timed=True) for name, yuan in values.get("timed", ())]
    fixed = [Part(name, yuan) for name, yuan in values.get("fixed", ())]
    levies = [Part(name, yuan, levy=True) for name, yuan in values.get("levies", ())]
    return Prices(
        values["since"],
        values["document"],
        (*whole, *timed, *fixed, *levies),
        known.get(values.get("windows", "")),
        values.get("tiers", ()),
        values.get("yuan_per_kw"),
        values.get("assumed", False),
    )
