"""`campus import`: said, asked, journaled, stored and counted; nothing invented, and nothing twice."""

import fcntl
import json
from contextlib import closing
from datetime import UTC, datetime, timedelta

import openpyxl
import pytest

from app import file_import
from app.derive import Touched, World, derive
from app.registry_toml import load_registry, load_schools
from app.settings import Layout
from campus.ports import Reason
from campus.schema import BILLED_YUAN, to_ms
from ingest.checks import file_topic, readings, routes
from ingest.journal import JournalFull, Writer
from ingest.payload import Message, formats
from ingest.quarantine import count_open
from store.sqlite import open_sqlite
from tests.app.import_home import SCHOOL, home, journaled, meter, stored, take
from tests.app.waiting import run

HEAD = "MPAN,ReadDatetime,kWh,ReadType\n"
ACCOUNT = '[[account]]\nkey = "tap"\nmedium = "water"\nnumber = "3700000002"\ntariff = "flat"\n'
BILL = "户号,上次抄表日,本次抄表日,起数,止数\n3700000002,2024-01-05,2024-03-06,100,140\n"

ARRIVED = datetime(2024, 6, 1, tzinfo=UTC)
MONEY = (
    b'{"start":"2024-01-05T00:00:00Z","end":"2024-03-06T00:00:00Z","used":168.0,'
    b'"quantity":"billed_yuan","unit":"yuan"}'
)


def half_hours(tmp_path, count=96, label="A1", name="f.csv", day="2024-01-13"):
    """Return a file of one row a reading."""
    first = datetime.fromisoformat(day)
    told = [f"{label},{first + n * timedelta(minutes=30):%d/%m/%Y %H:%M},{n / 10},Actual" for n in range(count)]
    path = tmp_path / name
    path.write_text(HEAD + "\n".join(told) + "\n")
    return path


def written(tmp_path, text, name="f.csv", encoding="utf-8"):
    """Return a file of a text."""
    path = tmp_path / name
    path.write_bytes(text.encode(encoding))
    return path


def test_readings_reach_the_store_with_time_length_and_value(tmp_path):
    where = home(tmp_path, meter("main", "A1"))
    result = take(where, half_hours(tmp_path), "--yes")
    assert result.exit_code == 0 and " / stored 96, already there 0" in result.output
    assert len(stored(where, "main")) == 96
    assert stored(where, "main")["2024-01-13T00:30Z"] == (0.1, 1800.0, "good")


def test_the_same_file_twice_is_duplicates_only(tmp_path):
    where = home(tmp_path, meter("main", "A1"))
    take(where, half_hours(tmp_path), "--yes")
    before = stored(where, "main")
    result = take(where, half_hours(tmp_path), "--yes")
    assert " / stored 0, already there 96, other than before (the later stands) 0" in result.output
    assert stored(where, "main") == before


def test_a_corrected_file_says_how_many_values_it_changed_and_the_later_stands(tmp_path):
    where = home(tmp_path, meter("main", "A1"))
    file = half_hours(tmp_path)
    take(where, file, "--yes")
    file.write_text(file.read_text().replace(",0.1,", ",7.5,"))
    assert "other than before (the later stands) 1," in take(where, file, "--yes").output
    assert stored(where, "main")["2024-01-13T00:30Z"][0] == 7.5


def test_a_bad_row_is_named_by_its_number_with_its_reason_and_the_rest_goes_in(tmp_path):
    where = home(tmp_path, meter("main", "A1"))
    file = half_hours(tmp_path)
    lines = file.read_text().splitlines()
    lines[4], lines[7], lines[9] = (
        "A1,KABOOM,1,Actual",
        "B9,13/01/2024 03:00,1,Actual",
        "A1,13/01/2024 04:00,x,Actual",
    )
    file.write_text("\n".join(lines) + "\n")
    result = take(where, file, "--yes")
    assert result.exit_code == 1 and len(stored(where, "main")) == 93
    for sentence in (
        'row 5 [ReadDatetime]: "KABOOM" is no date',
        'row 8: "B9" is not registered',
        'row 10 [kWh]: "x" is no number',
        "第 5 行",
    ):
        assert sentence in result.stderr


def test_a_reading_from_the_future_is_named_and_kept_out(tmp_path):
    where = home(tmp_path, meter("main", "A1"))
    result = take(where, half_hours(tmp_path, 96, day="2199-01-13"), "--yes")
    assert result.exit_code == 1 and "lies in the future" in result.stderr and journaled(where) == []


