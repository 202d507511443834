"""The journal: what was appended is read back, whatever crashed, and a damage never hides what follows it."""

import subprocess
import sys
import threading
import zlib
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import journal, segment
from ingest.journal import Entry, JournalBusy, JournalCorrupt, JournalIncomplete, Position, Record, Writer
from ingest.records import pack, unpack
from ingest.segment import MAGIC

LATEST_MS = 4_102_444_800_000  # 2100-01-01


def record(number: int, size: int = 5) -> Record:
    return Record(1_700_000_000_000 + number, f"campus/m{number}", bytes([97 + number % 26]) * size)


def write(folder: Path, *groups: list[Record], segment_bytes: int = journal.SEGMENT_BYTES) -> None:
    writer = Writer(folder, segment_bytes)
    for group in groups:
        writer.append(group)
    writer.close()


BEGINNING = Position()


def everything(folder: Path, start: Position = BEGINNING, limit_bytes: int = journal.READ_BYTES) -> list[Entry]:
    """Read to the end as a consumer does: batch after batch from its cursor."""
    entries: list[Entry] = []
    while batch := list(journal.read(folder, start, limit_bytes)):
        entries += batch
        start = batch[-1].next
    return entries


def records_of(folder: Path, limit_bytes: int = journal.READ_BYTES) -> list[Record]:
    return [entry.record for entry in everything(folder, limit_bytes=limit_bytes)]


def last_segment(folder: Path) -> Path:
    return segment.plain(folder, segment.numbers(folder)[-1])


RECORDS = st.builds(
    Record,
    st.integers(0, LATEST_MS),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    st.binary(max_size=60),
    st.integers(0, 3),
)


@given(st.lists(RECORDS))
def test_a_row_of_records_reads_back_as_it_was_packed(wanted):
    data, at, found = b"".join(map(pack, wanted)), 0, []
    while at < len(data):
        one, at = unpack(data, at)
        found.append(one)
    assert found == wanted


@given(st.binary(max_size=200))
def test_bytes_that_are_no_record_never_raise_and_never_end_outside(data):
    found, end = unpack(data, 0)
    assert end in (0, -1) if found is None else 0 < end <= len(data)


@given(RECORDS, st.data())
def test_a_changed_byte_is_never_read_as_a_record(wanted, data):
    packed = bytearray(pack(wanted))
    at = data.draw(st.integers(0, len(packed) - 1))
    packed[at] ^= data.draw(st.integers(1, 255))
    assert unpack(bytes(packed), 0)[0] is None


def test_entries_stand_end_to_end_and_each_place_is_a_place_to_go_on(tmp_path):
    wanted = [record(n) for n in range(20)]
    write(tmp_path, wanted[:7], wanted[7:], segment_bytes=200)
    entries = everything(tmp_path)
    assert [entry.record for entry in entries] == wanted
    for before, after in pairwise(entries):
        assert after.at == before.next or (after.at.segment > before.next.segment and after.at.offset == len(MAGIC))
    for number, entry in enumerate(entries):
        assert [e.record for e in everything(tmp_path, entry.at)] == wanted[number:]


def test_a_full_segment_is_followed_by_a_new_one(tmp_path):
    wanted = [record(n, 100) for n in range(10)]
    write(tmp_path, *([one] for one in wanted), segment_bytes=250)
    assert len(segment.numbers(tmp_path)) == 5 and records_of(tmp_path) == wanted


def test_every_start_of_the_writer_begins_a_new_segment_and_an_idle_one_none(tmp_path):
    write(tmp_path, [record(1)])
    write(tmp_path)
    write(tmp_path, [record(2)])
    assert segment.numbers(tmp_path) == [1, 2] and records_of(tmp_path) == [record(1), record(2)]


def test_an_empty_or_missing_journal_has_no_entries(tmp_path):
    assert everything(tmp_path / "none") == []
    write(tmp_path)
    assert everything(tmp_path) == []


def test_only_one_process_writes_a_journal(tmp_path):
    writer = Writer(tmp_path)
    with pytest.raises(JournalBusy, match="--name"):
        Writer(tmp_path)
    writer.close()
    Writer(tmp_path).close()


def test_a_tail_torn_at_any_byte_of_the_last_record_is_cut_and_the_rest_kept(tmp_path):
    wanted = [record(n, 40) for n in range(3)]
    write(tmp_path, wanted)
    whole = last_segment(tmp_path).read_bytes()
    begin = len(whole) - len(pack(wanted[-1]))
    for cut in range(begin, len(whole)):
        folder = tmp_path / str(cut)
        folder.mkdir()
        segment.plain(folder, 1).write_bytes(whole[:cut])
        assert records_of(folder) == wanted[:2], "a reader ends before what is not complete"
        write(folder, [record(9)])
        assert records_of(folder) == [*wanted[:2], record(9)]


