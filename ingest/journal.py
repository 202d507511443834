"""The journal: every message as it came, on disk before it is acknowledged, read by cursors.

A folder of append-only segments, one folder per writing process. A segment begins with `MAGIC`; a record is
length and CRC-32 of its body (little endian), then the body: arrival [epoch ms], flags, topic, payload.
"""

from __future__ import annotations

import fcntl
import gzip
import os
import struct
import time
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple

from campus.errors import CampusError

MAGIC = b"CEJ1"
RETAINED = 1  # the broker had kept the message: it may be old
EVENT = 2  # not from a meter: a change somebody made, such as a new registry
SEGMENT_BYTES = 16 * 2**20  # small enough to compress and to read back in a corner of memory

_HEAD = struct.Struct("<II")
_BODY = struct.Struct("<QBH")
_SUFFIX, _PACKED = ".seg", ".seg.gz"
_SETTLE_S = 0.05  # how long a reader waits before it believes a bad checksum at the growing end


class Record(NamedTuple):
    """A message and when it arrived [epoch ms]."""

    arrived_ms: int
    topic: str
    payload: bytes
    flags: int = 0


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
            f"the journal in {folder} cannot be written ({error.strerror}): free disk space; messages wait at the "
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


class JournalBusy(CampusError):
    """Another process writes this journal."""

    def __init__(self, folder: Path) -> None:
        super().__init__(f"another process is writing {folder}: give this one a name of its own (--name)")


def pack(record: Record) -> bytes:
    """Return a record as it stands on disk."""
    topic = record.topic.encode()
    body = _BODY.pack(record.arrived_ms, record.flags, len(topic)) + topic + record.payload
    return _HEAD.pack(len(body), zlib.crc32(body)) + body


