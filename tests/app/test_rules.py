"""`campus rules`: a rule tried on a past year says what it would have found, merged, and held against the ledger."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache

import pytest
from click.testing import CliRunner

from analytics.detector import detectors
from app import rules_text, rules_try
from app.commands.rules import COMMAND
from app.past import Past
from app.sim_rows import SimRows
from campus.ports import Episode, State
from campus.results import Finding
from campus.schema import CONSUMPTION, REGISTER, SeriesId, from_ms
from sim.fault import Kind
from sim.truth import to_be_found
from tests.app.registry_example import WHOLE
from tests.app.waiting import begun, run, school_file
from tests.sim.judged import rows_of
from tests.sim.schools import NOW, laid

LEAKY = next(seed for seed in range(1, 20) if any(f.kind is Kind.CONTINUOUS_FLOW for f in to_be_found(laid(seed))))
RULE = detectors()["night_flow"]
YEAR = datetime(2025, 12, 31, 16, tzinfo=UTC), NOW


def tried(*episodes: Episode) -> rules_try.Tried:
    rows = school()
    return rules_try.try_rule(RULE, (rows.registry, rows), YEAR, episodes)


@cache
def school() -> SimRows:
    return rows_of(laid(LEAKY))


def episode(finding: Finding, state: State) -> Episode:
    return Episode(7, "demo", state, finding, finding.start, finding.seen_until, 1)


def test_each_cause_is_counted_once_and_every_meter_that_shows_it_before():
    one = tried()
    leaks = [fault for fault in to_be_found(laid(LEAKY)) if fault.kind is Kind.CONTINUOUS_FLOW]
    assert len(one.merged) == len(leaks) < len(one.every)
    assert one.judged > len(leaks) and one.confirmed() == one.refuted() == 0


@pytest.mark.parametrize(
    ("state", "confirmed", "refuted"),
    [
        (State.CLOSED_BY_METER, 1, 0),
        (State.IN_WORK, 1, 0),
        (State.DISMISSED, 0, 1),
        (State.WITHDRAWN, 0, 1),
        (State.NEW, 0, 0),
    ],
)
def test_the_ledger_confirms_what_somebody_took_on_and_refutes_what_was_left(state, confirmed, refuted):
    (found, _), *_ = tried().merged
    one = tried(episode(found, state))
    assert (one.confirmed(), one.refuted()) == (confirmed, refuted)


def test_an_episode_of_another_meter_or_time_says_nothing():
    (found, _), *_ = tried().merged
    before = replace(found, start=found.start - timedelta(days=60), end=found.start - timedelta(days=50))
    elsewhere = replace(found, subject="meter/other")
    episodes = tuple(episode(one, State.CLOSED_BY_METER) for one in (before, elsewhere))
    assert tried(*episodes).confirmed() == 0


def test_the_sentence_says_all_four_numbers_in_both_languages():
    (found, _), *_ = tried().merged
    zh, en = rules_try.summary({"demo": tried(episode(found, State.IN_WORK))})
    every, merged = len(tried().every), len(tried().merged)
    assert f"会找到 {every} 处，合并后 {merged} 件；台账确认 1 件" in zh
    assert f"Would have found {every}, after merging {merged}; the ledger confirms 1" in en


def test_the_past_ends_where_it_is_cut():
    rows = school()
    end = NOW - timedelta(days=10)
    past = Past(rows, end)
    raw, hours = SeriesId(REGISTER, "w-main", "water"), SeriesId(CONSUMPTION, "w-main", "water")
    assert from_ms(past.latest([raw])[raw].time_ms) < end
    assert from_ms(past.series([hours], end - timedelta(days=1), NOW)[hours].time_ms[-1]) < end
    assert len(past.series([hours], end, NOW)[hours]) == 0
    assert all(from_ms(time) < end for time in past.neighbours(raw, end, 3)[0])
    just_before = end - timedelta(minutes=20)
    after = rows.neighbours(raw, just_before, 9)[1]
    assert past.neighbours(raw, just_before, 9)[1] == [one for one in after if from_ms(one) < end] != after


def test_a_rule_sees_nothing_after_the_window():
    rows = school()
    (found, _), *_ = tried().merged
    window = YEAR[0], found.start - timedelta(days=1)
    before = rules_try.try_rule(RULE, (rows.registry, rows), window, ())
    assert found.subject not in {one.subject for one in before.every}


def test_every_rule_is_listed_with_who_acts_and_what_ends_it():
    said = CliRunner().invoke(COMMAND, ["list", "--json"])
    listed = json.loads(said.output)
    assert said.exit_code == 0 and {row["rule"] for row in listed} == set(detectors())
    assert all(row[key][lang] for row in listed for key in ("title", "trade", "closes") for lang in ("zh", "en"))
    table = CliRunner().invoke(COMMAND, ["list"])
    assert all(name in table.output for name in detectors())


def test_a_year_that_has_not_come_is_not_tried(tmp_path):
    school_file(tmp_path, WHOLE)
    begun(tmp_path)
    told = run(tmp_path, "rules try --rule night_flow --year 2198")
    assert told.exit_code == 2 and "2198 年还没到" in told.stderr


def test_an_unknown_rule_is_answered_with_those_there_are():
    said = CliRunner().invoke(COMMAND, ["try", "--rule", "nigth_flow"])
    assert said.exit_code == 2 and "did you mean 'night_flow'?" in said.output


def test_what_was_tried_reads_as_a_table_and_as_json():
    registry = school().registry
    one = {"demo": tried()}
    assert rules_text.tried_table({"demo": registry}, one).row_count == len(tried().merged)
    told = rules_text.tried_json(one)["schools"]["demo"]
    assert told["found"] == len(tried().every) and len(told["findings"]) == told["merged"]
    assert any("cannot be judged" in line for line in rules_text.tried_lines(one)) is bool(tried().not_judged)
