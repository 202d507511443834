"""What people typed, as one line of plain text: a name can neither end a header nor rearrange the words around it."""

from __future__ import annotations

import unicodedata

# Marks that turn the direction of what follows (Unicode UAX #9).
_TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# Controls, line and paragraph ends, and halves of characters, which no text in UTF-8 can hold.
_BREAKING = frozenset({"Cc", "Zl", "Zp", "Cs"})


def one_line(text: str) -> str:
    """Return a text without line ends, control characters and marks of direction, its white space single."""
    kept = "".join(" " if unicodedata.category(c) in _BREAKING else c for c in text if c not in _TURNING)
    return " ".join(kept.split())
