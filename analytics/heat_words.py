"""What the findings of heat have in common in words: amounts with their money, and that it is over."""

from __future__ import annotations

from analytics.meter_words import day
from analytics.wording import number, place, unit
from campus.results import Finding
from campus.said import Said

# Who pays for floor area pays no less for less heat (users.md section 3).
BY_AREA = Said("按面积收费，不减费，但减碳", "billed by floor area: no money saved, but carbon")


def costs(finding: Finding, lang: str) -> str:
    """Return what a day of it takes too much and costs: "约4.2吉焦（约380元）" or "about 4.2 GJ a day (¥380)"."""
    amount, money = number(finding.per_day), _money(finding, lang)
    if lang == "zh":
        return f"约{amount}{unit(finding, lang)}（{money}）"
    return f"about {amount} {finding.unit} a day ({money})"


def _money(finding: Finding, lang: str) -> str:
    price, yuan = finding.price, finding.yuan_per_day
    if finding.facts.get("by_area"):
        return BY_AREA.to(lang)
    if price is None or yuan is None:
        return "没有登记价格" if lang == "zh" else "no price set"
    if lang == "zh":
        return f"约{number(yuan)}元" + f"，按{price.document}，{price.yuan:g}元/{unit(finding, lang)}" * price.assumed
    return f"about ¥{number(yuan)}" + f", assumed ¥{price.yuan:g}/{price.unit}" * price.assumed


def over(finding: Finding, lang: str, what: Said) -> str:
    """Return that it is over, by itself or with the season: from when to when, and how much it took in all."""
    assert finding.end is not None
    since, until = day(finding, finding.start, lang), day(finding, finding.end, lang)
    total, season = number(finding.to_date), bool(finding.facts.get("by_season"))
    if lang == "zh":
        ended = "供暖期结束，到此为止" if season else "回到平时"
        return f"{place(finding, lang)}{what.zh}{ended}：{since}到{until}，一共多用约{total}{unit(finding, lang)}。"
    ended = "the heating season has ended" if season else "back to usual"
    return (
        f"{place(finding, lang)}, {what.en}: {ended}. From {since} to {until} about {total} {finding.unit} "
        "were used too much."
    )
