"""Layouts: recognised by what they hold; every value at its instant, every gap a gap, every fault named."""

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campus.readings import Kind, Quality
from ingest.layout import Fault
from tests.ingest.tables import LAYOUTS, LONDON, SHANGHAI, UTC_ZONE, read, rows, table
from tests.sizes import examples

HALF = timedelta(minutes=30)
HALF_HOURS = [f"{minute // 60:02}:{minute % 60:02}" for minute in range(0, 1440, 30)]
ENDS = [*HALF_HOURS[1:], "24:00"]
AUTUMN, SPRING = "27/10/2019", "31/03/2019"


def day_file(headings, *days):
    """Return a file of one row a day."""
    heading = ",".join(["MPAN", "Date", *headings])
    return rows("\n".join([heading, *(",".join(["A1", day, *map(str, values)]) for day, values in days)]))


SAMPLES = {
    "by_day": day_file(HALF_HOURS, ("2024-01-01", range(48)), ("2024-01-02", range(48))),
    "frozen": day_file([f"{h}时" for h in range(24)], ("2024-01-01", [5, *[3] * 23])),
    "by_reading": rows("MPR,ReadDatetime,kWh\nA1,2024-01-01 00:00,3\nA1,2024-01-01 00:30,2"),
    "wide": rows("日期,时间,1号楼,2号楼\n2024-01-01,00:00,1,2\n2024-01-01,00:30,3,"),
    "registers": rows("表号,抄表时间,表底数\nA1,2024-01-01 08:00,100\nA1,2024-01-01 09:00,101"),
    "hand": rows("表号,抄表日期,读数,抄表人,照片\nA1,2024-01-01,100,王师傅,a.jpg"),
    "bills": rows("户号,上次抄表日,本次抄表日,起数,止数\n37,2024-01-05,2024-03-06,100,140"),
}


def test_every_layout_has_a_sample_here():
    assert set(SAMPLES) == set(LAYOUTS)


@pytest.mark.parametrize("name", SAMPLES)
def test_a_layout_is_recognised_and_read_without_a_fault(name):
    found = read(SAMPLES[name])
    assert found.layout == name and found.values and found.faults == []


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_layout_says_what_it_is_in_both_languages_and_shows_an_example(name):
    layout = LAYOUTS[name]
    assert layout.zh and layout.en and layout.example.count("\n") >= 2


def test_half_hours_named_by_their_start():
    found = read(day_file(HALF_HOURS, ("2024-01-01", range(48))))
    assert found.pairs()[0] == (datetime(2024, 1, 1, tzinfo=UTC), 0)
    assert found.pairs()[-1] == (datetime(2024, 1, 1, 23, 30, tzinfo=UTC), 47)
    assert {value.item.duration for value in found.values} == {HALF}


@pytest.mark.parametrize(
    "headings", [ENDS, [*ENDS[:-1], "00:00"], [*ENDS[:-1], "23:59"], [f"[{end}]" for end in ENDS]]
)
def test_half_hours_named_by_their_end_begin_half_an_hour_before(headings):
    found = read(day_file(headings, ("2024-01-01", range(48))))
    assert [value.item.time for value in found.values] == [
        datetime(2024, 1, 1, tzinfo=UTC) + n * HALF for n in range(48)
    ]