def unpack(data: bytes | memoryview, offset: int) -> tuple[Record | None, int]:
    """Return the record at `offset` and where it ends.

    (None, offset) where it is not complete yet, (None, -1) where its checksum is wrong.
    """
    start = offset + _HEAD.size
    if start > len(data):
        return None, offset
    length, checksum = _HEAD.unpack_from(data, offset)
    end = start + length
    if end > len(data):
        return None, offset
    body = bytes(data[start:end])
    if length < _BODY.size or zlib.crc32(body) != checksum:
        return None, -1
    arrived_ms, flags, topic_length = _BODY.unpack_from(body)
    split = _BODY.size + topic_length
    return Record(arrived_ms, body[_BODY.size : split].decode(), body[split:], flags), end


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
        numbers = segments(folder)
        if numbers:
            _cut_torn_tail(folder, numbers[-1])
        # A recovered segment is never written again: a cursor that had read past a torn tail stays valid.
        self._number = numbers[-1] if numbers else 0
        self._file: BinaryIO | None = None
        self._length = 0

    def append(self, records: Sequence[Record]) -> None:
        """Write and fsync records; raises `JournalFull` with none of them kept."""
        data = b"".join(map(pack, records))
        try:
            file = self._open_segment()
            file.write(data)
            os.fsync(file.fileno())
        except OSError as error:
            self._undo()
            raise JournalFull(self._folder, error) from error
        self._length += len(data)
        if self._length >= self._segment_bytes:
            self._seal()

    def close(self) -> None:
        """Let go of the folder."""
        self._seal()
        self._lock.close()

    def _open_segment(self) -> BinaryIO:
        if self._file is None:
            path = self._folder / f"{self._number + 1:012d}{_SUFFIX}"
            self._file = path.open("wb", buffering=0)
            self._file.write(MAGIC)
            self._length = len(MAGIC)
            self._number += 1
            _fsync_folder(self._folder)
        return self._file

    def _undo(self) -> None:
        """Cut what a failed write left behind, so that no half record stands before the next one."""
        if self._file is not None:
            self._file.seek(self._length)
            self._file.truncate()

    def _seal(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


def segments(folder: Path) -> list[int]:
    """Return the numbers of the folder's segments, ascending."""
    names = (path.name for path in folder.glob(f"*{_SUFFIX}*"))
    return sorted({int(name.partition(".")[0]) for name in names if not name.endswith(".tmp")})


def size_bytes(folder: Path) -> int:
    """Return what a folder's segments take on disk [bytes]."""
    return sum(path.stat().st_size for path in folder.glob(f"*{_SUFFIX}*"))


def read(folder: Path, start: Position, limit_bytes: int = 2**20) -> Iterator[Entry]:
    """Yield entries from `start` on, at least one if there is one, about `limit_bytes` of them.

    Ends at the growing end. Raises `JournalCorrupt` rather than skip a record.
    """
    numbers = [n for n in segments(folder) if n >= start.segment] if folder.is_dir() else []
    for number in numbers:
        offset = start.offset if number == start.segment else len(MAGIC)
        data = _bytes_from(folder, number, offset, limit_bytes)
        used = 0
        while used < len(data):
            record, end = unpack(data, used)
            if end == -1 and number == numbers[-1]:
                time.sleep(_SETTLE_S)
                data = _bytes_from(folder, number, offset, limit_bytes)
                record, end = unpack(data, used)
            if end == -1:
                raise JournalCorrupt(folder, Position(number, offset + used))
            if record is None:
                break
            yield Entry(Position(number, offset + used), Position(number, offset + end), record)
            used = end
        if used == 0 and data:
            yield from _oversized(folder, number, offset, limit_bytes)
            if number != numbers[-1]:
                return
        if used:
            return


def _oversized(folder: Path, number: int, offset: int, limit_bytes: int) -> Iterator[Entry]:
    """Yield one record that is longer than `limit_bytes`, if it is complete."""
    data = _bytes_from(folder, number, offset, limit_bytes * 512)
    record, end = unpack(data, 0)
    if record is not None:
        yield Entry(Position(number, offset), Position(number, offset + end), record)


def _bytes_from(folder: Path, number: int, offset: int, limit_bytes: int) -> bytes:
    """Return bytes of a segment, plain or compressed; empty at or past its end."""
    name = f"{number:012d}"
    try:
        with (folder / f"{name}{_SUFFIX}").open("rb") as file:
            file.seek(max(offset, len(MAGIC)))
            return file.read(limit_bytes)
    except FileNotFoundError:
        with gzip.open(folder / f"{name}{_PACKED}") as packed:
            packed.seek(max(offset, len(MAGIC)))
            return packed.read(limit_bytes)


def _cut_torn_tail(folder: Path, number: int) -> None:
    """Cut the last segment after its last good record, unless good records stand behind the bad one."""
    path = folder / f"{number:012d}{_SUFFIX}"
    if not path.exists():
        return
    data = path.read_bytes()
    good = min(len(MAGIC), len(data))
    while good < len(data):
        record, end = unpack(data, good)
        if record is None:
            break
        good = end
    if good < len(data) and not _good_record_follows(data, good):
        with path.open("r+b") as file:
            file.truncate(good)
            os.fsync(file.fileno())


def _good_record_follows(data: bytes, bad: int) -> bool:
    if bad + _HEAD.size > len(data):
        return False
    length, _ = _HEAD.unpack_from(data, bad)
    return unpack(data, bad + _HEAD.size + length)[0] is not None


def _fsync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def compress(folder: Path, below: Position, keep_days: float, now_s: float) -> None:
    """Compress segments every consumer has passed; remove those older than `keep_days` [days].

    `below` is the lowest cursor: its own segment and all after it stay as they are.
    """
    for number in segments(folder):
        if number >= below.segment:
            return
        plain, packed = folder / f"{number:012d}{_SUFFIX}", folder / f"{number:012d}{_PACKED}"
        if plain.exists():
            _compress_one(plain, packed)
        if packed.stat().st_mtime < now_s - keep_days * 86400:
            packed.unlink()


def _compress_one(plain: Path, packed: Path) -> None:
    temporary = packed.with_name(packed.name + ".tmp")
    with plain.open("rb") as source, gzip.open(temporary, "wb", compresslevel=3) as target:
        while block := source.read(2**20):
            target.write(block)
    with temporary.open("rb") as file:
        os.fsync(file.fileno())
    modified = plain.stat().st_mtime
    os.utime(temporary, (modified, modified))
    temporary.rename(packed)
    _fsync_folder(plain.parent)
    plain.unlink()
