"""Between stored rows and arrays on a complete grid: a row that is not there is unknown."""

from __future__ import annotations

import numpy as np

from analytics.series import Ints, Use, nothing
from campus.schema import FIELDS, Columns


def on_grid(columns: Columns, edges_ms: Ints) -> Use:
    """Return the rows on the windows between `edges_ms` (k+1,); a row off the grid is left out."""
    use = nothing(len(edges_ms) - 1)
    if not len(columns):
        return use
    place = np.searchsorted(edges_ms[:-1], columns.time_ms)
    fits = (place < len(edges_ms) - 1) & (edges_ms[np.minimum(place, len(edges_ms) - 2)] == columns.time_ms)
    place = place[fits]
    use.value[place] = columns.value[fits]
    for name, kept in (("coverage", use.coverage), ("estimated", use.estimated), ("corrected", use.corrected)):
        if name in columns.fields:
            kept[place] = np.nan_to_num(columns.fields[name][fits].astype(np.float64))
    return use


def rows(use: Use, edges_ms: Ints, measurement: str) -> Columns:
    """Return the rows to store: none where the use is unknown, and no corrected share where nobody corrected it."""
    known = ~np.isnan(use.value)
    own = {"value": use.value, "coverage": use.coverage, "estimated": use.estimated}
    own["corrected"] = np.where(use.corrected > 0, use.corrected, np.nan)
    absent = np.full(len(known), np.nan)
    return Columns(edges_ms[:-1][known], {name: own.get(name, absent)[known] for name in FIELDS[measurement]})
