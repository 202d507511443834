"""How a quota's words, places and parts are called."""

from __future__ import annotations

from campus.registry import Registry
from campus.said import Said
from campus.schema import SCHOOL_SUBJECT
from campus.units import QUANTITIES

TYPES: dict[str, Said] = {
    "kindergarten": Said("幼儿园", "kindergarten"),
    "primary": Said("小学", "primary school"),
    "secondary_day": Said("普通中学（非寄宿）", "secondary school without boarders"),
    "secondary_boarding": Said("普通中学（寄宿）", "secondary school with boarders"),
    "vocational": Said("中等职业学校", "vocational school"),
    "college": Said("高等专科学校", "college"),
    "university": Said("高等学校（本科及以上）", "university"),
    "special": Said("特殊教育学校", "special school"),
    "other": Said("其他", "other"),
}
WAYS: dict[str, Said] = {
    "district": Said("市政集中供热（按热量）", "district heat by quantity"),
    "district_area": Said("市政集中供热（按面积）", "district heat by area"),
    "gas": Said("燃气锅炉", "gas boiler"),
    "own_coal": Said("自备燃煤锅炉", "own coal boiler"),
    "air_conditioning": Said("空调供暖", "air conditioning"),
}
# The lines of the two standards, worst first.
LINES: dict[str, Said] = {
    "limit": Said("约束值", "limit"),
    "base": Said("基准值", "base"),
    "guide": Said("引导值", "guide"),
    "general": Said("通用值", "general"),
    "advanced": Said("先进值", "advanced"),
}
SEASONS: dict[str, Said] = {
    "ending": Said("止于本年的采暖期", "the season ending in the year"),
    "beginning": Said("始于本年的采暖期", "the season beginning in the year"),
}


def place(registry: Registry, subject: str) -> Said:
    """Return how a figure's subject is called."""
    if subject == SCHOOL_SUBJECT:
        return Said("全校", "school")
    key = subject.partition("/")[2]
    found = registry.buildings.get(key) if subject.startswith("building/") else registry.meters.get(key)
    return Said(subject, subject) if found is None else Said(found.name or key, found.name_en or found.name or key)


def unit(of: str) -> Said:
    """Return a unit as people of either language write it."""
    return Said(of, of.replace("人", "person"))


def quantity(key: str) -> Said:
    """Return how a quantity is called."""
    return Said(QUANTITIES[key].zh, QUANTITIES[key].en.lower())
