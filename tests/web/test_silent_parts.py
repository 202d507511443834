"""What the page says of silence and of clocks."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from campus.registry import Arrival
from campus.said import Said
from campus.schema import REGISTER, Point, SeriesId, to_ms
from tests.web import lively
from tests.web.served import serving
from web.freshness import Lamp, hanging, heard
from web.names import place
from web.snapshot import take

NOW = lively.NOW
HOUR = timedelta(hours=1)


def ages(**of: timedelta) -> dict[SeriesId, Point]:
    found = {}
    for key, age in of.items():
        series = SeriesId(REGISTER, key.replace("_", "-"), lively.QUANTITY_OF[key.replace("_", "-")])
        found[series] = Point(series, to_ms(NOW - age), (1.0, 0.0, "good", ""))
    return found


def school(**gateways: str):
    registry = lively.registry()
    named = {key.replace("_", "-"): name for key, name in gateways.items()}
    meters = {key: replace(one, gateway=named.get(key, "")) for key, one in registry.meters.items()}
    return replace(registry, meters=meters)


def test_who_is_late_is_listed_by_gateway_with_when_to_look_again():
    registry = school(e_lab="东区", e_dorm="东区", w_teaching="水务平台")
    latest = ages(e_lab=3 * HOUR, e_dorm=HOUR / 4, e_main=2 * HOUR, w_teaching=40 * HOUR, w_main=HOUR / 2)
    found = {one.name.zh: one for one in hanging(registry, heard(registry, latest, NOW), NOW)}
    assert (found["东区采集器"].silent, found["东区采集器"].all) == (1, 2)
    assert found["东区采集器"].newest == NOW - 3 * HOUR
    assert found["水务平台"].promise.zh == "每天早上报前一天的数"
    assert set(found) == {"东区采集器", "水务平台", "campus采集器"}


def test_nobody_late_is_nobody_listed():
    registry = school()
    assert hanging(registry, heard(registry, ages(e_main=HOUR / 2), NOW), NOW) == []


def test_a_meter_with_a_slow_interval_is_late_after_two_turns():
    registry = school()
    slow = replace(registry.meters["e-main"], interval=2 * HOUR, arrival=Arrival.LIVE)
    registry = replace(registry, meters={"e-main": slow})
    assert heard(registry, ages(e_main=3 * HOUR), NOW)[0].lamp is Lamp.GREEN
    assert heard(registry, ages(e_main=5 * HOUR), NOW)[0].lamp is Lamp.AMBER


def test_a_gateway_is_a_place_by_its_name_even_where_a_building_bears_the_same():
    assert place(lively.registry(), "gateway/lab").en == "the lab gateway"


def test_whose_clock_is_off_and_which_gateway_is_silent_stands_on_the_page(world: lively.World) -> None:
    off = Said("表钟快8分钟", "its clock is 8 min fast")
    view = replace(world.view(), clocks=lambda: {"e-main": off})
    rows = {row.meter: row for row in take(view).meters}
    assert (rows["e-main"].clock, rows["w-main"].clock) == (off, None)
    with serving({"demo": view}) as running:
        text = running.get("/schools/demo").text
    assert "表钟快8分钟" in text and "没按时来数的表，按采集器" in text
