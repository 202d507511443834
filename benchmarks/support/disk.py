"""The disk under a benchmark: what it is, and how long it takes to keep something."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path
from statistics import median


def fsync_ms(folder: Path) -> float:
    """Return how long the disk takes for 64 kB [ms], median."""
    taken = []
    with (folder / "fsync").open("wb", buffering=0) as file:
        for _ in range(50):
            begun = time.perf_counter()
            file.write(b"\0" * 65_536)
            os.fsync(file.fileno())
            taken.append((time.perf_counter() - begun) * 1000)
    return median(taken)


def filesystem(folder: Path) -> str:
    """Return the kind of file system a folder lies on."""
    best = ("", "unknown")
    for line in Path("/proc/mounts").read_text().splitlines():
        _, mount, kind, *_ = line.split()
        if folder.resolve().is_relative_to(mount) and len(mount) >= len(best[0]):
            best = (mount, kind)
    return best[1]


def disk_folder() -> str:
    """Return a temporary folder's parent that lies on a disk: a journal in memory proves nothing."""
    candidates = [tempfile.gettempdir(), "/var/tmp", str(Path.home())]
    return next((c for c in candidates if filesystem(Path(c)) not in ("tmpfs", "ramfs")), candidates[0])
