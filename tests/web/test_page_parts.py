"""What the page says about a school, part by part."""

from __future__ import annotations

import shlex
import string
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from campus.calendar import ceil_hour
from campus.ports import Delivery, Episode, Reason, State
from campus.registry import SILENCE_LIMIT, Arrival
from campus.said import Said
from campus.schema import FIGURE, REGISTER, Columns, Point, SeriesId, empty, to_ms
from campus.schema import HOUR as PER_HOUR
from dashboards.charts import catalogue
from tests.web import lively
from web.findings import BEFORE, LONGEST, evidence, item, judgement
from web.freshness import Lamp, heard, register_ids
from web.quality import command, legible, visible
from web.render import half, number, percent
from web.snapshot import take
from web.windows import day_of, month_of, window_of
from web.words import ARRIVALS, MEDIA, REASONS, STATES, WORDS
from web.words_work import DELIVERIES, SENTENCES, STEPS

NOW = lively.NOW


def _latest(meter: str, age: timedelta, seconds: float = 0.0) -> dict[SeriesId, Point]:
    series = SeriesId(REGISTER, meter, lively.QUANTITY_OF[meter])
    return {series: Point(series, to_ms(NOW - age), (1.0, seconds, "good", ""))}


@pytest.mark.parametrize("arrival", Arrival)
def test_a_meter_is_late_only_beyond_the_limit_of_its_arrival_class(arrival: Arrival) -> None:
    registry = lively.registry()
    meters = {"e-main": replace(registry.meters["e-main"], arrival=arrival)}
    school = replace(registry, meters=meters)
    limit = SILENCE_LIMIT[arrival]
    (fine,) = heard(school, _latest("e-main", limit), NOW)
    (late,) = heard(school, _latest("e-main", limit + timedelta(seconds=1)), NOW)
    assert (fine.lamp, late.lamp) == (Lamp.GREEN, Lamp.AMBER)


def test_a_meter_never_heard_is_unknown_not_fine() -> None:
    school = lively.registry()
    assert {row.lamp for row in heard(school, {}, NOW)} == {Lamp.GREY}
    assert register_ids(school)


def test_an_interval_reading_speaks_up_to_its_end() -> None:
    rows = heard(lively.registry(), _latest("e-main", timedelta(hours=2), seconds=3600), NOW)
    assert next(row.newest for row in rows if row.meter == "e-main") == NOW - timedelta(hours=1)


def test_lamps_tell_fine_from_look_from_unknown(world: lively.World) -> None:
    lamps = {row.medium: row for row in take(world.view()).head.lamps}
    assert {medium: row.lamp.value for medium, row in lamps.items()} == {
        "electricity": "amber",  # a finding
        "water": "amber",  # a finding
        "gas": "green",
        "heat": "grey",  # never heard
        "pv": "green",
        "collection": "amber",  # two meters are not in time
    }
    assert lamps["water"].why == Said("1 件事待处理", "1 to be dealt with")


def test_a_medium_whose_every_meter_is_late_is_unknown_whatever_was_found_before(world: lively.World) -> None:
    world.now = NOW + timedelta(days=60)
    lamps = {row.medium: row.lamp for row in take(world.view()).head.lamps}
    assert lamps["water"] is Lamp.GREY and lamps["electricity"] is Lamp.GREY


def test_yesterday_gives_coverage_and_estimated_share_of_each_medium(world: lively.World) -> None:
    shares = {row.medium.en: row for row in take(world.view()).head.yesterday}
    electricity = shares["Electricity"]
    assert electricity.coverage == pytest.approx(19 / 24)  # three hours estimated, two unknown
    assert electricity.estimated == pytest.approx(0.1, abs=0.03)
    assert (shares["Water"].coverage, shares["Water"].estimated) == (1.0, 0.0)


