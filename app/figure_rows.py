"""A figure as the row of its series: one of a period, none where its value is not known."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from app.windows import Window
from campus.ports import Store
from campus.results import Figure
from campus.schema import FIELDS, FIGURE, Columns, SeriesId, Stretch, to_ms


def put(store: Store, figure: Figure, window: Window) -> None:
    """Make the series of a figure hold it, and nothing else, within the window, whose start labels it."""
    put_all(store, [(figure, window)])


def put_all(store: Store, figures: Iterable[tuple[Figure, Window]]) -> None:
    """The same for many figures, of which no two are of one series and overlap."""
    store.replace_all([_stretch(figure, window) for figure, window in figures])


def _stretch(figure: Figure, window: Window) -> Stretch:
    series = SeriesId(FIGURE, figure.subject, figure.name, figure.resolution)
    known = figure.value is not None
    times = np.array([to_ms(window[0])] if known else [], np.int64)
    values = {"value": figure.value, "coverage": figure.coverage, "estimated": figure.estimated}
    values |= {"corrected": figure.corrected or None, "low": figure.low, "high": figure.high}
    fields: dict[str, NDArray[np.float64] | NDArray[np.object_]] = {
        name: np.array([_number(values.get(name))] if known else [], np.float64) for name in FIELDS[FIGURE]
    }
    return Stretch(series, window, Columns(times, fields))


def _number(value: float | None) -> float:
    return np.nan if value is None else value
