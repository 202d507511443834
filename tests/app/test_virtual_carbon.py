"""How much PV is used on the spot is one number, wherever it stands; silence makes it unknown, not zero."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from analytics import carbon
from analytics.carbon import Why
from analytics.carbon_text import explain
from app import account, views
from campus import factors
from campus.results import Figure
from tests.app.test_derive import Pipe
from tests.app.test_virtual import ROOF, messages, rows, run, virtual

MARCH = datetime(2026, 2, 28, 16, tzinfo=UTC)
RULES = carbon.Rules("CN-SD", factors.shipped())


def use(name, value, hours=744, coverage=1.0):
    end = MARCH + timedelta(hours=hours)
    return Figure(name, "school", "month", MARCH, end, value, "kWh", coverage, 0.0)


def solar(*uses):
    return next(line for line in carbon.month(list(uses), RULES) if line.why is Why.SELF_USED)


def test_self_use_is_not_cut_off_at_zero():
    assert solar(use("generation", 20.0), use("electricity_export", 21.0)).use.value == -1.0


@pytest.mark.parametrize(
    ("made", "sent"),
    [
        (use("generation", None), use("electricity_export", 20.0)),
        (use("generation", 50.0), use("electricity_export", None)),
        (use("generation", 50.0, coverage=0.8), use("electricity_export", 20.0)),
        (use("generation", 50.0), use("electricity_export", 20.0, coverage=0.8)),
        (use("generation", 50.0, hours=240), use("electricity_export", 60.0)),
    ],
    ids=["silent", "export silent", "half silent", "export half silent", "fell silent"],
)
def test_a_silent_meter_leaves_self_use_unknown_and_its_carbon_zero(made, sent):
    line = solar(made, sent)
    assert (line.use.value, line.figure.value) == (None, 0.0)
    assert "not enough data" in explain(line, "CN-SD", "en") and "数据不足" in explain(line, "CN-SD", "zh")
    assert views._worth_showing(line)


def test_of_a_running_month_what_both_meters_know_is_enough():
    line = solar(use("generation", 50.0, hours=100), use("electricity_export", 20.0, hours=101))
    assert line.use.value == 30.0 and line.use.coverage == pytest.approx(100 / 101)


@pytest.fixture(scope="module")
def roof(tmp_path_factory):
    """Two and a half days of export; of generation, which fell silent for the last three hours."""
    with closing(Pipe(tmp_path_factory.mktemp("roof"), ROOF)) as pipe:
        run(pipe, messages("pv", 5.0, 57) + messages("grid", 2.0, 60, "electricity_export"))
        yield pipe


def test_carbon_takes_the_virtual_meter_that_is_the_schools_self_use(roof):
    month = account.month_carbon(roof.store, ROOF, MARCH, least=0.0)
    line = next(line for line in month.lines if line.why is Why.SELF_USED)
    assert line.use.value == rows(roof, "own", "month").value[0] == 57 * 3.0
    assert line.use.coverage == pytest.approx(
        57 / 84
    )  # of the month until the data end, a day of it before they begin
    year = account.year_carbon(roof.store, ROOF, datetime(2025, 12, 31, 16, tzinfo=UTC))
    assert next(line for line in year.lines if line.why is Why.SELF_USED).use.value == 57 * 3.0


def test_a_virtual_meter_of_something_else_is_not_taken_for_it(roof):
    half = virtual("own", (0.5, "pv", "generation"), (-1.0, "grid", "electricity_export"))
    without = replace(ROOF, virtuals={"own": half})
    month = account.month_carbon(roof.store, without, MARCH, least=0.0)
    # By the month alone generation and export are of different hours: no more than this is known.
    line = next(line for line in month.lines if line.why is Why.SELF_USED)
    assert line.use.value == 57 * 5.0 - 60 * 2.0
