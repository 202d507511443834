"""The two axes every chart shares: local wall time and an amount, with zero always on it."""

from __future__ import annotations

from typing import Literal

import altair as alt

from dashboards.drawing import Frame

# The parameters of every chart that hold its window [local wall time as epoch ms].
START, END = "window_start", "window_end"

_LABELS = {
    "hours": "utchours(datum.value) === 0 ? utcFormat(datum.value, '%m-%d') : utcFormat(datum.value, '%H:%M')",
    "days": "utcFormat(datum.value, '%m-%d')",
    "weeks": "utcFormat(datum.value, '%m-%d')",
    "months": f"datum.value < {END} ? utcFormat(datum.value, '%y-%m') : ''",
}
_TICKS: dict[str, float | Literal["day", "month"]] = {"hours": 8, "days": "day", "weeks": 6, "months": "month"}


def time_axis(frame: Frame, field: str) -> alt.X:
    """Return the horizontal axis over the chart's window, labelled in local time; one layer of a chart brings it."""
    return alt.X(
        field,
        scale=alt.Scale(type="utc", domain=[alt.ExprRef(START), alt.ExprRef(END)], nice=False),
        axis=alt.Axis(
            labelExpr=_LABELS[frame.ticks],
            title=None,
            tickCount=_TICKS[frame.ticks],
            labelOverlap="parity",
            # A month's name stands right of the tick it begins at, under the month; the others name an instant.
            labelAlign="left" if frame.ticks == "months" else "center",
            labelSeparation=4,
        ),
    )


def along(field: str) -> alt.X:
    """Return the horizontal place of a layer that stands on the axis another layer brings."""
    return alt.X(field, title=None)


def value_axis(frame: Frame, field: str) -> alt.Y:
    """Return the vertical axis, with zero on it and the unit above it; below zero only where a value is."""
    scale = alt.Scale(zero=True, nice=True)
    return alt.Y(field, title=frame.unit or None, scale=scale, axis=alt.Axis(format=",~f"))
