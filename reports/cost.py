"""What a medium's year cost [yuan]: use × price of the accounts behind the main meters, or why nobody can say."""

from __future__ import annotations

from dataclasses import replace

from campus.results import Price
from campus.said import Said
from reports.cells import Cell, like, words
from reports.year import Medium, Paid

# The sum over accounts may differ so much from the school's total before it is not its price: rounding alone.
AGREES = 1e-3

NO_PRICE = Said("未录入价格", "no price entered")
ON_SITE = Said("自产热，费用在燃料里", "made on site: paid for as its fuel")
NOT_ENOUGH = Said("数据不足", "not enough data")
NOT_ALL = Said("各户之和与总量不符，不计费", "accounts do not add up to the total: no cost")


def prices(medium: Medium) -> list[Price] | None:
    """Return the different prices of a medium's accounts, None where one has none in the medium's unit."""
    found: dict[Price, None] = {}
    for bill in medium.bills:
        if bill.price is None or bill.price.unit != medium.year.unit:
            return None
        found[bill.price] = None
    return list(found) or None


def cost(medium: Medium) -> Cell:
    """Return the year's cost as a cell; one price is taken times the total, several times what each meter counted."""
    if medium.made_on_site:
        return words(ON_SITE)
    known = prices(medium)
    if known is None:
        return words(NO_PRICE)
    if not medium.year.enough:
        return words(NOT_ENOUGH)
    if medium.paid is not None:
        return _paid(medium, medium.paid)
    total = medium.year.value or 0.0
    if len(known) == 1:
        return _yuan(medium, total * known[0].yuan, f"{medium.year.source} × {known[0].yuan:.12g}")
    parts = [(bill.amount.value, bill.price.yuan) for bill in medium.bills if bill.price is not None]
    if abs(sum(value or 0.0 for value, _ in parts) - total) > AGREES * total:
        return words(NOT_ALL)
    made = " + ".join(f"{b.amount.source} × {b.price.yuan:.12g}" for b in medium.bills if b.price is not None)
    return _yuan(medium, sum((value or 0.0) * yuan for value, yuan in parts), made)


def _paid(medium: Medium, paid: Paid) -> Cell:
    if paid.yuan is None:
        return words(paid.lacks or NOT_ENOUGH)
    return replace(like(medium.year, paid.yuan, "元", paid.source), note=told(medium))


def _yuan(medium: Medium, yuan: float, source: str) -> Cell:
    return replace(like(medium.year, yuan, "元", source), note=told(medium))


def told(medium: Medium) -> Said | None:
    """Return the prices taken and their documents, such as "0.555 元/kWh，示范假设价（假设价）"."""
    if medium.paid is not None:
        zh = "按户逐月账单：" + "；".join(medium.paid.documents) + "（含假设价）" * medium.paid.assumed
        return Said(zh, "each account's bills" + ", at an assumed price" * medium.paid.assumed)
    known = prices(medium)
    if known is None:
        return None
    zh = "；".join(f"{p.yuan:g} 元/{p.unit}，{p.document}{'（假设价）' if p.assumed else ''}" for p in known)
    assumed = any(p.assumed for p in known)
    return Said(zh, "assumed price" if assumed else "")
