"""A selection as Flux for Grafana: exactly the stored rows of one series, in the range of the panel."""

from __future__ import annotations

from dataclasses import dataclass

from campus.schema import REGISTER, TAGS, SeriesId


@dataclass(frozen=True, slots=True)
class Buckets:
    """The names of a school's buckets: registers in `raw`, consumption and figures in `results`."""

    raw: str
    results: str

    def of(self, measurement: str) -> str:
        """Return the bucket a measurement is kept in."""
        return self.raw if measurement == REGISTER else self.results


def rows_query(buckets: Buckets, series: SeriesId, field: str = "value") -> str:
    """Return the query for one field of one series over the dashboard's range, as stored, nothing aggregated."""
    values = (series.subject, series.name, series.resolution)
    wanted = {"_measurement": series.measurement, **dict(zip(TAGS[series.measurement], values, strict=False))}
    where = " and ".join(f"r.{column} == {literal(value)}" for column, value in {**wanted, "_field": field}.items())
    return (
        f"from(bucket: {literal(buckets.of(series.measurement))})"
        f" |> range(start: v.timeRangeStart, stop: v.timeRangeStop) |> filter(fn: (r) => {where})"
    )


def literal(text: str) -> str:
    """Return a Flux string literal; `${` would begin an expression."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("${", "\\${")
    return f'"{escaped}"'
