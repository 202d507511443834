"""What is said of a boiler room's efficiency: how much more it burns, or that its meters do not belong together."""

from __future__ import annotations

from analytics.heat_words import costs, over
from analytics.meter_words import day
from analytics.wording import place
from campus.results import Finding
from campus.said import Said

_WHAT = Said("锅炉多烧的燃料", "fuel burnt too much")


def message(finding: Finding, lang: str) -> str:
    """Return what the heating crew reads: how much more for the same heat, by which value, what to look at first."""
    if "cannot_be" in finding.facts:
        return _cannot_be(finding, lang)
    if finding.end is not None:
        return over(finding, lang, _WHAT)
    where, since, money = place(finding, lang), day(finding, finding.start, lang), costs(finding, lang)
    now, before = (f"{100 * float(finding.facts[key]):.0f}" for key in ("now", "before"))
    if lang == "zh":
        return (
            f"{where}供同样的热多烧了：{since}起每天{money}，效率约{now}%，平时{before}%{_by(finding, lang)}。"
            "请供热班先看排烟温度和火焰，再查换热面积灰和过量空气。"
        )
    return (
        f"{where} burns more for the same heat, {money} since {since}: efficiency {now} %, usually {before} %"
        f"{_by(finding, lang)}. Check flue temperature and flame first, then soot and excess air."
    )


def _by(finding: Finding, lang: str) -> str:
    """Return by which calorific value an efficiency is told; nothing of fuel that is counted as energy."""
    if finding.unit != "m³":
        return ""
    value = f"{1000 * float(finding.facts['gj']):.2f}"
    return f"（低位热值{value}兆焦/立方米）" if lang == "zh" else f" (net calorific value {value} MJ/m³)"


def _cannot_be(finding: Finding, lang: str) -> str:
    where, since = place(finding, lang), day(finding, finding.start, lang)
    share = f"{100 * float(finding.facts['cannot_be']):.0f}"
    if finding.end is not None:
        until = day(finding, finding.end, lang)
        if lang == "zh":
            return f"{where}的热表和燃料表又对得上了：{since}到{until}送出的热是燃料热量的{share}%。"
        return f"{where}: heat and fuel agree again. From {since} to {until} the heat was {share} % of the fuel's."
    if lang == "zh":
        return (
            f"{where}{since}起送出的热是燃料热量的{share}%{_by(finding, lang)}，不可能：有一块表不准，或有燃料没表。"
            "请先核对热表和燃料表的单位、倍率。"
        )
    return (
        f"{where}: since {since} the heat sent out is {share} % of the fuel's{_by(finding, lang)}, which cannot be. "
        "Check unit and ratio of the heat meter and the fuel meter first, then for fuel that is not metered."
    )
