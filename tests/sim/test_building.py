"""The simulated school is one school per seed, seamless in time, and behaves like one."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campus.schema import to_ms
from sim import weather
from sim.building import use
from sim.moments import STEP_MS, between_hours, moments
from sim.noise import normal, uniform
from sim.site import Site, draw
from sim.weather import DAY_MS

BEGIN_MS = to_ms(datetime(2026, 9, 27, 16, tzinfo=UTC))  # local midnight before the National Day week
WINDOW_MS = BEGIN_MS, BEGIN_MS + 63 * DAY_MS
QUARTERS = (WINDOW_MS[1] - WINDOW_MS[0]) // STEP_MS


def site(seed: int) -> Site:
    return draw(seed, date(2026, 9, 28), date(2026, 11, 30))


def test_the_same_seed_is_the_same_school() -> None:
    assert site(7) == site(7)
    first, again = use(site(7), WINDOW_MS), use(site(7), WINDOW_MS)
    assert all(np.array_equal(first[key], again[key]) for key in first)


def test_another_seed_is_another_school() -> None:
    assert site(7).buildings != site(8).buildings
    assert site(7).equipment != site(8).equipment
    assert {m.serial for m in site(7).meters.values()}.isdisjoint(m.serial for m in site(8).meters.values())


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(1, 1000), cut=st.integers(1, QUARTERS - 1))
def test_windows_compose_wherever_they_are_cut(seed: int, cut: int) -> None:
    school, middle = site(seed), BEGIN_MS + cut * STEP_MS
    whole = use(school, WINDOW_MS)
    early, late = use(school, (BEGIN_MS, middle)), use(school, (middle, WINDOW_MS[1]))
    for key, amount in whole.items():
        np.testing.assert_allclose(np.concatenate([early[key], late[key]]), amount, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("seed", range(1, 6))
def test_the_main_meters_are_their_children_and_a_small_loss(seed: int) -> None:
    school = site(seed)
    used = use(school, WINDOW_MS)
    electric = sum(used[f"e-{part}", "electricity"] for part in school.buildings)
    into = used["e-main", "electricity"] - used["e-main", "electricity_export"] + used["pv-teaching", "generation"]
    water = sum(used[f"w-{part}", "water"] for part in school.buildings)
    assert (into >= electric).all()
    assert 1.01 <= into.sum() / electric.sum() <= 1.06
    np.testing.assert_allclose(used["w-main", "water"], water * (1 + school.equipment["pipe_loss_share"]))
    assert not (used["e-main", "electricity"] * used["e-main", "electricity_export"]).any()
    assert (used["e-lab-plugs", "electricity"] <= used["e-laboratory", "electricity"]).all()


@pytest.mark.parametrize("seed", range(1, 21))
def test_no_meter_goes_beyond_its_registered_rate_or_below_nought(seed: int) -> None:
    school = site(seed)
    limit = {row["key"]: row["max_rate"] for row in school.rows["meter"]}
    for (meter, _), amount in use(school, WINDOW_MS).items():
        assert amount.min() >= 0
        assert amount.max() * 4 <= limit[meter], meter


def test_every_register_of_every_meter_is_used_and_no_other() -> None:
    school = site(3)
    registers = {(meter.key, quantity) for meter in school.meters.values() for quantity in meter.quantities}
    assert registers == set(use(school, WINDOW_MS))


@pytest.mark.parametrize("seed", range(1, 6))
def test_the_school_sleeps_at_night_rests_at_weekends_and_empties_in_holidays(seed: int) -> None:
    school = site(seed)
    now, used = moments(school, *WINDOW_MS), use(school, WINDOW_MS)
    teaching, dormitory = used["e-teaching", "electricity"], used["w-dormitory", "water"]
    noon, night = between_hours(now, 9, 11), between_hours(now, 23, 5)
    holiday = (now.start_ms >= to_ms(datetime(2026, 10, 1, 16, tzinfo=UTC))) & (
        now.start_ms < to_ms(datetime(2026, 10, 6, 16, tzinfo=UTC))
    )
    assert teaching[noon & now.lessons].mean() > 4 * teaching[night].mean()
    assert teaching[noon & ~now.lessons].mean() < 1.2 * teaching[night].mean()
    assert dormitory[holiday].mean() < 0.25 * dormitory[now.lessons].mean()


@pytest.mark.parametrize("seed", range(1, 6))
def test_a_full_dormitory_draws_its_usual_night_minimum(seed: int) -> None:
    school = site(seed)
    now, used = moments(school, *WINDOW_MS), use(school, WINDOW_MS)
    night = between_hours(now, 2, 4) & (now.boarders == 1)
    people = school.buildings["dormitory"]["people"]
    litres = 1000 * 4 * used["w-dormitory", "water"][night].mean() / people
    assert 0.2 <= litres <= 0.65  # users.md 2 d, stray flushes on top


def test_a_makeup_saturday_is_taught_and_a_plain_one_is_not() -> None:
    now = moments(site(1), *WINDOW_MS)
    taught = set(((now.start_ms[now.lessons] + 8 * 3_600_000) // DAY_MS).tolist())
    epoch = date(1970, 1, 1).toordinal()
    assert date(2026, 10, 10).toordinal() - epoch in taught
    assert date(2026, 10, 17).toordinal() - epoch not in taught


def test_heat_flows_in_the_heating_season_alone_and_the_sun_gives_by_day_alone() -> None:
    school = site(4)
    now, used = moments(school, *WINDOW_MS), use(school, WINDOW_MS)
    season = now.start_ms >= to_ms(datetime(2026, 11, 14, 16, tzinfo=UTC))
    assert not used["h-boiler", "heat"][~season].any()
    assert used["h-boiler", "heat"][season].all() and used["g-boiler", "gas"][season].all()
    assert not used["pv-teaching", "generation"][between_hours(now, 19, 5)].any()
    assert used["pv-teaching", "generation"][between_hours(now, 10, 14)].all()


@given(seed=st.integers(0, 2**40), first=st.integers(0, 10**9), length=st.integers(1, 50), cut=st.integers(0, 49))
def test_randomness_depends_on_seed_stream_and_position_alone(seed: int, first: int, length: int, cut: int) -> None:
    whole = uniform(seed, "s", np.arange(first, first + length))
    cut = min(cut, length - 1)
    assert np.array_equal(uniform(seed, "s", np.arange(first + cut, first + length)), whole[cut:])
    assert ((whole >= 0) & (whole < 1)).all()


def test_randomness_is_even_and_streams_are_strangers() -> None:
    position = np.arange(100_000)
    a, b = uniform(1, "a", position), uniform(1, "b", position)
    assert abs(a.mean() - 0.5) < 0.005 and abs(a.std() - 12**-0.5) < 0.005
    assert abs(np.corrcoef(a, b)[0, 1]) < 0.02 and abs(np.corrcoef(a[1:], a[:-1])[0, 1]) < 0.02
    n = normal(1, "n", position)
    assert abs(n.mean()) < 0.02 and abs(n.std() - 1) < 0.02


def test_an_hours_weather_is_the_mean_of_what_the_school_feels_in_it():
    window_ms = to_ms(datetime(2026, 1, 10, tzinfo=UTC)) + 1, to_ms(datetime(2026, 1, 12, tzinfo=UTC))
    start_ms, temperature, irradiance = weather.hourly(3, window_ms)
    assert len(start_ms) == 47 and start_ms[0] % 3_600_000 == 0
    fine = start_ms[:, None] + 60_000 * np.arange(60) + 30_000
    assert np.abs(weather.temperature_c(3, fine).mean(axis=1) - temperature).max() < 0.05
    assert np.abs(weather.irradiance_w_m2(3, fine).mean(axis=1) - irradiance).max() < 15
    assert irradiance[np.abs(weather.sun_sine(fine)).max(axis=1) < 0].sum() == 0 and irradiance.max() > 200
