"""`campus correct`: shows what changes, asks, signs, writes one row, and takes it back without losing it."""

from __future__ import annotations

import os
import tomllib
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner

from app.cli import main
from app.registry_toml import load_school
from app.settings import load_settings
from campus.schema import REGISTER, Point, SeriesId, to_ms
from store.sqlite import open_sqlite
from tests.app.registry_example import SCHOOL, meter

START = datetime(2026, 3, 2, tzinfo=UTC) - timedelta(hours=8)  # midnight in Shanghai
WINDOW = ["--from", "2026-03-02", "--until", "2026-03-03"]
WHY = ["--by", "王老师", "--reason", "抄表核对"]


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A home with a school whose main meter counts 4 kWh an hour, and a comment nobody may lose."""
    schools = tmp_path / "config" / "schools"
    schools.mkdir(parents=True)
    text = SCHOOL + "# 总表 the main meter\n" + meter("main") + "\n# 水\n" + meter("tap", quantity="water", unit="m³")
    (schools / "north.toml").write_text(text, encoding="utf-8")
    monkeypatch.setenv("CAMPUS_CONFIG", str(tmp_path / "config"))
    monkeypatch.setenv("CAMPUS_DATA", str(tmp_path / "data"))
    store = load_settings(os.environ).data.store("north")
    store.parent.mkdir(parents=True)
    series = SeriesId(REGISTER, "main", "electricity")
    rows = [Point(series, to_ms(START + n * timedelta(minutes=15)), (100.0 + n, 0.0, "good", "")) for n in range(200)]
    with closing(open_sqlite(store)) as opened:
        opened.write(rows)
    return tmp_path


def run(*arguments: str, answer: str = "") -> tuple[int, str]:
    result = CliRunner().invoke(main, ["correct", *arguments], input=answer)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.output
    return result.exit_code, result.output


def file_of(home) -> str:
    return (home / "config" / "schools" / "north.toml").read_text(encoding="utf-8")


def corrections(home):
    registry, issues = load_school(home / "config" / "schools" / "north.toml", ("native",))
    assert registry is not None, issues
    return registry.meters["main"].corrections


def test_it_shows_the_use_before_and_after_and_writes_only_when_told_to(home):
    before = file_of(home)
    code, said = run("add", "main", "--kind", "use", *WINDOW, "--value", "120", *WHY, answer="n\n")
    assert "96.000 kWh" in said and "120.000 kWh" in said and "M 实测" in said and "C 更正" in said
    assert code == 0 and file_of(home) == before
    code, _ = run("add", "main", "--kind", "use", *WINDOW, "--value", "120", *WHY, answer="y\n")
    assert code == 0
    (one,) = corrections(home)
    assert (one.id, one.kind, one.value, one.by, one.reason) == ("c1", "use", 120, "王老师", "抄表核对")
    assert one.start == START and one.end == START + timedelta(days=1)


def test_nothing_else_of_the_file_moves(home):
    before = file_of(home).splitlines()
    assert run("add", "main", "--kind", "void", *WINDOW, *WHY, "--yes")[0] == 0
    after = file_of(home).splitlines()
    new = len(after) - len(before)
    first = after.index("[[meter.correction]]") - 1
    assert after[:first] + after[first + new :] == before and new > 0
    assert (
        tomllib.loads(file_of(home))["meter"][0]["correction"][0]["from"].isoformat() == "2026-03-02T00:00:00+08:00"
    )


@pytest.mark.parametrize("value", ["", "108.5"])
def test_a_reading_is_left_out_or_replaced_and_only_one_that_is_there(home, value):
    more = ["--value", value] if value else []
    code, said = run("add", "main", "--kind", "reading", "--at", "2026-03-02T02:00", *more, *WHY, "--yes")
    after = said[said.index("after:") :]
    assert code == 0 and (after.count("1.000 kWh") == 2 or ("1.500 kWh" in after and "0.500 kWh" in after)), said
    assert after.count("C corrected") == 2
    assert corrections(home)[0].value == (float(value) if value else None)
    code, said = run("add", "main", "--kind", "reading", "--at", "2026-03-02T02:07", *WHY, "--yes")
    assert code == 1 and "02:00:00" in said and "02:15:00" in said


def test_withdrawn_it_stays_on_record_and_no_longer_counts(home):
    run("add", "main", "--kind", "scale", *WINDOW, "--value", "10", *WHY, "--yes")
    code, said = run("withdraw", "c1", "--by", "李主任", "--reason", "看错表", "--yes")
    assert code == 0 and said.index("960.000 kWh") < said.index("96.000 kWh")
    (one,) = corrections(home)
    assert one.withdrawn and (one.withdrawn_by, one.withdrawn_reason) == ("李主任", "看错表")
    code, said = run("withdraw", "c1", "--by", "李主任", "--reason", "再来", "--yes")
    assert code == 1 and "李主任" in said
    code, said = run("list")
    assert code == 0 and all(part in said for part in ("c1", "王老师", "李主任", "看错表", "抄表核对"))


def test_ids_go_on_and_are_never_given_twice(home):
    for day in range(2, 5):
        window = ["--from", f"2026-03-{day:02}", "--until", f"2026-03-{day + 1:02}"]
        assert run("add", "main", "--kind", "void", *window, *WHY, "--yes")[0] == 0
    assert [one.id for one in corrections(home)] == ["c1", "c2", "c3"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["main", "--kind", "use", *WINDOW, *WHY], "--value"),
        (["main", "--kind", "void", *WINDOW, "--value", "3", *WHY], "--value"),
        (["main", "--kind", "reading", *WINDOW, *WHY], "--at"),
        (["nobody", "--kind", "void", *WINDOW, *WHY], "main"),
        (["main", "--kind", "void", *WINDOW, "--quantity", "water", *WHY], "electricity"),
        (["main", "--kind", "void", "--from", "gestern", "--until", "2026-03-03", *WHY], "2026-06-01"),
        (["main", "--kind", "void", "--from", "2026-03-03", "--until", "2026-03-02", *WHY], "not after"),
        (["main", "--kind", "void", "--from", "2026-03-03", "--until", "2199-03-02", *WHY], "not over"),
    ],
)
def test_what_makes_no_sense_is_refused_and_nothing_written(home, arguments, said):
    before = file_of(home)
    code, output = run("add", *arguments, "--yes")
    assert code in (1, 2) and said in output, output
    assert file_of(home) == before


def test_a_second_word_on_the_same_time_is_refused(home):
    run("add", "main", "--kind", "void", *WINDOW, *WHY, "--yes")
    before = file_of(home)
    code, said = run("add", "main", "--kind", "use", *WINDOW, "--value", "3", *WHY, "--yes")
    assert code == 1 and "overlaps c1" in said and file_of(home) == before


@pytest.mark.usefixtures("home")
def test_a_machines_login_signs_nothing(monkeypatch):
    monkeypatch.setattr("getpass.getuser", lambda: "root")
    code, said = run("add", "main", "--kind", "void", *WINDOW, "--reason", "x", "--yes")
    assert code == 2 and "--by" in said
