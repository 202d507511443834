"""What is said of a saving: the amount with its ±, or that it cannot be told from zero, and what it is worth."""

from __future__ import annotations

from collections.abc import Sequence
from math import hypot

from analytics.baseline_margin import SIGMAS, YEARLY_DRIFT
from analytics.price_words import grounds_said
from analytics.savings import Amount, Saving
from analytics.wording import number
from campus.projects import Measure, Project
from campus.said import Said

_UNITS_ZH = {"kWh": "度", "m³": "立方米"}
_DRIFT = f"{SIGMAS * YEARLY_DRIFT:.0%}"


def verdict(saving: Saving) -> Said:
    """Return the sentence for a saving, with its ± at 90 % confidence."""
    size, half = number(abs(saving.saved.value)), number(saving.saved.half_90)
    zh, en, share = _UNITS_ZH.get(saving.unit, saving.unit), saving.unit, f"{abs(saving.share):.1%}"
    less = saving.saved.value >= 0
    if not saving.told_from_zero:
        return Said(
            f"与零无法区分：比基准{'少用' if less else '多用'}{size}{zh}（{share}），误差±{half}{zh}（90%可信），"
            "不能说节约了，也不能说没有。",
            f"Cannot be told from zero: {size} {en} ({share}) {'less' if less else 'more'} than the baseline expects,"
            f" ± {half} {en} at 90 % confidence. It may have saved something, or nothing.",
        )
    if not less:
        return Said(
            f"没有节约：比基准多用{size}±{half}{zh}（90%可信，{share}）。",
            f"Nothing was saved: {size} ± {half} {en} more than the baseline expects (90 % confidence, {share}).",
        )
    if not saving.beyond_drift:
        return Said(
            f"少用{size}±{half}{zh}（90%可信），为基准的{share}。"
            f"没有改造的表，十块里约有九块一年也会自己变动到{_DRIFT}：是不是改造省下的，单凭表说不准。",
            f"Used {size} ± {half} {en} less (90 % confidence), {share} of what the baseline expects. Without any"
            f" project nine meters in ten drift by up to {_DRIFT} in a year: whether the project saved it, the meter"
            " alone cannot say.",
        )
    return Said(
        f"节约{size}±{half}{zh}（90%可信），为基准的{share}。",
        f"Saved {size} ± {half} {en} (90 % confidence), {share} of what the baseline expects.",
    )


def in_short(value: float, half_90: float, expected: float) -> Said:
    """Return what a saving with its ± of an expected use [one unit] comes to, in a word or two for a table."""
    if abs(value) <= half_90:
        return Said("与零无法区分", "not told from zero")
    if value < 0:
        return Said("多用了", "more was used")
    beyond = value > hypot(half_90, SIGMAS * YEARLY_DRIFT * expected)
    return Said("节约", "saved") if beyond else Said("少用，未必因项目", "less used, perhaps not by it")


def worth(saving: Saving) -> Said:
    """Return what the saving is worth in yuan and CO2, or that no price or factor is set."""
    zh, en = [], []
    for amount, unit_zh, unit_en, none in (
        (saving.yuan, "元", "yuan", Said("没有登记价格", "no price set")),
        (saving.tco2, "吨二氧化碳", "t CO2", Said("没有排放因子", "no emission factor set")),
    ):
        zh.append(none.zh if amount is None else f"{_plus_minus(amount)}{unit_zh}")
        en.append(none.en if amount is None else f"{_plus_minus(amount)} {unit_en}")
    return Said("，".join(zh) + "。", ", ".join(en) + ".")


def sources(saving: Saving) -> tuple[Said, ...]:
    """Return which prices and factor rows the worth of a saving comes from."""
    said = []
    if saving.yuan is not None:
        prices = grounds_said(saving.worth.prices)
        said.append(Said(f"价格：{prices.zh}", f"Price: {prices.en}"))
    if saving.tco2 is not None:
        rows = ", ".join(saving.worth.factors)
        per = f"{saving.worth.kgco2_per_unit:.4g} kgCO2/{saving.unit}"
        said.append(Said(f"因子：{rows}（平均{per}）", f"Factor: {rows} (mean {per})"))
    return tuple(said)


def cautions(saving: Saving) -> tuple[Said, ...]:
    """Return what a reader of the number should know: how it came about, and where it is weak."""
    said = [
        Said(
            f"基准{'、'.join(saving.baselines)}；报告期有{saving.covered:.0%}的时间可比，只计这些时间，不作放大。",
            f"Baseline {', '.join(saving.baselines)}; {saving.covered:.0%} of the period can be compared, and only"
            " that counts: nothing is scaled up.",
        )
    ]
    if not saving.meets_guideline_14:
        said.append(
            Said(
                "未达到ASHRAE 14指南的要求：68%可信度下误差应小于节约量的一半。",
                "Not as sure as ASHRAE Guideline 14 asks: at 68 % confidence ± must be below half of the saving.",
            )
        )
    if saving.strange > 0:
        said.append(
            Said(
                f"有{saving.strange:.1%}的时间室外温度超出基准期的范围。",
                f"For {saving.strange:.1%} of the time it was colder or hotter outside than in the baseline period.",
            )
        )
    if saving.estimated > 0:
        said.append(
            Said(
                f"用量中有{saving.estimated:.1%}是估算的。", f"{saving.estimated:.1%} of what was used is estimated."
            )
        )
    return (*said, *_adjustments(saving))


def _adjustments(saving: Saving) -> Sequence[Said]:
    return [
        Said(
            f"另有调整{number(a.amount)}{saving.unit}：{a.reason.zh}" + _signed(a.by, a.document, "（{}）"),
            f"Adjusted by {number(a.amount)} {saving.unit}: {a.reason.en}" + _signed(a.by, a.document, " ({})"),
        )
        for a in saving.adjustments
    ]


def _signed(by: str, document: str, bracket: str) -> str:
    said = ", ".join(part for part in (by, document) if part)
    return bracket.format(said) if said else ""


def of_project(project: Project) -> tuple[Said, ...]:
    """Return what to know of a kind of project."""
    if project.measure is not Measure.PV:
        return ()
    return (
        Said(
            "光伏：省下的是少买的电，不是少用的电。",
            "PV: what is saved is electricity not bought, not electricity not used.",
        ),
    )


def _plus_minus(amount: Amount) -> str:
    """Return an amount with its ±, both to the same place: no finer than ± is worth."""
    digits = 0 if amount.half_90 >= 10 else 1 if amount.half_90 >= 1 else 2
    return f"{amount.value:.{digits}f}±{amount.half_90:.{digits}f}"
