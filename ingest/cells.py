"""What a cell of a file says: a number in one of the ways the world writes them, or nothing at all."""

from __future__ import annotations

import math
import re
import unicodedata
from datetime import date, datetime, time

# What a spreadsheet or a line of text gives: an empty cell is an empty text.
Cell = str | int | float | datetime | date | time | None

ABSENT = frozenset({"", "-", "--", "—", "——", "/", "n/a", "na", "nan", "#n/a", "null", "none", "nil", "无", "缺"})
_LONGEST_ABSENT = max(map(len, ABSENT)) + 2
_SPACES = re.compile(r"[\s\u00a0\u2009\u202f'’]+")
_PLAIN = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?")
# Groups of three (Western), of four (万, 亿), or two and at last three (lakh, crore).
_GROUPED = r"[+-]?(\d{{1,3}}({0}\d{{3}})+|\d{{1,4}}({0}\d{{4}})+|\d{{1,2}}({0}\d{{2}})+{0}\d{{3}}|\d+)"


def text_of(cell: Cell) -> str:
    """Return a cell as text without blanks at its ends; a whole number has no decimal point."""
    if isinstance(cell, str):
        return cell.strip().lstrip("'").strip()
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    return str(cell)


def absent(cell: Cell) -> bool:
    """Whether a cell says nothing."""
    if not isinstance(cell, str):
        return cell is None
    return not cell or (len(cell) <= _LONGEST_ABSENT and cell.strip().casefold() in ABSENT)


def decimal_mark(cell: Cell) -> str:
    """Return "." or "," where a number proves which of them is its decimal mark, else the empty string.

    1.234,5 and 12,5 prove the comma; 1,234.5 and 12.5 the point; 1,234 and 1.234 may be either, 1,2345 too.
    """
    if not isinstance(cell, str) or ("," not in cell and "." not in cell):
        return ""
    written = _bare(cell)
    if not written or written.strip("+-0123456789.,"):
        return ""
    marks = [mark for mark in written if mark in ".,"]
    if len(set(marks)) == 2:
        return marks[-1]
    mark, other = marks[0], "." if marks[0] == "," else ","
    if len(marks) > 1:
        return other
    before, _, after = written.lstrip("+-").partition(mark)
    groups = 1 <= len(before) <= 4 and not before.startswith("0") and len(after) in ((3, 4) if mark == "," else (3,))
    return "" if groups else mark


def number(cell: Cell, decimal: str) -> float | None:
    """Return a finite number written with `decimal` as its decimal mark, or None for what is no such number."""
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return float(cell) if math.isfinite(cell) else None
    if not isinstance(cell, str):
        return None
    written = cell if _PLAIN.fullmatch(cell) else _bare(cell)
    if decimal == "." and _PLAIN.fullmatch(written):
        return _finite(written)
    whole, _, fraction = written.partition(decimal)
    grouping = "," if decimal == "." else "."
    if not re.fullmatch(_GROUPED.format(re.escape(grouping)), whole) or not re.fullmatch(r"\d*", fraction):
        return None
    return _finite(f"{whole.replace(grouping, '')}.{fraction or 0}")


def _bare(written: str) -> str:
    return _SPACES.sub("", unicodedata.normalize("NFKC", written)).replace("−", "-")


def _finite(plain: str) -> float | None:
    value = float(plain)
    return value if math.isfinite(value) else None