def _hours(world: lively.World, name: str, values: list[float], **more: list[float]) -> None:
    """Make a school's hours of today exactly these."""
    start, end = day_of(NOW, lively.ZONE)
    rows = empty(FIGURE)
    times = np.array([to_ms(start + timedelta(hours=hour)) for hour in range(len(values))], np.int64)
    fields = {key: np.full(len(values), np.nan) for key in rows.fields} | {"value": np.array(values)}
    fields |= {key: np.array(column) for key, column in more.items()}
    known = ~np.isnan(fields["value"])
    columns = Columns(times[known], {key: column[known] for key, column in fields.items()})
    world.store.replace(SeriesId(FIGURE, "school", name, PER_HOUR), (start, end), columns)


def test_today_compares_the_same_whole_hours_and_shows_all_that_was_used(world: lively.World) -> None:
    # It is 09:38: nine whole hours, of which one is unknown, and an open one.
    use = [10.0, 10.0, np.nan, *[10.0] * 6, 4.0]
    _hours(world, "water", use, coverage=[1.0] * 9 + [0.6], estimated=[0.0] * 10)
    _hours(world, "usual/water", [8.0] * 24)
    water = next(row for row in take(world.view()).today if row.quantity == "water")
    assert (water.so_far, water.missing, water.hours) == (84.0, 1, 8)
    assert (water.compared, water.usual, water.usual_day) == (80.0, 64.0, 192.0)
    assert water.difference == pytest.approx(0.25)


def test_today_without_a_usual_compares_nothing(world: lively.World) -> None:
    _hours(world, "usual/water", [])
    water = next(row for row in take(world.view()).today if row.quantity == "water")
    assert water.so_far is not None
    assert (water.usual, water.usual_day, water.difference) == (None, None, None)


def test_a_day_without_numbers_is_unknown_not_zero(world: lively.World) -> None:
    _hours(world, "water", [])
    water = next(row for row in take(world.view()).today if row.quantity == "water")
    assert water.so_far is None and water.missing == 9


def test_a_quantity_read_once_a_day_has_no_today(world: lively.World) -> None:
    meters = {key: replace(meter, interval=timedelta(days=1)) for key, meter in world.registry.meters.items()}
    world.registry = replace(world.registry, meters=meters)
    snapshot = take(world.view())
    assert snapshot.today == () and snapshot.panels["hours"] == () and snapshot.panels["days"]


def test_a_finding_names_place_cost_and_assumed_price(world: lively.World) -> None:
    water, load = take(world.view()).findings
    assert water.place == Said("宿舍楼 · 宿舍楼水表", "Dormitory · Dormitory water")
    assert water.price is not None and water.price.assumed and water.yuan_per_day == 80.6
    assert load.yuan_per_day is None and load.price is None


def test_a_finding_about_a_bare_meter_key_finds_its_meter(world: lively.World) -> None:
    finding = replace(lively.findings()[0], subject="w-dorm")
    shown = item(world.view(), Episode(9, "demo", State.NEW, finding, NOW, NOW, 1))
    drawn = evidence(world.view(), finding)
    assert shown.place.zh == "宿舍楼 · 宿舍楼水表"
    assert drawn is not None and drawn.subject == "meter/w-dorm"


def test_evidence_is_the_window_the_rule_names_with_the_event_shaded(world: lively.World) -> None:
    finding = lively.findings()[0]
    drawn = evidence(world.view(), finding)
    assert drawn is not None and drawn.window == finding.evidence[0]
    assert drawn.marks == ((finding.start, finding.seen_until),)


def test_evidence_without_a_window_begins_before_the_onset_and_can_be_read(world: lively.World) -> None:
    finding = replace(lively.findings()[0], evidence=())
    drawn = evidence(world.view(), finding)
    assert drawn is not None and drawn.window[0] == finding.start - BEFORE
    old = evidence(world.view(), replace(finding, start=NOW - timedelta(days=300)))
    assert old is not None and old.window[1] - old.window[0] == LONGEST


