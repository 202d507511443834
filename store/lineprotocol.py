"""InfluxDB line protocol: from points to lines; tags are identity and nothing else, numbers are floats."""

from __future__ import annotations

from campus.schema import FIELDS, TAGS, TEXT_FIELDS, Point, SeriesId

_IN_TAGS = str.maketrans({",": "\\,", "=": "\\=", " ": "\\ "})
_IN_TEXT = str.maketrans({'"': '\\"', "\\": "\\\\"})


def tags_of(series: SeriesId) -> dict[str, str]:
    """Return the tags of a series, sorted by name as the server likes them."""
    values = (series.subject, series.name, series.resolution)
    return dict(sorted(zip(TAGS[series.measurement], values, strict=False)))


def key(series: SeriesId) -> str:
    """Return what every line of a series begins with: measurement and tags."""
    return ",".join(
        [series.measurement, *(f"{tag}={value.translate(_IN_TAGS)}" for tag, value in tags_of(series).items())]
    )


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
