"""Today so far, and the same hours of a usual day beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from campus import quality
from campus.calendar import HOUR
from campus.quality import Code
from campus.registry import Registry
from campus.said import Said
from campus.schema import FIGURE, SCHOOL_SUBJECT, Columns, SeriesId, to_ms
from campus.schema import HOUR as PER_HOUR
from campus.units import QUANTITIES
from web.names import hourly_quantities, quantity_name
from web.state import View, Window
from web.windows import day_of

# An hour takes part in the comparison from this coverage on (estimated time counts: its total is exact).
WHOLE = 0.95
_HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class Today:
    """A quantity's use since local midnight [unit].

    `so_far` holds the open hour too; `compared` and `usual` are both over the same `hours` whole hours; `missing`
    counts past hours without a number; `usual_day` is the whole usual day. None where not known. `code` is that of
    what was used so far.
    """

    quantity: str
    medium: str
    name: Said
    unit: str
    so_far: float | None
    estimated: float
    missing: int
    hours: int
    code: Code
    compared: float | None
    usual: float | None
    usual_day: float | None

    @property
    def difference(self) -> float | None:
        """The share by which the compared hours are above the usual, or None."""
        return self.compared / self.usual - 1 if self.compared is not None and self.usual else None


def today(view: View, registry: Registry, now: datetime) -> list[Today]:
    """Return today's use of every quantity the school knows by the hour."""
    day = day_of(now, registry.school.timezone)
    quantities = hourly_quantities(registry)
    stored = view.store.series([one for q in quantities for one in _ids(q)], *day)
    return [_today(q, stored, (day, now), quality.by_hand(registry, SCHOOL_SUBJECT, q, now)) for q in quantities]


def _ids(quantity: str) -> tuple[SeriesId, SeriesId]:
    return (
        SeriesId(FIGURE, SCHOOL_SUBJECT, quantity, PER_HOUR),
        SeriesId(FIGURE, SCHOOL_SUBJECT, f"usual/{quantity}", PER_HOUR),
    )


def _today(quantity: str, stored: Mapping[SeriesId, Columns], span: tuple[Window, datetime], by_hand: bool) -> Today:
    day, now = span
    use_id, usual_id = _ids(quantity)
    use, usual = _known(stored[use_id], "value"), _known(stored[usual_id], "value")
    coverage, estimated, corrected = (_known(stored[use_id], name) for name in ("coverage", "estimated", "corrected"))
    past = range(to_ms(day[0]), to_ms(now) - _HOUR_MS + 1, _HOUR_MS)
    both = [
        ms for ms in past if ms in use and ms in usual and max(coverage.get(ms, 1.0), estimated.get(ms, 0.0)) >= WHOLE
    ]
    whole_day = len(usual) >= (day[1] - day[0]) / HOUR
    total = sum(use.values())
    missing = sum(ms not in use for ms in past)
    covered = sum(coverage.get(ms, 1.0) for ms in past if ms in use) / len(past) if past else 1.0
    guessed, touched = (sum(use[ms] * of.get(ms, 0.0) for ms in use) for of in (estimated, corrected))
    shares = (guessed / total, touched / total) if total else (0.0, 0.0)
    return Today(
        quantity=quantity,
        medium=QUANTITIES[quantity].medium,
        name=quantity_name(quantity),
        unit=QUANTITIES[quantity].unit,
        so_far=total if use else None,
        estimated=shares[0],
        missing=missing,
        hours=len(both),
        code=quality.code(total if use else None, covered, *shares, by_hand),
        compared=sum(use[ms] for ms in both) if both else None,
        usual=sum(usual[ms] for ms in both) if both else None,
        usual_day=sum(usual.values()) if whole_day else None,
    )


def _known(columns: Columns, field: str) -> dict[int, float]:
    """Return a field by time, without what is absent."""
    pairs = zip(columns.time_ms.tolist(), columns.fields[field].tolist(), strict=True)
    return {int(ms): float(value) for ms, value in pairs if value == value}