@pytest.mark.parametrize(("days", "cut"), [(9, False), (29, False), (31, True)])
def test_evidence_of_what_goes_on_runs_to_the_present_or_says_that_it_does_not(
    world: lively.World, days: int, cut: bool
) -> None:
    start = NOW - timedelta(days=days)
    window = (start - timedelta(days=3), start + timedelta(days=7))
    drawn = evidence(world.view(), replace(lively.findings()[0], start=start, seen_until=NOW, evidence=(window,)))
    assert drawn is not None and drawn.cut is cut
    assert drawn.window == (window if cut else (window[0], ceil_hour(NOW)))


def test_a_doubtful_finding_says_so_in_words_and_a_plain_one_says_nothing() -> None:
    said = [judgement(sure) for sure in (1.0, 0.996, 0.9, 0.6)]
    assert [one and one.zh for one in said] == [None, None, "较有把握", "需核实"]


@pytest.mark.parametrize(
    ("text", "zh", "en"),
    [
        (
            "服务器拒收 / refused for good. [550 5.1.1 a / b]",
            "服务器拒收 [550 5.1.1 a / b]",
            "refused for good. [550 5.1.1 a / b]",
        ),
        ("稍后再试 / tried again later", "稍后再试", "tried again later"),
        ("550 a / b", "550 a / b", "550 a / b"),
        ("", "", ""),
    ],
)
def test_an_error_in_two_languages_is_shown_in_one(text: str, zh: str, en: str) -> None:
    assert (half(text, "zh"), half(text, "en")) == (zh, en)


def test_a_finding_no_panel_can_draw_has_no_picture(world: lively.World) -> None:
    assert evidence(world.view(), replace(lively.findings()[0], quantity="temperature")) is None


def test_what_ended_lately_stays_in_sight_apart_from_what_lasts(world: lively.World) -> None:
    lasting = world.ledger.rows[0].finding
    for place, days in enumerate((3, 1, 40), start=10):
        ended = replace(lasting, start=NOW - timedelta(days=50), end=NOW - timedelta(days=days))
        world.ledger.rows.append(Episode(place, "demo", "closed_by_meter", ended, NOW, NOW, 2))
    snapshot = take(world.view())
    assert [one.id for one in snapshot.findings] == [1, 2]
    assert [one.id for one in snapshot.ended] == [11, 10]


def test_carbon_of_the_month_has_its_stored_total_and_says_what_is_missing(world: lively.World) -> None:
    carbon = take(world.view()).carbon
    assert carbon.month == datetime(2026, 10, 31, 16, tzinfo=UTC)
    stored = world.store.series([SeriesId(FIGURE, "school", "carbon/total", "month")], *month_of(NOW, lively.ZONE))
    assert carbon.total.value == pytest.approx(float(next(iter(stored.values())).value[0]))
    assert [line.value is None for line in carbon.lines] == [False, False, True, False]


def test_quarantine_is_counted_by_reason_with_what_to_do(world: lively.World) -> None:
    kept = take(world.view()).kept
    assert [(row.reason, row.count) for row in kept] == [
        (Reason.UNKNOWN_TOPIC, 45),
        (Reason.NOT_A_NUMBER, 2),
        (Reason.CLOCK_AHEAD, 1),
    ]
    assert all(row.remedy.zh and row.remedy.en for row in kept)


def test_a_conflict_shows_both_values_and_which_stands(world: lively.World) -> None:
    (clash,) = take(world.view()).clashes
    assert (clash.old, clash.new, clash.unit) == (811.2, 812.9, "kWh")


def test_every_panel_of_the_catalogue_has_its_part_of_the_page(world: lively.World) -> None:
    shown = {panel.name for group in take(world.view()).panels.values() for panel in group}
    selectable = {name for name, panel in catalogue().items() if panel.select(world.registry, "school")}
    assert shown == selectable and shown


