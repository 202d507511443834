"""Corrections in words: what one says, who signed it, and what it changes; Chinese first, English equal."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from analytics.series import Use
from app.correct import Tried
from campus.corrections import Correction, signed, span, what, withdrawal
from campus.quality import LETTERS, NAMES, code
from campus.registry import Meter, Registry
from campus.said import Said
from campus.units import QUANTITIES


def said(meter: Meter, one: Correction) -> Said:
    """Return what a correction says."""
    register = meter.register(one.quantity)
    return what(one, QUANTITIES[one.quantity].unit, "" if register is None else register.unit)


def headline(registry: Registry, meter: Meter, one: Correction) -> str:
    """Return which correction it is and what it says."""
    quantity, holds = QUANTITIES[one.quantity], said(meter, one)
    time = span(one, registry.school.timezone)
    return f"{one.id} {meter.key}（{meter.name}）{quantity.zh} {quantity.en} · {time}：{holds.zh} / {holds.en}"


def signature(one: Correction) -> str:
    """Return who said so, when and why, and who took it back."""
    gone = withdrawal(one)
    return f"{signed(one)}：{one.reason}" + (f"；已撤销 withdrawn：{gone}" if gone else "")


def before_and_after(one: Correction, tried: Tried) -> Iterator[str]:
    """Yield the use of the time by what counts before and after."""
    unit = QUANTITIES[one.quantity].unit
    before, after = amount(tried.before, unit), amount(tried.after, unit)
    yield f"之前：{before.zh}"
    yield f"之后：{after.zh}"
    yield f"before: {before.en}"
    yield f"after:  {after.en}"


def amount(use: Use, unit: str) -> Said:
    """Return windows of use, each with its code."""
    windows = [_window(use, at, unit) for at in range(len(use.value))]
    return Said(" + ".join(one.zh for one in windows), " + ".join(one.en for one in windows))


def _window(use: Use, at: int, unit: str) -> Said:
    value, coverage, estimated, touched = (float(column[at]) for column in use.columns())
    which = code(None if np.isnan(value) else value, coverage, estimated, touched)
    letter, name = LETTERS[which], NAMES[which]
    if np.isnan(value):
        return Said(f"{letter} {name.zh}", f"{letter} {name.en.lower()}")
    amount_known = f"{value:,.3f} {unit}"
    return Said(
        f"{amount_known}（{letter} {name.zh}；覆盖率 {coverage:.1%}）",
        f"{amount_known} ({letter} {name.en.lower()}; coverage {coverage:.1%})",
    )
