"""Like subjects side by side: peers and their metering named, too few not ranked, none without a figure placed."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from analytics.metering_level import Level, level
from analytics.ranking import Entry, ranked
from campus.registry import Arrival
from campus.said import Said
from tests.app.quota_school import METERS, Made, meter

KIND = Said("宿舍", "dormitory")
NOW = datetime(2025, 6, 1, tzinfo=UTC)


def entry(key: str, value: float | None) -> Entry:
    return Entry(key, Said(key, key), value, 0.99, Level.SUB)


def test_peers_stand_in_order_and_who_has_no_figure_stands_last() -> None:
    peers = ranked(KIND, [entry("a", 3.0), entry("b", None), entry("c", 1.0), entry("d", 3.0), entry("e", 2.0)])
    assert [(one.entry.key, one.place) for one in peers.placed] == [
        ("c", 1),
        ("e", 2),
        ("a", 3),
        ("d", 3),
        ("b", None),
    ]
    assert peers.median == 2.5 and all(one.of == 4 for one in peers.placed)


def test_two_are_not_ranked() -> None:
    peers = ranked(KIND, [entry("a", 3.0), entry("b", 1.0), entry("c", None)])
    assert peers.median is None and [one.place for one in peers.placed] == [None] * 3


@given(st.lists(st.floats(0, 1e6), min_size=3, max_size=9))
def test_nobody_who_uses_less_stands_behind(values) -> None:
    placed = ranked(KIND, [entry(str(n), value) for n, value in enumerate(values)]).placed
    assert [one.entry.value for one in placed] == sorted(values)
    assert [one.place for one in placed] == sorted(one.place for one in placed if one.place)


def test_the_level_is_that_of_the_meters() -> None:
    registry = Made().registry()
    assert level(registry, "school", "electricity", NOW) is Level.SUB
    assert level(registry, "school", "heat", NOW) is Level.MAIN
    assert level(registry, "building/canteen", "electricity", NOW) is Level.SUB
    assert level(registry, "building/teaching", "electricity", NOW) is None
    by_hand = meter("e-main", "electricity", arrival=Arrival.MANUAL)
    assert level(Made(meters=(by_hand, *METERS[2:])).registry(), "school", "electricity", NOW) is Level.BILLS
