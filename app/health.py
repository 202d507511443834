"""Is a service of an installation alive, and its loop turning? What it waits for is told, and is no illness.

Starting a service again brings no broker and no store back: while one is away the service waits, keeps what it holds
and says so. Ill is a process that is gone, or has said nothing for longer than its slowest honest step takes.
"""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app import members, status
from app.settings import WebSettings
from campus.said import both

# The drain speaks every second, but a request to a store may take a minute, and the wait after it half a minute [s].
DRAIN_SILENT_S = 120.0
# Deriving speaks between two judgements; judging a district of schools anew takes minutes [s].
DERIVE_SILENT_S = 600.0
# A letter to a server that never answers ends after its time-out, and letters are sent one after another [s].
POST_SILENT_S = 300.0
WEB_ANSWERS_S = 10.0
_UNSPECIFIED = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}


@dataclass(frozen=True, slots=True)
class Part:
    """A process of a service: the name of its status, and how long it may be silent [s]."""

    name: str
    silent_s: float


SERVICES: Mapping[str, tuple[Part, ...]] = {
    "ingest": (Part("ingest-main", status.SILENT_S), Part("drain", DRAIN_SILENT_S)),
    "analytics": (Part("derive", DERIVE_SILENT_S), Part("post", POST_SILENT_S)),
}


def member_parts(names: Iterable[str]) -> tuple[Part, ...]:
    """Return the processes of further members of a shared subscription."""
    return tuple(
        part
        for name in names
        for part in (
            Part(f"{status.RECEIVER}{name}", status.SILENT_S),
            Part(members.drain_status(name), DRAIN_SILENT_S),
        )
    )


@dataclass(frozen=True, slots=True)
class Health:
    """Whether a service is alive, and the sentence about it."""

    alive: bool
    text: str


def service(folder: Path, parts: Iterable[Part], now_s: float) -> Health:
    """Return the health of a service from the status files of its processes, at `now_s` [s since 1970]."""
    found = [_part(folder, part, now_s) for part in parts]
    return Health(all(health.alive for health in found), "; ".join(health.text for health in found))


def _part(folder: Path, part: Part, now_s: float) -> Health:
    try:
        facts = json.loads((folder / f"{part.name}.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return Health(False, f"{part.name} 还没有运行 / has not run yet")
    ago = now_s - float(facts["at"])
    if not _runs(int(facts["pid"])):
        return Health(False, f"{part.name} 已停止 / is not running; it last spoke {ago:.0f} s ago")
    if ago > part.silent_s:
        return Health(
            False, f"{part.name} 卡住了 / is stuck: silent for {ago:.0f} s, {part.silent_s:.0f} are allowed"
        )
    return Health(True, _waits(part.name, facts))


def _waits(name: str, facts: Mapping[str, Any]) -> str:
    trouble = both(str(facts.get("trouble") or ("" if facts.get("connected", True) else "no broker yet")))
    if not trouble.en:
        return f"{name} 正常 / runs"
    return f"{name} 在等待 / waits: {trouble.en}" + (f"（{trouble.zh}）" if trouble.zh != trouble.en else "")


def _runs(pid: int) -> bool:
    """Whether there is such a process; one that has ended and is not yet buried is none. True without a /proc."""
    if not Path("/proc/self/stat").exists():
        return True
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return not text.rpartition(")")[2].startswith(" Z")


def page(settings: WebSettings, timeout_s: float = WEB_ANSWERS_S) -> Health:
    """Return the health of the page: alive is one that answers, also where it says that a store does not."""
    host = _UNSPECIFIED.get(settings.host, settings.host)
    address = f"http://{host}:{settings.port}/health"
    began = time.monotonic()
    try:
        said = _asked(address, timeout_s)
    except (OSError, ValueError) as error:
        waited = time.monotonic() - began
        return Health(False, f"web 没有应答 / does not answer at {address} within {waited:.0f} s: {error}")
    troubles = [f"{school}: {text}" for school, text in said.items() if text != "ok"]
    return Health(True, _waits("web", {"trouble": "; ".join(troubles)}))


def _asked(address: str, timeout_s: float) -> dict[str, str]:
    """Return what the page says of its schools' stores. Raises `OSError` or `ValueError`."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(address, timeout=timeout_s) as answer:
            body = answer.read()
    except urllib.error.HTTPError as error:
        with error:
            if error.code != 503:
                raise
            body = error.read()
    schools = json.loads(body)["schools"]
    return {str(school): str(text) for school, text in schools.items()}
