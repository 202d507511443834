"""What each running process last said of itself, in small files that the page and `campus status` read."""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

# A process writes its status as often; one that is silent so long is not running [s].
EVERY_S = 1.0
SILENT_S = 15.0
# A receiver writes in a thread of its own whatever it waits for. Its end is to be known within ten seconds: on a
# shared subscription the broker goes on dealing messages to a member that is gone.
RECEIVER_SILENT_S = 6.0
RECEIVER = "ingest-"


def write(folder: Path, name: str, facts: Mapping[str, Any]) -> None:
    """Replace the status of one process; where the disk takes nothing, the old one stays and grows silent."""
    temporary = folder / f".{name}.{os.getpid()}"
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        temporary.write_text(json.dumps({**facts, "pid": os.getpid(), "at": time.time()}), encoding="utf-8")
        temporary.replace(folder / f"{name}.json")


def read(folder: Path, now_s: float | None = None) -> dict[str, dict[str, Any]]:
    """Return the last status of every process that ever wrote one; `silent` tells those no longer running.

    `now_s` [s since 1970] is the moment it is asked of; None is now.
    """
    now_s = time.time() if now_s is None else now_s
    found = {}
    for path in sorted(folder.glob("*.json")):
        facts = json.loads(path.read_text(encoding="utf-8"))
        limit_s = RECEIVER_SILENT_S if path.stem.startswith(RECEIVER) else SILENT_S
        found[path.stem] = {**facts, "silent": now_s - facts["at"] > limit_s}
    return found
