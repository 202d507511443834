"""The interval that a single time stands for: half an hour, an hour, or a local day."""

from __future__ import annotations

from datetime import datetime, timedelta

from ingest.layout import Fault, Labels, Reading, instant
from ingest.stamps import Stamp

DAY = timedelta(days=1)


def span(found: Stamp, labels: Labels, reading: Reading) -> tuple[datetime, datetime] | Fault:
    """Return [start, end) of the interval labelled by a time, by the length of the meter's intervals."""
    how = reading.how
    step = how.steps.get(labels, how.step)
    if step is None or step > DAY:
        return Fault(
            "看不出一个读数代表多长时间，请加 --every，如 --every 30min",
            "nothing tells how long an interval is: give --every, such as --every 30min",
        )
    if step == DAY:
        return _whole_day(found, labels, reading)
    label = instant(found.when, labels, reading)
    if isinstance(label, Fault):
        return label
    return (label - step, label) if how.ends else (label, label + step)


def _whole_day(found: Stamp, labels: Labels, reading: Reading) -> tuple[datetime, datetime] | Fault:
    """A local day has 23, 24 or 25 hours: it ends at the next midnight."""
    day = found.when - DAY if reading.how.ends else found.when
    edges = [instant(edge, labels, reading) for edge in (day, day + DAY)]
    for edge in edges:
        if isinstance(edge, Fault):
            return edge
    start, end = edges
    assert isinstance(start, datetime) and isinstance(end, datetime)
    return start, end
