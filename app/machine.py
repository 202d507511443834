"""The machine itself: data folder, clock and fonts, each tried for real, each failure with its remedy."""

from __future__ import annotations

import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from os import fsync
from pathlib import Path
from zoneinfo import ZoneInfo


class Verdict(StrEnum):
    """How bad it is: bad stops a school's operation, warn will hurt one day."""

    OK = "ok"
    WARN = "warn"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was tried, how it went, and what to do."""

    name: str
    verdict: Verdict
    text: str
    remedy: str = ""


# Fifty meters every 15 minutes make about 0.3 GB of journal a year before compression: 150 bytes a message.
FREE_BAD_BYTES, FREE_WARN_BYTES = 500e6, 5e9
# A group of messages waits for one fsync: at 50 ms a broker's stock window of 20 passes 400 messages a second.
FSYNC_WARN_S = 0.05
FSYNC_TRIES = 15
# File systems on which SQLite's write-ahead log does not work, since processes share no memory (sqlite.org/wal.html).
NETWORK_FILE_SYSTEMS = frozenset({"nfs", "nfs4", "cifs", "smb3", "9p", "fuse.sshfs", "vboxsf", "ceph", "glusterfs"})
MEMORY = frozenset({"tmpfs", "ramfs"})
# The program was written after this instant: a clock before it is wrong.
WRITTEN = datetime(2026, 1, 1, tzinfo=UTC)
CLOCK_SLACK = timedelta(minutes=5)
CHINA_OFFSET = timedelta(hours=8)
FONT_FILES = ("NotoSansCJK*", "NotoSerifCJK*", "SourceHanSans*", "wqy-*", "DroidSansFallback*", "simsun*", "msyh*")
FONT_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.fonts", "~/.local/share/fonts", "/Library/Fonts")


@dataclass(frozen=True, slots=True)
class Disk:
    """What was measured of a data folder: room [bytes], the median time of an fsync [s], the kind of file system."""

    root: Path
    free_bytes: float
    fsync_s: float
    kind: str


def measure(root: Path) -> Disk:
    """Measure a data folder, which is made where it is missing."""
    root.mkdir(parents=True, exist_ok=True)
    return Disk(root, shutil.disk_usage(root).free, fsync_seconds(root), file_system(root))


def data_folder(disk: Disk) -> Check:
    """Is the data folder on a local disk with room, and fast enough?"""
    room, wait = f"{disk.free_bytes / 1e9:.1f} GB free", f"fsync {1000 * disk.fsync_s:.1f} ms"
    text = f"{disk.root}: {room}, {wait}, {disk.kind or 'unknown file system'}"
    faults = (
        (disk.kind in NETWORK_FILE_SYSTEMS, Verdict.BAD, "set CAMPUS_DATA to a local disk: SQLite needs one"),
        (disk.free_bytes < FREE_BAD_BYTES, Verdict.BAD, "free space: on a full disk messages wait at the broker"),
        (disk.free_bytes < FREE_WARN_BYTES, Verdict.WARN, "free space soon, or lower [journal] keep_days"),
        (disk.kind in MEMORY, Verdict.WARN, "set CAMPUS_DATA to a disk: memory is empty after a restart"),
        (disk.fsync_s > FSYNC_WARN_S, Verdict.WARN, "a slow disk limits how fast messages are acknowledged"),
    )
    verdict, remedy = next(((verdict, remedy) for is_so, verdict, remedy in faults if is_so), (Verdict.OK, ""))
    return Check("data folder", verdict, text, remedy)


def fsync_seconds(folder: Path) -> float:
    """Return the median time of writing a page and its fsync [s]."""
    times = []
    with tempfile.TemporaryFile(dir=folder) as file:
        for _ in range(FSYNC_TRIES):
            begin = time.perf_counter()
            file.write(bytes(4096))
            file.flush()
            fsync(file.fileno())
            times.append(time.perf_counter() - begin)
    return statistics.median(times)


def file_system(path: Path, mounts: Path = Path("/proc/mounts")) -> str:
    """Return the type of the file system that holds a path, or nothing where the system does not tell."""
    if not mounts.exists():
        return ""
    place = path.resolve()
    rows = [line.split(" ")[1:3] for line in mounts.read_text(encoding="utf-8", errors="replace").splitlines()]
    holding = [(Path(at.replace("\\040", " ")), kind) for at, kind in rows]
    around = [(at, kind) for at, kind in holding if place.is_relative_to(at)]
    return max(around, key=lambda pair: len(pair[0].parts), default=(place, ""))[1]


def clock(now: datetime, journal: Path) -> Check:
    """Is the clock believable, does it not run backwards, and are there time zones?"""
    text = f"{now:%Y-%m-%d %H:%M:%S} UTC"
    remedy = "set the clock and keep it set: timedatectl set-ntp true"
    if now < WRITTEN:
        return Check("clock", Verdict.BAD, f"{text} cannot be: this program is younger", remedy)
    newest = max((_modified(path) for path in _segments(journal)), default=now)
    if newest > now + CLOCK_SLACK:
        return Check("clock", Verdict.BAD, f"{text}, but the journal was written at {newest:%F %T} UTC", remedy)
    if ZoneInfo("Asia/Shanghai").utcoffset(now) != CHINA_OFFSET:
        return Check("clock", Verdict.BAD, "the time zone data are wrong", "reinstall the package tzdata")
    return Check("clock", Verdict.OK, f"{text}; time zones are there")


def _segments(journal: Path) -> Iterable[Path]:
    return journal.glob("*/*.seg*") if journal.is_dir() else ()


def _modified(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)


def fonts(family: str) -> Check:
    """Is there a font that draws Chinese?"""
    if family:
        return Check("fonts", Verdict.OK, f"Chinese is drawn with {family}")
    remedy = "apt-get install fonts-noto-cjk (or the like): without it Chinese in charts is empty boxes"
    return Check("fonts", Verdict.WARN, "no font that draws Chinese was found", remedy)


def chinese_font() -> str:
    """Return the name of an installed font that draws Chinese, or nothing."""
    return _chinese_family() or _font_file()


def _chinese_family() -> str:
    if shutil.which("fc-list") is None:
        return ""
    command = ["fc-list", ":lang=zh-cn", "family"]
    try:
        listed = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False).stdout
    except subprocess.TimeoutExpired:
        return ""
    families = sorted(line.split(",")[0] for line in listed.splitlines() if line.strip())
    return next((name for name in families if "Noto" in name), families[0] if families else "")


def _font_file() -> str:
    folders = [Path(folder).expanduser() for folder in FONT_FOLDERS]
    files = (path for folder in folders if folder.is_dir() for name in FONT_FILES for path in folder.rglob(name))
    return next((path.name for path in files), "")
