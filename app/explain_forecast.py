"""Where a forecast of a day or month comes from."""

from __future__ import annotations

from collections.abc import Iterator

from analytics.ahead import LEVEL_LEAST, LEVEL_MOST, RECENT_DAYS
from app.explain_asked import Asked, Line
from app.outlook_figures import BY_WEATHER, FORECAST
from campus.ports import Store
from campus.registry import Registry
from campus.said import Said
from campus.schema import DAY, FIGURE, SCHOOL_SUBJECT, SeriesId, from_ms
from campus.units import QUANTITIES

_HOW = Said(
    "像前两年同样的日子（同星期、同类日、同在或不在采暖期），水平看最近同样长的一段"
    f"（{LEVEL_LEAST}–{LEVEL_MOST} 天）；{RECENT_DAYS} 天以内与最近 {RECENT_DAYS} 天各占一半；"
    "误差取自这一序列以往的预计",
    "like the same days of the last two years (weekday, kind of day, heated or not) at the level of as many days "
    f"back as are looked ahead ({LEVEL_LEAST} to {LEVEL_MOST}); within {RECENT_DAYS} days in equal parts like the "
    f"last {RECENT_DAYS}; how sure, from past forecasts of this series",
)
_WEATHER = Said(
    "那天的气温已知时：用气、用热按上一年学到的“星期与气温”关系乘最近两周的水平，用电与上面的推算各占一半",
    "where the day's temperature is known: gas and heat by the response to weekday and temperature learnt from the "
    "year before, at the level of the last two weeks; electricity in equal parts by that and by the above",
)


def lines(asked: Asked, store: Store, registry: Registry) -> Iterator[Line]:
    """Yield what was expected of a day or month, between which bounds, and how it was told."""
    quantity = asked.name.removeprefix(FORECAST)
    series = SeriesId(FIGURE, SCHOOL_SUBJECT, asked.name, asked.resolution)
    rows = store.series([series], asked.start, asked.end)[series]
    name = QUANTITIES[quantity]
    if not len(rows):
        yield 0, Said(f"{asked.name}：这一段没有预计", f"{asked.name}: no forecast of this period")
        return
    value, low, high = (f"{float(rows.fields[field][0]):,.1f}" for field in ("value", "low", "high"))
    when = f"{from_ms(int(rows.time_ms[0])).astimezone(registry.school.timezone):%Y-%m-%d}"
    yield (
        0,
        Said(
            f"{when} 起预计{name.zh} {value} {name.unit}，八成把握在 {low}–{high} 之间",
            f"{name.en} expected from {when}: {value} {name.unit}, four times in five between {low} and {high}",
        ),
    )
    yield 1, _HOW
    if asked.resolution == DAY and quantity in BY_WEATHER:
        yield 1, _WEATHER
