"""Plants that heat and cool: no rule of timetables and usual days speaks of them."""

from dataclasses import replace

import pytest
from made import context, day_use, grid, hours

from analytics.by_weather import follows_weather
from analytics.detector import Context, NotJudged, detectors

MS = grid(120)


def of_item(item: str, kind: str = "laboratory", quantity: str = "electricity") -> Context:
    plain = context(quantity, kind)
    return replace(plain, meter=replace(plain.meter, item=item))


def test_chillers_stations_and_meters_of_cold_follow_the_weather_and_nothing_else_does() -> None:
    plants = [of_item("01B1A"), of_item("01B10"), of_item("", "boiler_room"), of_item("", "pump_room")]
    assert all(map(follows_weather, [*plants, of_item("", quantity="cold")]))
    others = [of_item(""), of_item("01A10"), of_item("01B20"), of_item("", "boiler_room", "water")]
    assert not any(map(follows_weather, [*others, of_item("", "boiler_room", "gas")]))


@pytest.mark.parametrize("rule", ["out_of_hours", "base_load_step", "spike", "stuck"])
def test_a_chiller_that_runs_in_the_first_heat_is_not_judged(rule: str) -> None:
    value = day_use(MS, 60.0, 12.0)
    value[90 * 24 :] += 80.0
    value[100 * 24 : 104 * 24] = 0.0
    verdict = detectors()[rule].judge(hours(MS, value), of_item("01B1A"))
    assert isinstance(verdict, NotJudged) and verdict.reason == "by_weather" and "冷机" in verdict.zh
