"""The first day of the Chinese year: held against the public holidays and against the new moons."""

from __future__ import annotations

from datetime import date

import chinese_calendar
import pytest

from campus.calendar import spring_festival

YEARS = range(2004, 2031)
# A mean new moon, 6 January 2000, 14:20 TT, and the mean synodic month (Meeus, Astronomical Algorithms, 2nd ed.,
# chapter 49); the true one lies up to 0.6 days beside it, its greatest periodic terms together.
NEW_MOON_JD, MONTH_D, BESIDE_D = 2_451_550.09766, 29.530588861, 0.6
ORDINAL_TO_JD = 1_721_424.5  # date.toordinal() of a day's midnight in Greenwich


@pytest.mark.parametrize("year", YEARS)
def test_it_begins_on_the_day_of_a_new_moon_in_beijing_between_the_21st_of_january_and_of_february(year):
    day = spring_festival(year)
    assert day is not None and date(year, 1, 21) <= day <= date(year, 2, 20)
    begins = day.toordinal() + ORDINAL_TO_JD - 8 / 24
    nearest = round((begins + 0.5 - NEW_MOON_JD) / MONTH_D)
    mean = NEW_MOON_JD + nearest * MONTH_D
    assert begins - BESIDE_D <= mean <= begins + 1 + BESIDE_D


@pytest.mark.parametrize("year", YEARS)
def test_one_year_is_twelve_or_thirteen_moons_after_the_other(year):
    if spring_festival(year + 1) is not None:
        length = (spring_festival(year + 1) - spring_festival(year)).days
        assert min(abs(length - moons * MONTH_D) for moons in (12, 13)) < 1.5


@pytest.mark.parametrize("year", [year for year in YEARS if year in range(2004, 2027)])
def test_it_is_a_public_holiday_of_that_name(year):
    assert chinese_calendar.get_holiday_detail(spring_festival(year)) == (True, "Spring Festival")


@pytest.mark.parametrize("year", [1999, 2003, 2031, 2100])
def test_a_year_that_is_not_in_the_table_is_not_guessed(year):
    assert spring_festival(year) is None
