"""The keys by which a school's TOML says how an account is billed, and how each is read."""

from __future__ import annotations

import re
from collections.abc import Sequence

from app.toml_fields import Field, Fields, Reader, Wrong, day, flag, not_negative, number, one_of, positive, text
from campus.tariff import PERIODS, power_factor_rules

HOURS = 24
_MONTHS = re.compile(r"(\d{1,2})(?:-(\d{1,2}))?")
# How exactly a power factor is written: the rules know two digits of it.
_STEP = 1e-6
_PARTS = 'must be parts with their names, such as { "代理购电" = 0.41, "线损" = 0.02 }'
_TIERS = "must be tiers such as [{ above = 2160, yuan = 0.05 }]: units of the year, and what is added beyond them"
_TIMES = f"must be periods of {', '.join(PERIODS)}, such as {{ S = 2.0, P = 1.7, F = 1.0, V = 0.3 }}"


def share(value: object) -> float | Wrong:
    """Read a share of something, above 0 and at most 1."""
    read = positive(value)
    return read if isinstance(read, Wrong) or read <= 1 else Wrong("must be at most 1: a fifth is 0.2")


def standard(value: object) -> int | Wrong:
    """Read a power-factor standard such as 0.9 as per cent."""
    read = number(value)
    if isinstance(read, Wrong):
        return read
    known = sorted(power_factor_rules(), reverse=True)
    percent = round(100 * read) if abs(read) < 2 else 0
    fits = percent in known and abs(100 * read - percent) < _STEP
    return percent if fits else Wrong(f"must be one of {', '.join(f'{one / 100:.2f}' for one in known)}")


def _amounts(value: object) -> tuple[tuple[str, float], ...] | Wrong:
    """Read parts of a price, each with its name; one may be below 0, as what is paid back is."""
    if not isinstance(value, dict) or not value:
        return Wrong(_PARTS)
    parts: list[tuple[str, float]] = []
    for name, yuan in value.items():
        read = number(yuan)
        if isinstance(read, Wrong):
            return Wrong(f"— its part {name!r} {read.text}")
        parts.append((name, read))
    return tuple(parts)


def _tiers(value: object) -> tuple[tuple[float, float], ...] | Wrong:
    if not isinstance(value, list) or not value:
        return Wrong(_TIERS)
    tiers: list[tuple[float, float]] = []
    for tier in value:
        told = tier if isinstance(tier, dict) and set(tier) == {"above", "yuan"} else {}
        above, yuan = positive(told.get("above")), number(told.get("yuan"))
        if isinstance(above, Wrong) or isinstance(yuan, Wrong):
            return Wrong(_TIERS)
        tiers.append((above, yuan))
    return tuple(tiers) if tiers == sorted(tiers) else Wrong("must rise: the lowest tier first")


def _multiplier(value: object) -> dict[str, float] | Wrong:
    if not isinstance(value, dict) or not value or set(value) - set(PERIODS):
        return Wrong(_TIMES)
    wrong = [times for times in map(not_negative, value.values()) if isinstance(times, Wrong)]
    return Wrong(_TIMES) if wrong else {name: float(times) for name, times in value.items()}


def _months(value: object) -> dict[str, str] | Wrong:
    """Read the hours of months: every month once, each with a letter for each of its hours."""
    if not isinstance(value, dict) or not all(isinstance(hours, str) for hours in value.values()):
        return Wrong('must say the hours of months, such as { "1,2,12" = "FFVV…", "3-11" = "FFFF…" }')
    if sorted(month for key in value for month in _named(key)) != list(range(1, 13)):
        return Wrong("must name every month once, such as 1,2,12 or 3-5")
    for key, hours in value.items():
        if len(hours) != HOURS or set(hours) - set(PERIODS):
            return Wrong(f"— {key!r} needs {HOURS} letters of {', '.join(PERIODS)}, one an hour, not {len(hours)}")
    return value


def _named(key: str) -> list[int]:
    """Return the months a key names, 0 for what is none."""
    months: list[int] = []
    for part in key.split(","):
        found = _MONTHS.fullmatch(part.strip())
        months += range(int(found[1]), int(found[2] or found[1]) + 1) if found else [0]
    return months


PRICE: Fields = {
    "since": Field(day, required=True),
    "document": Field(text, required=True),
    "unit": Field(text),
    "yuan": Field(not_negative),
    "timed": Field(_amounts),
    "fixed": Field(_amounts),
    "levies": Field(_amounts),
    "windows": Field(text),
    "tiers": Field(_tiers),
    "yuan_per_kw": Field(not_negative),
    "assumed": Field(flag),
}
WINDOWS: Fields = {
    "id": Field(text, required=True),
    "document": Field(text, required=True),
    "multiplier": Field(_multiplier, required=True),
    "months": Field(_months, required=True),
}


def account(key: Reader, media: Sequence[str], tariffs: Sequence[str]) -> Fields:
    """Return the keys of an [[account]] but those of its validity; `key` reads a key."""
    return {
        "key": Field(key, required=True),
        "medium": Field(one_of(media, "medium"), required=True),
        "number": Field(text, required=True),
        "tariff": Field(one_of(tariffs, "tariff"), required=True),
        "price_yuan": Field(not_negative),
        "price_unit": Field(text),
        "price_document": Field(text),
        "price_assumed": Field(flag),
        "contract_demand_kw": Field(positive),
        "billed_kva": Field(positive),
        "power_factor_standard": Field(standard),
        "fixed_share": Field(share),
        "share_of": Field(key),
    }
