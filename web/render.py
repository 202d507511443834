"""Snapshots as HTML: one fragment per section, so that a change sends only what changed."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from campus.quality import LETTERS, NAMES
from campus.results import says_assumed
from campus.said import Said
from campus.schema import to_ms
from web.snapshot import Snapshot
from web.words import ARRIVALS, MEDIA, WORDS

SECTIONS = (
    "head",
    "notices",
    "findings",
    "today",
    "hours",
    "days",
    "cost",
    "carbon",
    "quota",
    "savings",
    "quality",
    "topics",
)
DASH = "—"
_CHINESE, _ANSWER = re.compile("[\u4e00-\u9fff]"), re.compile(r"\[\d{3} .*\]$", re.DOTALL)
# Below this length [d] a stretch of time is told in hours.
IN_DAYS = 2


@cache
def environment() -> Environment:
    """Return the template environment; everything is escaped, and a missing name is an error."""
    made = Environment(
        loader=PackageLoader("web"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals |= {"codes": NAMES, "letters": LETTERS}  # for macros, which see nothing of a page's own
    return made


def sections(snapshot: Snapshot, key: str, lang: str) -> dict[str, str]:
    """Return the HTML of each section of a school's page, by its id."""
    context = {"snap": snapshot, "key": key, **tools(lang, snapshot.registry.school.timezone)}
    return {
        name: environment().get_template(f"sections/{name}.html").render(context).strip() + "\n" for name in SECTIONS
    }


def page(template: str, lang: str, zone: ZoneInfo, context: Mapping[str, Any]) -> str:
    """Return a whole page."""
    return environment().get_template(template).render({**tools(lang, zone), **context})


def tools(lang: str, zone: ZoneInfo) -> dict[str, Any]:
    """Return what templates write with: words, numbers and local times in one language and zone."""

    def local(instant: datetime | None, form: str = "%m-%d %H:%M") -> str:
        return WORDS["never"].to(lang) if instant is None else instant.astimezone(zone).strftime(form)

    def t(word: str, *values: object) -> str:
        return WORDS[word].to(lang).format(*values)

    def said(words: Said) -> str:
        return words.to(lang)

    return {
        "lang": lang,
        "t": t,
        "said": said,
        "other": _other(lang),
        "half": lambda text: half(text, lang),
        "unsaid": lambda price: price.assumed and not says_assumed(price.document, lang),
        "local": local,
        "ms": to_ms,
        "num": number,
        "exact": exact,
        "pct": percent,
        "long": lambda days: t("days_long", int(days)) if days >= IN_DAYS else t("hours_long", int(days * 24)),
        "arrival": lambda key: ARRIVALS[key].to(lang),
        "medium": lambda key: MEDIA[key].to(lang),
    }


def _other(lang: str) -> Callable[[Said], str]:
    """Return a function that says words in the language the page is not in."""
    return lambda words: words.to("zh" if lang == "en" else "en")


def half(text: str, lang: str) -> str:
    """Return the half in one language of a sentence "中文 / English", with a server's answer; another text whole."""
    zh, between, en = text.partition(" / ")
    if not between or not _CHINESE.search(zh):
        return text
    answer = _ANSWER.search(en)
    return en if lang == "en" else zh + (f" {answer[0]}" if answer else "")


def number(value: float | None) -> str:
    """Return a number with as many digits as a reader can use; absent is a dash, never 0."""
    if value is None:
        return DASH
    size = abs(value)
    return f"{value:,.{0 if size >= 100 else 1 if size >= 10 else 2}f}"


def exact(value: float) -> str:
    """Return a meter's reading with every digit it has."""
    return f"{value:,.15g}"


def percent(value: float | None, digits: int = 0) -> str:
    """Return a share as a percentage; below 100 is never rounded up to it, above 0 never down to it."""
    if value is None:
        return DASH
    step = 10.0**-digits
    shown = round(value * 100, digits)
    if value < 1 and shown >= 100:
        shown = 100 - step
    if value > 0 and shown <= 0:
        return f"<{step:.{digits}f}%"
    return f"{shown:.{digits}f}%"
