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
        {"t": drawing.wall(one[0][0]), "end": drawing.wall(one[-1][1]), "state": one[0][2].value} for one in stretches
    ]


def _marked(rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if row.value is not None and row.state in SHOWN]


def foot_layers(height: int) -> list[alt.Chart]:
    """Return the layers of the strip, at the bottom of a chart `height` pixels high.

    One a state: a colour by the data would share its legend with the series.
    """
    layers: list[alt.Chart] = []
    for state in SHOWN:
        mark = alt.Chart(alt.NamedData(name="foot")).mark_rect(color=STATES[state.value], clip=True)
        mark = mark.transform_filter(alt.FieldEqualPredicate(field="state", equal=state.value))
        place = {"y": alt.value(height - THICK), "y2": alt.value(height)}
        layers.append(mark.encode(x=along("t:T"), x2="end:T", **place))
    return layers
