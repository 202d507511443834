"""The journal's disk is full, its end is torn, it is damaged in the middle."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from ingest import segment
from tests.faults import said
from tests.faults.pipe import Pipe, piped, until
from tests.faults.row import Case, Ground, Row

DISK_KB, ROOM_KB = 1_024, 262_144
FREE = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)


@dataclass(frozen=True)
class Disk:
    """A disk that can be filled: small and mounted on a folder, or, where nobody may mount, processes that may not
    write long files."""

    folder: Path
    mounted: bool

    @property
    def how(self) -> str:
        """What the processes are told."""
        return "ENOSPC" if self.mounted else "EFBIG"

    def fill(self, pids: Sequence[int]) -> Callable[[], None]:
        """Leave no room, for `pids` where the disk cannot be filled; return what makes room again."""
        if not self.mounted:
            for pid in pids:
                resource.prlimit(pid, resource.RLIMIT_FSIZE, (4_096, resource.RLIM_INFINITY))
            return lambda: [resource.prlimit(pid, resource.RLIMIT_FSIZE, FREE) for pid in pids] and None
        filler = self.folder / "filler"
        with filler.open("wb", buffering=0) as file, suppress(OSError):
            while True:
                file.write(b"0" * 1_024)
        return lambda: _enlarged(self.folder, filler)


def _enlarged(folder: Path, filler: Path) -> None:
    filler.unlink()
    subprocess.run(["mount", "-o", f"remount,size={ROOM_KB}k", str(folder)], check=True)


@contextmanager
def _disk(folder: Path) -> Iterator[Disk]:
    """A small disk mounted on a folder, if that is allowed."""
    folder.mkdir(parents=True)
    options = ["-t", "tmpfs", "-o", f"size={DISK_KB}k", "campus-faults", str(folder)]
    if os.geteuid() or not shutil.which("mount") or subprocess.run(["mount", *options], check=False).returncode:
        yield Disk(folder, mounted=False)
        return
    try:
        yield Disk(folder, mounted=True)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def _full(ground: Ground) -> Row:
    count = max(ground.size.messages, 2_000)
    with _disk(ground.folder / "data" / "journal") as disk, piped(ground) as pipe:
        pipe.start()
        pipe.meters.publish(said.mixed(ground, 0, 20))
        pipe.settled()
        make_room = disk.fill([pipe.processes["main"].pid])
        pipe.meters.publish(said.mixed(ground, 20, count))
        until(lambda: pipe.alarmed("free disk space"))
        waiting = len(set(pipe.meters.acknowledged)) - pipe.come()
        acknowledged = pipe.status("ingest-main")["acknowledged"]
        assert waiting > 0 and acknowledged <= pipe.come(), "what is not journaled is not acknowledged"
        make_room()
        pipe.settled()
        until(lambda: not pipe.alarmed("free disk space"))
        assert pipe.log().count("free disk space") == 1, "it is said once, however long it lasts"
        pipe.end_politely()
        return pipe.row(f"journal: its disk full ({disk.how}); goes on by itself")


def _all_full(ground: Ground) -> Row:
    """Fill the disk that journal, store, quarantine, cursors and status share."""
    with _disk(ground.folder / "data") as disk, piped(ground) as pipe:
        pipe.start()
        pipe.meters.publish(said.mixed(ground, 0, 20))
        pipe.settled()
        make_room = disk.fill([pipe.processes["main"].pid, pipe.status("drain")["pid"]])
        pipe.meters.publish(said.mixed(ground, 20, max(ground.size.messages, 2_000)))
        until(lambda: pipe.come() < len(set(pipe.meters.acknowledged)) and "free disk space" in pipe.log())
        time.sleep(1.0)  # for the drain to find it full, too
        make_room()
        pipe.settled()
        pipe.end_politely()
        return pipe.row(f"journal: the disk of all data full ({disk.how}); goes on by itself")


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
