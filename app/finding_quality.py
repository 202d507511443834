"""How the hours a finding was judged by came to be known: what stands beside its amounts in a mail."""

from __future__ import annotations

import numpy as np

from analytics import series, stored
from app.windows import hour_edges
from campus import calendar, quality
from campus.ports import Store
from campus.registry import Registry
from campus.results import Finding
from campus.said import Said
from campus.schema import CONSUMPTION, SeriesId, meter_subject


def told(store: Store, registry: Registry, finding: Finding) -> Said | None:
    """Return the code of a meter's use over a finding's time in words; None where no hours of it are kept."""
    meter = finding.subject.removeprefix(meter_subject(""))
    window = calendar.floor_hour(finding.start), calendar.ceil_hour(finding.end or finding.seen_until)
    if meter == finding.subject or window[0] >= window[1]:
        return None
    hours, ids = hour_edges(*window), SeriesId(CONSUMPTION, meter, finding.quantity)
    rows = store.series([ids], *window)[ids]
    if not len(rows):
        return None
    whole = series.gather(stored.on_grid(rows, hours), hours, np.array([hours[0], hours[-1]], np.int64))
    value, coverage, estimated, corrected = (float(column[0]) for column in whole.columns())
    by_hand = quality.by_hand(registry, finding.subject, finding.quantity, window[0])
    return _said(quality.code(value, coverage, estimated, corrected, by_hand), coverage, estimated, corrected)


def _said(code: quality.Code, coverage: float, estimated: float, corrected: float) -> Said:
    name = quality.NAMES[code]
    if code in (quality.Code.MEASURED, quality.Code.HAND):
        return name
    zh, en = [f"覆盖率{coverage:.0%}"], [f"coverage {coverage:.0%}"]
    for share, of_zh, of_en in ((estimated, "估算", "estimated"), (corrected, "更正", "corrected")):
        if share:
            zh.append(f"{of_zh}{share:.0%}")
            en.append(f"{of_en} {share:.0%}")
    return Said(f"{name.zh}（{'，'.join(zh)}）", f"{name.en} ({', '.join(en)})")
