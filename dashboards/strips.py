"""The mark `heatmap`: one strip per series, coloured by how far each value may be trusted; blank is unknown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

import altair as alt

from dashboards.axes import along
from dashboards.drawing import Drawing, Frame
from dashboards.rows import Row, State
from dashboards.theme import STATES
from dashboards.words import word

ROW_HEIGHT = 17
Datasets = dict[str, list[dict[str, Any]]]
COLOURS = {State(name): colour for name, colour in STATES.items()}


def strip_rows(drawing: Drawing) -> Datasets:
    """Return the named rows of a strip panel."""
    start, end = (drawing.wall(instant) for instant in drawing.window)
    ground = [{"series": drawing.name(selected), "t": start, "end": end} for selected, _ in drawing.series]
    return {"ground": ground, "strips": list(_strips(drawing))}


def strip_layers(frame: Frame) -> list[alt.Chart]:
    """Return the layers of a strip panel."""
    return [_ground_layer(frame), _strip_layer(frame)]


def height(frame: Frame) -> int:
    """Return the height of the strips [px]."""
    return max(1, len(frame.names)) * ROW_HEIGHT


def _strips(drawing: Drawing) -> Iterator[dict[str, Any]]:
    """Yield adjoining rows of one state as one rectangle: few marks however many hours."""
    for selected, rows in drawing.series:
        for state, stretch in _stretches(rows):
            first, last = stretch[0], stretch[-1]
            yield {
                "series": drawing.name(selected),
                "t": drawing.wall(first.start),
                "end": drawing.wall(last.end),
                "state": word(state.value, drawing.lang),
                "time": f"{_clock(drawing, first.start)} – {_clock(drawing, last.end)}",
            }


def _stretches(rows: Sequence[Row]) -> Iterator[tuple[State, list[Row]]]:
    known = [row for row in rows if row.value is not None]
    breaks = [place for place, row in enumerate(known) if place and known[place - 1].end != row.start]
    for first, last in zip([0, *breaks], [*breaks, len(known)], strict=True):
        for state, stretch in groupby(known[first:last], key=lambda row: row.state):
            yield state, list(stretch)


def _clock(drawing: Drawing, instant: datetime) -> str:
    return f"{instant.astimezone(drawing.zone):%m-%d %H:%M}"


def _y(frame: Frame) -> alt.Y:
    return alt.Y(
        "series:N",
        sort=frame.names,
        title=None,
        scale=alt.Scale(paddingInner=0.25, paddingOuter=0.1),
        axis=alt.Axis(labelLimit=150, grid=False),
    )


def _ground_layer(frame: Frame) -> alt.Chart:
    mark = alt.Chart(alt.NamedData(name="ground")).mark_bar(color="#f0f1f3", stroke="#dfe3e6", strokeWidth=0.5)
    layer: alt.Chart = mark.encode(
        y=_y(frame),
        x=along("t:T"),
        x2="end:T",
    )
    return layer


def _strip_layer(frame: Frame) -> alt.Chart:
    names = [word(state.value, frame.lang) for state in COLOURS]
    colours = list(COLOURS.values())
    keys = ("series", "time", "state")
    layer: alt.Chart = (
        alt.Chart(alt.NamedData(name="strips"))
        .mark_bar()
        .encode(
            y=_y(frame),
            x=along("t:T"),
            x2="end:T",
            color=alt.Color("state:N", scale=alt.Scale(domain=names, range=colours), legend=alt.Legend(columns=2)),
            tooltip=[alt.Tooltip(f"{key}:N", title=word(key, frame.lang)) for key in keys],
        )
    )
    return layer