def test_the_wrong_unit_is_named_and_the_right_one_is_converted(tmp_path):
    where = home(tmp_path, meter("main", "A1"), meter("wat", "W1", "water", "m³"))
    text = "meter,time,use,unit\nA1,2024-01-13 00:00,1500,Wh\nA1,2024-01-13 00:30,2,m³\nA1,2024-01-13 01:00,3,kWh\n"
    result = take(where, written(tmp_path, text), "--yes", "--times", "start")
    assert result.exit_code == 1 and "row 3: main: unknown unit" in result.stderr
    assert stored(where, "main")["2024-01-13T00:00Z"][0] == 1.5


def test_an_empty_cell_stays_absent(tmp_path):
    where = home(tmp_path, meter("main", "A1"))
    file = half_hours(tmp_path)
    file.write_text(file.read_text().replace(",0.3,", ",,"))
    result = take(where, file, "--yes")
    assert result.exit_code == 0 and "1 rows hold no value" in result.output
    assert "2024-01-13T01:30Z" not in stored(where, "main") and len(stored(where, "main")) == 95


def test_nothing_is_written_until_somebody_says_yes(tmp_path):
    where = home(tmp_path, meter("main", "A1"))
    result = take(where, half_hours(tmp_path), answers=["n"])
    assert "Nothing was written" in result.output and journaled(where) == []
    assert take(where, half_hours(tmp_path), answers=["y"]).exit_code == 0 and len(stored(where, "main")) == 96


def test_what_was_understood_is_said_before_the_question(tmp_path):
    output = take(home(tmp_path, meter("main", "A1")), half_hours(tmp_path), answers=["n"]).output
    told = ("by_reading", "MPAN", "Europe/London", "times are the starts", "day first", "2024-01-13 00:30 +0000")
    assert all(word in output for word in told)
    assert output.index("2024-01-13 00:30 +0000") < output.index("Write?")


def test_a_dry_run_writes_nothing_and_names_what_would_not_go_in(tmp_path):
    where = home(tmp_path, meter("main", "A1"))
    result = take(where, half_hours(tmp_path, label="B9"), "--dry-run")
    assert result.exit_code == 1 and "0 readings could go in" in result.output and "row 2–97: " in result.stderr
    assert journaled(where) == []


@pytest.mark.parametrize(
    ("text", "option", "sentence"),
    [
        (HEAD + "A1,10/12/2019 00:00,1.5,\nA1,10/12/2019 23:30,1.5,\n", "--every 30min", "--dates"),
        (HEAD + "A1,2019-12-13 09:00,1.5,\nA1,2019-12-13 09:30,1.5,\n", "--dates day-first", "--times"),
        ("MPAN;Time;kWh\nA1;2019-12-13 00:00;1.234\nA1;2019-12-13 23:30;1.234\n", "--every 30min", "--decimal"),
    ],
)
def test_a_script_is_stopped_where_the_file_does_not_prove_how_it_is_read(tmp_path, text, option, sentence):
    where = home(tmp_path, meter("main", "A1"))
    result = take(where, written(tmp_path, text), "--yes", option)
    assert result.exit_code == 2 and sentence in result.output and journaled(where) == []


def test_a_person_is_asked_what_the_file_does_not_prove(tmp_path):
    where = home(tmp_path, meter("main", "A1"))
    file = written(tmp_path, HEAD + "A1,2019-12-13 09:00,1.5,\nA1,2019-12-13 09:30,2.5,\n")
    assert take(where, file, answers=["end", "y"]).exit_code == 0
    assert set(stored(where, "main")) == {"2019-12-13T08:30Z", "2019-12-13T09:00Z"}


def test_a_person_is_asked_whose_an_unknown_meter_is(tmp_path):
    where = home(tmp_path, meter("main", "A1"), meter("side"))
    file = half_hours(tmp_path, label="2200012767323")
    assert take(where, file, answers=["side", "y"]).exit_code == 0
    assert len(stored(where, "side")) == 96 and stored(where, "main") == {}


def test_a_meter_left_out_on_purpose_is_no_complaint(tmp_path):
    where = home(tmp_path, meter("main", "A1"))
    text = "Date,Time,A1,Other\n13/01/2024,00:00,1,2\n13/01/2024,00:30,1,2\n13/01/2024,01:00,1,2\n"
    result = take(where, written(tmp_path, text), "--yes", "--times", "start", "--meter", "Other=-")
    assert result.exit_code == 0 and len(stored(where, "main")) == 3


def test_two_columns_are_never_one_meter(tmp_path):
    where = home(tmp_path, meter("main", "A1"))
    text = "Date,Time,A1,Other\n13/01/2024,00:00,1,2\n13/01/2024,00:30,1,2\n"
    result = take(where, written(tmp_path, text), "--yes", "--times", "start", "--meter", "Other=main")
    assert result.exit_code == 1 and 'main is the column "A1" already' in result.stderr
    assert {value for value, _, _ in stored(where, "main").values()} == {1.0}


