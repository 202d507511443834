"""How a value of the school's file stands in a cell: for each kind of value a reader and its inverse."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from app import workbook_words
from app.price_fields import share, standard
from app.toml_fields import EARLIEST, LATEST, Wrong, interval
from app.workbook_problem import Mistake
from app.workbook_words import Word

# What openpyxl reads from a cell; a formula stands for its last computed value.
Cell = Any
# A cell that says: none, take away what is registered. An empty cell says nothing.
NONE_MARKS = frozenset({"-", "－", "–", "—"})
# A value that says: take away what is registered.
CLEAR = ""
# What people write where a bill is not adjusted by power factor.
_NONE = frozenset({"无", "不考核", "none"})
# A spreadsheet keeps 15 digits of a number (IEEE 754, ECMA-376 part 1, 18.18.11); the rest is rounded to zeros.
DIGITS_KEPT = 15

# A list of words up to this length is told whole where none of them is alike.
SHORT_LIST = 7

_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")  # not allowed in XML 1.0, 2.2
_NUMBER = re.compile(r"[+-]?(\d+|\d{1,3}(,\d{3})+)?(\.\d+)?")
_CANONICAL = re.compile(r"(0|[1-9]\d*)(\.\d*[1-9])?")
_DAY = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?")
_LENGTHS = (("分钟", "min"), ("小时", "h"), ("秒", "s"), ("分", "min"), ("时", "h"), ("天", "d"), ("日", "d"))


@dataclass(frozen=True, slots=True)
class Around:
    """What the meaning of a cell depends on: the school's clock and the payload formats there are."""

    zone: ZoneInfo
    formats: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Codec:
    """`read` gives a cell's value as the file keeps it, or a Mistake; `show` is its inverse.

    `words` are offered in a list; `number_format` is how the spreadsheet draws the cell.
    """

    read: Callable[[Cell, Around], Any]
    show: Callable[[Any, Around], Cell]
    words: tuple[Word, ...] = ()
    number_format: str = "General"


def tidy(text: str) -> str:
    """Return a text without blanks at its ends and without characters that no spreadsheet can hold."""
    return _UNPRINTABLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def said(cell: Cell) -> str | Mistake:
    """Return what a cell says as text; a whole number is written without a decimal point."""
    if isinstance(cell, str):
        return tidy(cell)
    if isinstance(cell, date):
        return Mistake("表格把它变成了日期，请设为文本格式再填", "has become a date: format the cell as text")
    if isinstance(cell, bool) or not isinstance(cell, int | float):
        return Mistake("应为文字", "must be text")
    if abs(cell) >= 10**DIGITS_KEPT:
        return Mistake(
            "超过15位的数字会被表格四舍五入，请设为文本格式再填",
            "a number of more than 15 digits is rounded by the spreadsheet: format the cell as text",
        )
    return str(int(cell)) if cell == int(cell) else repr(cell)


def matching(pattern: str, zh: str, en: str) -> Codec:
    """Return the codec of texts of a certain form."""
    form = re.compile(pattern)

    def read(cell: Cell, _: Around) -> str | Mistake:
        text = said(cell)
        return text if isinstance(text, Mistake) or form.fullmatch(text) else Mistake(zh, en)

    return Codec(read, _shown_text, number_format="@")


def number(low: float, high: float = math.inf, *, above: bool = False, whole: bool = False) -> Codec:
    """Return the codec of numbers in [low, high], or above `low`; numbers written as text are taken too."""
    least = f"{'大于' if above else '不小于'} {low:g}"
    zh = f"应为{'整数' if whole else '数字'}，{least}" + ("" if high == math.inf else f"，不大于 {high:g}")
    en = f"must be a {'whole number' if whole else 'number'} {'above' if above else 'of at least'} {low:g}"
    mistake = Mistake(zh, en if high == math.inf else f"{en} and at most {high:g}")

    def read(cell: Cell, _: Around) -> Any:
        value = _number(cell)
        if value is None or not low <= value <= high or (above and value == low) or (whole and value != int(value)):
            return mistake
        return int(value) if value == int(value) and abs(value) < 10**DIGITS_KEPT else value

    return Codec(read, lambda value, _: value)


