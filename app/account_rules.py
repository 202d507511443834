"""What must hold of an account's price tables and of accounts beside each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from app.check_rows import Source
from app.toml_fields import Table, nearest
from app.toml_lines import Place
from campus.errors import Issue
from campus.registry import Registry
from campus.tariff import Windows
from campus.units import paid_units

# Where a unit has one price at every hour: such an account has neither windows nor a charge for demand.
USE_ALONE = ("resident", "flat", "area")
FLAT = ("yuan", "unit", "document", "assumed")
_PER_KW = ("contract_demand_kw", "billed_kva")
ELECTRIC = (*_PER_KW, "power_factor_standard")


@dataclass(frozen=True, slots=True)
class Told:
    """A table of the school's file: what was read of it, what stands there, and where."""

    table: Table
    raw: Mapping[str, Any]
    place: Place


def account_issues(account: Told) -> Iterator[Issue]:
    """Yield what is wrong with the keys that say how an account is billed besides its price."""
    raw, place = account.raw, account.place
    if "price_yuan" in raw and raw.get("price"):
        yield place.at("price_yuan").issue("one price for ever, and [[account.price]] besides: keep one of the two")
    for key in ELECTRIC:
        if key in raw and raw.get("medium") != "electricity":
            yield place.at(key).issue(f"{key} is of electricity, not of {raw.get('medium')}: leave it out")
    if all(key in raw for key in _PER_KW):
        yield place.at("billed_kva").issue("billed by demand or by capacity, never by both: leave one out")
    for key in _PER_KW:
        if key in raw and raw.get("tariff") in USE_ALONE:
            yield place.at(key).issue(f'a "{raw["tariff"]}" account pays for its use alone: is tariff = "two_part"?')
    if "share_of" in raw and "fixed_share" not in raw:
        yield place.at("share_of").issue("says whose meters, but not how much of them: add fixed_share, such as 0.2")


def flat_issues(account: Told) -> Iterator[Issue]:
    """Yield what is wrong with the keys of one price that holds at every time."""
    raw, place = account.raw, account.place
    if "price_yuan" not in raw:
        if {f"price_{name}" for name in FLAT} & set(raw):
            yield place.issue("describes a price but has no price_yuan: add it, or leave the rest out")
        return
    kept = sorted(paid_units(str(raw.get("medium"))))
    unit = raw.get("price_unit")
    if unit is None:
        yield place.at("price_yuan").issue(f"price without unit: add price_unit = {' or '.join(kept)}")
    elif kept and isinstance(unit, str) and unit not in kept:
        yield place.at("price_unit").issue(f'price per "{unit}": give the price per {" or ".join(kept)}')
    if "price_document" not in raw:
        yield place.at("price_yuan").issue("price without source: add price_document, the notice or bill")


def order_issues(prices: Sequence[Told]) -> Iterator[Issue]:
    """Yield prices that are not in the order of their days, or not per one unit."""
    dated = [(row.raw.get("since"), row.place) for row in prices if "since" in row.table.values]
    for (before, _), (since, place) in pairwise(dated):
        if since is not None and before is not None and since <= before:
            yield place.at("since").issue(f"prices out of order: {since} stands after {before}")
    units = dict.fromkeys(str(row.raw["unit"]) for row in prices if "unit" in row.raw)
    if len(units) > 1:
        yield prices[-1].place.at("unit").issue(f"one account, one unit; its prices are per {' and '.join(units)}")


def price_issues(row: Told, account: Mapping[str, Any], known: Mapping[str, Windows]) -> Iterator[Issue]:
    """Yield what is wrong with a [[account.price]]; `known` are the windows there are, by id."""
    raw, place = row.raw, row.place
    parts = {"timed", "fixed", "levies"} & set(raw)
    if "yuan" in raw and parts:
        yield place.at("yuan").issue("yuan is the whole price of a unit: leave it out beside parts of it")
    if not parts and not {"yuan", "yuan_per_kw"} & set(raw):
        yield place.issue("names no price: add yuan, or timed and fixed parts of it")
    if "yuan_per_kw" in raw and not any(key in account for key in _PER_KW):
        yield place.at("yuan_per_kw").issue("is paid by whom? Give the account its contract_demand_kw or billed_kva")
    yield from _unit_issues(row, account)
    yield from _window_issues(row, account, known)


def _unit_issues(row: Told, account: Mapping[str, Any]) -> Iterator[Issue]:
    kept = paid_units(str(account.get("medium")))
    unit = row.raw.get("unit")
    if unit is None and len(kept) > 1:
        yield row.place.issue(f"price without unit: add unit = {' or '.join(kept)}")
    elif isinstance(unit, str) and kept and unit not in kept:
        yield row.place.at("unit").issue(f'price per "{unit}": give the price per {" or ".join(kept)}')


def _window_issues(row: Told, account: Mapping[str, Any], known: Mapping[str, Windows]) -> Iterator[Issue]:
    raw, place = row.raw, row.place
    if "windows" in raw:
        if isinstance(raw["windows"], str) and raw["windows"] not in known:
            hint = nearest(raw["windows"], known)
            yield place.at("windows").issue(f"no windows have the id {raw['windows']!r}{hint}")
        if "timed" not in raw:
            yield place.at("windows").issue("windows without a timed part change nothing: say what they multiply")
        if account.get("tariff") in USE_ALONE or account.get("medium") != "electricity":
            named = f'"{account.get("tariff")}" account of {account.get("medium")}'
            yield place.at("windows").issue(f'a {named} has one price at every hour: is tariff = "tou"?')
    elif "timed" in raw:
        shown = ", ".join(sorted(known))
        yield place.at("timed").issue(f"a timed part without windows: name them ({shown}), or call it fixed")


def issues(registry: Registry, source: Source) -> Iterator[Issue]:
    """Yield what is wrong with accounts beside each other: a share of whose meters, and how much of them in all."""
    for account in registry.accounts.values():
        if not account.share_of:
            continue
        at = source.place("account", account.key).at("share_of")
        other = registry.accounts.get(account.share_of)
        if other is None and source.follows("account", account.share_of):
            continue
        if other is None:
            hint = nearest(account.share_of, registry.accounts)
            yield at.issue(f"no [[account]] has the key {account.share_of!r}{hint}")
        elif other.share_of or other.key == account.key:
            yield at.issue(f"{other.key} has no meters of its own to share")
        elif other.medium != account.medium:
            yield at.issue(f"{other.key} is for {other.medium}, not {account.medium}")
    for account in registry.accounts.values():
        sharers = [one for one in registry.accounts.values() if one.share_of == account.key and one.billing]
        if sharers and not account.share_of and account.billing and account.billing.share != 1.0:
            at = source.place("account", account.key).at("fixed_share")
            yield at.issue(f"{sharers[0].key} takes a share of this account, which keeps the rest: leave it out")
        if sum(one.billing.share for one in sharers if one.billing) >= 1:
            at = source.place("account", sharers[-1].key).at("fixed_share")
            yield at.issue(f"the shares of {account.key} come to 1 or more: nothing is left for it")
