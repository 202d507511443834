"""Which prices an amount of money comes from, in words: each by its document, and whether hours were told apart."""

from __future__ import annotations

from analytics.slot_prices import Grounds
from campus.results import Price
from campus.said import Said


def grounds_said(of: Grounds) -> Said:
    """Return the prices behind an amount of money, in the order of time."""
    said = [price_said(price, of) for price in of.prices]
    return Said("；".join(one.zh for one in said), "; ".join(one.en for one in said))


def price_said(price: Price, of: Grounds) -> Said:
    """Return one of those prices; that of a meter which tells no hours says that it is a mean, and why."""
    said = Said(
        f"{price.shown}元/{price.unit}，{price.document}" + "（假设）" * price.assumed,
        f"¥{price.shown}/{price.unit}, {price.document}" + " (assumed)" * price.assumed,
    )
    if not price.timed:
        return said
    if price in of.by_hour:
        return Said(f"每小时按当时的价格，平均{said.zh}", f"each hour at its own price, on average {said.en}")
    zh, en = (
        "分时计价，但表没有逐小时的数，按各月平均价",
        "priced by the hour, but the meter tells no hours: the months' mean",
    )
    return Said(f"{zh}{said.zh}", f"{en} {said.en}")
