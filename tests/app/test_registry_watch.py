"""Reloading while running: good edits are taken over, broken ones keep the last good school and say so."""

from pathlib import Path

from app.watch import Watcher
from tests.app.registry_example import FORMATS, SCHOOL, meter

NORTH = SCHOOL + meter("a", topic="one")
SOUTH = SCHOOL.replace("north", "south") + meter("b", topic="two")


def watching(folder: Path, **schools: str) -> Watcher:
    """Return a watcher that has read these schools."""
    save(folder, **schools)
    watcher = Watcher(folder, FORMATS)
    watcher.poll()
    return watcher


def save(folder: Path, **schools: str) -> None:
    """Write schools as an editor does: a new file in the place of the old one."""
    for key, text in schools.items():
        new = folder / f"{key}.new"
        new.write_text(text, encoding="utf-8")
        new.replace(folder / f"{key}.toml")


def topics(watcher: Watcher) -> dict[str, list[str]]:
    """Return the topics in force by school."""
    return {key: [m.topic for m in school.meters.values()] for key, school in watcher.registries.items()}


def test_nothing_changed_is_nothing_new(tmp_path):
    watcher = watching(tmp_path, north=NORTH)
    assert topics(watcher) == {"north": ["one"]}
    assert not watcher.poll()


def test_a_good_edit_is_taken_over(tmp_path):
    watcher = watching(tmp_path, north=NORTH, south=SOUTH)
    save(tmp_path, north=NORTH + meter("c", topic="three"))
    assert watcher.poll()
    assert topics(watcher) == {"north": ["one", "three"], "south": ["two"]}


def test_a_new_school_is_taken_in(tmp_path):
    watcher = watching(tmp_path, north=NORTH)
    save(tmp_path, south=SOUTH)
    assert watcher.poll() and set(watcher.registries) == {"north", "south"}


def test_a_file_saved_without_a_change_is_nothing_new(tmp_path):
    watcher = watching(tmp_path, north=NORTH)
    save(tmp_path, north=NORTH)
    assert not watcher.poll()


def test_a_broken_edit_keeps_the_last_good_school_and_says_so(tmp_path):
    watcher = watching(tmp_path, north=NORTH, south=SOUTH)
    save(tmp_path, north=NORTH.replace("kWh", "kWhh"), south=SOUTH + meter("d", topic="four"))
    assert watcher.poll()
    assert topics(watcher) == {"north": ["one"], "south": ["two", "four"]}
    assert [Path(issue.file).name for issue in watcher.issues] == ["north.toml"]
    assert not watcher.poll() and watcher.issues


def test_an_edit_that_is_put_right_clears_the_problem(tmp_path):
    watcher = watching(tmp_path, north="broken")
    assert topics(watcher) == {} and watcher.issues
    save(tmp_path, north=NORTH)
    assert watcher.poll() and watcher.issues == [] and topics(watcher) == {"north": ["one"]}


def test_an_edit_that_takes_another_schools_topic_waits(tmp_path):
    watcher = watching(tmp_path, north=NORTH, south=SOUTH)
    save(tmp_path, north=NORTH.replace('"one"', '"two"'))
    assert watcher.poll()
    assert topics(watcher) == {"north": ["one"], "south": ["two"]}
    assert len(watcher.issues) == 2


def test_a_topic_handed_over_waits_for_the_other_schools_good_edit(tmp_path):
    watcher = watching(tmp_path, north=NORTH, south=SOUTH)
    save(tmp_path, north="broken", south=SOUTH.replace('"two"', '"one"'))
    watcher.poll()
    assert topics(watcher) == {"north": ["one"], "south": ["two"]}
    save(tmp_path, north=NORTH.replace('"one"', '"three"'))
    watcher.poll()
    assert topics(watcher) == {"north": ["three"], "south": ["one"]} and watcher.issues == []


def test_a_file_must_be_missing_twice_to_be_gone(tmp_path):
    watcher = watching(tmp_path, north=NORTH)
    (tmp_path / "north.toml").unlink()
    assert not watcher.poll() and set(watcher.registries) == {"north"}
    assert watcher.poll() and watcher.registries == {}
