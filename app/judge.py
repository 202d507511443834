"""After deriving: usual use, carbon months, and the rules' findings into the ledger."""

from __future__ import annotations

from app.derive import Key
from app.windows import Window
from app.wiring import Installation


def judge(installation: Installation, changed: dict[Key, list[Window]]) -> None:
    """Judge the series that changed."""
