"""A school's year against the quotas: reckoned by hand, with its boundary, its people and what it lacks."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import date, timedelta

import pytest

from app import quota_year, sums
from app.quota_ask import asked
from app.quota_text import lines
from app.recompute import derive_register
from campus.calendar import midnight
from campus.people import Category, People
from campus.registry import Arrival, Building
from campus.schema import REGISTER, Point, SeriesId, to_ms
from store.sqlite import open_sqlite
from tests.app.quota_school import BUILDINGS, METERS, PEOPLE, SCHOOL, ZONE, Made, meter

JANUARY = date(2026, 1, 2)
BILLED = (("e-main", "electricity"), ("w-main", "water"))


@pytest.fixture
def reckoned(tmp_path):
    """Return a way to reckon a made school's year."""
    opened = []

    def reckon(made: Made, year: int = 2025):
        store = made.store(tmp_path / f"{len(opened)}.sqlite")
        opened.append(closing(store))
        return quota_year.reckon(quota_year.read(store, made.registry(), year), year, made.until)

    yield reckon
    for one in opened:
        one.__exit__(None, None, None)


def test_every_indicator_is_what_the_clauses_give_by_hand(reckoned) -> None:
    of = reckoned(Made())
    electricity, gas, heat = 365 * 1000 * 0.31, 365 * 30 * 1.2143, 120 * 40 * 34.12
    special = 365 * 200 * 0.31 + gas
    persons = (600 * 195 + 400 * 205 + 100 * 230) / 365
    by_hand = {
        "non_heating": (electricity + gas - special) / (20_400 - 400 - 800),
        "heating/district": heat / 18_000,
        "per_person": (electricity + gas + heat) / persons,
        "conventional_electricity": 365 * (1000 - 200) / 19_200,
        "water": 365 * 50 / (600 + 2 * 400 + 100),
    }
    assert {one.key: one.value for one in of.indicators if one.key != "data_centre"} == pytest.approx(by_hand)
    assert of.per_head.value == pytest.approx((electricity + gas + heat) / 1100)
    assert of.per_area.value == pytest.approx((electricity + gas + heat) / 20_000)
    bands = {one.key: one.standing.band for one in of.indicators}
    assert bands["non_heating"] == "base" and bands["per_person"] == "over" and bands["water"] == "general"
    assert of.of("per_person").confidence == "S1" and of.of("water").confidence == "S2"


def test_electricity_at_its_limit_is_what_the_standard_says_it_is(reckoned) -> None:
    # standards.md, 3.1: 40.8 kWh/m² × 0.31 = 12.6 kgce/m², below 16.5; the rest is gas and hot water.
    school = replace(SCHOOL, type="university", floor_area_m2=10_000.0, garage_area_m2=0.0, heating_type="own_coal")
    kwh = 40.8 * 10_000 / 365
    of = reckoned(Made(school, {}, (replace(METERS[0], parent=""),), {"e-main": kwh}))
    assert of.of("conventional_electricity").value == pytest.approx(40.8)
    assert of.of("conventional_electricity").standing.band == "limit"
    assert of.of("non_heating").value == pytest.approx(12.648)


def test_the_two_figures_of_heat_are_of_the_year_and_of_the_season(reckoned) -> None:
    short = replace(SCHOOL.heating[2], last=date(2025, 3, 4))  # ten days shorter than the others
    seasons = tuple(short if season.last.year == 2025 else season for season in SCHOOL.heating)
    of = reckoned(Made(replace(SCHOOL, heating=seasons)))
    assert float(of.heating_season.use.value[0]) == pytest.approx(110 * 40 * 34.12)
    assert float(of.heating_year.use.value[0]) == pytest.approx((63 + 47) * 40 * 34.12)
    beginning = reckoned(Made(replace(SCHOOL, heating=seasons, heat_season="beginning"), until=date(2026, 4, 1)))
    assert beginning.season.first == date(2025, 11, 15)
    assert float(beginning.heating_season.use.value[0]) == pytest.approx(120 * 40 * 34.12)
    assert beginning.heating_season.known() == pytest.approx(120 * 40 * 34.12)


