"""What is wrong with the processes is said on the page and by `campus status`, and nothing is where nothing is."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from app import status
from app.alarms import alarms
from app.broker_probe import in_flight
from app.settings import BrokerSettings
from tests.app.waiting import run


def said(folder: Path, name: str, ago_s: float = 0.0, **facts: object) -> list[str]:
    """Return what is said in English of one process that spoke `ago_s` seconds ago."""
    status.write(folder, name, facts)
    path = folder / f"{name}.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"at": time.time() - ago_s}))
    return [one.en for one in alarms(folder)]


@pytest.mark.parametrize("name", ["ingest-main", "ingest-b", "drain", "drain-b", "derive", "post"])
def test_nothing_is_said_of_a_process_that_runs(tmp_path, name):
    assert said(tmp_path, name, in_flight=2000, broker_dropped=0) == []


def test_a_member_of_a_shared_subscription_is_missed_before_ten_seconds_are_over(tmp_path):
    (text,) = said(tmp_path, "ingest-b", ago_s=status.RECEIVER_SILENT_S + 0.1)
    assert status.RECEIVER_SILENT_S < 10 and "campus ingest --name b" in text and "campus ingest --retire b" in text


@pytest.mark.parametrize(
    ("name", "silent"), [("ingest-main", True), ("derive", True), ("drain", False), ("drain-2", False)]
)
def test_a_silence_counts_by_what_a_process_honestly_waits_for(tmp_path, name, silent):
    assert bool(said(tmp_path, name, ago_s=30)) is silent


def test_a_process_that_is_gone_is_not_told_of_by_its_last_trouble(tmp_path):
    (text,) = said(tmp_path, "ingest-main", ago_s=30, trouble="no broker", broker_dropped=4)
    assert "not running" in text


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"trouble": "no broker"}, "ingest-main: no broker"),
        ({"broker_dropped": 17}, "dropped 17 messages"),
        ({"in_flight": 20}, "stock settings"),
        ({"session_lost_at": time.time()}, "forgotten our session"),
    ],
)
def test_troubles_drops_and_stock_limits_are_said(tmp_path, facts, words):
    (text,) = said(tmp_path, "ingest-main", **facts)
    assert words in text


@pytest.mark.parametrize(("trouble", "zh"), [("没有应答 / no answer", "没有应答"), ("no answer", "no answer")])
def test_a_trouble_is_said_in_the_language_of_its_reader(tmp_path, trouble, zh):
    names = ["derive", "drain-2", "drain", "ingest-main", "post"]
    for name in names:
        status.write(tmp_path, name, {"trouble": trouble})
    told = alarms(tmp_path)
    assert [one.zh.partition("：")[0] for one in told] == [one.en.partition(":")[0] for one in told] == names
    assert all(one.zh.endswith(f"：{zh}") and one.en.endswith(": no answer") for one in told)
    assert sum("数据都留在日志里" in one.zh and "journal keeps everything" in one.en for one in told) == 2


def test_a_broker_that_is_not_there_tells_no_limits():
    assert in_flight(BrokerSettings(port=9), connect_s=0.2) == 0


@pytest.mark.parametrize(("facts", "code"), [({}, 0), ({"trouble": "no broker"}, 1)])
def test_campus_status_exits_1_where_something_is_wrong(tmp_path, facts, code):
    (tmp_path / "config").mkdir()
    status.write(tmp_path / "data" / "status", "ingest-main", facts)
    result = run(tmp_path, "status")
    assert result.exit_code == code, result.output
    assert ("! " in result.output) is bool(code)
