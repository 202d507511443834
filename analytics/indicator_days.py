"""An indicator's sum by the local day, from the stored days of what it is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from analytics.boundary import Place
from analytics.indicator_terms import Sum, Term
from analytics.series import Ints, Use, gather, nothing
from analytics.virtual import combine, whole
from campus.schema import SCHOOL_SUBJECT

Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Table:
    """The stored local days of a school: `edges_ms` (n+1,), the use of each place (n,), and which days are heated.

    `bought` (n,) is the share of the electricity used that was bought, NaN where unknown; 1 without a roof.
    """

    first: date
    edges_ms: Ints
    uses: Mapping[Place, Use]
    heated: Flags
    bought: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.edges_ms) - 1


def bought_share(uses: Mapping[Place, Use], days: int) -> NDArray[np.float64]:
    """Return the share of each day's electricity that was bought (days,): all of it where nothing is generated."""
    if (SCHOOL_SUBJECT, "generation") not in uses:
        return np.ones(days)
    bought = whole(uses[SCHOOL_SUBJECT, "electricity"]).value
    made = whole(uses[SCHOOL_SUBJECT, "generation"]).value
    sent = uses.get((SCHOOL_SUBJECT, "electricity_export"))
    own = np.maximum(made - (0.0 if sent is None else whole(sent).value), 0.0)
    used = bought + own
    share: NDArray[np.float64] = np.divide(bought, used, out=np.ones(days), where=used != 0)
    return share


def daily(sums: Sequence[tuple[Flags, Sum]], table: Table) -> Use:
    """Return what the sums, each over the days of its mask (n,), come to a day; unknown where a part is.

    A sum that lacks something is unknown on all its days.
    """
    found = nothing(len(table))
    for here, of in sums:
        if of.terms and not of.lacking:
            found.put(combine([(term.weight, _use(term, table)) for term in of.terms]), here)
    return found


def parts(sums: Sequence[tuple[Flags, Sum]], table: Table, rows: tuple[int, int]) -> list[tuple[Term, float]]:
    """Return each term with what it came to [unit of its quantity] on the days of `rows` on which the sum is known.

    Weighted by the terms they add up to what `over` gives of the sum.
    """
    known = np.isfinite(daily(sums, table).value)
    known[: rows[0]] = known[rows[1] :] = False
    found: dict[Term, float] = {}
    for here, of in sums:
        for term in of.terms if not of.lacking else ():
            amount = float(np.nansum(np.where(here & known, _use(term, table).value, 0.0)))
            found[term] = found.get(term, 0.0) + amount
    return list(found.items())


def over(use: Use, table: Table, rows: tuple[int, int]) -> Use:
    """Return the sum (1,) of the days [start, end) of `rows`, its coverage over all of them."""
    edges = table.edges_ms
    return gather(use, edges, np.array([edges[rows[0]], edges[rows[1]]], np.int64))


def _use(term: Term, table: Table) -> Use:
    """Return a term's days as they enter: whole ones alone, none outside the season, and of electricity the share
    that was bought."""
    use = whole(table.uses.get((term.subject, term.quantity), nothing(len(table))))
    value = use.value * table.bought if term.bought else use.value
    if not term.heated:
        return Use(value, use.coverage, use.estimated, use.corrected)
    rest = ~table.heated
    return Use(
        np.where(rest, 0.0, value),
        np.where(rest, 1.0, use.coverage),
        np.where(rest, 0.0, use.estimated),
        np.where(rest, 0.0, use.corrected),
    )
