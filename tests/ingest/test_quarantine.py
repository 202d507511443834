"""The quarantine: nothing is kept twice, everything has its reason, and what is replayed comes back as it arrived."""

from datetime import timedelta

import pytest

from app import desk
from campus.errors import StoreUnavailable
from campus.ports import Reason
from ingest import journal
from ingest.checks import routes
from ingest.drain import Sinks, drain
from ingest.journal import RETAINED, Position
from ingest.payload import Message
from ingest.quarantine import DETAIL_LENGTH, Held, QuarantineFile, count_open
from tests.ingest.schools import FORMATS, NOW, Place, meter, reading, school


def held(
    offset: int, topic: str = "a/b", item: int = 0, reason: Reason = Reason.UNKNOWN_TOPIC, **more: object
) -> Held:
    arrived = NOW + timedelta(seconds=offset)
    message = Message(topic, more.pop("payload", b"1"), arrived, retained=bool(more.pop("retained", False)))
    return Held(Position(1, offset), item, message, reason, str(more.pop("detail", "why")))


def test_an_entry_is_known_by_its_place_and_kept_once(tmp_path):
    file = Place(tmp_path).quarantine
    for _ in range(2):
        file.add("main", [held(4), held(4, item=1), held(50)])
    file.add("other", [held(4)])
    assert len(file.entries()) == 4 and count_open(tmp_path / "quarantine.db") == 4


def test_entries_come_newest_first_with_all_they_were_held_with(tmp_path):
    file = Place(tmp_path).quarantine
    file.add("main", [held(4, reason=Reason.UNDECODABLE, payload=b"\xff\x00", detail="not JSON"), held(9)])
    last, first = file.entries()
    assert (last.offset, first.offset) == (9, 4) and first == file.entry(first.id)
    assert (first.topic, first.payload, first.reason, first.detail) == (
        "a/b",
        b"\xff\x00",
        Reason.UNDECODABLE,
        "not JSON",
    )
    assert first.arrived == NOW + timedelta(seconds=4) and first.replayed is None and file.entry(99) is None
    assert file.counts() == {Reason.UNDECODABLE: 1, Reason.UNKNOWN_TOPIC: 1}


def test_a_sentence_that_quotes_a_device_at_length_or_in_half_characters_is_kept(tmp_path):
    file = Place(tmp_path).quarantine
    file.add("main", [held(4, detail="\ud800" + "x" * 10_000)])
    assert file.entries()[0].detail.startswith("?x") and len(file.entries()[0].detail) == DETAIL_LENGTH


def test_a_new_topic_is_shown_with_its_last_payload_and_the_format_that_reads_it(tmp_path):
    file = Place(tmp_path).quarantine
    file.add("main", [held(1, "new", payload=reading(5)), held(2, "new", payload=reading(4)), held(3, "noise")])
    noise, new = file.new_topics()
    assert (noise.topic, noise.messages, noise.format) == ("noise", 1, "")
    assert (new.topic, new.messages, new.format, new.payload) == ("new", 2, "native", reading(4))
    assert (new.first_seen, new.last_seen) == (NOW + timedelta(seconds=1), NOW + timedelta(seconds=2))


def test_waiting_messages_are_found_by_topic_by_what_lies_below_it_and_by_any_entry_of_theirs(tmp_path):
    file = Place(tmp_path).quarantine
    file.add("main", [held(1, "a"), held(2, "a/b"), held(3, "ab"), held(4, "a_"), held(5, "c"), held(5, "c", item=1)])
    first, second = (entry.id for entry in file.entries()[1::-1])
    assert [message.topic for _, message in file.waiting("a")] == ["a", "a/b"]
    assert [message.topic for _, message in file.waiting("a_")] == ["a_"]
    assert [message.topic for _, message in file.waiting()] == ["a", "a/b", "ab", "a_", "c"]
    assert file.waiting(ids=[first]) == file.waiting(ids=[second]) == file.waiting(ids=[first, second])
    assert [message.topic for _, message in file.waiting(ids=[second])] == ["c"]


def test_what_waited_for_its_meter_is_stored_with_the_time_it_first_arrived(tmp_path):
    place = Place(tmp_path)
    place.hear(("new/main", reading(30, 1)), ("new/main", b'{"register":2}'), ("new/other", b"?"))
    place.drain_all()
    assert not place.stored() and len(place.held()) == 3
    place.known = routes([school([meter("new", "new/main")])], FORMATS)
    assert desk.replay(tmp_path, place.quarantine, "new/main") == 2
    at_desk = Place(tmp_path, place.known, place.stores, place.quarantine)
    at_desk.drain_all()
    drained_from_desk(tmp_path, place)
    assert sorted(value[0] for value in place.stored().values()) == [1.0, 2.0]
    assert {key[2] for key in place.stored()} >= {int(NOW.timestamp() * 1000)}, "arrival stands in, the first one"
    assert [entry.topic for entry in place.quarantine.entries()] == ["new/other"]
    assert desk.replay(tmp_path, place.quarantine, "new/main") == 0


def drained_from_desk(folder, place):
    """Drain what was put back, which lies in the desk's journal."""
    while drain(folder / desk.NAME, folder / "desk.json", place.known, Sinks(place.stores, place.quarantine)):
        pass


def test_what_is_replayed_and_still_unknown_waits_again_under_its_new_place(tmp_path):
    place = Place(tmp_path)
    place.hear(("new", b"1"), flags=RETAINED)
    place.drain_all()
    assert desk.replay(tmp_path, place.quarantine) == 1
    drained_from_desk(tmp_path, place)
    (entry,) = place.quarantine.entries()
    assert (entry.journal, entry.topic, entry.arrived) == (desk.NAME, "new", NOW)
    (found,) = journal.read(tmp_path / desk.NAME, Position())
    assert found.record.flags == RETAINED


def test_a_replay_cut_short_before_it_is_noted_stores_nothing_twice(tmp_path):
    place = Place(tmp_path)
    place.hear(("new", reading(30, 1)))
    place.drain_all()
    place.known = routes([school([meter("new", "new")])], FORMATS)
    waiting = [desk._record(message) for _, message in place.quarantine.waiting()]
    desk.append(tmp_path, waiting)
    assert desk.replay(tmp_path, place.quarantine) == 1
    drained_from_desk(tmp_path, place)
    assert len(place.stored()) == 1 and not place.quarantine.entries()


def test_a_damaged_file_holds_the_drain_and_says_what_to_do(tmp_path):
    path = tmp_path / "quarantine.sqlite"
    path.write_bytes(b"no database" * 1_000)
    with pytest.raises(StoreUnavailable, match="move a damaged file away"):
        QuarantineFile(path, {})
