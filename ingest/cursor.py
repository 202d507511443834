"""A consumer's durable place in a journal."""

from __future__ import annotations

import json
import os
from pathlib import Path

from ingest.journal import Position


def load(path: Path) -> Position:
    """Return the stored position, or the beginning."""
    try:
        stored = json.loads(path.read_text())
    except FileNotFoundError:
        return Position()
    return Position(stored["segment"], stored["offset"])


def save(path: Path, position: Position) -> None:
    """Store a position so that it survives a crash at any moment: the old one or the new one is read back."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".tmp")
    with temporary.open("w") as file:
        json.dump({"segment": position.segment, "offset": position.offset}, file)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
