"""What is said of a chiller plant: how much more it takes for the same cold, or that its meters do not agree."""

from __future__ import annotations

from analytics.heat_words import costs
from analytics.meter_words import day
from analytics.wording import number, place
from campus.results import Finding


def message(finding: Finding, lang: str) -> str:
    """Return what the crew reads: how much more for the same cold, what to look at first."""
    if "cannot_be" in finding.facts:
        return _cannot_be(finding, lang)
    if finding.end is not None:
        return _over(finding, lang)
    where, since, money = place(finding, lang), day(finding, finding.start, lang), costs(finding, lang)
    now, before = (f"{float(finding.facts[key]):.1f}" for key in ("now", "before"))
    if lang == "zh":
        return (
            f"{where}的冷机费电了：{since}起供同样的冷每天多用{money}，1度电现在出{now}度冷，平时同样天气出{before}度。"
            "请先看冷却水温和冷却塔，再查冷凝器结垢和制冷剂。"
        )
    return (
        f"{where}: the chillers take more for the same cold, {money} since {since}: {now} kWh of cold per kWh now, "
        f"usually {before} in such weather. Check the cooling water's temperature and the tower first, then scale in "
        "the condenser and refrigerant."
    )


def _over(finding: Finding, lang: str) -> str:
    assert finding.end is not None
    since, until = day(finding, finding.start, lang), day(finding, finding.end, lang)
    total, stopped = number(finding.to_date), bool(finding.facts.get("by_season"))
    if lang == "zh":
        ended = "冷机停用，到此为止" if stopped else "用电回到平时"
        return f"{place(finding, lang)}的{ended}：{since}到{until}，供同样的冷一共多用约{total}度。"
    ended = "the chillers have been off for a month" if stopped else "the chillers are back to usual"
    return f"{place(finding, lang)}: {ended}. From {since} to {until} about {total} kWh were used too much."


def _cannot_be(finding: Finding, lang: str) -> str:
    where, since = place(finding, lang), day(finding, finding.start, lang)
    share = f"{float(finding.facts['cannot_be']):.1f}"
    if finding.end is not None:
        until = day(finding, finding.end, lang)
        if lang == "zh":
            return f"{where}的冷量表和冷机电表又对得上了：{since}到{until}1度电出{share}度冷。"
        return f"{where}: cold and power agree again. From {since} to {until} it was {share} kWh of cold per kWh."
    if lang == "zh":
        return (
            f"{where}{since}起1度电出{share}度冷，不可能：有一块表不准，或有冷机没表。"
            "请先核对冷量表和冷机电表的单位、倍率。"
        )
    return (
        f"{where}: since {since} {share} kWh of cold come out of each kWh, which cannot be. Check unit and ratio of "
        "the cold meter and the chillers' meter first, then for a chiller that is not metered."
    )
