"""A folder of schools: the good ones are loaded, the problems of the others shown."""

from pathlib import Path

import pytest

from app.registry_toml import load_school, load_schools
from tests.app.registry_example import FORMATS, SCHOOL, WHOLE, line_of, meter


def write(folder: Path, **schools: str) -> None:
    """Write schools into a folder."""
    for key, text in schools.items():
        (folder / f"{key}.toml").write_text(text, encoding="utf-8")


def test_schools_without_a_problem_are_loaded_beside_a_broken_one(tmp_path):
    write(tmp_path, north=WHOLE, south=SCHOOL.replace("north", "south") + "x = 1\n", example="not toml")
    schools, issues = load_schools(tmp_path, FORMATS)
    assert list(schools) == ["north"]
    assert [Path(issue.file).name for issue in issues] == ["south.toml"]


def test_two_schools_on_one_topic_are_both_shown(tmp_path):
    south = SCHOOL.replace("north", "south") + meter("a", topic="campus/north/main")
    write(tmp_path, north=WHOLE, south=south)
    schools, issues = load_schools(tmp_path, FORMATS)
    assert schools == {}
    assert [(Path(i.file).name, i.line) for i in issues] == [
        ("north.toml", line_of(WHOLE, "campus/north/main")),
        ("south.toml", line_of(south, "campus/north/main")),
    ]


def test_a_file_bears_its_schools_key(tmp_path):
    write(tmp_path, wrong=WHOLE)
    assert "name the file north.toml" in load_schools(tmp_path, FORMATS)[1][0].text


@pytest.mark.parametrize(
    ("raw", "sentence"), [(WHOLE.encode("gbk"), "not UTF-8"), (b"\xef\xbb\xbf" + WHOLE.encode(), "")]
)
def test_a_file_is_utf8_with_or_without_byte_order_mark(tmp_path, raw, sentence):
    path = tmp_path / "north.toml"
    path.write_bytes(raw)
    registry, issues = load_school(path, FORMATS)
    assert (registry is None) == bool(sentence)
    assert [sentence in issue.text for issue in issues] == [True] * bool(sentence)


def test_a_file_with_windows_line_ends_keeps_its_lines(tmp_path):
    path = tmp_path / "north.toml"
    path.write_bytes(WHOLE.replace('parent = "main"', 'parent = "x"').replace("\n", "\r\n").encode())
    _, issues = load_school(path, FORMATS)
    assert [issue.line for issue in issues] == [line_of(WHOLE, "parent")]
