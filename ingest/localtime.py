"""From a file's clock to UTC: the hour that comes twice in autumn, the one that never comes in spring."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo


class Faulty(NamedTuple):
    """Why a time cannot be told."""

    zh: str
    en: str


def to_utc(when: datetime, zone: ZoneInfo, fold: int = 0) -> datetime | Faulty:
    """Return the UTC instant of an aware time, or of a naive one on a zone's clock; `fold` picks of two."""
    if when.tzinfo is not None:
        return when.astimezone(UTC)
    local = when.replace(tzinfo=zone, fold=fold)
    instant = local.astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) != when:
        return Faulty(
            f"{when:%Y-%m-%d %H:%M} 在 {zone.key} 的钟上不存在（夏令时）；若文件不用夏令时，请加 --timezone",
            f"the clock of {zone.key} never showed {when:%Y-%m-%d %H:%M} (summer time began);"
            " if the file keeps no summer time, give --timezone",
        )
    return instant


def twice(when: datetime, zone: ZoneInfo) -> bool:
    """Whether a clock shows a time twice, as in the night summer time ends."""
    return when.replace(tzinfo=zone, fold=0).utcoffset() > when.replace(tzinfo=zone, fold=1).utcoffset()  # type: ignore[operator]


@dataclass(slots=True)
class Folds:
    """Which of two equal times a row means, by the order of the rows of each meter: the clock jumps once."""

    _last: dict[Hashable, tuple[datetime, int]] = field(default_factory=dict)
    _changes: dict[tuple[ZoneInfo, datetime], bool] = field(default_factory=dict)

    def of(self, who: Hashable, when: datetime, zone: ZoneInfo, *, falling: bool = False) -> int:
        """Return 0 for the first, 1 for the second of two equal times; `falling`: rows come newest first.

        A time that occurs once only is taken for the first of the two, the newest first for the second.
        """
        if when.tzinfo is not None or not self._may(when, zone) or not twice(when, zone):
            return 0
        before, fold = self._last.get(who, (None, int(falling)))
        if before is None or before.date() != when.date():
            fold = int(falling)
        elif (when > before) if falling else (when < before):
            fold = 1 - int(falling)
        self._last[who] = when, fold
        return fold

    def _may(self, when: datetime, zone: ZoneInfo) -> bool:
        """Whether the day has a change of the clock at all: asked once a day, not once a row."""
        day = when.replace(hour=0, minute=0, second=0, microsecond=0)
        key = zone, day
        if key not in self._changes:
            if len(self._changes) > 20_000:
                self._changes.clear()
            next_day = day + timedelta(days=1)
            self._changes[key] = day.replace(tzinfo=zone).utcoffset() != next_day.replace(tzinfo=zone).utcoffset()
        return self._changes[key]
