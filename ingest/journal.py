"""The journal: every message as it came, on disk before it is acknowledged, read by cursors.

A folder of append-only segments (`ingest.segment`), one folder per writing process; each segment begins with
`MAGIC` and holds records (`ingest.records`).
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple

from campus.errors import CampusError
from ingest import segment
from ingest.records import EVENT, HEAD, REPLAYED, RETAINED, Record, length_at, pack, unpack
from ingest.segment import MAGIC, size_bytes

__all__ = [
    "EVENT",
    "REPLAYED",
    "RETAINED",
    "Entry",
    "JournalBusy",
    "JournalCorrupt",
    "JournalFull",
    "JournalIncomplete",
    "Position",
    "Record",
    "Writer",
    "compress",
    "read",
    "size_bytes",
]

SEGMENT_BYTES = 16 * 2**20  # small enough to compress and to read back in a corner of memory
READ_BYTES = 2**20
_SETTLE_S = 0.05  # how long a reader waits before it believes a bad checksum at the growing end


class Position(NamedTuple):
    """A place in a journal: segment number and byte offset."""

    segment: int = 0
    offset: int = 0


class Entry(NamedTuple):
    """A record read back: where it stands and where the next begins."""

    at: Position
    next: Position
    record: Record


class JournalFull(CampusError):
    """The disk took no more; what was asked to be written is not in the journal."""

    def __init__(self, folder: Path, error: OSError) -> None:
        super().__init__(
            f"日志 {folder} 写不进去（{error.strerror}）：请腾出磁盘空间；消息未经确认，留在代理服务器，之后自动继续"
            f" / the journal in {folder} cannot be written ({error.strerror}): free disk space; messages wait at the "
            "broker unacknowledged and go on by themselves"
        )


class JournalCorrupt(CampusError):
    """A record's checksum is wrong where later records stand; nothing was skipped."""

    def __init__(self, folder: Path, at: Position) -> None:
        super().__init__(
            f"journal {folder} is damaged in segment {at.segment} at byte {at.offset}: reading stops here. Restore "
            "the segment from a backup; nothing after it has been skipped"
        )
        self.at = at


class JournalIncomplete(JournalCorrupt):
    """A segment that was written, or read before, is not there; nothing behind it was read."""

    def __init__(self, folder: Path, at: Position) -> None:
        CampusError.__init__(
            self,
            f"journal {folder} has no segment {at.segment}, where reading would go on: restore it from a backup. If "
            "there is none, remove this journal's files in the data folder's cursors: what there is is then read "
            "anew, which doubles nothing",
        )
        self.at = at


class JournalBusy(CampusError):
    """Another process writes this journal."""

    def __init__(self, folder: Path) -> None:
        super().__init__(f"another process is writing {folder}: give this one a name of its own (--name)")


