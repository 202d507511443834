"""Gaps by gateway: what fell silent together is one row, and what is missing is counted."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from app.certificate_gaps import gaps, silences
from app.cli import main
from app.registry_toml import load_registry
from campus.registry import Meter, Registry
from tests.app.certificate_example import BEGIN, NOON, SCHOOL, Home, home, meter, said
from tests.app.waiting import begun

QUARTER = timedelta(minutes=15)
WINDOW = (BEGIN, BEGIN + timedelta(days=2))
NOW = WINDOW[1]


def registered(text: str) -> Registry:
    found, issues = load_registry(SCHOOL.format(key="north", zone="Asia/Shanghai") + text, "north.toml", ("native",))
    assert found is not None, issues
    return found


def one_meter(interval: str = "15min", arrival: str = "live", more: str = "") -> Meter:
    return registered(meter("a", interval, arrival) + more).meters["a"]


def every(step: timedelta, *, but: tuple[datetime, datetime] = (NOW, NOW), until: datetime = NOW) -> list[datetime]:
    times, at = [], BEGIN
    while at < until:
        if not but[0] <= at < but[1]:
            times.append(at)
        at += step
    return times


def test_a_meter_that_always_spoke_has_no_silence():
    assert list(silences(one_meter(), every(QUARTER), WINDOW, NOW)) == []


def test_a_silence_lasts_from_the_last_word_to_the_next_and_says_what_is_missing():
    (one,) = silences(one_meter(), every(QUARTER, but=(NOON, NOON + timedelta(hours=3))), WINDOW, NOW)
    assert (one.start, one.end, one.missing) == (NOON - QUARTER, NOON + timedelta(hours=3), 12)


def test_one_reading_missed_is_no_gap():
    assert list(silences(one_meter(), every(QUARTER, but=(NOON, NOON + QUARTER)), WINDOW, NOW)) == []


@pytest.mark.parametrize(
    ("interval", "arrival", "hours", "lasting"),
    [
        ("15min", "live", 1.5, True),
        ("15min", "live", 0.9, False),
        ("1h", "hourly", 5, False),
        ("1h", "hourly", 7, True),
        ("1h", "daily_frozen", 30, False),
        ("1h", "daily_frozen", 40, True),
    ],
)
def test_whether_a_meter_is_silent_now_follows_its_class_of_arrival(interval, arrival, hours, lasting):
    step = QUARTER if interval == "15min" else timedelta(hours=1)
    times = every(step, until=NOW - timedelta(hours=hours) + timedelta(seconds=1))
    found = list(silences(one_meter(interval, arrival), times, WINDOW, NOW))
    assert bool(found) is lasting and all(one.end is None for one in found)


def test_a_meter_that_never_spoke_is_silent_since_it_is_registered():
    begins = NOON.isoformat()
    (one,) = silences(one_meter(more=f"from = {begins}\n"), [], WINDOW, NOW)
    assert (one.start, one.end, one.missing) == (NOON, None, 143)


def test_nobody_waits_for_a_meter_that_ended_or_has_not_begun():
    ended, later = BEGIN.isoformat(), NOW.isoformat()
    assert list(silences(one_meter(more=f"to = {ended}\n"), [], WINDOW, NOW)) == []
    assert list(silences(one_meter(more=f"from = {later}\n"), [], WINDOW, NOW)) == []


def test_of_a_silence_that_reaches_beyond_the_window_what_is_missing_within_it_is_counted():
    days = timedelta(days=10)
    (one,) = silences(one_meter(), [BEGIN - days], WINDOW, NOW + days)
    assert (one.start, one.end, one.missing) == (BEGIN - days, None, 192)


@given(st.sets(st.integers(0, 191)))
def test_what_is_missing_and_what_came_make_up_the_interval(quarters):
    times = [BEGIN + n * QUARTER for n in sorted({0, 191, *quarters})]
    found = list(silences(one_meter(), times, WINDOW, NOW))
    missing = sum(one.missing for one in found)
    # What is not told are steps of up to an hour: three readings each at most.
    untold = sum(n for n in (round((b - a) / QUARTER) - 1 for a, b in pairwise(times)) if n <= 3)
    assert len(times) + missing + untold == 192


def two_gateways(folder) -> Home:
    """East with three meters, of which all fall silent at noon; west with two, of which one does."""
    here = Home(folder)
    names = ("east/1", "east/2", "east/3", "west/1", "west/2")
    text = "".join(
        meter(name.replace("/", "-")).replace(f"north/{name.replace('/', '-')}", f"north/{name}") for name in names
    )
    here.school(SCHOOL.format(key="north", zone="Asia/Shanghai") + text)
    back = NOON + timedelta(hours=5)
    for name in names:
        silent = name.startswith("east") or name == "west/1"
        late = timedelta(minutes=3) if name == "east/2" else timedelta(0)
        end = back + timedelta(hours=2) if name == "west/1" else back
        times = every(QUARTER, but=(NOON, end if silent else NOON))
        here.write([said(name, time + late, float(n)) for n, time in enumerate(times)])
    here.drain()
    return here


def test_meters_that_fall_silent_together_are_one_gap_of_their_gateway(tmp_path):
    here = two_gateways(tmp_path)
    installation = here.installation()
    found = gaps(installation.registries["north"], installation.stores["north"], WINDOW, NOW)
    east, west = sorted(found, key=lambda gap: gap.gateway)
    assert (east.gateway, len(east.silences), east.below, east.missing) == ("campus/north/east", 3, 3, 60)
    assert (west.gateway, len(west.silences), west.below, west.missing) == ("campus/north/west", 1, 2, 28)


def test_a_gap_that_was_filled_in_later_is_none(tmp_path):
    here = home(tmp_path, "a")
    here.write([said("a", time, 1.0) for time in every(QUARTER, but=(NOON, NOON + timedelta(hours=5)))])
    here.drain()
    installation = here.installation()
    (one,) = gaps(installation.registries["north"], installation.stores["north"], WINDOW, NOW)
    assert one.missing == 20
    here.write([said("a", NOON + n * QUARTER, 1.0, NOW) for n in range(20)])
    here.drain()
    assert gaps(installation.registries["north"], installation.stores["north"], WINDOW, NOW) == []


def test_the_command_lists_gaps_and_ends_with_1(tmp_path):
    here = two_gateways(tmp_path)
    told = CliRunner().invoke(main, ["certificate", "gaps", "--month", "2025-11"], env=here.environ)
    assert told.exit_code == 1
    assert "campus/north/east" in told.stdout and "2025-11-20 11:45" in told.stdout and "仍在 lasting" in told.stdout
    lines = CliRunner().invoke(main, ["certificate", "gaps", "--month", "2025-11", "--json"], env=here.environ).stdout
    assert {json.loads(line)["gateway"] for line in lines.splitlines()} >= {
        "campus/north/east",
        "campus/north/west",
    }


def test_without_a_gap_the_command_says_so(tmp_path):
    here = Home(tmp_path)
    here.school(SCHOOL.format(key="north", zone="Asia/Shanghai"))
    begun(tmp_path)
    told = CliRunner().invoke(main, ["certificate", "gaps"], env=here.environ)
    assert told.exit_code == 0 and "no gap" in told.stdout


def test_a_gap_that_a_planned_outage_explains_has_its_name(tmp_path):
    here, back = Home(tmp_path), NOON + timedelta(hours=5)
    plan = f'[[plan]]\nkey = "cut"\nkind = "outage"\nfrom = {NOON.isoformat()}\nto = {back.isoformat()}\n'
    ended = f"to = {NOW.isoformat()}\n"
    here.school(SCHOOL.format(key="north", zone="Asia/Shanghai") + meter("a") + ended + plan)
    here.write([said("a", time, float(n)) for n, time in enumerate(every(QUARTER, but=(NOON, back)))])
    here.drain()
    told = CliRunner().invoke(main, ["certificate", "gaps", "--month", "2025-11", "--json"], env=here.environ)
    found = [json.loads(line) for line in told.stdout.splitlines()]
    # Before its first word, since the month began, it was silent too, which no plan explains.
    assert [gap["plan"] for gap in found] == [None, "cut"] and told.exit_code == 1
