"""Lights-out is usual, an outage is not, and an outage teaches nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from analytics.silence_usual import spans, usual
from tests.analytics.hanging import meter

SHANGHAI = ZoneInfo("Asia/Shanghai")
DAY, HOUR, QUARTER = timedelta(days=1), timedelta(hours=1), timedelta(minutes=15)
# 23:00 and 06:00 in Shanghai.
OFF, ON = datetime(2026, 10, 20, 15, tzinfo=UTC), datetime(2026, 10, 20, 22, tzinfo=UTC)


def nights(*back: int) -> list[tuple[datetime, datetime]]:
    return [(OFF - n * DAY, ON - n * DAY) for n in back]


@pytest.mark.parametrize(
    ("back", "begin", "now", "expected"),
    [
        (range(1, 15), OFF, OFF + 2 * HOUR, True),
        (range(1, 15), OFF - HOUR, ON + HOUR, True),  # a timetable moves a little
        (range(1, 15), OFF, ON + 2 * HOUR, False),  # the power is on again, and the meter is not back
        (range(1, 15), OFF - 3 * HOUR, OFF + HOUR, False),  # silent before the lights went out
        ((1, 2), OFF, OFF + 2 * HOUR, False),
        ((6, 7, 13, 14), OFF, OFF + 2 * HOUR, True),  # a weekend's nights
        (range(15, 30), OFF, OFF + 2 * HOUR, False),
    ],
)
def test_a_silence_is_usual_where_enough_of_the_last_days_knew_it_at_this_hour(back, begin, now, expected):
    assert usual(nights(*back), (begin, now), SHANGHAI) is expected


def test_a_night_is_a_night_when_the_clock_was_changed():
    london = ZoneInfo("Europe/London")
    past = [(datetime(2026, 10, n, 22, tzinfo=UTC), datetime(2026, 10, n + 1, 5, tzinfo=UTC)) for n in range(12, 24)]
    assert usual(past, (datetime(2026, 10, 26, 23, tzinfo=UTC), datetime(2026, 10, 27, 6, tzinfo=UTC)), london)


def test_an_outage_of_days_teaches_nothing():
    times = [OFF - 6 * DAY + n * QUARTER for n in range(20)]
    times += [OFF - DAY + n * QUARTER for n in range(20)]
    assert spans(meter("a", "s/a"), times) == []
    night = [OFF - DAY, ON - DAY]
    assert spans(meter("a", "s/a"), night) == [(OFF - DAY, ON - DAY)]
