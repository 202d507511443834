"""What the processes of a group cost: memory held together, and processor time by part."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def group_of(leaders: Iterable[int]) -> list[int]:
    """Return the processes whose group one of these leads, themselves included."""
    wanted = set(leaders)
    return [int(path.name) for path in Path("/proc").glob("[0-9]*") if _group(path) in wanted]


def _group(process: Path) -> int:
    fields = _fields(process / "stat")
    return int(fields[2]) if fields else 0


def _fields(stat: Path) -> list[str]:
    """Return what stands behind a process's or thread's name in its stat file (proc(5)); nothing once it is gone."""
    try:
        return stat.read_text().rpartition(")")[2].split()
    except OSError:
        return []


def rss_mb(processes: Iterable[int]) -> float:
    """Return what processes hold together now [MB]."""
    return sum(map(_rss_kb, processes)) / 1000


def _rss_kb(process: int) -> int:
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))


def cpu_s(process: int) -> tuple[float, float]:
    """Return the processor time so far [s] of a process's first thread, and of its others."""
    threads = Path(f"/proc/{process}/task").glob("*")
    times = {int(one.name): _seconds(_fields(one / "stat")) for one in threads}
    return times.get(process, 0.0), sum(used for thread, used in times.items() if thread != process)


def _seconds(fields: list[str]) -> float:
    return (int(fields[11]) + int(fields[12])) / _TICKS_PER_S if fields else 0.0
