"""What is said of a saving: the amount with its ±, or that it cannot be told from zero."""

from __future__ import annotations

from analytics.baseline_margin import SIGMAS, YEARLY_DRIFT
from analytics.savings import Amount, Saving
from analytics.wording import number
from campus.said import Said

_UNITS_ZH = {"kWh": "度", "m³": "立方米"}


def verdict(saving: Saving) -> Said:
    """Return the sentence for a saving, with its ± at 90 % confidence."""
    size, half = number(abs(saving.saved.value)), number(saving.saved.half_90)
    zh, en, share = _UNITS_ZH.get(saving.unit, saving.unit), saving.unit, f"{abs(saving.share):.1%}"
    if not saving.told_from_zero:
        less = "少用" if saving.saved.value >= 0 else "多用"
        fewer = "less" if saving.saved.value >= 0 else "more"
        return Said(
            f"与零无法区分：比基准{less}{size}{zh}（{share}），误差±{half}{zh}（90%可信），不能说节约了，也不能说没有。",
            f"Cannot be told from zero: {size} {en} ({share}) {fewer} than the baseline expects, ± {half} {en} at"
            " 90 % confidence. It may have saved something, or nothing.",
        )
    if saving.saved.value < 0:
        return Said(
            f"没有节约：比基准多用{size}±{half}{zh}（90%可信，{share}）。",
            f"Nothing was saved: {size} ± {half} {en} more than the baseline expects (90 % confidence, {share}).",
        )
    return Said(
        f"节约{size}±{half}{zh}（90%可信），为基准的{share}。",
        f"Saved {size} ± {half} {en} (90 % confidence), {share} of what the baseline expects.",
    )


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
    if abs(saving.share) < SIGMAS * YEARLY_DRIFT:
        said.append(
            Said(
                f"没有任何改造时，十块表中约有九块一年后偏离基准不超过{SIGMAS * YEARLY_DRIFT:.0%}；"
                "这样小的变化可能另有原因，误差中不含这一项。",
                f"Without any project about nine meters in ten drift by up to {SIGMAS * YEARLY_DRIFT:.0%} in a year;"
                " so small a change may have other reasons, and the ± does not know them.",
            )
        )
    if saving.strange > 0:
        said.append(
            Said(
                f"有{saving.strange:.1%}的时间室外温度超出基准期的范围。",
                f"For {saving.strange:.1%} of the time it was colder or hotter outside than in the baseline period.",
            )
        )
    said.extend(
        Said(f"另有调整{number(a.amount)}：{a.reason.zh}", f"Adjusted by {number(a.amount)}: {a.reason.en}")
        for a in saving.adjustments
    )
    return tuple(said)


def _plus_minus(amount: Amount) -> str:
    return f"{number(amount.value)}±{number(amount.half_90)}"