def test_a_new_row_changes_the_version_of_the_panels_that_show_it_and_no_other(world: lively.World) -> None:
    def versions() -> dict[str, str]:
        return {p.name: p.version for group in take(world.view()).panels.values() for p in group}

    before = versions()
    series = SeriesId(FIGURE, "school", "water", PER_HOUR)
    hour = NOW.replace(minute=0, second=0)
    world.store.write([Point(series, to_ms(hour), (5.5, None, None, 0.7, 0.0, None))])
    after = versions()
    assert {name for name in before if before[name] != after[name]} == {"hours_water"}


@pytest.mark.parametrize(
    ("topic", "typed"),
    [
        ("campus/w-1", "campus meters add campus/w-1"),
        ("a b; rm -rf ~", "campus meters add 'a b; rm -rf ~'"),
        ("it's", "campus meters add 'it'\"'\"'s'"),
        ("-x", "campus meters add -- -x"),
        ("a\x1b[2Jb", ""),
        ("a\u202eb", ""),
        ("a\nb", ""),
    ],
)
def test_the_command_to_type_is_safe_in_a_shell(topic: str, typed: str) -> None:
    assert command(topic) == typed


@given(st.text(min_size=1, max_size=60))
def test_the_command_gives_the_shell_exactly_the_topic_or_is_not_given(topic: str) -> None:
    words = shlex.split(command(topic))
    assert words == [] or words[-1] == topic


@given(st.binary(max_size=200))
def test_no_payload_acts_on_a_screen(payload: bytes) -> None:
    text = legible(payload)
    assert visible(text, keep="\n") == text
    assert not set(text) & (set(map(chr, range(32))) - {"\n"})


def test_a_json_payload_is_laid_out_and_a_deep_one_does_no_harm() -> None:
    assert legible(b'{"a":1,"b":"\xe6\xb0\xb4"}') == '{\n  "a": 1,\n  "b": "水"\n}'
    assert legible(b"[" * 100_000).startswith("[[")


@pytest.mark.parametrize(
    ("value", "text"), [(None, "—"), (0.0, "0%"), (1.0, "100%"), (0.999, "99%"), (0.0001, "<1%"), (0.5, "50%")]
)
def test_a_share_is_never_rounded_up_to_all_nor_down_to_nothing(value: float | None, text: str) -> None:
    assert percent(value) == text


def test_an_absent_number_is_a_dash() -> None:
    assert (number(None), number(0.0), number(1234.4), number(12.34)) == ("—", "0.00", "1,234", "12.3")


def test_windows_end_with_the_present_hour_day_and_month() -> None:
    panels = catalogue()
    zone = ZoneInfo("Asia/Shanghai")
    local = {
        name: [instant.astimezone(zone).isoformat()[:16] for instant in window_of(panels[name], NOW, zone)]
        for name in ("hours_water", "days_water", "carbon_months")
    }
    assert local == {
        "hours_water": ["2026-11-18T10:00", "2026-11-20T10:00"],
        "days_water": ["2026-10-22T00:00", "2026-11-21T00:00"],
        "carbon_months": ["2025-12-01T00:00", "2026-12-01T00:00"],
    }


def test_a_window_at_the_full_hour_holds_the_hour_that_begins() -> None:
    full = NOW.replace(minute=0, second=0)
    assert window_of(catalogue()["hours_water"], full, lively.ZONE)[1] == full + timedelta(hours=1)


def test_everything_is_said_in_both_languages_with_the_same_blanks() -> None:
    tables = (WORDS, MEDIA, ARRIVALS, STATES, SENTENCES, DELIVERIES, STEPS)
    said = [words for table in (*tables, REASONS) for words in table.values()]

    def blanks(text: str) -> int:
        return sum(name is not None for _, name, _, _ in string.Formatter().parse(text))

    assert said and all(words.zh and words.en and blanks(words.zh) == blanks(words.en) for words in said)


def test_every_reason_state_delivery_and_arrival_class_has_its_words() -> None:
    assert set(STATES) == set(SENTENCES) == set(State)
    assert set(DELIVERIES) == set(Delivery)
    assert set(REASONS) == set(Reason)
    assert set(ARRIVALS) == {arrival.value for arrival in Arrival}
