"""A school's own Modbus maps: read over the shipped ones, checked whole, never guessed at."""

from datetime import UTC, datetime
from importlib import resources
from pathlib import Path

import pytest

from app.modbus_maps import formats_with, load_map, load_maps
from ingest.modbus_map import Map, shipped
from ingest.payload import Message

EXAMPLE = Path(__file__).resolve().parents[2] / "config" / "modbus" / "example.toml"
GOOD = 'device = "d"\ndocument = "p. 1"\n[[point]]\naddress = 1\ntype = "u16"\nunit = "kWh"\n'


def test_the_example_is_a_whole_map_and_is_never_read_as_one():
    found = load_map(EXAMPLE.read_text(encoding="utf-8"), "example.toml")
    assert isinstance(found, Map) and len(found.points) == 3
    assert load_maps(EXAMPLE.parent) == (shipped(), [])


def test_a_folder_that_is_not_there_holds_no_map():
    assert load_maps(Path("nowhere")) == (shipped(), [])


@pytest.mark.parametrize("name", shipped())
def test_a_shipped_map_stands_the_test_of_a_school_s_own(name):
    text = resources.files("campus").joinpath(f"data/modbus/{name}.toml").read_text(encoding="utf-8")
    assert load_map(text, f"{name}.toml") == shipped()[name]


def test_an_own_map_is_read_beside_the_shipped_ones_and_a_broken_one_left_out(tmp_path):
    (tmp_path / "pump.toml").write_text(GOOD, encoding="utf-8")
    (tmp_path / "eastron-sdm.toml").write_text(GOOD, encoding="utf-8")
    (tmp_path / "broken.toml").write_text("device =", encoding="utf-8")
    known, issues = formats_with(tmp_path)
    assert [Path(issue.file).name for issue in issues] == ["broken.toml"]
    for name in ("pump", "eastron-sdm"):
        payload = f'{{"map":"{name}","start":1,"registers":[7]}}'.encode()
        (item,) = known["modbus"].decode(Message("a/b", payload, datetime(2026, 1, 1, tzinfo=UTC)))
        assert item.value == 7.0
    assert "acrel-dtsd1352" in load_maps(tmp_path)[0]


def test_every_problem_of_a_map_is_told_at_once_with_its_line():
    text = (
        'device = "d"\nword = "big"\n'
        '[[point]]\naddress = 70000\ntype = "u31"\nunit = "Fathom"\nscale = 0\n'
        '[[point]]\naddress = 1\ntype = "u16"\nunit = "m³"\nquantity = "heat"\n'
        "[[read]]\nstart = 1\ncount = 200\nfunction = 6\n"
    )
    found = load_map(text, "m.toml")
    assert isinstance(found, list)
    told = {issue.line: issue.text for issue in found}
    assert set(told) == {1, 2, 4, 5, 6, 7, 11, 15, 16}
    assert "document" in told[1] and "did you mean 'words'" in told[2] and "no unit of heat" in told[11]


def test_a_map_without_a_point_says_nothing():
    found = load_map('device = "d"\ndocument = "d"\n', "m.toml")
    assert isinstance(found, list) and "[[point]]" in found[0].text
    found = load_map('device = "d"\ndocument = "d"\npoint = 1\n', "m.toml")
    assert isinstance(found, list) and "[[point]]" in found[0].text


def test_two_points_that_would_be_one_reading_are_told():
    second = '[[point]]\naddress = 2\ntype = "u16"\nunit = "kWh"\n'
    found = load_map(GOOD + second, "m.toml")
    assert isinstance(found, list) and found[0].line == 7 and "address 1" in found[0].text
    assert isinstance(load_map(GOOD + second + 'channel = "two"\n', "m.toml"), Map)
