"""How unusual an hour is: what stands out, what must not, and what the score may and may not know."""

from __future__ import annotations

import csv
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from analytics.hours import Hours
from analytics.unusual import LEAST_DAYS, SETTINGS, Settings, unusual, unusual_days
from analytics.unusual_sight import AS_OF_NOW, NEXT_MORNING, RETROSPECT
from benchmarks.anomalies import DATA, SCHOOL, Ranking, left_out, ours, ranking, swayed
from benchmarks.support.anomaly_data import HOUR_MS, buildings
from campus.registry import School

DAYS = 210
SIGHTS = {"retrospect": RETROSPECT, "next morning": NEXT_MORNING, "as of now": AS_OF_NOW}
# The first local day is a Monday.
FIRST = datetime(2024, 1, 1, tzinfo=UTC)


def year(seed: int = 0) -> np.ndarray:
    """A house that works on weekdays from 8 to 18, (days, 24) [kWh]."""
    random = np.random.default_rng(seed)
    hour = np.arange(24)
    work = np.where((hour >= 8) & (hour < 18), 60.0, 0.0)
    days = np.arange(DAYS)
    level = 20 + np.where((days % 7 < 5)[:, None], work, 0.0) * (1 + 0.2 * np.sin(days / 60))[:, None]
    return level * random.normal(1, 0.03, level.shape)


def hours_of(value: np.ndarray, first: datetime = FIRST) -> Hours:
    flat = value.ravel()
    start = round(first.timestamp() * 1000) + HOUR_MS * np.arange(len(flat), dtype=np.int64)
    known = np.isfinite(flat)
    return Hours(start, flat, known.astype(float), np.zeros(len(flat)))


ODD = {
    "load left on all night": (slice(120, 121), slice(0, 7), 55.0),
    "a Saturday neither idle nor at work": (slice(124, 125), slice(8, 18), 48.0),
    "a Saturday run as a Monday": (slice(124, 125), slice(8, 18), 80.0),
    "a Tuesday that stays idle": (slice(120, 121), slice(8, 18), 20.0),
    "nothing at all for a day": (slice(120, 121), slice(0, 24), 0.0),
}


@pytest.mark.parametrize("sight", SIGHTS.values(), ids=SIGHTS)
@pytest.mark.parametrize("name", ODD)
def test_what_is_odd_for_hours_stands_out_of_the_year(name: str, sight) -> None:
    days, hours, use = ODD[name]
    value = year()
    value[days, hours] = use
    score = unusual_days(value, sight)
    usual = np.delete(score, range(days.start - 1, days.stop + 1), axis=0)
    # As of now, a stretch must have lasted some hours before it is one.
    assert np.median(score[days, hours]) > np.nanquantile(usual, 0.995)
    assert score[days, hours].max() > np.nanmax(usual)


def test_work_that_begins_an_hour_early_is_hardly_unusual_and_four_hours_early_is() -> None:
    def scored(early: int, settings: Settings = SETTINGS) -> float:
        value = year()
        value[120, 8 - early : 8] = value[120, 8]
        return unusual_days(value, settings=settings)[120, 4:8].max()

    assert scored(1) - scored(0) < 0.5 * (scored(4) - scored(0))
    strict = replace(SETTINGS, late_hours=0)
    assert scored(1) - scored(0) < 2 / 3 * (scored(1, strict) - scored(0, strict))


def test_one_odd_hour_is_less_unusual_than_a_night_of_them() -> None:
    once, long = year(), year()
    once[120, 3], long[120, 0:7] = 40.0, 40.0
    assert unusual_days(once)[120].max() < unusual_days(long)[120].max()


@pytest.mark.parametrize("factor", [10.0, 0.001, 1e6])
@pytest.mark.parametrize("sight", SIGHTS.values(), ids=SIGHTS)
def test_neither_size_nor_unit_changes_the_ranking(factor: float, sight) -> None:
    value = year()
    value[120, :7] = 50.0
    score, scaled = unusual_days(value, sight), unusual_days(value * factor, sight)
    assert np.array_equal(
        np.argsort(score.round(9), axis=None, kind="stable"), np.argsort(scaled.round(9), axis=None, kind="stable")
    )


@pytest.mark.parametrize(
    ("sight", "later_hours"), [(AS_OF_NOW, 0), (NEXT_MORNING, 13)], ids=["as of now", "next morning"]
)
@pytest.mark.parametrize("hour", [0, 11, 23])
def test_what_comes_later_changes_no_score_already_given(sight, later_hours: int, hour: int) -> None:
    value, now = year(), 150 * 24 + hour
    other = value.copy()
    other.ravel()[now + later_hours + 1 :] = np.random.default_rng(1).uniform(
        0, 500, other.size - now - later_hours - 1
    )
    before, after = (unusual_days(one, sight).ravel()[: now + 1] for one in (value, other))
    assert np.array_equal(before, after, equal_nan=True) and np.isfinite(before).sum() > 1000


def test_in_retrospect_what_came_later_counts() -> None:
    value = year()
    other = value.copy()
    other[160:] *= 2
    assert not np.array_equal(unusual_days(value)[150], unusual_days(other)[150])


@pytest.mark.parametrize("sight", SIGHTS.values(), ids=SIGHTS)
def test_an_unknown_hour_has_no_score_and_its_neighbours_keep_theirs(sight) -> None:
    value = year()
    value[130, 5:9] = np.nan
    score = unusual_days(value, sight)
    assert np.isnan(score[130, 5:9]).all() and np.isfinite(np.delete(score[100:], 30, axis=0)).all()
    assert np.isfinite(score[130, [4, 9]]).all()


