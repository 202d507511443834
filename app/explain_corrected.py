"""What a meter told, who corrected it, and what counts now: the middle of the way from a figure to its readings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from app.correct import used
from app.correct_text import amount, said
from campus.corrections import Correction, signed, span, withdrawal
from campus.ports import Store
from campus.registry import Meter, Registry
from campus.said import Said
from campus.units import QUANTITIES


def lines(
    store: Store, registry: Registry, register_of: tuple[Meter, str], window: tuple[datetime, datetime]
) -> Iterator[Said]:
    """Yield a meter's use in a window as it was told, every correction of it, and what counts; else nothing."""
    meter, quantity = register_of
    mine = [one for one in meter.corrections if one.quantity == quantity and _about(one, window)]
    if not mine:
        return
    unit, zone = QUANTITIES[quantity].unit, registry.school.timezone
    told = used(store, replace(meter, corrections=()), quantity, window)
    before, after = amount(told, unit), amount(used(store, meter, quantity, window), unit)
    yield Said(f"已核（表计所说）：{before.zh}", f"validated, as the meter told it: {before.en}")
    for one in sorted(mine, key=lambda one: one.start):
        holds = said(meter, one)
        time, by, gone = span(one, zone), f"{signed(one)}：{one.reason}", withdrawal(one)
        yield Said(
            f"更正 {one.id}，{time}：{holds.zh}（{by}{f'；已撤销：{gone}' if gone else ''}）",
            f"correction {one.id}, {time}: {holds.en} ({by}{f'; withdrawn: {gone}' if gone else ''})",
        )
    yield Said(f"计入：{after.zh}", f"counted: {after.en}")


def _about(one: Correction, window: tuple[datetime, datetime]) -> bool:
    """Whether a correction is about a part of the window; a reading at its edge bounds it."""
    if one.start == one.end:
        return window[0] <= one.start <= window[1]
    return one.start < window[1] and window[0] < one.end
