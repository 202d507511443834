"""A consumer's durable place in a journal, and what it remembers of the messages before it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

from ingest.journal import Position


def load(path: Path) -> Position:
    """Return the stored position, or the beginning: also of a file that cannot be read, as reading anew doubles
    nothing."""
    try:
        stored = json.loads(path.read_text())
        return Position(int(stored["segment"]), int(stored["offset"]))
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return Position()


def memory(path: Path) -> dict[str, str]:
    """Return what was stored with the position."""
    try:
        return dict(json.loads(path.read_text()).get("memory", {}))
    except FileNotFoundError:
        return {}


def save(path: Path, position: Position, remembered: Mapping[str, str] | None = None) -> None:
    """Store a position, and what is remembered at it, so that it survives a crash at any moment.

    The old one or the new one is read back, each with its own memory.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".tmp")
    with temporary.open("w") as file:
        body = {"segment": position.segment, "offset": position.offset}
        json.dump(body | ({"memory": dict(remembered)} if remembered else {}), file)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
