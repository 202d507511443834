"""`campus ledger`: what is open, who has it, and what was done; in both languages."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import replace
from datetime import date

import pytest

from campus.ports import Act, State, Verb
from ledger import open_ledger
from tests.app.registry_example import WHOLE
from tests.app.waiting import begun, run, school_file
from tests.ledger.samples import Clock, at, finding

FACTS = {"place_zh": "教学楼", "place_en": "Teaching", "kind": "teaching", "zone": "Asia/Shanghai"}
LEAK = replace(finding(0), subject="meter/main", facts=FACTS)
UNPRICED = replace(LEAK, start=at(20), seen_until=at(23), yuan_per_day=None, price=None)
ENDED = replace(LEAK, start=at(-30), end=at(-28))


@pytest.fixture
def home(tmp_path):
    school_file(tmp_path, WHOLE)
    (tmp_path / "data").mkdir()
    with closing(open_ledger(f"sqlite:///{tmp_path}/data/ledger.sqlite", Clock(at(23)))) as book:
        book.record("north", "night_flow", "meter/main", [ENDED, LEAK, UNPRICED], (at(-60), at(30)))
    return tmp_path


def test_an_empty_ledger_is_fine(tmp_path):
    school_file(tmp_path, WHOLE)
    begun(tmp_path)
    result = run(tmp_path, "ledger list")
    assert result.exit_code == 0 and "nothing is open" in result.output


def test_list_shows_what_is_open_the_dearest_first_without_inventing_money(home):
    result = run(home, "ledger list")
    assert result.exit_code == 1
    for part in ("新", "new", "总表", "夜里水不停", "Water runs at night", "2026-10-01 08:00", "¥81", "19 m³"):
        assert part in result.output
    assert "未设价格 no price set" in result.output and "表计已确认恢复" not in result.output
    assert result.output.index("2026-10-01") < result.output.index("2026-10-21")
    assert "表计已确认恢复" in run(home, "ledger list --all").output


def test_list_is_json_for_programs(home):
    rows = json.loads(run(home, "ledger list --all --json").stdout)
    assert [(row["state"], row["open"], row["yuan_per_day"]) for row in rows] == [
        ("new", True, LEAK.yuan_per_day),
        ("new", True, None),
        ("closed_by_meter", False, LEAK.yuan_per_day),
    ]
    assert rows[0]["start"] == "2026-10-01T00:00:00+00:00" and rows[0]["end"] is None
    assert rows[0]["place"]["zh"] == "总表" and rows[0]["overdue"] is False


def dearest(home) -> int:
    return json.loads(run(home, "ledger list --json").stdout)[0]["id"]


def test_show_gives_sentence_numbers_history_and_what_to_type_next(home):
    number = dearest(home)
    run(home, f"ledger note {number} --by 王师傅 --text 周五来人")
    output = run(home, f"ledger show {number}").output
    for part in (
        "教学楼夜里水不停",
        "water runs all night",
        "仍在持续 still going on",
        "assumed for the demonstration",
        "表计 the meter",
        "王师傅  周五来人",
        f"campus ledger ack {number}",
    ):
        assert part in output


def test_a_finding_goes_its_way_and_each_step_says_the_next(home):
    number = dearest(home)
    assert f"campus ledger assign {number}" in run(home, f"ledger ack {number} --by 李工").output
    past = run(home, f"ledger assign {number} --to 王师傅 --deadline 2020-01-01 --by 李工")
    assert past.exit_code == 1 and "2020-01-01 已经过去" in past.output
    given = run(home, f"ledger assign {number} --to 王师傅 --by 李工").output
    assert "处理中 / in work" in given and f"campus ledger repair {number}" in given
    with closing(open_ledger(f"sqlite:///{home}/data/ledger.sqlite", Clock(at(23)))) as book:
        book.act("north", number, Act(Verb.ASSIGN, "李工", owner="王师傅", deadline=date(2026, 11, 1)))
    listed = run(home, "ledger list").output
    assert "王师傅" in listed and "2026-11-01" in listed and "逾期 overdue" in listed
    repaired = run(home, f"ledger repair {number} --by 王师傅 --text 换了浮球").output
    assert "表计要连续一夜确认" in repaired and "a whole night" in repaired
    assert "逾期" not in run(home, "ledger list").output
    left = run(home, f"ledger dismiss {number} --reason 泳池换水 --by 李工")
    assert left.exit_code == 0 and "已决定不处理" in left.output
    assert "泳池换水" in run(home, f"ledger show {number}").output


def test_whoever_comes_second_is_told_who_was_first(home):
    number = dearest(home)
    run(home, f"ledger ack {number} --by 王师傅")
    second = run(home, f"ledger ack {number} --by 李工")
    assert second.exit_code == 1
    assert "王师傅" in second.output and "已接下 / already acknowledged by 王师傅 at" in second.output


def test_whoever_is_logged_in_does_it_unless_named(home, monkeypatch):
    monkeypatch.setenv("LOGNAME", "zhao")
    run(home, f"ledger ack {dearest(home)}")
    assert "zhao  已接" in run(home, f"ledger show {dearest(home)}").output


@pytest.mark.parametrize("login", ["root", "campus"])
def test_a_login_nobody_goes_by_is_asked_for_a_name(home, monkeypatch, login):
    monkeypatch.setenv("LOGNAME", login)
    for command in ("ack {}", "assign {} --to 王师傅", "repair {}", "dismiss {} --reason 无", "note {} --text x"):
        asked = run(home, f"ledger {command.format(dearest(home))}")
        assert asked.exit_code == 2 and "--by 姓名" in asked.output and "--by NAME" in asked.output
    assert "新 / new" in run(home, f"ledger show {dearest(home)}").output


@pytest.mark.parametrize("command", ["ack 99 --by 李工", "show 99", "note 99 --text x --by 李工"])
def test_a_number_there_is_not_is_said(home, command):
    result = run(home, f"ledger {command}")
    assert result.exit_code == 1 and "没有 99 号" in result.output and "no finding 99" in result.output


def test_of_several_schools_one_is_named(home):
    school_file(home, WHOLE.replace('"north"', '"south"', 1).replace("campus/north", "campus/south"), "south")
    number = dearest(home)
    unnamed = run(home, f"ledger ack {number} --by 李工")
    assert unnamed.exit_code == 2 and "--school north|south" in unnamed.output
    assert run(home, f"ledger ack {number} --school north --by 李工").exit_code == 0
    assert "学校 school" in run(home, "ledger list").output
    assert run(home, "ledger list --school south").exit_code == 0


def test_a_withdrawn_finding_is_still_shown_by_its_number(home):
    number = dearest(home)
    with closing(open_ledger(f"sqlite:///{home}/data/ledger.sqlite")) as book:
        book.record("north", "night_flow", "meter/main", [], (at(-60), at(31)))
        assert book.episode("north", number).state is State.WITHDRAWN
    assert "数据更正后撤销" in run(home, f"ledger show {number}").output


def test_what_has_no_amount_has_none_in_list_show_and_json(tmp_path):
    nothing = {"size": None, "usual": None, "per_day": None, "to_date": None, "yuan_per_day": None, "price": None}
    school_file(tmp_path, WHOLE)
    (tmp_path / "data").mkdir()
    with closing(open_ledger(f"sqlite:///{tmp_path}/data/ledger.sqlite", Clock(at(23)))) as book:
        book.record("north", "tomorrow", "meter/main", [replace(LEAK, rule="tomorrow", **nothing)], (at(-60), at(30)))
    shown = run(tmp_path, "ledger show 1").output
    assert "excess" not in shown and "a day" not in shown and "None" not in shown and "price" not in shown
    assert "未设价格" not in run(tmp_path, "ledger list").output
    (row,) = json.loads(run(tmp_path, "ledger list --json").stdout)
    assert row["per_day"] is None and row["to_date"] is None
