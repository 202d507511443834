"""Which lines of a text are in the other language."""

from __future__ import annotations

import re
from collections.abc import Iterable

_ENGLISH = re.compile(
    r"(?<![-\w])(the|of|in|is|with|by|no|not|known|unknown|coverage|estimated|measured|day|month|year|reading|readings|"
    r"register|yuan|and|from)\b"
)
_CHINESE = re.compile("[\u4e00-\u9fff]")


def english_in(lines: Iterable[str]) -> list[str]:
    """Return the lines in which plain words of English stand."""
    return [line for line in lines if _ENGLISH.search(line)]


def chinese_in(lines: Iterable[str]) -> list[str]:
    """Return the lines in which a Chinese sign stands."""
    return [line for line in lines if _CHINESE.search(line)]
