"""`campus meters`: new topics are shown, and become meters by asking only what cannot be known."""

import tomllib
from pathlib import Path

import pytest

from app.registry_toml import load_registry
from tests.app.registry_example import FORMATS, SCHOOL, WHOLE
from tests.app.waiting import begun, hold, journaled, run, school_file


def reading(time: str, value: float, more: str = "") -> bytes:
    """Return a native payload."""
    return f'{{"time":"2026-11-22T{time}:00+08:00","register":{value}{more}}}'.encode()


SAID = ',"unit":"kWh","serial":"A1"'
TWO = (reading("08:00", 1, SAID), reading("08:30", 2, SAID))
EM = "shellypro3em-aabbcc"


def meters_of(path: Path) -> dict[str, dict[str, object]]:
    """Return the [[meter]] tables of a file by key."""
    return {meter["key"]: meter for meter in tomllib.loads(path.read_text(encoding="utf-8"))["meter"]}


def test_nothing_new_says_so(tmp_path):
    begun(tmp_path)
    assert "campus run takes readings in" in run(tmp_path, "meters new").output
    begun(tmp_path, "journal/ingest-main")
    result = run(tmp_path, "meters new")
    assert result.exit_code == 0 and "nothing new" in result.output


def test_new_topics_are_shown_with_payload_format_and_the_command_to_type(tmp_path):
    hold(tmp_path, "campus/north/lab", *TWO)
    output = run(tmp_path, "meters new").output
    for part in ("campus/north/lab", " 2 ", "native", '"register":', "campus meters add campus/north/lab"):
        assert part in output


def test_a_devices_topics_are_one_line(tmp_path):
    hold(tmp_path, f"{EM}/status/emdata:0", b'{"id":0,"total_act":1.5}')
    hold(tmp_path, f"{EM}/status/switch:0", b'{"id":0,"aenergy":{"total":2}}', segment=2)
    output = run(tmp_path, "meters new").output
    assert output.count(EM) == 2 and "status" not in output


def test_a_payload_cannot_move_the_terminals_cursor(tmp_path):
    hold(tmp_path, "t", b"\x1b[2J[bold]\xff\r\n")
    output = run(tmp_path, "meters new").output
    assert "\x1b" not in output and "[bold]" in output and "none reads it" in output


def test_add_asks_only_what_the_payload_does_not_tell(tmp_path):
    path = school_file(tmp_path, WHOLE)
    hold(tmp_path, "campus/north/lab", *TWO)
    result = run(
        tmp_path,
        "meters add campus/north/lab",
        answers=["", "实验楼电表", "electricity", "", "main", "teaching", "power"],
    )
    assert result.exit_code == 0, result.output
    assert meters_of(path)["lab"] == {
        "key": "lab",
        "name": "实验楼电表",
        "topic": "campus/north/lab",
        "format": "native",
        "quantity": "electricity",
        "unit": "kWh",
        "interval": "30min",
        "arrival": "live",
        "parent": "main",
        "building": "teaching",
        "account": "power",
        "serial": "A1",
    }


def test_add_keeps_every_byte_of_the_file(tmp_path):
    text = "# 我们的学校\n" + WHOLE.replace("ratio = 80", "ratio = 80   # 400/5 A").rstrip("\n")
    path = school_file(tmp_path, text)
    hold(tmp_path, "campus/north/lab", *TWO)
    assert run(tmp_path, "meters add campus/north/lab", answers=[""] * 9).exit_code == 0
    assert path.read_text(encoding="utf-8").startswith(text)


@pytest.mark.parametrize("ends", ["\r\n", "\n"])
def test_add_keeps_line_ends_and_byte_order_mark(tmp_path, ends):
    path = school_file(tmp_path, "")
    path.write_bytes(b"\xef\xbb\xbf" + WHOLE.replace("\n", ends).encode())
    hold(tmp_path, "campus/north/lab", *TWO)
    assert run(tmp_path, "meters add campus/north/lab", answers=[""] * 9).exit_code == 0
    written = path.read_bytes()
    assert written.startswith(b"\xef\xbb\xbf[school]")
    assert written.count(b"\n") == written.count(ends.encode())


def test_what_waited_is_put_into_the_journal_again_and_leaves_the_quarantine(tmp_path):
    school_file(tmp_path, SCHOOL)
    hold(tmp_path, "campus/north/lab", *TWO)
    hold(tmp_path, "other", TWO[0], segment=2)
    result = run(tmp_path, "meters add campus/north/lab", answers=[""] * 9)
    assert "now go into the store: 2" in result.output
    assert journaled(tmp_path) == [("campus/north/lab", payload) for payload in TWO]
    assert "campus/north/lab" not in run(tmp_path, "meters new").output


def test_every_question_can_be_answered_by_an_option(tmp_path):
    path = school_file(tmp_path, WHOLE)
    hold(tmp_path, "w", reading("08:00", 1))
    result = run(
        tmp_path,
        "meters add w --key water --name 总水表 --name-en 'Water main' --quantity water --unit L --interval 1d"
        " --parent '' --building teaching",
    )
    assert result.exit_code == 0, result.output
    meter = meters_of(path)["water"]
    assert (meter["unit"], meter["interval"], meter["arrival"], meter["building"]) == (
        "L",
        "1d",
        "daily_frozen",
        "teaching",
    )
    assert "parent" not in meter and "account" not in meter


