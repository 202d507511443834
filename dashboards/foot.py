"""The foot of a chart: a strip under every value that was not simply measured, in the colour of its quality."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any

import altair as alt

from campus.quality import Code, gravest
from dashboards.axes import along
from dashboards.drawing import Drawing
from dashboards.rows import Row, State
from dashboards.theme import STATES

THICK = 4  # px
# What is open is drawn dashed or framed, and what a person read is as good as what a meter sent.
SHOWN = (State.CORRECTED, State.ESTIMATED, State.PARTIAL)


def foot_rows(drawing: Drawing) -> list[dict[str, Any]]:
    """Return one row per stretch of adjoining values of one quality; of several series the gravest."""
    periods: dict[tuple[Any, Any], list[State]] = {}
    for _, rows in drawing.of_role("actual", "part"):
        for row in _marked(rows):
            periods.setdefault((row.start, row.end), []).append(row.state)
    ordered = sorted((start, end, gravest(Code(s) for s in states)) for (start, end), states in periods.items())
    stretches: list[list[tuple[Any, Any, Code]]] = []
    for code, group in groupby(ordered, key=lambda period: period[2]):
        for period in group:
            if stretches and stretches[-1][-1][1:] == (period[0], code):
                stretches[-1].append(period)
            else:
                stretches.append([period])
    return [
        {"t": drawing.wall(one[0][0]), "end": drawing.wall(one[-1][1]), "colour": STATES[one[0][2].value]}
        for one in stretches
    ]


def _marked(rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if row.value is not None and row.state in SHOWN]


def foot_layer(height: int) -> alt.Chart:
    """Return the layer of the strip, at the bottom of a chart `height` pixels high."""
    mark = alt.Chart(alt.NamedData(name="foot")).mark_rect(clip=True)
    layer: alt.Chart = mark.encode(
        x=along("t:T"),
        x2="end:T",
        y=alt.value(height - THICK),
        y2=alt.value(height),
        color=alt.Color("colour:N", scale=None, legend=None),
    )
    return layer
