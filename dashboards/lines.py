"""The mark `line`: use as steps, the usual as a grey line in its band, an open hour dashed, a gap a gap.

A day, month or year that is not over is no step of the line, which would fall to it: it stands in a dashed frame.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import altair as alt

from campus.schema import HOUR
from dashboards.axes import along, value_axis
from dashboards.drawing import Drawing, Frame, amount, trust, when
from dashboards.rows import Row, State, runs
from dashboards.theme import BAND, QUIET, USUAL
from dashboards.words import word

HEIGHT = 190
PALE = {State.ESTIMATED: 0.45, State.PARTIAL: 0.7}
Datasets = dict[str, list[dict[str, Any]]]


def line_rows(drawing: Drawing) -> Datasets:
    """Return the named rows of a line panel."""
    datasets: Datasets = {"band": [], "usual": [], "so_far": [], "lines": [], "hover": list(_hover(drawing))}
    for _, rows in drawing.of_role("usual"):
        datasets["band"] += _band(drawing, rows)
        datasets["usual"] += _steps(drawing, rows, "usual")
    for selected, rows in drawing.of_role("actual", "part"):
        so_far = [] if selected.series.resolution in (HOUR, "") else [row for row in rows if row.state is State.OPEN]
        datasets["so_far"] += _frames(drawing, so_far)
        datasets["lines"] += _steps(drawing, [row for row in rows if row not in so_far], drawing.name(selected))
    return datasets


def line_layers(frame: Frame) -> list[alt.Chart]:
    """Return the layers of a line panel, from the ground up."""
    return [_band_layer(frame), _so_far_layer(frame), _usual_layer(frame), _line_layer(frame), _hover_layer(frame)]


def _steps(drawing: Drawing, rows: Sequence[Row], series: str) -> Iterator[dict[str, Any]]:
    """Yield the corner points of each run; a run that adjoins the one before begins at its height."""
    before: Row | None = None
    for number, run in enumerate(runs(rows)):
        same = {
            "series": series,
            "run": f"{series}/{number}",
            "state": run[0].state.value,
            "opacity": PALE.get(run[0].state, 1.0),
        }
        if before is not None and before.end == run[0].start:
            yield {**same, "t": drawing.wall(before.end), "v": before.value}
        for row in run:
            yield {**same, "t": drawing.wall(row.start), "v": row.value}
            yield {**same, "t": drawing.wall(row.end), "v": row.value}
        before = run[-1]


def _frames(drawing: Drawing, rows: Sequence[Row]) -> Iterator[dict[str, Any]]:
    """Yield what each period that is not over has come to so far."""
    for row in rows:
        if row.value:
            yield {"t": drawing.wall(row.start), "end": drawing.wall(row.end), "from": 0.0, "v": row.value}


def _band(drawing: Drawing, rows: Sequence[Row]) -> Iterator[dict[str, Any]]:
    for number, run in enumerate(runs(rows)):
        for row in run:
            if row.low is not None and row.high is not None:
                for instant in (row.start, row.end):
                    yield {"t": drawing.wall(instant), "low": row.low, "high": row.high, "run": number}


def _hover(drawing: Drawing) -> Iterator[dict[str, Any]]:
    """Yield one row per period with what the pointer should tell."""
    usual = {row.start: row for _, rows in drawing.of_role("usual") for row in rows}
    for selected, rows in drawing.of_role("actual", "part"):
        for row in rows:
            beside = usual.get(row.start)
            yield {
                "t": drawing.wall(row.start),
                "end": drawing.wall(row.end),
                "time": when(row, selected.series.resolution, drawing.zone),
                "value": amount(row.value, selected.unit),
                "usual": amount(beside.value if beside else None, selected.unit),
                "state": trust(row, drawing.lang),
            }


def _band_layer(frame: Frame) -> alt.Chart:
    mark = alt.Chart(alt.NamedData(name="band")).mark_area(color=BAND, interpolate="linear")
    layer: alt.Chart = mark.encode(x=along("t:T"), y=value_axis(frame, "low:Q"), y2="high:Q", detail="run:N")
    return layer


def _so_far_layer(frame: Frame) -> alt.Chart:
    colour = frame.colours[0] if len(frame.colours) == 1 else QUIET
    mark = alt.Chart(alt.NamedData(name="so_far")).mark_bar(
        xOffset=2, x2Offset=-2, color=colour, fillOpacity=0.35, stroke=QUIET, strokeWidth=1, strokeDash=[3, 2]
    )
    layer: alt.Chart = mark.encode(x=along("t:T"), x2="end:T", y=value_axis(frame, "v:Q"), y2="from:Q")
    return layer


def _usual_layer(frame: Frame) -> alt.Chart:
    mark = alt.Chart(alt.NamedData(name="usual")).mark_line(color=USUAL, strokeWidth=1.2)
    layer: alt.Chart = mark.encode(x=along("t:T"), y=value_axis(frame, "v:Q"), detail="run:N")
    return layer


def _line_layer(frame: Frame) -> alt.Chart:
    states = [state.value for state in State]
    legend = alt.Legend(symbolType="stroke") if len(frame.names) > 1 else None
    dashes = [[4, 3] if state is State.OPEN else [1, 0] for state in State]
    mark = alt.Chart(alt.NamedData(name="lines")).mark_line(strokeWidth=2, strokeJoin="round")
    layer: alt.Chart = mark.encode(
        x=along("t:T"),
        y=value_axis(frame, "v:Q"),
        detail="run:N",
        color=alt.Color("series:N", scale=alt.Scale(domain=frame.names, range=frame.colours), legend=legend),
        strokeDash=alt.StrokeDash("state:N", scale=alt.Scale(domain=states, range=dashes), legend=None),
        opacity=alt.Opacity("opacity:Q", scale=None, legend=None),
    )
    return layer


def _hover_layer(frame: Frame) -> alt.Chart:
    names = {"usual": frame.usual} if frame.usual else {}
    tips = [
        alt.Tooltip(f"{key}:N", title=names.get(key) or word(key, frame.lang))
        for key in ("time", "value", "usual", "state")
    ]
    mark = alt.Chart(alt.NamedData(name="hover")).mark_rect(opacity=0)
    layer: alt.Chart = mark.encode(x=along("t:T"), x2="end:T", tooltip=tips)
    return layer