def test_a_shelly_is_registered_under_its_prefix_with_its_channel_and_both_registers(tmp_path):
    path = school_file(tmp_path, SCHOOL)
    hold(tmp_path, f"{EM}/status/emdata:0", b'{"id":0,"total_act":1.5,"total_act_ret":0.5}')
    result = run(tmp_path, f"meters add {EM}", answers=["pv", "", "electricity", ""])
    assert result.exit_code == 0, result.output
    meter = meters_of(path)["pv"]
    assert (meter["topic"], meter["channel"], meter["unit"], meter["format"]) == (EM, "emdata:0", "Wh", "shelly")
    assert meter["register"] == [{"quantity": "electricity_export", "unit": "Wh"}]


def test_a_devices_channels_become_one_meter_each(tmp_path):
    path = school_file(tmp_path, SCHOOL)
    both = (
        b'{"method":"NotifyStatus","params":{"ts":1.0,"switch:0":{"aenergy":{"total":1}},'
        b'"switch:1":{"aenergy":{"total":2}}}}'
    )
    hold(tmp_path, "plug/events/rpc", both)
    first = run(tmp_path, "meters add plug --key a --name a --quantity electricity --interval 1min", answers=[""])
    assert first.exit_code == 0, first.output
    hold(tmp_path, "plug/events/rpc", both, segment=2)
    second = run(tmp_path, "meters add plug --key b --name b --quantity electricity --interval 1min --parent ''")
    assert second.exit_code == 0, second.output
    assert [meter["channel"] for meter in meters_of(path).values()] == ["switch:0", "switch:1"]


def test_a_bad_result_is_not_written(tmp_path):
    path = school_file(tmp_path, WHOLE)
    hold(tmp_path, "campus/north/lab", *TWO)
    result = run(
        tmp_path,
        "meters add campus/north/lab --key lab --name x --quantity electricity --interval 1h"
        " --parent mian --building teaching --account power",
    )
    assert result.exit_code == 1
    assert "nothing was written" in result.output and "did you mean 'main'?" in result.output
    assert path.read_text(encoding="utf-8") == WHOLE and journaled(tmp_path) == []


def test_a_topic_of_another_school_is_not_written_twice(tmp_path):
    school_file(tmp_path, SCHOOL.replace("north", "south"), "south")
    path = school_file(tmp_path, WHOLE)
    result = run(
        tmp_path,
        "meters add campus/north/main --format native --school south --key m --name m"
        " --quantity electricity --unit kWh --interval 1h",
    )
    assert result.exit_code == 1 and "also the topic of main in school 'north'" in result.output
    assert path.read_text(encoding="utf-8") == WHOLE


def test_the_school_is_asked_for_only_where_there_are_several(tmp_path):
    school_file(tmp_path, SCHOOL.replace("north", "south"), "south")
    path = school_file(tmp_path, SCHOOL)
    hold(tmp_path, "campus/north/lab", *TWO)
    result = run(tmp_path, "meters add campus/north/lab", answers=[""] * 5)  # the topic names it: the default
    assert result.exit_code == 0, result.output
    assert "lab" in meters_of(path)


@pytest.mark.parametrize(
    ("command", "sentence", "code"),
    [
        ("meters add campus/north/lba", "did you mean 'campus/north/lab'?", 1),
        ("meters add campus/north/lab --format nativ", "did you mean 'native'?", 2),
        ("meters add campus/north/lab --school sud", "is no school", 2),
        ("meters add campus/north/lab --key a --name a --quantity electrcity", "did you mean 'electricity'?", 2),
        ("meters add campus/north/lab --key a --name a --quantity water --unit m³ --interval soon", "15min", 2),
    ],
)
def test_a_wrong_answer_gets_a_sentence(tmp_path, command, sentence, code):
    school_file(tmp_path, SCHOOL)
    hold(tmp_path, "campus/north/lab", *TWO)
    result = run(tmp_path, command)
    assert result.exit_code == code and sentence in result.output, result.output
    assert journaled(tmp_path) == []


def test_without_a_school_add_says_how_to_begin(tmp_path):
    hold(tmp_path, "campus/north/lab", *TWO)
    result = run(tmp_path, "meters add campus/north/lab")
    assert result.exit_code == 1 and "example.toml" in result.output


def test_a_written_meter_is_read_back_by_the_loader(tmp_path):
    path = school_file(tmp_path, SCHOOL)
    hold(tmp_path, 'odd "topic" \\ 主题', *TWO)
    result = run(tmp_path, "meters add 'odd \"topic\" \\ 主题'", answers=["k", 'a "name"', "", ""])
    assert result.exit_code == 0, result.output
    registry, issues = load_registry(path.read_text(encoding="utf-8"), "f", FORMATS)
    assert issues == [] and registry is not None
    assert registry.meters["k"].topic == 'odd "topic" \\ 主题' and registry.meters["k"].name == 'a "name"'


def test_list_shows_registered_meters(tmp_path):
    school_file(tmp_path, WHOLE)
    output = run(tmp_path, "meters list").output
    assert "campus/north/main" in output and "electricity_export [kWh]" in output
    assert "campus/north/main" not in run(tmp_path, "meters list --school south").output
    unknown = run(tmp_path, "meters list --school nort")
    assert unknown.exit_code == 2 and "did you mean north" in unknown.stderr
