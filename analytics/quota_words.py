"""Sentences about a school and its quotas: what people per area mean, and where a year will end."""

from __future__ import annotations

from analytics.quota import Standing
from analytics.quota import standing as standing_of
from campus.quotas import Quota
from campus.said import Said


def people_per_area(area_m2: float, persons: float, quotas: tuple[Quota | None, Quota | None, Quota | None]) -> Said:
    """Return what to know before a per-person band is read, by the m² each person P has.

    `quotas` are those of non-heating, heating and per-person energy: together they imply an area a person, some 7 to
    17 m², while P counts a school's people by the days they are there (standards.md, section 8).
    """
    each = area_m2 / persons
    zh = f"按在校天数折算，每个用能人合 {each:.1f} m²。"
    en = f"By days present there are {each:.1f} m² to each person P. "
    rest, heating, per_person = quotas
    if rest is None or heating is None or per_person is None:
        return Said(zh + _AFTER.zh, en + _AFTER.en)
    implied = per_person.values[0] / (rest.values[0] + heating.values[0])
    return Said(
        zh + f"两项单位面积约束值与人均约束值放在一起，只相当于每人 {implied:.1f} m²，"
        f"面积更宽的学校单位面积达标，人均也会超。{_AFTER.zh}",
        en + f"Held together, the limits per area and the limit per person leave only {implied:.1f} m² a person: a "
        f"school with more keeps those per area and still exceeds the one per person. {_AFTER.en}",
    )


_AFTER = Said(
    "看到“限期整改”前，请先与按人头的结果对照。",
    "Set it against the result by heads before reading anything into its band.",
)


def gaps(value: float, coverage: float, standing: Standing) -> Said:
    """Return that what is unknown of the period is not in a value, and whether its band would change with it."""
    full = value / coverage
    missing, filled = f"{1 - coverage:.1%}", f"{full:,.2f}"
    with_it = standing_of(full, standing.quota)
    zh = f"有 {missing} 的时间未知，没有补；按已知部分推满为 {filled}"
    en = f"{missing} of the time is unknown and not made up; filled up alike it would be {filled}"
    if with_it.band == standing.band:
        return Said(f"{zh}，档次不变。", f"{en}, in the same band.")
    words = with_it.words or Said("", "")
    return Said(f"{zh}，档次会变：{words.zh}。", f"{en}, in another band: {words.en}.")


def landing(values: tuple[float, float, float], unit: Said, chance: float | None, line: Said | None) -> Said:
    """Return where something will end: the middle, the interval that holds four in five, the chance to exceed."""
    middle, low, high = (f"{value:,.4g}" for value in values)
    zh = f"年末预计 {middle} {unit.zh}，八成把握在 {low}–{high} 之间"
    en = f"expected to end at {middle} {unit.en}, four times in five between {low} and {high}"
    if chance is None or line is None:
        return Said(f"{zh}。", f"{en}.")
    percent = percentage(chance)
    return Said(f"{zh}；超过{line.zh}的可能 {percent}。", f"{en}; the chance to exceed the {line.en} is {percent}.")


def percentage(chance: float) -> str:
    """Return a chance as people read it, never more certain than it is."""
    if 0 < chance <= 0.01:
        return "<1%"
    return ">99%" if 0.99 <= chance < 1 else f"{chance:.0%}"
