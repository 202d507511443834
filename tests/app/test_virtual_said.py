"""What people are shown of a virtual meter: its formula, its figure, and by name what is lacking or doubtful."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import pytest
from click.testing import CliRunner

from app.check_tree import tree
from app.commands.meters import meters as command
from app.explain import NoSuchFigure, ask, explain
from app.virtual_view import computed
from campus.registry import Building
from tests.app.registry_example import WHOLE
from tests.app.test_derive import Pipe
from tests.app.test_virtual import BEGAN, ROOF, SUBS, messages, run
from tests.app.test_virtual_registry import read, virtual
from tests.app.waiting import school_file

NEXT_MORNING = BEGAN + timedelta(hours=33)


@pytest.fixture(scope="module")
def roof(tmp_path_factory):
    """A day of self-use, of which the generation meter falls silent in the afternoon of the second."""
    with closing(Pipe(tmp_path_factory.mktemp("roof"), ROOF)) as pipe:
        run(pipe, messages("pv", 5.0, 30) + messages("grid", 2.0, 33, "electricity_export"))
        yield pipe


@pytest.fixture(scope="module")
def subs(tmp_path_factory):
    with closing(Pipe(tmp_path_factory.mktemp("subs"), SUBS)) as pipe:
        run(pipe, messages("main", 5.0, 24) + messages("sub-a", 4.0, 24) + messages("sub-b", 1.02, 24))
        yield pipe


def shown(pipe, now):
    return {row.key: row for row in computed(pipe.registry, pipe.store, now)}


def told(pipe, figure, now=None, lang="en"):
    asked = ask(figure, {"s": pipe.registry})
    return [step.text for step in explain(asked, pipe.store, pipe.registry, lang, now)]


def test_yesterday_stands_beside_its_formula(roof):
    row = shown(roof, BEGAN + timedelta(hours=31))["own"]
    assert (row.yesterday, row.unit, row.formula, row.remarks) == (72.0, "kWh", "as the test says", ())


def test_a_silent_input_is_named_with_the_time_it_fell_silent(roof):
    row = shown(roof, NEXT_MORNING)["own"]
    (remark,) = row.remarks
    assert remark.en == "not enough data: pv silent since 03-03 06:00"
    assert remark.zh == "数据不足：pv自 03-03 06:00 起无读数"
    assert row.yesterday == 72.0


def test_a_day_known_too_little_shows_no_number(roof):
    row = shown(roof, BEGAN + timedelta(hours=55))["own"]
    assert row.yesterday is None
    assert [r.en for r in row.remarks] == [
        "not enough data: pv silent since 03-03 06:00",
        "not enough data: grid (Electricity exported) silent since 03-03 09:00",
    ]


def test_a_gap_of_a_meter_that_speaks_again_is_named_too(tmp_path):
    with closing(Pipe(tmp_path, SUBS)) as pipe:
        late = messages("sub-a", 4.0, 48)
        run(pipe, messages("main", 9.0, 48) + late[40:] + messages("sub-b", 2.0, 48))
        row = shown(pipe, BEGAN + timedelta(hours=48))["rest"]
        assert row.yesterday == 24 * 3.0
        first = shown(pipe, BEGAN + timedelta(hours=24, minutes=30))["rest"]
    assert first.yesterday is None
    assert [r.en for r in first.remarks] == ["not enough data: sub-a measured 17% of yesterday"]


def test_a_difference_below_zero_is_marked_only_beyond_what_meters_may_err(subs, tmp_path):
    now = BEGAN + timedelta(hours=24, minutes=30)
    small = shown(subs, now)["rest"]
    assert small.yesterday == pytest.approx(-0.48) and small.remarks == ()
    with closing(Pipe(tmp_path, SUBS)) as pipe:
        run(pipe, messages("main", 5.0, 24) + messages("sub-a", 4.0, 24) + messages("sub-b", 2.0, 24))
        (mark,) = shown(pipe, now)["rest"].remarks
        assert shown(pipe, now)["rest"].yesterday == -24.0
        assert "±2.6 kWh" in mark.en and "±2.6 kWh" in mark.zh
        assert mark.en in told(pipe, "s/virtual/rest/electricity/2026-03-02")
    assert not any("below 0" in line for line in told(subs, "s/virtual/rest/electricity/2026-03-02"))


def test_a_meter_never_heard_is_named_and_the_building_it_stands_for_shown(tmp_path):
    here = replace(SUBS, virtuals={"rest": replace(SUBS.virtuals["rest"], building="a")})
    assert here.buildings["a"] == Building("a", "a", "a", "teaching")
    with closing(Pipe(tmp_path, here)) as pipe:
        (row,) = computed(here, pipe.store, NEXT_MORNING)
    assert row.building is not None and row.building.zh == "a"
    assert [r.en for r in row.remarks] == [
        f"not enough data: {key} never heard" for key in ("main", "sub-a", "sub-b")
    ]


def test_a_figure_is_followed_to_the_readings_of_each_input(roof):
    lines = told(roof, "s/virtual/own/electricity/2026-03-02")
    assert "= 72.000 kWh" in lines[0] and "coverage 100.0%" in lines[0]
    assert lines[1] == "computed: own = as the test says [kWh]; counts in no sum"
    assert "+1 × pv generation" in lines and "-1 × grid electricity_export" in lines
    assert any("meter/pv generation" in line and "= 120.000 kWh" in line for line in lines)
    assert sum("register 100.000" in line for line in lines) == 2


def test_an_explanation_names_who_is_silent(roof):
    lines = told(roof, "s/virtual/own/electricity/2026-03-03T08")
    assert "unknown" in lines[0]
    assert "not enough data: pv generation is unknown; silent since 2026-03-03 06:00" in lines
    assert not any(line.startswith("not enough data: grid") for line in lines)
    chinese = told(roof, "s/virtual/own/electricity/2026-03-03T08", lang="zh")
    assert "数据不足：pv 光伏发电未知；2026-03-03 06:00 起无读数" in chinese


def test_of_a_running_period_only_what_has_passed_can_be_lacking(roof):
    def lacking(figure, hours):
        lines = told(roof, f"s/virtual/own/electricity/{figure}", BEGAN + timedelta(hours=hours))
        return [line for line in lines if line.startswith("not enough data")]

    assert lacking("2026-03-03", 30.5) == []
    assert lacking("2026-03-03", 33) == [
        "not enough data: pv generation is measured for 67% of it; silent since 2026-03-03 06:00"
    ]
    # The export register is late by less than its readings may take.
    assert lacking("2026-03-03T09", 33.9)[1:] == ["not enough data: grid electricity_export is unknown"]


def test_a_virtual_of_a_virtual_is_followed_through(subs):
    lines = told(subs, "s/virtual/half/electricity/2026-03-02")
    assert "+0.5 × rest electricity" in lines and "-1 × sub-b electricity" in lines


def test_a_virtual_meter_has_one_quantity():
    with pytest.raises(NoSuchFigure, match="virtual/own has electricity"):
        ask("s/virtual/own/water/2026-03-02", {"s": ROOF})


def test_the_lists_of_meters_show_it_as_computed(tmp_path, monkeypatch):
    text = WHOLE + virtual("rest", "main - children(main)")
    school_file(tmp_path, text)
    monkeypatch.setenv("CAMPUS_CONFIG", str(tmp_path / "config"))
    monkeypatch.setenv("CAMPUS_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("COLUMNS", "240")
    listed = CliRunner().invoke(command, ["list"]).output
    assert "= main - children(main)" in listed and "计算 computed" in listed
    branches = [str(branch.label) for branch in tree(read(text), NEXT_MORNING).children]
    assert "计算 computed" in branches