def test_a_season_before_the_data_or_hardly_in_them_has_no_figure_of_heat(reckoned) -> None:
    for first in (date(2025, 6, 1), date(2025, 2, 1)):
        of = reckoned(Made(first=first))
        assert of.season.last.year == 2025 and of.heating_season.known() is None


def test_what_a_roof_made_counts_in_no_quota(reckoned) -> None:
    made = Made(meters=(*METERS, meter("pv", "generation")), uses=dict(Made().uses) | {"pv": 250.0})
    of = reckoned(made)
    # A fifth of the electricity inside came from the roof, and so a fifth of the kitchen's.
    assert of.of("conventional_electricity").amount == pytest.approx(365 * (1000 - 200 * 0.8))


def test_area_billed_heat_is_never_a_value(reckoned) -> None:
    school = replace(SCHOOL, heating_type="district_area")
    of = reckoned(Made(school, meters=METERS[:4]))
    assert of.of("per_person").value is None and "两个界限" not in of.of("per_person").lacking[0].zh
    assert "范围" in of.of("per_person").lacking[0].zh
    assert of.of("heating/district_area").value is None
    assert of.of("non_heating").value is not None  # what the total does not hold need not be taken off


def test_a_way_of_heating_without_a_quota_borrows_none(reckoned) -> None:
    meters = (*METERS[:4], meter("g-boiler", "gas", building="boiler", account="gas"))
    uses = dict(Made().uses) | {"g-boiler": 100.0}
    of = reckoned(Made(replace(SCHOOL, heating_type="gas"), meters=meters, uses=uses))
    heating = of.of("heating/gas")
    assert heating.value == pytest.approx(120 * 100 * 1.2143 / 18_000)
    assert heating.standing.quota is None and heating.standing.words.zh == "无对应定额"
    # Outside the season the boiler makes hot water: that is no heating.
    assert of.of("non_heating").amount == pytest.approx(365 * 800 * 0.31 + 245 * 100 * 1.2143)


def test_two_ways_of_heating_are_reckoned_apart(reckoned) -> None:
    laboratory = Building("lab", "实验楼", "Lab", "laboratory", 3000, 2500, heating_type="gas")
    buildings = dict(BUILDINGS) | {"lab": laboratory}
    meters = (*METERS, meter("g-boiler", "gas", building="boiler", account="gas"))
    of = reckoned(Made(SCHOOL, buildings, meters, dict(Made().uses) | {"g-boiler": 10.0}))
    assert of.of("heating/district").divisor.value == 11_000 + 1_500
    assert of.of("heating/gas").value == pytest.approx(120 * 10 * 1.2143 / 2500)


def test_what_reckons_by_itself_leaves_with_its_area(reckoned) -> None:
    hotel = Building("hotel", "宾馆", "Hotel", "guesthouse", 2_000, independent=True)
    meters = (*METERS, meter("e-hotel", "electricity", parent="e-main", building="hotel"))
    of = reckoned(Made(SCHOOL, dict(BUILDINGS) | {"hotel": hotel}, meters, dict(Made().uses) | {"e-hotel": 100.0}))
    assert of.of("conventional_electricity").amount == pytest.approx(365 * 700)
    assert of.of("conventional_electricity").divisor.value == 19_200 - 2_000


def test_area_and_energy_are_left_out_both_or_neither(reckoned) -> None:
    of = reckoned(Made(meters=(*METERS[:1], replace(METERS[1], item="01A00"), *METERS[2:3], METERS[4])))
    assert of.of("conventional_electricity").amount == pytest.approx(365 * 1000)
    assert of.of("conventional_electricity").divisor.value == 20_000
    assert "食堂的特殊系统没有分表" in of.remarks[0].zh


@pytest.mark.parametrize(
    ("school", "key", "said"),
    [
        (replace(SCHOOL, heating_type=""), "non_heating", "供暖方式"),
        (replace(SCHOOL, heating=()), "non_heating", "采暖期"),
        (replace(SCHOOL, heating=()), "heating/district", "采暖期"),
        (replace(SCHOOL, groups=()), "per_person", "人员分类"),
        (replace(SCHOOL, groups=(People(Category.PUPIL, 9),)), "per_person", "在校天数"),
        (replace(SCHOOL, groups=()), "water", "人员分类"),
    ],
)
def test_what_is_lacking_is_said_and_nothing_is_put_in_its_place(reckoned, school, key, said) -> None:
    found = reckoned(Made(school)).of(key)
    assert found.value is None and said in found.lacking[0].zh