def test_a_file_that_names_no_meter_takes_the_one_it_is_told(tmp_path):
    where = home(tmp_path, meter("wat", quantity="water", unit="m³"))
    file = written(tmp_path, "date,consumption\n2024-01-12 00:00:00,5.1\n2024-01-13 00:00:00,2.3\n")
    assert take(where, file, "--yes").exit_code == 1
    assert take(where, file, "--yes", "--meter", "wat").exit_code == 0
    assert stored(where, "wat", "water")["2024-01-13T00:00Z"] == (2.3, 86400.0, "good")


def test_a_ratio_is_asked_for_and_taken_out_of_values_that_have_it(tmp_path):
    where = home(tmp_path, meter("main", "A1", more="ratio = 80"))
    assert take(where, half_hours(tmp_path), "--yes").exit_code == 2
    take(where, half_hours(tmp_path), "--yes", "--ratio", "included")
    assert stored(where, "main")["2024-01-13T04:00Z"][0] == pytest.approx(0.8 / 80)
    take(where, half_hours(tmp_path), "--yes", "--ratio", "not-included")
    assert stored(where, "main")["2024-01-13T04:00Z"][0] == 0.8


def test_a_meter_of_another_format_takes_files_too_and_still_speaks_itself(tmp_path):
    where = home(tmp_path, meter("plug", "A1", unit="Wh", fmt="shelly", more='channel = "switch:0"'))
    take(where, half_hours(tmp_path), "--yes", "--unit", "kWh")
    assert stored(where, "plug")["2024-01-13T00:30Z"][0] == 0.1


def test_a_bill_goes_to_a_meter_read_by_hand_and_to_no_meter_that_speaks(tmp_path):
    bill = meter("paper", quantity="water", unit="m³", more='arrival = "manual"\naccount = "tap"')
    live = meter("live", quantity="water", unit="m³", more='account = "tap"')
    file = written(tmp_path, BILL, encoding="gb18030")
    alone = home(tmp_path / "a", ACCOUNT, live)
    assert "speaks for itself" in take(alone, file, "--yes").stderr and journaled(alone) == []
    both = home(tmp_path / "b", ACCOUNT, live, bill)
    assert take(both, file, "--yes").exit_code == 0
    assert [row[0] for row in stored(both, "paper", "water").values()] == [100.0, 140.0]


def test_what_a_bill_came_to_is_kept_beside_its_use_with_no_ratio_and_derived_from_nothing(tmp_path):
    bill = meter("paper", quantity="water", unit="m³", more='arrival = "manual"\naccount = "tap"\nratio = 10')
    where = home(tmp_path, ACCOUNT, bill)
    text = "户号,上次抄表日,本次抄表日,用量,金额\n3700000002,2024-01-05,2024-03-06,40,168.00\n"
    text += "3700000002,2024-03-06,2024-05-06,30,\n"
    said = take(where, written(tmp_path, text), "--yes")
    assert said.exit_code == 0 and "入库 3，" in said.stdout
    assert stored(where, "paper", BILLED_YUAN) == {"2024-01-05T00:00Z": (168.0, 61 * 86400.0, "manual")}
    assert [row[0] for row in stored(where, "paper", "water").values()] == [4.0, 3.0]
    assert "重复 3" in take(where, written(tmp_path, text), "--yes").stdout
    assert count_open(where / "data" / "quarantine.sqlite") == 0
    touched, key = Touched(), ("north", "paper", BILLED_YUAN)
    touched.add(key, to_ms(datetime(2024, 1, 5, tzinfo=UTC)), to_ms(datetime(2024, 3, 6, tzinfo=UTC)))
    found, _ = load_registry((where / "config/schools/north.toml").read_text("utf-8"), "north.toml", formats())
    with closing(open_sqlite(Layout(where / "data").store("north"))) as store:
        assert derive(touched, World({"north": found}, {"north": store})) == {key: []}


def test_money_is_taken_by_no_meter_that_speaks_for_itself_and_in_no_other_unit():
    live = readings(_routes("live"), Message(file_topic("north", "live"), MONEY, ARRIVED))
    assert [one.reason for one in live] == [Reason.UNKNOWN_QUANTITY]
    (told,) = readings(_routes("manual"), Message(file_topic("north", "live"), MONEY, ARRIVED))
    assert told.reading.value == 168.0 and told.reading.quantity == BILLED_YUAN
    dear = Message(file_topic("north", "live"), MONEY.replace(b'yuan"}', b'USD"}'), ARRIVED)
    assert [one.reason for one in readings(_routes("manual"), dear)] == [Reason.UNKNOWN_UNIT]


