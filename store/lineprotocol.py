"""InfluxDB line protocol: from points to lines; tags are identity and nothing else, numbers are floats."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from campus.schema import FIELDS, TAGS, TEXT_FIELDS, Point, SeriesId
from store.rows import Table, absent

_IN_TAGS = str.maketrans({",": "\\,", "=": "\\=", " ": "\\ "})
_IN_TEXT = str.maketrans({'"': '\\"', "\\": "\\\\"})


def tags_of(series: SeriesId) -> dict[str, str]:
    """Return the tags of a series, sorted by name as the server likes them."""
    values = (series.subject, series.name, series.resolution)
    return dict(sorted(zip(TAGS[series.measurement], values, strict=False)))


def key(series: SeriesId) -> str:
    """Return what every line of a series begins with: measurement and tags."""
    return key_of(series.measurement, tags_of(series))


def key_of(measurement: str, tags: Mapping[str, str]) -> str:
    """Return what every line of a measurement with these tags begins with."""
    return ",".join([measurement, *(f"{tag}={value.translate(_IN_TAGS)}" for tag, value in sorted(tags.items()))])


def line(beginning: str, point: Point) -> str:
    """Return the line of a sound point in millisecond precision; absent fields are left out.

    `beginning` is the `key` of its series, which callers keep since most points share it.
    """
    names = FIELDS[point.series.measurement]
    fields = [
        f'{name}="{value.translate(_IN_TEXT)}"' if name in TEXT_FIELDS else f"{name}={value!r}"  # type: ignore[union-attr]
        for name, value in zip(names, point.values, strict=True)
        if value is not None
    ]
    return f"{beginning} {','.join(fields)} {point.time_ms}"


def lines(series: SeriesId, table: Table) -> list[str]:
    """Return the lines of sound rows of a series (n, 1 + fields): times, and None for absent."""
    beginning, names = key(series), FIELDS[series.measurement]
    gone = absent(table[:, 1:])
    if (gone.any(axis=0) & ~gone.all(axis=0)).any() or not TEXT_FIELDS.isdisjoint(names):
        return [line(beginning, Point(series, time_ms, tuple(values))) for time_ms, *values in table.tolist()]
    # Mostly all rows have the same fields.
    given = np.flatnonzero(~gone.all(axis=0)).tolist()
    form = ",".join(f"{names[place]}={{!r}}" for place in given)
    plain = map(f"{form} {{}}".format, *(table[:, 1 + place].tolist() for place in given), table[:, 0].tolist())
    return [f"{beginning} {row}" for row in plain]
