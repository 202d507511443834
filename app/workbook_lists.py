"""Cells of plans and items: several words in one cell, an instant to the minute, hours of each day, a sub-item."""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime
from typing import Any

from app.registry_fields import ITEM
from app.workbook_cells import DAY, INSTANT, KEY, Around, Cell, Codec, said, tidy
from app.workbook_problem import Mistake
from app.workbook_words import MEDIA, find
from campus.registry import MAKEUP

_BETWEEN = re.compile(r"[、,，;；\s]+")
_MINUTE = re.compile(r"(.+\S)\s+([01]?\d|2[0-3])[:：]([0-5]\d)")
_CLOCK = r"([01]?\d|2[0-3])[:：]([0-5]\d)"
_HOURS = re.compile(rf"{_CLOCK}\s*[-–—~至到]\s*{_CLOCK}")
_MAKEUP_ZH = "补水"


def _parts(cell: Cell) -> list[str] | Mistake:
    text = said(cell)
    return text if isinstance(text, Mistake) else [part for part in _BETWEEN.split(text) if part]


def _keys(cell: Cell, around: Around) -> list[str] | Mistake:
    parts = _parts(cell)
    if isinstance(parts, Mistake):
        return parts
    wrong = next((one for part in parts if isinstance(one := KEY.read(part, around), Mistake)), None)
    return parts if wrong is None else wrong


def _media(cell: Cell, _: Around) -> list[str] | Mistake:
    parts = _parts(cell)
    if isinstance(parts, Mistake):
        return parts
    found = [find(part, MEDIA) for part in parts]
    if None in found:
        known = "、".join(word.zh for word in MEDIA)
        odd = parts[found.index(None)]
        return Mistake(f'没有"{odd}"这种介质；可选：{known}', f'"{odd}" is no medium; known: {known}')
    return [key for key in found if key is not None]


def _shown_media(value: Any, _: Around) -> str:
    names = {word.key: word.zh for word in MEDIA}
    return "、".join(names.get(key, key) for key in value)


def _moment(cell: Cell, around: Around) -> datetime | Mistake:
    """Read an instant, to the minute on the school's clock where a time of day is told, else a day's first moment."""
    text = unicodedata.normalize("NFKC", tidy(cell)) if isinstance(cell, str) else ""
    told = _MINUTE.fullmatch(text)
    if told is None:
        return INSTANT.read(cell, around)  # type: ignore[no-any-return]
    day = DAY.read(told[1], around)
    if isinstance(day, Mistake):
        return day
    return datetime(day.year, day.month, day.day, int(told[2]), int(told[3]), tzinfo=around.zone)


def _shown_moment(value: Any, around: Around) -> Cell:
    """Show a minute of the school's clock as people write it; any other instant as it is."""
    local = value.astimezone(around.zone)
    shown = INSTANT.show(value, around)
    plain = f"{local:%Y-%m-%d %H:%M}"
    return plain if isinstance(shown, str) and _moment(plain, around) == value else shown


def _hours(cell: Cell, _: Around) -> list[str] | Mistake:
    text = said(cell)
    found = None if isinstance(text, Mistake) else _HOURS.fullmatch(unicodedata.normalize("NFKC", text))
    if found is None:
        return Mistake("应为每天的起止时刻，如 23:00-06:00", "must be from when to when of each day, 23:00-06:00")
    return [f"{int(found[1]):02}:{found[2]}", f"{int(found[3]):02}:{found[4]}"]


def _shown_hours(value: Any, _: Around) -> str:
    return "-".join(one if isinstance(one, str) else f"{one:%H:%M}" for one in value)


def _item(cell: Cell, _: Around) -> str | Mistake:
    text = said(cell)
    if isinstance(text, Mistake):
        return text
    if text.casefold() in (_MAKEUP_ZH, MAKEUP):
        return MAKEUP
    code = text.upper()
    if re.fullmatch(ITEM, code):
        return code
    return Mistake(
        f"应为分项代码，如 01A00、01B1A；热网的补水表填 {_MAKEUP_ZH}",
        f"must be a sub-item code such as 01A00 or 01B1A; of a heating network's make-up water: {MAKEUP}",
    )


KEYS = Codec(_keys, lambda value, _: "、".join(value), number_format="@")
SEVERAL_MEDIA = Codec(_media, _shown_media, number_format="@")
MOMENT = Codec(_moment, _shown_moment, number_format="yyyy-mm-dd hh:mm")
HOURS = Codec(_hours, _shown_hours, number_format="@")
SUB_ITEM = Codec(_item, lambda value, _: _MAKEUP_ZH if value == MAKEUP else value, number_format="@")