def _routes(arrival):
    """Return the routes of one meter."""
    text = SCHOOL + meter("live", more=f'arrival = "{arrival}"')
    found, issues = load_registry(text, "north.toml", formats())
    assert issues == []
    return routes([found], formats())


def test_the_journal_keeps_row_file_reader_and_photo(tmp_path):
    where = home(tmp_path, meter("main", "A1"))
    text = "表号,抄表日期,读数,抄表人,照片\nA1,2024-01-13,100,王师傅,a.jpg\n"
    assert take(where, written(tmp_path, text, "抄表.csv"), "--yes").exit_code == 0
    (record,) = journaled(where)
    body = json.loads(record.payload)
    assert record.topic == "$file/north/main" and body["file"] == "抄表.csv"
    assert (
        body["readings"][0] | {"row": 2, "by": "王师傅", "photo": "a.jpg", "quality": "manual"} == body["readings"][0]
    )


def test_a_workbook_is_read_as_the_same_text_is(tmp_path):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["MPAN", "Date", *(f"{m // 60:02}:{m % 60:02}" for m in range(0, 1440, 30))])
    sheet.append([2200012767323, datetime(2024, 1, 13), *range(48)])
    book.create_sheet("notes").append(["nothing"])
    book.save(tmp_path / "f.xlsx")
    where = home(tmp_path, meter("main", "2200012767323"))
    result = take(where, tmp_path / "f.xlsx", "--yes")
    assert result.exit_code == 0 and "notes" in result.output
    assert stored(where, "main")["2024-01-13T23:30Z"] == (47.0, 1800.0, "good")


def test_several_files_go_in_whatever_is_wrong_with_one_of_them(tmp_path):
    where = home(tmp_path, meter("main", "A1"))
    empty = written(tmp_path, "", "empty.csv")
    good = half_hours(tmp_path)
    result = run(where, f"import '{empty}' '{good}' --yes")
    assert result.exit_code == 1 and "empty.csv: " in result.stderr and len(stored(where, "main")) == 96


@pytest.mark.parametrize(
    "options",
    [
        ["--layout", "by_dai"],
        ["--timezone", "Peking"],
        ["--unit", "kilowatts"],
        ["--every", "soon"],
        ["--meter", "nobody"],
        ["--school", "south"],
        ["--dates", "first"],
    ],
)
def test_a_wrong_option_is_wrong_use(tmp_path, options):
    assert take(home(tmp_path, meter("main", "A1")), half_hours(tmp_path), "--yes", *options).exit_code == 2


def test_no_message_of_a_broker_can_speak_as_a_file(tmp_path):
    where = home(tmp_path, meter("main", "A1"))
    schools, _ = load_schools(where / "config" / "schools", formats())
    known = routes(schools.values(), formats())
    topic = file_topic("north", "main")
    assert topic.startswith("$") and {topic, "campus/north/main"} == set(known.by_topic)


def test_only_one_import_writes_at_a_time(tmp_path):
    where = home(tmp_path, meter("main", "A1"))
    other = Writer(Layout(where / "data").journal / "files")
    result = take(where, half_hours(tmp_path), "--yes")
    other.close()
    assert result.exit_code == 1 and "another import is at work" in result.stderr


def test_a_full_disk_is_said_and_the_file_can_be_imported_again(tmp_path, monkeypatch):
    where = home(tmp_path, meter("main", "A1"))
    full = JournalFull(tmp_path, OSError(28, "No space left on device"))

    def refuse(*_):
        raise full

    with monkeypatch.context() as broken:
        broken.setattr(Writer, "append", refuse)
        assert take(where, half_hours(tmp_path), "--yes").exit_code == 1
    assert take(where, half_hours(tmp_path), "--yes").exit_code == 0 and len(stored(where, "main")) == 96


def test_what_went_in_leaves_no_quarantine(tmp_path):
    where = home(tmp_path, meter("main", "A1"))
    take(where, half_hours(tmp_path), "--yes")
    assert count_open(Layout(where / "data").quarantine) == 0


def test_where_another_process_drains_it_is_left_to_it(tmp_path, monkeypatch):
    where = home(tmp_path, meter("main", "A1"))
    folder = Layout(where / "data").journal / "files"
    folder.mkdir(parents=True)
    monkeypatch.setattr(file_import, "_PATIENCE_S", 0.2)
    with (folder / "drain.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        result = take(where, half_hours(tmp_path), "--yes")
    assert result.exit_code == 0 and "another process is storing them" in result.output
    assert len(journaled(where)) == 1 and stored(where, "main") == {}
    assert "stored 96" in take(where, half_hours(tmp_path), "--yes").output
