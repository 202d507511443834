"""The mark `bar`: days or months, stacked where there are parts; estimated shares pale, what is open framed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import altair as alt

from campus.panel import Selected
from dashboards.axes import along, value_axis
from dashboards.drawing import Drawing, Frame, amount, trust, when
from dashboards.rows import Row, State
from dashboards.theme import QUIET
from dashboards.words import word

HEIGHT = 150
PALE = 0.4  # opacity of what is estimated
Datasets = dict[str, list[dict[str, Any]]]


def bar_rows(drawing: Drawing) -> Datasets:
    """Return the named rows of a bar panel."""
    bars = list(_bars(drawing))
    return {"bars": bars, "frames": [bar for bar in bars if bar["framed"]]}


def bar_layers(frame: Frame) -> list[alt.Chart]:
    """Return the layers of a bar panel."""
    return [_bar_layer(frame), _frame_layer(frame)]


def _bars(drawing: Drawing) -> Iterator[dict[str, Any]]:
    height: dict[tuple[datetime, bool], float] = {}  # what is below zero stands on what is below zero
    for selected, rows in drawing.of_role("actual", "part"):
        for row in rows:
            if row.value:  # a bar of no height would be drawn as a dashed line, as if something were known to be 0
                base = height.get((row.start, row.value < 0), 0.0)
                height[row.start, row.value < 0] = base + row.value
                yield from _segments(drawing, selected, row, base)


def _segments(drawing: Drawing, selected: Selected, row: Row, base: float) -> Iterator[dict[str, Any]]:
    """Yield the measured and the estimated part of one bar that stands on `base`."""
    value, estimated = row.value or 0.0, row.estimated or 0.0
    whole = {
        "t": drawing.wall(row.start),
        "end": drawing.wall(row.end),
        "series": drawing.name(selected),
        "time": when(row, selected.series.resolution, drawing.zone),
        "value": amount(value, selected.unit),
        "state": trust(row, drawing.lang),
        "framed": row.state in (State.OPEN, State.PARTIAL),
    }
    middle = base + value * (1 - estimated)
    yield {**whole, "from": base, "to": middle, "opacity": PALE if whole["framed"] else 1.0}
    if estimated:
        yield {**whole, "from": middle, "to": base + value, "opacity": PALE}


def _bar_layer(frame: Frame) -> alt.Chart:
    keys = ["time", *(["series"] if len(frame.names) > 1 else []), "value", "state"]
    mark = alt.Chart(alt.NamedData(name="bars")).mark_bar(xOffset=1, x2Offset=-1)
    layer: alt.Chart = mark.encode(
        x=along("t:T"),
        x2="end:T",
        y=value_axis(frame, "from:Q"),
        y2="to:Q",
        color=alt.Color(
            "series:N",
            scale=alt.Scale(domain=frame.names, range=frame.colours),
            legend=alt.Legend(columns=3) if len(frame.names) > 1 else None,
        ),
        opacity=alt.Opacity("opacity:Q", scale=None, legend=None),
        tooltip=[alt.Tooltip(f"{key}:N", title=word(key, frame.lang)) for key in keys],
    )
    return layer


def _frame_layer(frame: Frame) -> alt.Chart:
    mark = alt.Chart(alt.NamedData(name="frames")).mark_bar(
        xOffset=1, x2Offset=-1, fillOpacity=0, stroke=QUIET, strokeWidth=1, strokeDash=[3, 2]
    )
    layer: alt.Chart = mark.encode(x=along("t:T"), x2="end:T", y=value_axis(frame, "from:Q"), y2="to:Q")
    return layer
