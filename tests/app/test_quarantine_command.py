"""`campus quarantine`: every entry with its reason and what to do; replaying moves it back into the journal."""

import pytest

from campus.ports import Reason
from campus.remedies import REMEDIES
from tests.app.waiting import begun, hold, journaled, run


def test_an_empty_quarantine_is_fine(tmp_path):
    begun(tmp_path)
    result = run(tmp_path, "quarantine list")
    assert result.exit_code == 0 and "Nothing waits" in result.output


def test_list_groups_by_reason_with_the_remedy_in_both_languages(tmp_path):
    hold(tmp_path, "a/b", b"1", b"2")
    hold(tmp_path, "c", b"not json", reason=Reason.UNDECODABLE, segment=2)
    result = run(tmp_path, "quarantine list")
    assert result.exit_code == 1
    for reason in (Reason.UNKNOWN_TOPIC, Reason.UNDECODABLE):
        assert REMEDIES[reason].zh[:12] in result.output and REMEDIES[reason].en[:40] in result.output
    assert "not json" in result.output


def test_show_gives_one_entry_whole(tmp_path):
    payload = b'{"readings": [' + b"1," * 300 + b"2]}"
    hold(tmp_path, "a/b", payload)
    output = run(tmp_path, "quarantine show 1").output
    for part in (
        "a/b",
        "2026-11-22T01:00:00+00:00",
        "segment 1",
        REMEDIES[Reason.UNKNOWN_TOPIC].zh,
        payload.decode(),
    ):
        assert part in output


@pytest.mark.parametrize(
    ("command", "topics"),
    [
        ("quarantine replay 2", ["c"]),
        ("quarantine replay --topic a", ["a/b"]),
        ("quarantine replay --all", ["a/b", "c"]),
    ],
)
def test_replay_takes_entries_a_topic_or_all(tmp_path, command, topics):
    hold(tmp_path, "a/b", b"1")
    hold(tmp_path, "c", b"2", segment=2)
    assert run(tmp_path, command).exit_code == 0
    assert [topic for topic, _ in journaled(tmp_path)] == topics


def test_what_was_replayed_no_longer_waits(tmp_path):
    hold(tmp_path, "a", b"1")
    run(tmp_path, "quarantine replay --all")
    assert run(tmp_path, "quarantine list").exit_code == 0
    assert "(replayed)" in run(tmp_path, "quarantine list --all").output


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("quarantine replay", 2),
        ("quarantine replay 1 --all", 2),
        ("quarantine replay --all", 1),
        ("quarantine show 9", 1),
    ],
)
def test_a_wrong_use_gets_a_sentence(tmp_path, command, code):
    begun(tmp_path)
    result = run(tmp_path, command)
    assert result.exit_code == code and "Error: " in result.output


def test_a_broken_setting_is_one_message_without_a_traceback(tmp_path):
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "settings.toml").write_text("[web]\nprot = 1\n", encoding="utf-8")
    result = run(tmp_path, "quarantine list")
    assert result.exit_code == 1
    assert "settings.toml:2: [web] knows no key 'prot'; did you mean 'port'?" in result.output
    assert "Traceback" not in result.output
