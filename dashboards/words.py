"""The few words charts print, Chinese and English."""

from __future__ import annotations

from typing import Literal

from campus.quality import NAMES

Lang = Literal["zh", "en"]

WORDS: dict[str, tuple[str, str]] = {
    **{code.value: (name.zh, name.en) for code, name in NAMES.items()},
    "open": ("未结束", "Open"),
    "usual": ("平时", "Usual"),
    "range": ("平时范围", "Usual range"),
    "time": ("时间", "Time"),
    "value": ("数值", "Value"),
    "state": ("数据", "Data"),
    "series": ("项目", "Series"),
    "coverage": ("覆盖率", "Coverage"),
    "no_data": ("这段时间没有数据", "No data in this period"),
    "latest": ("最新", "latest"),
    "since": ("起", "since"),
    "per_hour": ("/小时", "/h"),
}


def word(key: str, lang: str) -> str:
    """Return a word in Chinese, or in English for `en`."""
    zh, en = WORDS[key]
    return en if lang == "en" else zh
