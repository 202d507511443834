"""Numbers, dates and headings as the world writes them: read right, or not at all."""

from datetime import datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.cells import ABSENT, absent, decimal_mark, number, text_of
from ingest.headings import names_in, role_and_unit, slot
from ingest.stamps import DAY_FIRST, MONTH_FIRST, day_order, minutes_of, stamp

WHOLE = st.integers(0, 10**12)


def grouped(value: int, sizes: list[int], mark: str) -> str:
    """Return a whole number with its digits in groups, from the right; the last size repeats."""
    digits, parts = str(value), []
    while digits:
        size = sizes[min(len(parts), len(sizes) - 1)]
        digits, part = digits[:-size], digits[-size:]
        parts.append(part)
    return mark.join(reversed(parts))


@given(WHOLE, st.sampled_from([([3], ","), ([4], ","), ([3, 2], ",")]))
def test_western_chinese_and_indian_grouping_mean_the_same_number(value, how):
    assert number(f"{grouped(value, *how)}.50", ".") == value + 0.5


@given(WHOLE)
def test_european_grouping_means_the_same_number(value):
    assert number(f"{grouped(value, [3], '.')},25", ",") == value + 0.25
    assert number(f"{grouped(value, [3], ' ')},25", ",") == value + 0.25


@given(st.text(max_size=20), st.sampled_from(".,"))
def test_no_text_breaks_a_number_and_none_becomes_infinite(text, decimal):
    value = number(text, decimal)
    assert value is None or abs(value) < float("inf")


@pytest.mark.parametrize(
    "text", ["", "abc", "1.2.3", "1,2,3", "12,34", "1e400", "--5", "1.5 kWh", "0x10", "1_000", "1,234,5"]
)
def test_what_is_no_number_is_none(text):
    assert number(text, ".") is None


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        ("1.234,5", ","),
        ("12,5", ","),
        ("14,793.50", "."),
        ("1,57,000.00", "."),
        ("1,57,000", "."),
        ("0.969", "."),
        ("0,969", ","),
        ("1,234", ""),
        ("1.234", ""),
        ("1,2345", ""),
        ("12", ""),
        ("12.05.2024 x", ""),
    ],
)
def test_a_decimal_mark_is_concluded_only_where_a_number_proves_it(text, mark):
    assert decimal_mark(text) == mark


@pytest.mark.parametrize("text", sorted(ABSENT | {" ", "N/A", "NaN"}))
def test_an_empty_cell_is_absent_and_never_0(text):
    assert absent(text) and absent(None) and not absent("0") and not absent(0)


def test_a_number_of_a_spreadsheet_is_a_meters_number_again():
    assert text_of(2200012767323.0) == "2200012767323" == text_of("'2200012767323")


MINUTE = datetime(2019, 9, 1, 1, 3)


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("01/09/2023", datetime(2023, 9, 1)),
        ("01/09/23", datetime(2023, 9, 1)),
        ("1.9.2023", datetime(2023, 9, 1)),
        ("2023-09-01", datetime(2023, 9, 1)),
        ("20230901", datetime(2023, 9, 1)),
        ("202309010130", datetime(2023, 9, 1, 1, 30)),
        ("2023年9月1日", datetime(2023, 9, 1)),
        ("2023年9月1日 8时30分", datetime(2023, 9, 1, 8, 30)),
        (" 1 Sep 2023 01:03:59", datetime(2023, 9, 1, 1, 3, 59)),
        ("Sep  1 2023 01:03AM", datetime(2023, 9, 1, 1, 3)),
        ("Sep  1 2023 12:03AM", datetime(2023, 9, 1, 0, 3)),
        ("Sep  1 2023 12:03PM", datetime(2023, 9, 1, 12, 3)),
        ("01-Sep-23", datetime(2023, 9, 1)),
        ("2023/9/1 24:00", datetime(2023, 9, 2)),
        ("２０２３-０９-０１", datetime(2023, 9, 1)),
    ],
)
def test_dates_as_files_write_them(text, when):
    found = stamp(text, DAY_FIRST)
    assert found is not None and found.when == when


def test_an_offset_is_kept():
    found = stamp("2024-05-01T00:00:00+08:00", DAY_FIRST)
    assert found is not None and found.when.isoformat() == "2024-05-01T00:00:00+08:00"


@pytest.mark.parametrize(
    "text", ["KABOOM", "31/02/2024", "2024-13-01", "12:30", "8.5", "", "2024-01-01 25:00", "1/2"]
)
def test_what_is_no_date_is_none(text):
    assert stamp(text, DAY_FIRST) is None


def test_a_fraction_of_a_day_is_its_minute():
    found = stamp(datetime(2024, 1, 1, 1, 29, 59, 999_997), DAY_FIRST)
    assert found is not None and found.when == datetime(2024, 1, 1, 1, 30)


@pytest.mark.parametrize(
    ("text", "order"),
    [("13/4/2024", DAY_FIRST), ("4/13/2024", MONTH_FIRST), ("4/5/2024", ""), ("2024-04-13", ""), ("4.5.2024", "dmy")],
)
def test_the_order_of_day_and_month_is_concluded_only_where_a_date_proves_it(text, order):
    assert day_order(text) == order


@pytest.mark.parametrize(("cell", "minutes"), [("00:30", 30), ("24:00", 1440), (time(7, 30), 450), ("7", None)])
def test_times_of_day(cell, minutes):
    assert minutes_of(cell) == minutes


@pytest.mark.parametrize(
    ("heading", "found"),
    [
        ("MPAN", ("meter", "")),
        ("Consumption (kWh)", ("use", "kWh")),
        ("用电量（千瓦时）", ("use", "kWh")),
        ("表底数", ("register", "")),
        ("上次抄表日", ("start", "")),
        ("Reading Date", ("date", "")),
        ("kVArh_1", ("", "")),
        ("Total Units", ("", "")),
    ],
)
def test_a_heading_tells_its_role_and_unit(heading, found):
    assert role_and_unit(heading) == found


@pytest.mark.parametrize(
    ("heading", "found"),
    [
        ("00:30", (30, 0, False)),
        ("[24:00]", (1440, 0, False)),
        ("7时", (420, 0, False)),
        ("00:00-00:30", (0, 0, True)),
        ("kWh_17", (-1, 17, False)),
        ("HH03", (-1, 3, False)),
        ("kVArh_17", None),
        ("2030", (1230, 0, False)),
        ("2190", None),
        ("Total", None),
    ],
)
def test_a_heading_tells_its_part_of_the_day(heading, found):
    assert slot(heading) == found


def test_a_column_names_its_meter_in_every_way_it_may_be_registered():
    heading = "Grey Building Water [m³] [Grey]"
    assert names_in(heading)[1:] == ("Grey Building Water", "Grey")
