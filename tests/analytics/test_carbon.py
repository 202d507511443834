"""Carbon of a month: the right factor, its reason, and no number where none can be."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.carbon import Line, Rules, Why, levels, made_on_site, month, national_total, total
from analytics.carbon_text import explain
from campus.factors import Factor, shipped
from campus.registry import Account, Arrival, Meter, Register, Registry, School
from campus.results import Figure
from campus.units import QUANTITIES

# November 2026 in Shanghai.
START, END = datetime(2026, 10, 31, 16, tzinfo=UTC), datetime(2026, 11, 30, 16, tzinfo=UTC)
JINAN = Rules("CN-SD", shipped())
BRITAIN = Rules("GB", shipped())
OWN = Factor(
    "el.gb.grid", "grid", 0.2, "kgCO2e", "kWh", None, "GB", "a letter", "", "M", date(2026, 11, 1), "not checked"
)


def use(quantity: str, value: float | None, coverage: float = 1.0, estimated: float = 0.0) -> Figure:
    unit = QUANTITIES[quantity].unit
    return Figure(quantity, "school", "month", START, END, value, unit, coverage, estimated)


def only(lines: list[Line], name: str) -> Line:
    (line,) = [line for line in lines if line.figure.name == name]
    return line


@pytest.mark.parametrize(
    ("quantity", "amount", "tonnes", "row"),
    [
        ("electricity", 10_000.0, 6.191, "el.sd.avg@2023"),
        ("gas", 1_000.0, 2.184, "gas.js303"),
        ("gas_energy", 10_000.0, 1.99944, "gas.51366.kwh"),
        ("heat", 100.0, 11.0, "heat"),
    ],
)
def test_use_times_factor(quantity: str, amount: float, tonnes: float, row: str) -> None:
    line = only(month([use(quantity, amount)], JINAN), f"carbon/{quantity}")
    assert line.figure.value == pytest.approx(tonnes)
    assert (line.figure.unit, line.figure.factors, line.why) == ("tCO2", (row,), Why.COUNTED)
    assert line.figure.inputs


def test_electricity_has_the_national_result_as_a_second_line() -> None:
    lines = month([use("electricity", 10_000.0), use("gas", 1_000.0)], JINAN)
    assert only(lines, "carbon/electricity_national").figure.value == pytest.approx(5.306)
    first, second = total(lines), national_total(lines)
    assert first is not None and first.value == pytest.approx(6.191 + 2.184)
    assert second is not None and second.value == pytest.approx(5.306 + 2.184)


def test_a_province_without_its_own_row_takes_the_national_one() -> None:
    line = only(month([use("electricity", 1_000.0)], replace(JINAN, region="CN-XZ")), "carbon/electricity")
    assert line.figure.factors == ("el.cn.avg@2023",)


def test_the_middle_of_the_month_decides_its_year() -> None:
    january = replace(
        use("electricity", 1_000.0),
        start=datetime(2021, 12, 31, 16, tzinfo=UTC),
        end=datetime(2022, 1, 31, 16, tzinfo=UTC),
    )
    line = only(month([january], JINAN), "carbon/electricity")
    assert line.chosen is not None and line.chosen.factor.data_year == 2022 and not line.chosen.provisional


def test_a_region_without_factor_gets_no_borrowed_one() -> None:
    lines = month([use("electricity", 1_000.0), use("gas", 10.0)], BRITAIN)
    assert [(line.figure.value, line.why) for line in lines] == [(None, Why.NO_FACTOR)] * 2
    summed = total(lines)
    assert summed is not None and summed.value is None
    assert national_total(lines) is None
    assert "GB" in explain(lines[0], "GB", "en") and "GB" in explain(lines[0], "GB", "zh")


def test_a_schools_own_row_is_taken_for_its_region() -> None:
    lines = month([use("electricity", 1_000.0)], replace(BRITAIN, own=(OWN,)))
    assert only(lines, "carbon/electricity").figure.value == pytest.approx(0.2)
    assert only(
        month([use("electricity", 1_000.0)], replace(BRITAIN, region="GB-ENG", own=(OWN,))), "carbon/electricity"
    )


def test_an_own_row_of_another_region_or_unit_is_not_taken() -> None:
    for row in (replace(OWN, region="FR"), replace(OWN, unit_in="m³"), replace(OWN, confidence="U")):
        (line,) = month([use("electricity", 1_000.0)], replace(BRITAIN, own=(row,)))
        assert line.why is Why.NO_FACTOR


@pytest.mark.parametrize("unknown", [use("electricity", 9_000.0, coverage=0.89), use("electricity", None)])
def test_a_month_below_the_least_coverage_is_not_enough_data(unknown: Figure) -> None:
    lines = month([unknown, use("gas", 10.0)], JINAN)
    line = only(lines, "carbon/electricity")
    assert (line.figure.value, line.why) == (None, Why.NOT_ENOUGH_DATA)
    summed = total(lines)
    assert summed is not None and summed.value is None
    assert "90.0 %" in explain(line, "CN-SD", "en")


def test_self_used_solar_counts_as_zero_and_export_is_not_deducted() -> None:
    lines = month([use("electricity", 100.0), use("generation", 50.0), use("electricity_export", 20.0)], JINAN)
    solar = only(lines, "carbon/generation")
    assert (solar.figure.value, solar.use.value, solar.why) == (0.0, 30.0, Why.SELF_USED)
    assert only(lines, "carbon/electricity_export").why is Why.NOT_DEDUCTED
    summed = total(lines)
    assert summed is not None and summed.value == pytest.approx(0.06191)


def test_heat_of_the_schools_own_boiler_is_counted_as_its_fuel() -> None:
    lines = month([use("heat", 100.0), use("gas", 1_000.0)], replace(JINAN, made_on_site=frozenset({"heat"})))
    summed = total(lines)
    assert summed is not None and summed.value == pytest.approx(2.184)
    assert only(lines, "carbon/heat").why is Why.MADE_ON_SITE


@pytest.mark.parametrize(("account", "own"), [("", frozenset({"heat"})), ("h1", frozenset())])
def test_heat_is_the_schools_own_where_no_supplier_bills_it(account: str, own: frozenset[str]) -> None:
    school = School("s", "学校", "School", "primary", ZoneInfo("Asia/Shanghai"), "CN-SD", "CN")
    register = Register(QUANTITIES["heat"], "GJ")
    meter = Meter(
        "h", "热表", "Heat", "t/h", "native", (register,), timedelta(hours=1), Arrival.LIVE, account=account
    )
    accounts = {"h1": Account("h1", "heat", "1", "single")}
    assert made_on_site(Registry(school, {}, accounts, {"h": meter}), use("heat", 1.0)) == own


def test_water_and_nothing_give_no_line_and_no_total() -> None:
    assert month([use("water", 10.0)], JINAN) == []
    assert total([]) is None


def test_levels_go_from_near_to_far() -> None:
    assert levels("CN-SD") == ("CN-SD", "CN-NC", "CN")
    assert levels("GB-ENG") == ("GB-ENG", "GB")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_explanation_holds_arithmetic_factor_clause_and_data_quality(lang: str) -> None:
    line = only(month([use("electricity", 41_230.5, 0.982, 0.013)], JINAN), "carbon/electricity")
    text = explain(line, "CN-SD", lang)
    for part in ("41 230.5 kWh × 0.6191 kgCO2/kWh = 25.53 tCO2", "el.sd.avg", "2023", "表3", "S2", "98.2 %", "1.3 %"):
        assert part in text


@given(st.lists(st.floats(0, 1e6), min_size=2, max_size=2), st.floats(0, 1), st.floats(0, 1))
def test_the_total_is_the_sum_and_its_share_estimated_lies_between(
    amounts: list[float], share_a: float, share_b: float
) -> None:
    lines = month([use("electricity", amounts[0], 1, share_a), use("heat", amounts[1], 1, share_b)], JINAN)
    summed = total(lines)
    assert summed is not None and summed.value is not None
    assert summed.value == pytest.approx(sum(line.figure.value or 0 for line in lines if not line.level))
    if summed.value:
        assert min(share_a, share_b) - 1e-9 <= summed.estimated <= max(share_a, share_b) + 1e-9
