"""Whose use follows the weather and neither the timetable nor what was usual: the plants that heat and cool."""

from __future__ import annotations

from analytics.detector import Context, NotJudged

# Classes of buildings that are such plants.
CLASSES = frozenset({"boiler_room", "pump_room"})
# The item of electricity that drives plants: chillers, their pumps and towers (standards.md 2.4: 01B1, 冷热站).
PLANT_ITEM = "01B1"
# What plants of cooling turn into what. Heat and fuels have rules of their own that know the weather.
_QUANTITIES = frozenset({"electricity", "cold"})

BY_WEATHER = NotJudged(
    "by_weather",
    "冷机、锅炉房、换热站和泵房跟着天气走，不按平时和作息判断。",
    "Chillers, boiler rooms, heat stations and pump rooms follow the weather, not the timetable or what is usual.",
)


def follows_weather(context: Context) -> bool:
    """Whether a meter's use follows the weather: a meter of cold always does."""
    if context.quantity not in _QUANTITIES:
        return False
    return context.quantity == "cold" or context.kind in CLASSES or context.meter.item.startswith(PLANT_ITEM)
