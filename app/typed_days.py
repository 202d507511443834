"""Days and months as somebody types them: what is none is told with one that is."""

from __future__ import annotations

from datetime import datetime

import click


def day(text: str | datetime) -> datetime:
    """Return the midnight of a day such as 2026-12-01, without a clock. Raises `click.BadParameter`."""
    return _read(text, "%Y-%m-%d", "日期，写作 2026-12-01 / {} is no day: write it as 2026-12-01")


def month(text: str | datetime) -> datetime:
    """Return the first midnight of a month such as 2026-12, without a clock. Raises `click.BadParameter`."""
    return _read(text, "%Y-%m", "月份，写作 2026-12 / {} is no month: write it as 2026-12")


def _read(text: str | datetime, form: str, wanted: str) -> datetime:
    if isinstance(text, datetime):  # click converts a value it converted before
        return text
    try:
        return datetime.strptime(text, form)
    except ValueError:
        raise click.BadParameter(f"{text!r} 不是{wanted.format(repr(text))}") from None