@pytest.mark.parametrize("rest", [b"\0" * 200, b"\xff" * 200, bytes(range(200))], ids=["zeros", "ones", "garbage"])
def test_a_tail_that_a_power_cut_left_as_garbage_is_cut(tmp_path, rest):
    write(tmp_path, [record(1), record(2)])
    with last_segment(tmp_path).open("ab") as file:
        file.write(rest)
    write(tmp_path, [record(3)])
    assert records_of(tmp_path) == [record(1), record(2), record(3)]


@pytest.mark.parametrize("length", range(len(MAGIC) + 1))
def test_a_segment_that_was_only_begun_is_passed_over(tmp_path, length):
    write(tmp_path, [record(1)])
    segment.plain(tmp_path, 2).write_bytes(MAGIC[:length])
    write(tmp_path, [record(2)])
    assert records_of(tmp_path) == [record(1), record(2)]


@pytest.mark.parametrize("restarted", [False, True])
def test_a_damage_at_any_byte_in_the_middle_stops_with_the_good_ones_before_it_and_skips_nothing(tmp_path, restarted):
    wanted = [record(n, 12) for n in range(4)]
    write(tmp_path, wanted)
    whole = last_segment(tmp_path).read_bytes()
    ends = [entry.next.offset for entry in everything(tmp_path)]
    for at in range(ends[0], ends[1]):
        folder = tmp_path / str(at)
        folder.mkdir()
        segment.plain(folder, 1).write_bytes(whole[:at] + bytes([whole[at] ^ 0x41]) + whole[at + 1 :])
        if restarted:
            write(folder, [record(9)])
        good = list(journal.read(folder, Position()))
        assert [entry.record for entry in good] == wanted[:1]
        if restarted or at >= ends[0] + 4:
            with pytest.raises(JournalCorrupt, match="segment 1") as stopped:
                list(journal.read(folder, good[-1].next))
            assert stopped.value.at == Position(1, ends[0])
        else:  # a damaged length may belong to a record still being written: it waits, and skips nothing
            assert_stands(folder, good[-1].next)
        assert segment.plain(folder, 1).stat().st_size == len(whole), "good records behind a damage are not cut off"


def assert_stands(folder: Path, place: Position) -> None:
    try:
        assert list(journal.read(folder, place)) == []
    except JournalCorrupt as stopped:
        assert stopped.at == place


def test_a_closed_segment_that_lost_its_end_is_a_damage(tmp_path):
    write(tmp_path, [record(1), record(2)])
    write(tmp_path, [record(3)])
    first = segment.plain(tmp_path, 1)
    first.write_bytes(first.read_bytes()[:-3])
    good = list(journal.read(tmp_path, Position()))
    with pytest.raises(JournalCorrupt):
        list(journal.read(tmp_path, good[-1].next))


def test_a_record_longer_than_what_is_read_at_once_is_read_whole(tmp_path):
    wanted = [record(1), record(2, 3_000_000), record(3)]
    write(tmp_path, wanted)
    assert records_of(tmp_path) == records_of(tmp_path, limit_bytes=64) == wanted


@given(sizes=st.lists(st.integers(0, 300), min_size=1, max_size=20), limit=st.integers(16, 400))
def test_how_much_is_read_at_once_changes_nothing(tmp_path_factory, sizes, limit):
    folder = tmp_path_factory.mktemp("journal")
    wanted = [record(n, size) for n, size in enumerate(sizes)]
    write(folder, wanted[::2], wanted[1::2], segment_bytes=500)
    assert records_of(folder, limit) == wanted[::2] + wanted[1::2]


def test_a_reader_follows_a_live_writer_and_sees_everything_once(tmp_path):
    wanted = [record(n, n % 300) for n in range(3_000)]
    writer = Writer(tmp_path, 20_000)

    def work() -> None:
        for first in range(0, len(wanted), 7):
            writer.append(wanted[first : first + 7])

    thread = threading.Thread(target=work)
    thread.start()
    found: list[Record] = []
    place = Position()
    while thread.is_alive() or len(found) < len(wanted):
        for entry in journal.read(tmp_path, place, 5_000):
            found.append(entry.record)
            place = entry.next
    thread.join()
    writer.close()
    assert found == wanted


def test_compressed_segments_read_the_same_and_the_cursor_s_own_stays_plain(tmp_path):
    wanted = [record(n, 100) for n in range(10)]
    write(tmp_path, *([one] for one in wanted), segment_bytes=250)
    before = everything(tmp_path)
    journal.compress(tmp_path, Position(4, 0), 400, last_segment(tmp_path).stat().st_mtime)
    assert [p.name.endswith(".gz") for p in sorted(tmp_path.glob("*.seg*"))] == [True] * 3 + [False] * 2
    assert everything(tmp_path) == before
    assert journal.size_bytes(tmp_path) == sum(p.stat().st_size for p in tmp_path.glob("*.seg*"))


