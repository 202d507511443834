"""A cursor: the old place or the new one is read back, whatever happened in between."""

import pytest

from ingest import cursor
from ingest.journal import Position


def test_a_cursor_nobody_moved_stands_at_the_beginning(tmp_path):
    assert cursor.load(tmp_path / "none.json") == Position()


def test_a_saved_place_is_read_back(tmp_path):
    path = tmp_path / "drain" / "main.json"
    for position in (Position(1, 4), Position(7, 2**40)):
        cursor.save(path, position)
        assert cursor.load(path) == position


def test_cut_short_while_saving_the_old_place_stands(tmp_path):
    path = tmp_path / "main.json"
    cursor.save(path, Position(1, 4))
    path.with_suffix(".tmp").write_text('{"segm')
    assert cursor.load(path) == Position(1, 4)
    cursor.save(path, Position(2, 4))
    assert cursor.load(path) == Position(2, 4)


def test_a_place_that_cannot_be_saved_leaves_the_old_one(tmp_path):
    path = tmp_path / "main.json"
    cursor.save(path, Position(1, 4))
    path.with_suffix(".tmp").mkdir()
    with pytest.raises(OSError):
        cursor.save(path, Position(2, 4))
    assert cursor.load(path) == Position(1, 4)


@pytest.mark.parametrize("rest", ["", "{", "[]", '{"segment": 1}', '{"segment": null, "offset": 2}'])
def test_a_place_that_cannot_be_read_is_the_beginning(tmp_path, rest):
    path = tmp_path / "main.json"
    path.write_text(rest)
    assert cursor.load(path) == Position()