def _number(cell: Cell) -> float | None:
    if isinstance(cell, bool) or not isinstance(cell, int | float | str):
        return None
    if not isinstance(cell, str):
        return cell if math.isfinite(cell) else None
    text = unicodedata.normalize("NFKC", tidy(cell))
    return float(text.replace(",", "")) if text and _NUMBER.fullmatch(text) and text[-1].isdigit() else None


def chosen(words: tuple[Word, ...]) -> Codec:
    """Return the codec of a closed list of words."""
    by_key = {word.key: word.shown for word in words}

    def read(cell: Cell, _: Around) -> str | Mistake:
        text = said(cell)
        if isinstance(text, Mistake):
            return text
        near = workbook_words.nearest_word(text, words)
        return workbook_words.find(text, words) or _no_such(text, near, [word.shown for word in words])

    return Codec(read, lambda key, _: by_key.get(key, key), words)


def _no_such(text: str, near: str, known: Sequence[str] = ()) -> Mistake:
    hint_zh, hint_en = "；请从下拉列表选", ": pick one of the list"
    if near:
        hint_zh, hint_en = f"；最接近：{near}", f"; nearest: {near}"
    elif 0 < len(known) <= SHORT_LIST:
        hint_zh, hint_en = f"；可选：{'、'.join(known)}", f"; known: {', '.join(known)}"
    return Mistake(f'没有"{text}"这个选项{hint_zh}', f'"{text}" is not in the list{hint_en}')


def _text(cell: Cell, _: Around) -> str | Mistake:
    return said(cell)


def _shown_text(value: Any, _: Around) -> str:
    return tidy(str(value))


def _shown_plain(value: Any, _: Around) -> Cell:
    """Show a text that is a plain number as a number, so that no cell carries the green corner of a stored text."""
    text = tidy(str(value))
    if not _CANONICAL.fullmatch(text) or len(text.replace(".", "").lstrip("0")) > DIGITS_KEPT:
        return text
    return float(text) if "." in text else int(text)


def _unit(cell: Cell, _: Around) -> str | Mistake:
    text = said(cell)
    if isinstance(text, Mistake):
        return text
    return workbook_words.unit(text) or _no_such(
        text, workbook_words.nearest(text, list(dict.fromkeys(workbook_words.UNITS.values())))
    )


def _format(cell: Cell, around: Around) -> str | Mistake:
    text = said(cell)
    if isinstance(text, Mistake) or text in around.formats:
        return text
    return _no_such(text, workbook_words.nearest(text, list(around.formats)))


def _topic(cell: Cell, _: Around) -> str | Mistake:
    text = said(cell)
    if isinstance(text, Mistake) or not (set(text) & {"#", "+"} or text.startswith("$")):
        return text
    return Mistake(
        "主题要写全：不能含 # 或 +，不能以 $ 开头", "a topic is written out: no # or +, not beginning with $"
    )


def _length(cell: Cell, _: Around) -> str | Mistake:
    text = said(cell)
    if isinstance(text, Mistake):
        return text
    plain = unicodedata.normalize("NFKC", text).replace(" ", "").lower()
    for zh, en in _LENGTHS:
        plain = plain.replace(zh, en)
    if isinstance(interval(plain), Wrong):
        return Mistake("应为时间长度，如 15min、1h、1d", "must be a length of time such as 15min, 1h or 1d")
    return plain


def _yes(cell: Cell, around: Around) -> bool | Mistake:
    answer = cell if isinstance(cell, bool) else ANSWER.read(cell, around)
    return answer if isinstance(answer, bool | Mistake) else answer == "yes"


def _day(cell: Cell, _: Around) -> date | Mistake:
    """Read a calendar day from a date cell or one of the ways it is written in China."""
    if isinstance(cell, datetime):
        cell = cell.date()
    found = _DAY.fullmatch(unicodedata.normalize("NFKC", tidy(cell))) if isinstance(cell, str) else None
    try:
        day = date(*map(int, found.groups())) if found else cell
    except ValueError:
        return Mistake(f'没有"{cell}"这一天', f'there is no day "{cell}"')
    if not isinstance(day, date):
        return Mistake(
            "应为日期，如 2026-09-01 或 2026年9月1日", "must be a date such as 2026-09-01: format the cell as a date"
        )
    if not EARLIEST <= day.year <= LATEST:
        return Mistake(f"年份应在 {EARLIEST} 到 {LATEST} 之间", f"the year must lie between {EARLIEST} and {LATEST}")
    return day