def test_a_compression_cut_short_is_done_again(tmp_path):
    write(tmp_path, [record(1)])
    write(tmp_path, [record(2)])
    (tmp_path / "000000000001.seg.gz.tmp").write_bytes(b"half")
    (tmp_path / "000000000001.seg.gz").write_bytes(b"older half")
    assert records_of(tmp_path) == [record(1), record(2)]
    journal.compress(tmp_path, Position(2, 0), 400, 0)
    assert not segment.plain(tmp_path, 1).exists() and records_of(tmp_path) == [record(1), record(2)]


def test_segments_are_removed_after_the_days_they_are_kept_but_never_those_still_to_be_read(tmp_path):
    for number in range(4):
        write(tmp_path, [record(number)])
    written = last_segment(tmp_path).stat().st_mtime
    journal.compress(tmp_path, Position(3, 4), 10, written + 9 * 86_400)
    assert segment.numbers(tmp_path) == [1, 2, 3, 4]
    journal.compress(tmp_path, Position(3, 4), 10, written + 11 * 86_400)
    assert segment.numbers(tmp_path) == [3, 4]


def test_a_damaged_compressed_segment_stops_the_reader(tmp_path):
    write(tmp_path, [record(1, 5_000)])
    write(tmp_path, [record(2)])
    journal.compress(tmp_path, Position(2, 0), 400, 0)
    packed = next(tmp_path.glob("*.gz"))
    packed.write_bytes(packed.read_bytes()[:-20])
    with pytest.raises(JournalCorrupt):
        list(journal.read(tmp_path, Position()))


FULL_DISK = """
import resource, sys
from pathlib import Path
from ingest.journal import JournalFull, Record, Writer

folder = Path(sys.argv[1])
writer = Writer(folder)
small, big = Record(1, "t", b"a" * 100), Record(2, "t", b"b" * 5000)
writer.append([small])
size = next(folder.glob("*.seg")).stat().st_size
room = int(sys.argv[2])
hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
resource.setrlimit(resource.RLIMIT_FSIZE, (size + room, hard))
for _ in range(3):
    try:
        writer.append([small, big])
        sys.exit("no error with a full disk")
    except JournalFull as error:
        assert "free disk space" in str(error), error
    assert next(folder.glob("*.seg")).stat().st_size == size, "something half written stays"
resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
writer.append([small, big])
writer.close()
"""


@pytest.mark.parametrize("room", [0, 1, 50, 140, 4000])
def test_a_disk_that_fills_up_leaves_nothing_half_written_and_goes_on_when_space_returns(tmp_path, room):
    ended = subprocess.run([sys.executable, "-c", FULL_DISK, tmp_path, str(room)], capture_output=True, check=False)
    assert ended.returncode == 0, ended.stderr.decode()
    assert [(r.arrived_ms, len(r.payload)) for r in records_of(tmp_path)] == [(1, 100), (1, 100), (2, 5000)]


def test_a_disk_already_full_when_a_segment_is_begun_leaves_a_readable_journal(tmp_path):
    write(tmp_path, [record(1)])
    program = (
        "import resource, sys; from pathlib import Path; from ingest.journal import *\n"
        "writer = Writer(Path(sys.argv[1])); hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (2, hard))\n"
        "try: writer.append([Record(5, 't', b'x')])\n"
        "except JournalFull: pass\n"
        "else: sys.exit('no error')\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard)); writer.append([Record(6, 't', b'y')])"
    )
    subprocess.run([sys.executable, "-c", program, tmp_path], check=True)
    assert [r.arrived_ms for r in records_of(tmp_path)] == [record(1).arrived_ms, 6]


def test_the_checksum_is_the_one_the_page_says():
    packed = pack(Record(1, "t", b"x"))
    assert packed[4:8] == zlib.crc32(packed[8:]).to_bytes(4, "little")


@pytest.mark.parametrize("from_the_beginning", [True, False])
def test_a_segment_that_vanished_from_the_middle_stops_the_reader(tmp_path, from_the_beginning):
    write(tmp_path, *([record(n, 100)] for n in range(6)), segment_bytes=100)
    segment.plain(tmp_path, 3).unlink()
    start = Position() if from_the_beginning else Position(2, len(MAGIC))
    with pytest.raises(JournalIncomplete, match="no segment 3"):
        everything(tmp_path, start)


def test_a_journal_replaced_by_a_younger_one_is_not_taken_for_read(tmp_path):
    write(tmp_path, [record(1)])
    with pytest.raises(JournalIncomplete, match="no segment 4") as stopped:
        list(journal.read(tmp_path, Position(4, 100)))
    assert isinstance(stopped.value, JournalCorrupt) and "cursors" in str(stopped.value)


def test_the_segment_a_consumer_stands_in_may_not_vanish(tmp_path):
    write(tmp_path, *([record(n, 100)] for n in range(4)), segment_bytes=100)
    segment.plain(tmp_path, 2).unlink()
    with pytest.raises(JournalIncomplete, match="no segment 2"):
        list(journal.read(tmp_path, Position(2, 50)))