@pytest.mark.parametrize("sight", SIGHTS.values(), ids=SIGHTS)
def test_before_there_are_enough_days_nothing_is_called_unusual(sight) -> None:
    assert np.isnan(unusual_days(year()[: LEAST_DAYS - 1], sight)).all()
    assert np.isfinite(unusual_days(year()[: LEAST_DAYS + 1], sight)[LEAST_DAYS]).all()


@pytest.mark.parametrize("use", [0.0, 7.5, np.nan], ids=["nothing", "constant", "unknown"])
@pytest.mark.parametrize("sight", SIGHTS.values(), ids=SIGHTS)
def test_a_meter_that_never_stirs_has_nothing_unusual(use: float, sight) -> None:
    score = unusual_days(np.full((DAYS, 24), use), sight)
    assert not (score > 0).any()


def test_use_on_a_meter_that_stands_still_most_nights_is_unusual() -> None:
    value = np.zeros((DAYS, 24))
    value[:, 9:12] = 1.0
    value[120, 0:7] = 1.0
    score = unusual_days(value)
    assert np.unravel_index(np.nanargmax(score), score.shape)[0] == 120


def test_days_are_the_schools_own() -> None:
    shanghai = School("s", "学校", "School", "university", ZoneInfo("Asia/Shanghai"), "CN", "none")
    value = year()
    local_midnight = FIRST - timedelta(hours=8)
    assert np.array_equal(unusual(hours_of(value, local_midnight), shanghai), unusual_days(value).ravel())


def test_a_clock_that_changes_leaves_every_measured_hour_a_score() -> None:
    berlin = School("s", "学校", "School", "university", ZoneInfo("Europe/Berlin"), "DE", "none")
    score = unusual(hours_of(year()), berlin)
    assert score.shape == (DAYS * 24,) and np.isfinite(score).all()


def test_no_hours_have_no_scores() -> None:
    assert unusual(hours_of(np.zeros((0, 24))), SCHOOL).shape == (0,)


def write(path: Path, ident: str, value: np.ndarray, odd: np.ndarray) -> None:
    with path.open("w", newline="", encoding="utf-8") as text:
        out = csv.writer(text)
        out.writerow(["timestamp", "building_id", "meter_reading", "anomaly"])
        for n, (use, is_odd) in enumerate(zip(value.ravel(), odd.ravel(), strict=True)):
            out.writerow([f"{(FIRST + timedelta(hours=n)):%Y-%m-%d %H:%M:%S}", ident, use, float(is_odd)])


@pytest.fixture
def two(tmp_path):
    """Two buildings under their names, and with names and ids exchanged and one of them in a tenth of the unit."""
    odd = np.zeros((DAYS, 24), bool)
    odd[120, 0:7] = True
    first, second = np.where(odd, 50.0, year(1)), np.where(odd, 45.0, year(2))
    for folder, names, factor in (("as_is", ("7", "9"), 1.0), ("exchanged", ("9", "7"), 10.0)):
        (tmp_path / folder).mkdir()
        write(tmp_path / folder / f"{names[0]}.csv", f"{names[0]}.0", first, odd)
        write(tmp_path / folder / f"{names[1]}.csv", f"{names[1]}.0", second * factor, odd)
    return tmp_path


def test_exchanged_ids_and_another_unit_give_the_same_ranking(two) -> None:
    as_is, exchanged = list(buildings(two / "as_is")), list(buildings(two / "exchanged"))[::-1]
    for one, other in zip(as_is, exchanged, strict=True):
        assert one.name != other.name
        order, same = (np.argsort(ours()(each.hours).round(9), kind="stable") for each in (one, other))
        assert np.array_equal(order, same)
    ranked = ranking(ours(), as_is)
    assert min(ranked.auc) > 0.99 and ranked.judged == 1.0


def test_rows_without_a_reading_are_dropped_however_the_id_is_written(two) -> None:
    told = two / "as_is" / "no_reading.csv"
    told.write_text("building_id,timestamp\n7,2024-01-02 05:00:00\n9.0,2024-01-02 06:00:00\n", encoding="utf-8")
    gone = [np.flatnonzero(np.isnan(one.hours.value)).tolist() for one in buildings(two / "as_is")]
    assert gone == [[29], [30]]


def test_a_building_nothing_of_which_is_labelled_counts_for_no_figure(two) -> None:
    one, other = buildings(two / "as_is")
    nothing = replace(other, odd=np.zeros_like(other.odd))
    assert ranking(ours(), [one, nothing]).means == ranking(ours(), [one]).means


def test_every_setting_is_moved_both_ways_and_a_building_never_chooses_its_own() -> None:
    assert len(dict(swayed())) == 2 * len(fields(Settings))
    good_at_first = Ranking((0.9, 0.5), (0.9, 0.1), 1.0, 0.0)
    good_at_second = Ranking((0.4, 0.8), (0.1, 0.8), 1.0, 0.0)
    assert left_out([good_at_first, good_at_second]) == (pytest.approx(0.45), pytest.approx(0.1))


@pytest.mark.skipif(not DATA.is_dir(), reason="the shared data of labelled buildings is not here")
def test_what_a_human_called_an_anomaly_in_real_buildings_ranks_high() -> None:
    every = list(buildings(DATA))
    auc, precision = ranking(ours(), every).means
    assert len(every) >= 6 and auc >= 0.93 and precision >= 0.60
