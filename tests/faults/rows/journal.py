"""The journal's disk is full, its end is torn, it is damaged in the middle."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ingest import segment
from tests.faults import said
from tests.faults.pipe import Pipe, piped, until
from tests.faults.row import Case, Ground, Row

SMALL_DISK_KB, LARGE_DISK_KB = 64, 262_144


@contextmanager
def _small_disk(folder: Path, kb: int = SMALL_DISK_KB) -> Iterator[Callable[[], None] | None]:
    """A disk that is soon full, mounted on a folder; yields what makes it large. None where nobody may mount."""
    folder.mkdir(parents=True)
    options = ["-t", "tmpfs", "-o", f"size={kb}k", "campus-faults", str(folder)]
    if os.geteuid() or not shutil.which("mount") or subprocess.run(["mount", *options], check=False).returncode:
        yield None
        return
    try:
        yield (
            lambda: (
                subprocess.run(["mount", "-o", f"remount,size={LARGE_DISK_KB}k", str(folder)], check=True) and None
            )
        )
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def _limited(pipe: Pipe) -> Callable[[], None]:
    """Let the receiver write no file longer than its journal is now; return what lifts that."""
    pid = pipe.processes["main"].pid
    soft, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    length = segment.size_bytes(pipe.data / "journal" / "main")
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (length + 1_000, hard))
    return lambda: resource.prlimit(pid, resource.RLIMIT_FSIZE, (soft, hard)) and None


def _full(ground: Ground) -> Row:
    count = max(ground.size.messages, 2_000)
    with _small_disk(ground.folder / "data" / "journal") as enlarge, piped(ground) as pipe:
        pipe.start()
        pipe.meters.publish(said.mixed(ground, 0, 20))
        pipe.settled()
        way = "its disk full (ENOSPC)" if enlarge else "no longer file allowed (EFBIG)"
        enlarge = enlarge or _limited(pipe)
        pipe.meters.publish(said.mixed(ground, 20, count))
        until(lambda: pipe.alarmed("free disk space"))
        waiting = len(set(pipe.meters.acknowledged)) - pipe.come()
        acknowledged = pipe.status("ingest-main")["acknowledged"]
        assert waiting > 0 and acknowledged <= pipe.come(), "what is not journaled is not acknowledged"
        enlarge()
        pipe.settled()
        until(lambda: not pipe.alarmed("free disk space"))
        pipe.end_politely()
        return pipe.row(f"journal: {way}; goes on by itself")


def _all_full(ground: Ground) -> Row:
    """Fill the disk that journal, store, quarantine, cursors and status share."""
    with _small_disk(ground.folder / "data", kb=1_024) as enlarge, piped(ground) as pipe:
        pipe.start()
        pipe.meters.publish(said.mixed(ground, 0, 20))
        pipe.settled()
        filler = pipe.data / "filler"
        enlarge = enlarge or _limited(pipe)
        with filler.open("wb", buffering=0) as file, suppress(OSError):
            for _ in range(1_024):
                file.write(b"0" * 1_024)
        pipe.meters.publish(said.mixed(ground, 20, max(ground.size.messages, 2_000)))
        until(lambda: pipe.come() < len(set(pipe.meters.acknowledged)) and "free disk space" in pipe.log())
        filler.unlink()
        enlarge()
        pipe.settled()
        pipe.end_politely()
        return pipe.row("journal: the disk of all data full; goes on by itself")


def _torn(ground: Ground) -> Row:
    count = ground.size.messages
    with piped(ground) as pipe:
        pipe.start()
        pipe.meters.publish(said.mixed(ground, 0, count))
        pipe.settled()
        pipe.kill()
        last = _last(pipe)
        whole = last.read_bytes()
        with last.open("ab") as file:
            file.write(whole[4:44])  # as far as the disk came with a record
        pipe.meters.publish(said.mixed(ground, count, count))
        pipe.start()
        pipe.settled()
        pipe.end_politely()
        assert last.read_bytes() == whole, "the torn end was not cut"
        return pipe.row("journal: torn end of a segment")


def _corrupted(ground: Ground) -> Row:
    count = ground.size.messages
    with piped(ground) as pipe:
        pipe.store.mkdir(parents=True)  # holds the drain: all is journaled, nothing is stored
        pipe.start()
        pipe.meters.publish(said.mixed(ground, 0, count))
        pipe.come_all()
        pipe.kill()
        damaged = _last(pipe)
        whole = damaged.read_bytes()
        damaged.write_bytes(_flipped(whole))
        pipe.store.rmdir()
        pipe.start()
        pipe.meters.publish(said.mixed(ground, count, count))
        until(lambda: pipe.alarmed("is damaged in segment 1 at byte"))
        pipe.come_behind(damaged)
        assert pipe.stored() < count, "what stands behind the damage was not skipped to"
        damaged.write_bytes(whole)
        pipe.stop()
        pipe.start()
        pipe.settled()
        pipe.end_politely()
        return pipe.row("journal: a damaged segment, restored after the alarm")


def _last(pipe: Pipe) -> Path:
    folder = pipe.data / "journal" / "main"
    return segment.plain(folder, segment.numbers(folder)[-1])


def _flipped(data: bytes) -> bytes:
    middle = data.index(b'"register"', len(data) // 2)
    return data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]


CASES: dict[str, Case] = {"disk full": _full, "data disk full": _all_full, "torn end": _torn, "damaged": _corrupted}
