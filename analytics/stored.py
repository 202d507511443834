"""Between stored rows and arrays on a complete grid: a row that is not there is unknown."""

from __future__ import annotations

import numpy as np

from analytics.series import Ints, Use, nothing
from campus.schema import CONSUMPTION, FIELDS, Columns


def on_grid(columns: Columns, edges_ms: Ints) -> Use:
    """Return the rows on the windows between `edges_ms` (k+1,); a row off the grid is left out."""
    use = nothing(len(edges_ms) - 1)
    if not len(columns):
        return use
    place = np.searchsorted(edges_ms[:-1], columns.time_ms)
    fits = (place < len(edges_ms) - 1) & (edges_ms[np.minimum(place, len(edges_ms) - 2)] == columns.time_ms)
    place = place[fits]
    use.value[place] = columns.value[fits]
    use.coverage[place] = np.nan_to_num(columns.fields["coverage"][fits].astype(np.float64))
    use.estimated[place] = np.nan_to_num(columns.fields["estimated"][fits].astype(np.float64))
    return use


def rows(use: Use, edges_ms: Ints, measurement: str) -> Columns:
    """Return the rows to store: a window whose use is unknown has none."""
    known = ~np.isnan(use.value)
    fields = {"value": use.value[known], "coverage": use.coverage[known], "estimated": use.estimated[known]}
    if measurement != CONSUMPTION:
        absent = np.full(int(known.sum()), np.nan)
        fields = {name: fields.get(name, absent) for name in FIELDS[measurement]}
    return Columns(edges_ms[:-1][known], {name: fields[name] for name in FIELDS[measurement]})
