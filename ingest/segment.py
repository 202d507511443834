"""A journal's segment files: their names, their bytes plain or compressed, and what a crash left at their end."""

from __future__ import annotations

import gzip
import os
import zlib
from pathlib import Path

from ingest import records

MAGIC = b"CEJ1"
_SUFFIX, _PACKED = ".seg", ".seg.gz"


class Damaged(Exception):
    """A compressed segment that cannot be unpacked."""


def plain(folder: Path, number: int) -> Path:
    """Return the path of a segment that is not compressed."""
    return folder / f"{number:012d}{_SUFFIX}"


def _packed(folder: Path, number: int) -> Path:
    return folder / f"{number:012d}{_PACKED}"


def numbers(folder: Path) -> list[int]:
    """Return the numbers of the folder's segments, ascending."""
    names = (path.name for path in folder.glob(f"*{_SUFFIX}*"))
    return sorted({int(name.partition(".")[0]) for name in names if not name.endswith(".tmp")})


def size_bytes(folder: Path) -> int:
    """Return what a folder's segments take on disk [bytes]."""
    return sum(path.stat().st_size for path in folder.glob(f"*{_SUFFIX}*"))


def written_s(folder: Path, number: int) -> float:
    """Return when a segment was last written to [s since 1970]; compressing it does not change that."""
    try:
        return plain(folder, number).stat().st_mtime
    except FileNotFoundError:
        return _packed(folder, number).stat().st_mtime


def read(folder: Path, number: int, window: tuple[int, int]) -> bytes:
    """Return bytes (offset, at most so many) of a segment; empty at or past its end. Raises `Damaged`."""
    offset, limit = window
    try:
        with plain(folder, number).open("rb") as file:
            file.seek(offset)
            return file.read(limit)
    except FileNotFoundError:
        pass
    try:
        with gzip.open(_packed(folder, number)) as packed:
            packed.seek(offset)
            return packed.read(limit)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise Damaged(str(error)) from error


def cut_torn_tail(folder: Path, number: int) -> None:
    """Cut a segment behind its last good record, unless a good record stands behind the bad place."""
    path = plain(folder, number)
    if not path.exists():
        return
    data = path.read_bytes()
    good = records.good_until(data, min(len(MAGIC), len(data)))
    if good < len(data) and not records.any_after(data, good):
        with path.open("r+b") as file:
            file.truncate(good)
            os.fsync(file.fileno())


def fsync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def compress(folder: Path, below: int, keep_days: float, now_s: float) -> None:
    """Compress the segments below a number; remove those last written more than `keep_days` [days] ago."""
    for number in numbers(folder):
        if number >= below:
            return
        if plain(folder, number).exists():
            _compress_one(folder, number)
        packed = _packed(folder, number)
        if packed.stat().st_mtime < now_s - keep_days * 86400:
            packed.unlink()


def _compress_one(folder: Path, number: int) -> None:
    source_path, packed = plain(folder, number), _packed(folder, number)
    temporary = packed.with_name(packed.name + ".tmp")
    with source_path.open("rb") as source, gzip.open(temporary, "wb", compresslevel=3) as target:
        while block := source.read(2**20):
            target.write(block)
    with temporary.open("rb") as file:
        os.fsync(file.fileno())
    modified = source_path.stat().st_mtime
    os.utime(temporary, (modified, modified))
    temporary.rename(packed)
    fsync_folder(folder)
    source_path.unlink()