class Writer:
    """The one writer of a journal folder. Each `append` is on disk when it returns."""

    def __init__(self, folder: Path, segment_bytes: int = SEGMENT_BYTES) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = (folder / "writer.lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._lock.close()
            raise JournalBusy(folder) from None
        self._folder = folder
        self._segment_bytes = segment_bytes
        numbers = segment.numbers(folder)
        if numbers:
            segment.cut_torn_tail(folder, numbers[-1])
        # A recovered segment is never written again: a cursor that had read past a torn tail stays valid.
        self._number = numbers[-1] if numbers else 0
        self._file: BinaryIO | None = None
        self._length = 0

    def append(self, records: Sequence[Record]) -> None:
        """Write and fsync records; raises `JournalFull` with none of them kept."""
        data = b"".join(map(pack, records))
        try:
            file = self._open_segment()
            end = _write_at(file, self._length, data if self._length else MAGIC + data)
            os.fsync(file.fileno())
        except OSError as error:
            self._undo()
            raise JournalFull(self._folder, error) from error
        self._length = end
        if self._length >= self._segment_bytes:
            self._seal()

    def close(self) -> None:
        """Let go of the folder."""
        self._seal()
        self._lock.close()

    def _open_segment(self) -> BinaryIO:
        if self._file is None:
            file = segment.plain(self._folder, self._number + 1).open("wb", buffering=0)
            segment.fsync_folder(self._folder)
            self._file, self._length = file, 0
            self._number += 1
        return self._file

    def _undo(self) -> None:
        """Cut what a failed write left behind: no half record may stand before the next one, nor at the end."""
        if self._file is not None:
            # What a broken disk does not let us cut now, the next write covers, or the next start cuts.
            with contextlib.suppress(OSError):
                self._file.truncate(self._length)

    def _seal(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


def _write_at(file: BinaryIO, offset: int, data: bytes) -> int:
    """Write all of `data` and return where it ends: a disk that fills up takes a part and reports no error."""
    rest = memoryview(data)
    while rest:
        written = os.pwrite(file.fileno(), rest, offset)
        offset += written
        rest = rest[written:]
    return offset


def read(folder: Path, start: Position, limit_bytes: int = READ_BYTES) -> Iterator[Entry]:
    """Yield entries from `start` on, at least one if there is one, about `limit_bytes` of them.

    Ends at the growing end. Raises `JournalCorrupt` rather than skip a record.
    """
    numbers = _numbers(folder, start)
    for number in numbers:
        offset = max(start.offset, len(MAGIC)) if number == start.segment else len(MAGIC)
        place, growing = Position(number, offset), number == numbers[-1]
        data = _bytes(folder, place, limit_bytes)
        if data:
            yield from _entries(folder, place, data, growing)
            return


def _numbers(folder: Path, start: Position) -> list[int]:
    """Return the segments from `start` on, looked at again where one is missing: it may just be being compressed.

    From the very beginning the first one there is counts: older ones are removed after their time.
    """
    for last_try in (False, True):
        numbers = [n for n in segment.numbers(folder) if n >= start.segment]
        behind = bool(start.segment) and not numbers and bool(segment.numbers(folder))
        first = start.segment or (numbers[0] if numbers else 0)
        missing = next((n for n, there in enumerate(numbers, first) if n != there), first if behind else None)
        if missing is None:
            break
        if last_try:
            raise JournalIncomplete(folder, Position(missing))
        time.sleep(_SETTLE_S)
    return numbers


def _entries(folder: Path, start: Position, data: bytes, growing: bool) -> Iterator[Entry]:
    number, offset = start
    record, used = unpack(data, 0)
    if record is None:
        record, used = _once_more(folder, start, data, growing)
    end = 0
    # What cannot be read behind a good entry is looked at when reading begins there: the good ones count first.
    while record is not None:
        yield Entry(Position(number, offset + end), Position(number, offset + used), record)
        end = used
        record, used = unpack(data, end)


def _once_more(folder: Path, at: Position, data: bytes, growing: bool) -> tuple[Record | None, int]:
    """Return the record at a place where `data` did not give it, and its length: it is longer, or just being written.

    None where it is not complete yet. Raises `JournalCorrupt`, also where it is cut short and others follow.
    """
    record, end = unpack(data, 0)
    if end == -1 and growing:
        time.sleep(_SETTLE_S)
        record, end = unpack(data := _bytes(folder, at, max(len(data), READ_BYTES)), 0)
    if record is None and end == 0 and len(data) >= HEAD.size:
        record, end = unpack(_bytes(folder, at, length_at(data, 0)), 0)
    if record is None and (end == -1 or not growing):
        raise JournalCorrupt(folder, at)
    return record, end


def _bytes(folder: Path, at: Position, limit: int) -> bytes:
    try:
        return segment.read(folder, at.segment, (at.offset, limit))
    except segment.Damaged:
        raise JournalCorrupt(folder, at) from None


def compress(folder: Path, below: Position, keep_days: float, now_s: float) -> None:
    """Compress segments every consumer has passed; remove those older than `keep_days` [days].

    `below` is the lowest cursor: its own segment and all after it stay as they are.
    """
    segment.compress(folder, below.segment, keep_days, now_s)
