"""Bills in words: what an account's bill is of, by which documents, what is missing, how the utility's agrees."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from rich.table import Table

from analytics.bill_match import Verdict
from app.bills import Reckoned
from app.bills_sent import Beside
from app.windows import Window
from app.workbook_words import MEDIA, TARIFFS
from campus.calendar import local_date
from campus.registry import Account
from campus.said import Said
from campus.tariff import Prices

VERDICTS = {
    Verdict.AGREES: Said("相符", "agrees"),
    Verdict.EXPLAINED: Said("差异已解释", "explained"),
    Verdict.OPEN: Said("差异未解释", "not explained"),
    Verdict.UNKNOWN: Said("无法核对", "cannot be checked"),
}
_MEDIA = {word.key: Said(word.zh, word.en) for word in MEDIA}
_BILLED = {word.key: Said(word.zh, word.en) for word in TARIFFS}
_INSTANT = timedelta(milliseconds=1)


def account_said(account: Account) -> Said:
    """Return what an account is called: its number, medium and kind."""
    medium = _MEDIA.get(account.medium, Said(account.medium, account.medium))
    kind = _BILLED.get(account.tariff, Said(account.tariff, account.tariff))
    zh = f"户号 {account.number}（{medium.zh}，{kind.zh}）"
    return Said(zh, f"account {account.number} ({medium.en}, {kind.en})")


def why_none(account: Account) -> Said:
    """Return why there is no bill of an account."""
    if account.billing is None or not account.billing.prices:
        return Said("没有录入价格，不算钱", "no price is entered, so no yuan")
    return Said("这段时间没有表计读数", "its meters tell nothing of this time")


def period(found: Reckoned, zone: ZoneInfo) -> str:
    """Return the local days of a bill: a whole month by its name, else from its first day up to its last."""
    return days(found.window, zone)


def days(window: Window, zone: ZoneInfo) -> str:
    """Return the local days of [start, end), likewise."""
    first, last = local_date(window[0], zone), local_date(window[1] - _INSTANT, zone)
    next_day = last + timedelta(days=1)
    if first.day == 1 == next_day.day and (next_day - first).days <= 31:
        return f"{first:%Y-%m}"
    return f"{first} – {last}"


def documents(found: Reckoned, zone: ZoneInfo) -> list[Prices]:
    """Return the prices that hold at any day of a bill, oldest first."""
    first, last = local_date(found.window[0], zone), local_date(found.window[1] - _INSTANT, zone)
    own = found.tariff.prices
    ends = [*(prices.since for prices in own[1:]), None]
    return [
        prices for prices, end in zip(own, ends, strict=True) if prices.since <= last and (end is None or first < end)
    ]


def sentences(found: Reckoned, zone: ZoneInfo) -> Iterator[Said]:
    """Yield how far a bill reaches, what it is made by, what it lacks and what could be paid less."""
    if not found.over:
        until = f"{found.until.astimezone(zone):%m-%d %H:%M}"
        yield Said(f"到 {until} 为止", f"up to {until}")
    if found.known < 1:
        yield Said(f"已知用量占时间的{found.known:.1%}", f"use is known of {found.known:.1%} of the time")
    if found.estimated:
        yield Said(f"其中估算{found.estimated:.1%}", f"estimated {found.estimated:.1%} of it")
    if found.tariff.share != 1.0:
        share = f"{found.tariff.share:.0%}"
        yield Said(f"按表计用量的{share}计（定比）", f"of {share} of what the meters count (fixed share)")
    if found.demand_kw is not None and found.demand_at is not None:
        at = f"{found.demand_at.astimezone(zone):%m-%d %H:%M}"
        yield Said(f"最大需量 {found.demand_kw:.1f} kW（{at}）", f"highest demand {found.demand_kw:.1f} kW ({at})")
    for prices in documents(found, zone):
        assumed = Said("（假设价）", " (assumed)") if prices.assumed else Said("", "")
        yield Said(f"价格依据：{prices.document}{assumed.zh}", f"price from: {prices.document}{assumed.en}")
    yield from (Said(f"缺：{one.zh}", f"missing: {one.en}") for one in found.bill.missing)
    yield from found.bill.notes
    yield from found.advice


def beside_said(one: Beside, zone: ZoneInfo) -> Said:
    """Return how a bill the utility sent compares, in one sentence."""
    found, verdict = one.reckoned, VERDICTS[one.match.verdict]
    unit, own = found.tariff.unit, one.match.metered
    of = period(found, zone)
    zh, en = f"{of}：账单 {one.billed:,.1f} {unit}", f"{of}: billed {one.billed:,.1f} {unit}"
    if one.match.verdict is not Verdict.UNKNOWN:
        difference = (one.billed - own) / one.billed if one.billed else 0.0
        zh += f"，表计 {own:,.1f} {unit}，差 {difference:+.1%}"
        en += f", metered {own:,.1f} {unit}, {difference:+.1%}"
    reasons = one.match.reasons
    why_zh, why_en = "；".join(r.zh for r in reasons), "; ".join(r.en for r in reasons)
    rest = f"{abs(one.match.rest):,.1f} {unit}"
    left, money = one.match.verdict is Verdict.OPEN, yuan_said(one)
    return Said(
        f"{zh} — {verdict.zh}" + f"：{why_zh}" * bool(why_zh) + f"；还差 {rest} 说不清" * left + money.zh,
        f"{en} — {verdict.en}" + f": {why_en}" * bool(why_en) + f"; {rest} are left" * left + money.en,
    )


def yuan_said(one: Beside) -> Said:
    """Return what a bill came to beside what the prices make of the metered use; "" where none was entered."""
    if one.yuan is None:
        return Said("", "")
    billed, own, difference = f"{one.yuan:,.2f}", one.own_yuan, yuan_difference(one)
    if own is None or difference is None:
        why = _why_no_yuan(one)
        return Said(f"；账单金额 {billed} 元，{why.zh}", f"; it came to ¥{billed}, {why.en}")
    share = f"（{difference / own:+.1%}）" if own else ""
    more = f" ({difference / own:+.1%})" if own else ""
    return Said(
        f"；账单金额 {billed} 元，按价格和表计算 {own:,.2f} 元，差 {difference:+,.2f} 元{share}",
        f"; it came to ¥{billed}, prices and meters make it ¥{own:,.2f}, a difference of ¥{difference:+,.2f}{more}",
    )


def alone_said(window: Window, yuan: float, zone: ZoneInfo) -> Said:
    """Return what a bill came to of which no use is known."""
    of = days(window, zone)
    return Said(
        f"{of}：账单金额 {yuan:,.2f} 元，没有同一时段的用量，不比",
        f"{of}: it came to ¥{yuan:,.2f}; no use of the same dates is known, so it is not compared",
    )


def yuan_difference(one: Beside) -> float | None:
    """Return how much more [yuan] a bill came to than the prices make of the metered use; None where either is not
    known."""
    own = one.own_yuan
    return None if own is None or one.yuan is None else one.yuan - own


def _why_no_yuan(one: Beside) -> Said:
    if one.reckoned.bill.missing:
        lacking = one.reckoned.bill.missing
        zh, en = "；".join(said.zh for said in lacking), "; ".join(said.en for said in lacking)
        return Said(f"按价格算不出来（缺：{zh}）", f"which prices cannot be held against (missing: {en})")
    return Said("表计数据不全，不比金额", "which is not compared: the meters do not know all of its time")


def bill_table(found: Reckoned, zone: ZoneInfo) -> Table:
    """Return a bill line by line, with its total."""
    name = account_said(found.account)
    table = Table(
        "项目 line",
        "数量 amount",
        "单位 unit",
        "元 yuan",
        title=f"{name.zh} {period(found, zone)}",
        title_justify="left",
    )
    for line in found.bill.lines:
        table.add_row(f"{line.name.zh} {line.name.en}", f"{line.amount:,.1f}", line.unit, f"{line.yuan:,.2f}")
    total = "—" if found.bill.total is None else f"{found.bill.total:,.2f}"
    table.add_row("合计 total", "", "", total)
    return table


def bill_json(found: Reckoned, besides: list[Beside], zone: ZoneInfo) -> dict[str, Any]:
    """Return a bill as JSON values."""
    return {
        "account": found.account.key,
        "number": found.account.number,
        "period": period(found, zone),
        "from": found.window[0].isoformat(),
        "to": found.window[1].isoformat(),
        "until": found.until.isoformat(),
        "known": found.known,
        "estimated": found.estimated,
        "lines": [{**asdict(line), "name": asdict(line.name)} for line in found.bill.lines],
        "total_yuan": found.bill.total,
        "missing": [asdict(one) for one in found.bill.missing],
        "notes": [asdict(one) for one in found.bill.notes],
        "advice": [asdict(one) for one in found.advice],
        "documents": [prices.document for prices in documents(found, zone)],
        "assumed": any(prices.assumed for prices in documents(found, zone)),
        "demand_kw": found.demand_kw,
        "demand_at": _iso(found.demand_at),
        "sent": [_beside_json(one) for one in besides],
    }


def _beside_json(one: Beside) -> dict[str, Any]:
    found = one.reckoned
    return {
        "from": found.window[0].isoformat(),
        "to": found.window[1].isoformat(),
        "billed": one.billed,
        "metered": one.match.metered,
        "unit": found.tariff.unit,
        "known": found.known,
        "verdict": str(one.match.verdict),
        "reasons": [asdict(reason) for reason in one.match.reasons],
        "rest": one.match.rest,
        "reckoned_yuan": found.bill.total,
        "billed_yuan": one.yuan,
        "difference_yuan": yuan_difference(one),
    }


def alone_json(lone: Sequence[tuple[Window, float]]) -> dict[str, Any]:
    """Return bills of which no use is known as JSON values."""
    told = [{"from": of[0].isoformat(), "to": of[1].isoformat(), "billed_yuan": yuan} for of, yuan in lone]
    return {"sent_without_use": told}


def _iso(time: datetime | None) -> str | None:
    return None if time is None else time.isoformat()