def _instant(cell: Cell, around: Around) -> datetime | Mistake:
    """Read an instant: a day means its first moment on the school's clock."""
    if isinstance(cell, str) and "T" in cell and (exact := _exact(tidy(cell))):
        return exact
    day = _day(cell, around)
    if isinstance(day, Mistake):
        return day
    time = cell.time() if isinstance(cell, datetime) else datetime.min.time()
    return datetime.combine(day, time, around.zone)


def _exact(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo and EARLIEST <= found.year <= LATEST else None


def _shown_instant(value: Any, around: Around) -> Cell:
    """Show midnight of the school's clock as its day, any other instant with its offset from UTC."""
    local = value.astimezone(around.zone)
    midnight = datetime(local.year, local.month, local.day, tzinfo=around.zone)
    return local.date() if midnight == value else local.isoformat()


def _iso(cell: Cell, around: Around) -> str | Mistake:
    day = _day(cell, around)
    return day if isinstance(day, Mistake) else day.isoformat()


def _shown_iso(value: Any, _: Around) -> Cell:
    try:
        return date.fromisoformat(value)
    except ValueError:
        return value


_LITRES = number(0, above=True)


def _litres(cell: Cell, around: Around) -> float | Mistake:
    """Read litres per pulse as m³ per pulse, exactly: in tenths, not in halves."""
    value = _LITRES.read(cell, around)
    return value if isinstance(value, Mistake) else float(Decimal(repr(value)) / 1000)


def _share(cell: Cell, _: Around) -> Any:
    """Read a share: 0.2, 20% or 20 % as text, or a cell shown in per cent."""
    text = tidy(cell) if isinstance(cell, str) else ""
    part = _number(text.removesuffix("%").rstrip()) if text.endswith("%") else None
    read = share(_number(cell) if part is None else part / 100)
    mistake = Mistake("应为大于 0、不大于 1 的比例，如 0.2 或 20%", "must be a share such as 0.2 or 20%")
    return mistake if isinstance(read, Wrong) else read


def _standard(cell: Cell, _: Around) -> Any:
    """Read a power-factor standard; the word for none takes away what is registered."""
    if isinstance(cell, str) and tidy(cell) in _NONE:
        return CLEAR
    value = _number(cell)
    wrong = isinstance(standard(value), Wrong)
    return Mistake("应为 0.90、0.85、0.80 或 无", "must be 0.90, 0.85, 0.80, or 无 for none") if wrong else value


TEXT = Codec(_text, _shown_text, number_format="@")
PLAIN = Codec(_text, _shown_plain)
KEY = matching(
    r"[A-Za-z0-9][A-Za-z0-9_.-]*",
    "编号只用字母、数字和 - _ .（它给文件和页面起名）",
    "a key is made of letters, digits and - _ . (it names files, series and pages)",
)
UNIT = Codec(_unit, _shown_text)
FORMAT = Codec(_format, _shown_text, number_format="@")
TOPIC = Codec(_topic, _shown_text, number_format="@")
LENGTH = Codec(_length, _shown_text, number_format="@")
ANSWER = chosen(workbook_words.ANSWERS)
FLAG = Codec(_yes, lambda value, around: ANSWER.show("yes" if value else "no", around), workbook_words.ANSWERS)
SHARE = Codec(_share, lambda value, _: value)
STANDARD = Codec(_standard, lambda value, _: value, number_format="0.00")
DAY = Codec(_day, lambda value, _: value, number_format="yyyy-mm-dd")
INSTANT = Codec(_instant, _shown_instant, number_format="yyyy-mm-dd")
ISO_DAY = Codec(_iso, _shown_iso, number_format="yyyy-mm-dd")
LITRES = Codec(_litres, lambda value, _: float(Decimal(repr(float(value))) * 1000))