def test_headings_of_a_workbook_are_times_and_its_days_are_dates():
    headings = [time(minute // 60, minute % 60) for minute in range(0, 1440, 30)]
    found = read(table(["MPAN", "Date", *headings], [2200012767323.0, datetime(2024, 1, 1), *map(float, range(48))]))
    assert len(found.values) == 48 and found.values[0].labels == ("2200012767323",)


def test_a_missing_half_hour_stays_missing_and_the_others_go_in():
    values = list(map(str, range(48)))
    values[7] = values[9] = ""
    found = read(day_file(HALF_HOURS, ("2024-01-01", values)))
    assert len(found.values) == 46 and found.faults == []
    assert datetime(2024, 1, 1, 3, 30, tzinfo=UTC) not in {value.item.time for value in found.values}


def test_a_bad_cell_is_named_by_row_and_column_and_the_rest_goes_in():
    values = ["x", "-1", *range(46)]
    found = read(day_file(HALF_HOURS, ("2024-01-01", values)))
    assert [(row, fault.column) for row, fault in found.faults] == [(2, "00:00"), (2, "00:30")]
    assert len(found.values) == 46


def test_in_autumn_a_column_of_the_hour_that_comes_twice_cannot_say_which():
    found = read(day_file(HALF_HOURS, (AUTUMN, [1] * 48)))
    assert [fault.column for _, fault in found.faults] == ["01:00", "01:30"] and len(found.values) == 46
    assert found.values[-1].item.time == datetime(2019, 10, 27, 23, 30, tzinfo=UTC)


def test_in_spring_a_0_fills_the_hour_that_never_came_and_anything_else_is_named():
    filler, wrong = [1] * 48, [1] * 48
    filler[2] = filler[3] = 0
    assert read(day_file(HALF_HOURS, (SPRING, filler))).faults == []
    assert len(read(day_file(HALF_HOURS, (SPRING, filler))).values) == 46
    assert [fault.column for _, fault in read(day_file(HALF_HOURS, (SPRING, wrong))).faults] == ["01:00", "01:30"]


def test_a_row_of_48_numbered_values_on_a_day_of_50_is_refused_whole_once():
    found = read(day_file([f"kWh_{n}" for n in range(1, 49)], ("2019-10-26", [1] * 48), ("2019-10-27", [1] * 48)))
    assert [row for row, _ in found.faults] == [3] and "--timezone" in found.faults[0][1].en
    assert len(found.values) == 48


def test_a_file_that_keeps_no_summer_time_is_read_by_the_clock_named():
    found = read(day_file(HALF_HOURS, (AUTUMN, [1] * 48), (SPRING, [1] * 48)), zone=UTC_ZONE)
    assert found.faults == [] and len(found.values) == 96


@settings(max_examples=examples(40), deadline=None)
@given(st.sampled_from(["2019-03-30", "2019-03-31", "2019-10-26", "2019-10-27", "2024-06-01"]), st.integers(0, 49))
def test_a_day_by_numbered_parts_and_its_readings_one_by_one_are_the_same(day, hole):
    """The law of the two layouts: the same half hours, however they are written, at the same instants."""
    midnight = datetime.fromisoformat(day).replace(tzinfo=LONDON).astimezone(UTC)
    after = (datetime.fromisoformat(day) + timedelta(days=1)).replace(tzinfo=LONDON).astimezone(UTC)
    instants = [midnight + n * HALF for n in range((after - midnight) // HALF)]
    values = ["" if n == hole else str(n + 1) for n in range(50)][: len(instants)]
    by_day = read(day_file([f"kWh_{n}" for n in range(1, 51)], (day, values + [""] * (50 - len(values)))))
    told = [f"A1,{t.astimezone(LONDON):%Y-%m-%d %H:%M},{v}" for t, v in zip(instants, values, strict=True)]
    one_by_one = read(rows("\n".join(["MPR,Time,kWh", *told])))
    assert by_day.pairs() == one_by_one.pairs() and not by_day.faults and not one_by_one.faults
    assert len(by_day.values) == len(instants) - (hole < len(instants))


def readings_file(first: datetime, count: int, step: timedelta = HALF, form: str = "%d %b %Y %H:%M:%S"):
    """Return a file of one row a reading, beginning at a local time."""
    told = [f"A1,{first + n * step:{form}},{n}" for n in range(count)]
    return rows("\n".join(["MPR,ReadDatetime,kWh", *told]))


def test_whole_days_from_0030_to_0000_show_that_times_are_ends():
    found = read(readings_file(datetime(2024, 1, 1, 0, 30), 48))
    assert found.how.ends and found.proven["ends"]
    assert found.values[0].item.time == datetime(2024, 1, 1, tzinfo=UTC)


def test_whole_days_from_0000_to_2330_show_that_times_are_starts():
    found = read(readings_file(datetime(2024, 1, 1), 96))
    assert not found.how.ends and found.proven["ends"]


def test_a_part_of_a_day_proves_neither():
    assert not read(readings_file(datetime(2024, 1, 1, 9), 5)).proven["ends"]
    assert not read(readings_file(datetime(2024, 1, 1, 0, 30), 5)).proven["ends"]


def test_newest_first_is_read_as_oldest_first():
    up = readings_file(datetime(2019, 10, 27), 50, form="%Y-%m-%d %H:%M")
    told = [f"A1,{t.astimezone(LONDON):%Y-%m-%d %H:%M},{n}" for n in range(50)
            for t in [datetime(2019, 10, 26, 23, tzinfo=UTC) + n * HALF]]  # fmt: skip
    rising = read(rows("\n".join(["MPR,Time,kWh", *told])))
    falling = read(rows("\n".join(["MPR,Time,kWh", *reversed(told)])))
    assert sorted(rising.pairs()) == sorted(falling.pairs()) and len({t for t, _ in rising.pairs()}) == 50
    assert len(up) == 51


def test_daily_values_last_from_midnight_to_midnight_on_days_of_23_and_25_hours():
    found = read(readings_file(datetime(2019, 3, 30), 3, timedelta(days=1), "%Y-%m-%d"))
    assert [value.item.duration for value in found.values] == [timedelta(hours=h) for h in (24, 23, 24)]


def test_a_single_reading_does_not_tell_how_long_it_lasts():
    found = read(readings_file(datetime(2024, 1, 1), 1))
    assert found.values == [] and "--every" in found.faults[0][1].en


def test_estimated_readings_say_so():
    found = read(rows("MPR,Time,kWh,ReadType\nA,2024-01-01 00:00,1,Actual\nA,2024-01-01 00:30,1,Estimated"))
    assert [value.item.quality for value in found.values] == [Quality.GOOD, Quality.DEVICE_ESTIMATE]


@pytest.mark.parametrize(
    ("days", "order", "proven"),
    [
        (["13/12/2019", "14/12/2019"], "dmy", True),
        (["12/13/2019", "12/14/2019"], "mdy", True),
        (["10/12/2019", "11/12/2019"], "dmy", True),
        (["12/10/2019", "12/11/2019"], "mdy", True),
        (["12/11/2019"], "dmy", False),
        (["11/11/2019"], "dmy", True),
    ],
)
def test_the_order_of_day_and_month_comes_from_all_rows(days, order, proven):
    found = read(day_file(HALF_HOURS, *((day, [1] * 48) for day in days)))
    assert (found.how.order, found.proven["order"]) == (order, proven)


def test_a_comma_file_is_read_with_its_own_decimal_mark():
    text = "Zähler;Datum;Verbrauch (kWh)\nA;01.05.2026 00:00;1.234,5\nA;01.05.2026 00:15;2,5"
    found = read(rows(text, ";"), delimiter=";")
    assert [value.item.value for value in found.values] == [1234.5, 2.5] and found.values[0].item.unit == "kWh"


def test_numbers_that_mean_two_things_prove_nothing():
    found = read(rows("MPR;Time;kWh\nA;2026-05-01 00:00;1.234\nA;2026-05-01 00:15;2.345", ";"), delimiter=";")
    assert not found.proven["decimal"]


def test_frozen_counters_are_told_from_use_by_their_climb():
    hours = [f"{h}时" for h in range(24)]
    counter = [f"{1500 + h / 10:.1f}" for h in range(24)]
    use = read(day_file(hours, ("2024-01-01", [3] * 23 + [4]), ("2024-01-02", [5, 4] + [3] * 22)), zone=SHANGHAI)
    registers = read(day_file(hours, ("2024-01-01", counter)), zone=SHANGHAI)
    assert {value.item.kind for value in use.values} == {Kind.INTERVAL}
    assert {value.item.kind for value in registers.values} == {Kind.REGISTER}
    assert registers.values[1].item.time == datetime(2023, 12, 31, 17, tzinfo=UTC)


def test_a_counter_frozen_at_the_end_of_each_hour_stands_at_that_end():
    counter = [f"{1500 + h / 10:.1f}" for h in range(24)]
    found = read(day_file([f"{h}时" for h in range(1, 25)], ("2024-01-01", counter)), zone=SHANGHAI)
    assert found.values[0].item.time == datetime(2023, 12, 31, 17, tzinfo=UTC)


def test_use_that_climbs_through_one_morning_is_no_counter():
    found = read(day_file([f"{h}时" for h in range(24)], ("2024-01-01", range(24))))
    assert not found.how.registers


def test_bare_values_that_only_rise_are_registers():
    text = "meter,time,value\n" + "\n".join(f"A,2024-01-01 {h:02}:00,{1000 + h}" for h in range(10))
    assert read(rows(text)).layout == "registers"
    text = "meter,time,value\n" + "\n".join(f"A,2024-01-01 {h:02}:00,{h % 3}" for h in range(10))
    assert read(rows(text)).layout == "by_reading"


def test_a_hand_reading_keeps_who_and_the_photo():
    (value,) = read(SAMPLES["hand"]).values
    assert value.item.quality is Quality.MANUAL and value.said == {"who": "王师傅", "photo": "a.jpg"}


def test_a_bill_is_its_counters_at_its_own_dates():
    found = read(SAMPLES["bills"], zone=SHANGHAI)
    assert [(value.item.kind, value.item.value) for value in found.values] == [
        (Kind.REGISTER, 100),
        (Kind.REGISTER, 140),
    ]
    assert found.values[1].item.time == datetime(2024, 3, 5, 16, tzinfo=UTC)


def test_a_bill_without_counters_is_the_use_between_its_dates():
    (value,) = read(rows("账号,起始日期,截止日期,用量\n37,2024-01-05,2024-03-06,40"), zone=SHANGHAI).values
    assert value.item.kind is Kind.INTERVAL and value.item.duration == timedelta(days=61)


@pytest.mark.parametrize(
    ("cell", "yuan"), [("812.40", 812.4), ("¥812.40", 812.4), ("￥ 812.4元", 812.4), ("-30.5", -30.5), ("0", 0.0)]
)
def test_a_bill_tells_what_it_came_to_beside_its_use(cell, yuan):
    text = f"户号,上次抄表日,本次抄表日,用量,电费(元)\n37,2024-01-05,2024-03-06,40,{cell}"
    use, money = read(rows(text), zone=SHANGHAI).values
    assert (money.item.value, money.item.quantity, money.item.unit) == (yuan, "billed_yuan", "yuan")
    assert (money.item.time, money.item.duration, money.labels) == (use.item.time, use.item.duration, use.labels)


def test_a_bill_without_yuan_has_none_and_what_is_no_money_is_named_beside_the_use():
    head = "户号,上次抄表日,本次抄表日,起数,止数,金额"
    bare = read(rows(f"{head}\n37,2024-01-05,2024-03-06,100,140,\n37,2024-03-06,2024-05-06,140,150,—"))
    assert [value.item.kind for value in bare.values] == [Kind.REGISTER] * 4 and bare.faults == []
    odd = read(rows(f"{head}\n37,2024-01-05,2024-03-06,100,140,未出账"))
    assert len(odd.values) == 2 and '"未出账"不是金额' in str(odd.faults)


def test_the_last_day_belongs_to_a_bill_where_the_next_one_begins_a_day_later():
    text = "Account,From,To,Usage\n37,2024-01-01,2024-01-31,40\n37,2024-02-01,2024-02-29,40"
    assert [value.item.duration.days for value in read(rows(text), zone=SHANGHAI).values] == [31, 29]


def test_lines_above_and_below_the_table_and_rows_of_sums_are_no_data():
    text = """Account,University
Report Date,12/07/23 00:00:00

,,Grey [m³]
,TOTAL,12.5
,,Grey [m³]
13-04-2023,00:00,0.5
13-04-2023,00:30,0.7
合计,,1.2
Report Time Zone: (UTC+00:00) Dublin"""
    found = read(rows(text))
    assert found.layout == "wide" and found.columns.row == 6
    assert [value.item.value for value in found.values] == [0.5, 0.7] and found.faults == []


def test_a_meter_fitted_later_is_a_column_from_the_first_row_on():
    text = "Date,Time,A,B\n" + "\n".join(f"2024-01-{d:02},00:00,1,{2 if d == 20 else ''}" for d in range(1, 21))
    assert {value.labels[0] for value in read(rows(text)).values} == {"A", "B"}


def test_a_table_without_times_or_values_is_of_no_layout():
    from ingest.layout import recognise
    from ingest.table import understand

    for text in ("name,pupils\nA,12\nB,13", "a,b\n1,2", "Format,Date as string\nx,01/09/2023"):
        assert recognise(LAYOUTS, *understand(rows(text))) is None


def test_a_row_says_once_what_is_wrong_with_all_of_it():
    found = read(day_file(HALF_HOURS, ("KABOOM", [1] * 48), ("2024-01-01", [1] * 48)))
    assert found.faults == [(2, Fault('"KABOOM"不是日期', '"KABOOM" is no date', "Date"))]
