"""How commands print: tables and trees on a terminal, and plain wide lines into a pipe."""

from __future__ import annotations

import sys

from rich.console import Console

# Into a pipe or a file nothing is cut off or wrapped to an imagined terminal.
PIPE_WIDTH = 240
SHORT_PAYLOAD = 60


def console() -> Console:
    """Return a console on standard output; texts are printed as they are, without markup."""
    return Console(width=None if sys.stdout.isatty() else PIPE_WIDTH, highlight=False, markup=False, emoji=False)


def printable(payload: bytes, length: int = SHORT_PAYLOAD) -> str:
    """Return a payload as one line of text; what could move a terminal's cursor is shown as a dot."""
    text = "".join(c if c.isprintable() else "·" for c in payload[: 4 * length].decode("utf-8", "replace"))
    return text if len(text) <= length and len(payload) <= 4 * length else f"{text[: length - 1]}…"
