"""`campus check`: every problem of all files at once, or a tree of what is registered."""

from pathlib import Path

from tests.app.registry_example import SCHOOL, WHOLE, meter
from tests.app.waiting import run, school_file

EXAMPLE = Path(__file__).resolve().parents[2] / "config" / "schools" / "example.toml"


def test_without_a_problem_it_shows_what_is_registered(tmp_path):
    school_file(tmp_path, WHOLE + meter("cold", quantity="water", unit="L"))
    result = run(tmp_path, "check")
    assert result.exit_code == 0
    lines = result.output.splitlines()
    assert "北校区 (north): 3 meters, 1 building, 1 account" in lines[0]
    main = next(n for n, line in enumerate(lines) if "main 总表" in line)
    assert "teaching 教学楼电表 @ teaching" in lines[main + 1]  # below the meter above it
    assert lines[main + 1].index("teaching") > lines[main].index("main")


def test_every_problem_of_all_files_is_shown_at_once(tmp_path):
    school_file(tmp_path, SCHOOL + "x = 1\ny = 2\n")
    school_file(tmp_path, SCHOOL.replace("north", "south") + meter("a", unit="kw"), "south")
    (tmp_path / "config" / "settings.toml").write_text("[web]\nport = 0\n", encoding="utf-8")
    result = run(tmp_path, "check")
    assert result.exit_code == 1
    for place in ("settings.toml:2:", "north.toml:10:", "north.toml:11:", "south.toml:"):
        assert place in result.output
    assert "4 problems" in result.output


def test_a_file_elsewhere_can_be_checked_alone(tmp_path):
    school_file(tmp_path, "broken")
    result = run(tmp_path, f"check '{EXAMPLE}'")
    assert result.exit_code == 0 and "示例中学" in result.output


def test_without_a_school_it_says_how_to_begin(tmp_path):
    result = run(tmp_path, "check")
    assert result.exit_code == 0 and "example.toml" in result.output


def test_a_ring_of_parents_is_shown_and_not_walked(tmp_path):
    school_file(tmp_path, SCHOOL + meter("a", parent="b") + meter("b", parent="a"))
    result = run(tmp_path, "check")
    assert result.exit_code == 1 and "ring" in result.output


def test_a_file_that_is_not_there_is_wrong_use(tmp_path):
    assert run(tmp_path, "check nowhere.toml").exit_code == 2


def test_a_modbus_map_of_ones_own_is_checked_with_the_rest(tmp_path):
    school_file(tmp_path, WHOLE)
    maps = tmp_path / "config" / "modbus"
    maps.mkdir()
    (maps / "broken.toml").write_text("[[point]]\naddress = -1\n", encoding="utf-8")
    result = run(tmp_path, "check")
    assert result.exit_code == 1 and "broken.toml:" in result.output