def test_too_few_days_are_not_enough_data(reckoned) -> None:
    of = reckoned(Made(missing={"w-main": (date(2025, 5, 1), 40), "e-main": (date(2025, 5, 1), 30)}))
    assert of.of("water").value is None and of.of("water").lacking[0].zh == "数据不足"
    electricity = of.of("conventional_electricity")
    assert electricity.value is not None and electricity.coverage == pytest.approx(335 / 365)


def test_a_year_that_is_not_over_has_no_band(reckoned) -> None:
    of = reckoned(Made(until=date(2026, 12, 20)), 2026)
    assert not of.over and of.of("water").open
    assert of.of("heating/district").value is not None  # its season is


def test_people_of_the_year_before_stand_in_and_say_so(reckoned) -> None:
    old = tuple(replace(group, year=2024) for group in PEOPLE)
    assert reckoned(Made(replace(SCHOOL, groups=old))).people.of == 2024


def test_the_school_is_told_p_by_days_and_by_heads_before_it_reads_the_band(tmp_path) -> None:
    made = Made()
    with closing(made.store(tmp_path / "s.sqlite")) as store:
        told, until = asked(store, made.registry(), 2025, midnight(JANUARY, ZONE))
        text = [line.zh for line in lines(told, made.registry(), until)]
    at = next(n for n, line in enumerate(text) if line.startswith("人均综合能耗"))
    assert "限期整改" in text[at]
    near = " ".join(text[at : at + 8])
    assert "每个用能人合 32.9 m²" in near and "11.0 m²" in near and "按人头（1,100 人" in near
    assert any("365,000.0 kWh × 0.31 = 113,150.0 kgce" in line for line in text)


def test_a_school_of_bills_alone_has_its_year_too(tmp_path) -> None:
    by_hand = {"arrival": Arrival.MANUAL, "interval": timedelta(days=61)}
    meters = tuple(replace(meter(key, quantity, account=quantity), **by_hand) for key, quantity in BILLED)
    registry = Made(replace(SCHOOL, heating_type="district_area"), {}, meters).registry()
    with closing(open_sqlite(tmp_path / "s.sqlite")) as store:
        for key, quantity in BILLED:
            days = [date(2024, 11, 3) + timedelta(days=61 * n + n % 3) for n in range(8)]
            points = [
                Point(
                    SeriesId(REGISTER, key, quantity),
                    to_ms(midnight(day, ZONE)),
                    (100.0 * (day - days[0]).days, 0.0, "good", ""),
                )
                for day in days
            ]
            store.write(points)
            window = derive_register(store, registry, (registry.meters[key], quantity), None)
            sums.follow(registry, store, {(key, quantity): [window]})
        told, _ = asked(store, registry, 2025, midnight(date(2026, 3, 1), ZONE))
    assert told.of.of("conventional_electricity").value == pytest.approx(365 * 100 / 20_000)
    assert told.of.of("water").value == pytest.approx(365 * 100 / 1500)
    assert told.of.of("per_person").value is None  # its heat is billed by area


def test_what_is_missing_of_a_year_is_not_made_up_but_said(tmp_path) -> None:
    # 13.5 m³ a person were everything known; a twelfth of the year is not.
    made = Made(uses=dict(Made().uses) | {"w-main": 60.0}, missing={"w-main": (date(2025, 5, 1), 30)})
    with closing(made.store(tmp_path / "s.sqlite")) as store:
        told, _ = asked(store, made.registry(), 2025, midnight(JANUARY, ZONE))
    water = next(one for one in told.told if one.indicator.key == "water")
    assert water.indicator.value == pytest.approx(335 * 60 / 1500)
    (note,) = water.notes
    assert "8.2%" in note.zh and f"{365 * 60 / 1500:.2f}" in note.zh and "档次会变：超过通用值" in note.zh
