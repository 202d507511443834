"""What is said of a baseline: what it was made from, how well it fits, what it can show, and what it cannot."""

from __future__ import annotations

from analytics.baseline import BILLS, DAILY, HOURLY, Baseline
from analytics.baseline_enough import STRANGE_K
from analytics.baseline_margin import SIGMAS, YEARLY_DRIFT
from analytics.savings_uncertainty import half_width
from campus.calendar import DayKind
from campus.said import Said

_MODELS = {
    HOURLY: Said(
        "逐时（每个钟点各自随日历、季节和室外温度变化）",
        "hourly: each hour of the day by calendar, season and weather",
    ),
    DAILY: Said("逐日（星期几与室外温度）", "each day by weekday and outdoor temperature"),
    BILLS: Said("逐次抄表（室外温度）", "what was read every few weeks, by outdoor temperature"),
}
_KINDS = {
    DayKind.CLASS: Said("上课日", "class days"),
    DayKind.WEEKEND: Said("周末", "weekends"),
    DayKind.HOLIDAY: Said("法定假日", "public holidays"),
    DayKind.VACATION: Said("寒暑假", "vacations"),
    DayKind.MAKEUP: Said("调休补课日", "make-up days"),
}
_SLOTS_A_YEAR = {HOURLY: 8760, DAILY: 365}


def fit(baseline: Baseline) -> tuple[Said, ...]:
    """Return what a baseline was made from and how well it fits."""
    model, of = _MODELS[baseline.model], baseline.fit
    left_out = f"{of.left_out:.1%}"
    return (
        Said(
            f"模型：{model.zh}；{_weather(baseline).zh}；已知{baseline.coverage:.0%}的时间，{of.count}个值。",
            f"Model: {model.en}; {_weather(baseline).en}; {of.count} values, {baseline.coverage:.0%} of the time.",
        ),
        Said(
            f"拟合：CV(RMSE) {of.cv_rmse:.1%}（没见过的月份{left_out}），NMBE {of.nmbe:.2%}，R² {of.r2:.2f}。",
            f"Fit: CV(RMSE) {of.cv_rmse:.1%} ({left_out} on months not seen), NMBE {of.nmbe:.2%}, R² {of.r2:.2f}.",
        ),
        _detectable(baseline),
    )


def silences(baseline: Baseline) -> tuple[Said, ...]:
    """Return of what a baseline says nothing, and why."""
    said = [*_temperatures(baseline), *_unseen(baseline)]
    gross = baseline.numbers.get("gross_hours", (0.0,))[0]
    if gross:
        said.append(
            Said(
                f"有{gross:.0f}个小时的读数大得不可能，没有用。",
                f"{gross:.0f} hours too large to be true were left out.",
            )
        )
    return tuple(said)


def _weather(baseline: Baseline) -> Said:
    if baseline.numbers["temperatures_c"]:
        return Said("含室外温度", "with outdoor temperature")
    return Said(
        "不含室外温度，冷暖不同的年份会算进节约里",
        "without outdoor temperature: a colder or hotter year would count as waste or saving",
    )


def _detectable(baseline: Baseline) -> Said:
    """Return how large a saving must be to be told from zero after a year like the baseline's."""
    slots = _SLOTS_A_YEAR.get(baseline.model, baseline.fit.count)
    days = baseline.numbers["stretch_slots"][0] if baseline.model == BILLS else 1.0
    least = f"{half_width(baseline, slots, 0.9) / (abs(baseline.fit.mean) * slots * days):.1%}"
    drift = f"{SIGMAS * YEARLY_DRIFT:.0%}"
    return Said(
        f"一年下来，省到{least}以上才能与零区分（90%可信）；要说是改造省下的，"
        f"还要大于没有改造的表一年常有的变动（{drift}）。",
        f"After a year a saving of {least} and more can be told from zero (90 % confidence); to be called the"
        f" project's it must exceed what meters without any drift by in a year ({drift}).",
    )


def _temperatures(baseline: Baseline) -> list[Said]:
    seen = baseline.numbers["temperatures_c"]
    if not seen:
        return []
    low, high = (f"{bound:.0f}" for bound in (seen[0] - STRANGE_K, seen[1] + STRANGE_K))
    return [
        Said(
            f"没有室外温度的时间不说；{low} °C以下、{high} °C以上是没见过的天气，照算但注明。",
            f"It says nothing of times without outdoor temperature; below {low} and above {high} °C it never saw such"
            " weather: counted, and marked.",
        )
    ]


def _unseen(baseline: Baseline) -> list[Said]:
    """Return the kinds of day it never saw, of which an hourly baseline says nothing."""
    known = baseline.names.get("kinds")
    stand_ins = {DayKind.HOLIDAY: DayKind.WEEKEND, DayKind.MAKEUP: DayKind.CLASS}
    if known is None:
        return []
    lacking = [kind for kind in DayKind if kind not in known and stand_ins.get(kind) not in known]
    if not lacking:
        return []
    zh, en = "、".join(_KINDS[kind].zh for kind in lacking), ", ".join(_KINDS[kind].en for kind in lacking)
    return [Said(f"基准期里没有{zh}：这些日子不说。", f"The period had no {en}: of these it says nothing.")]
