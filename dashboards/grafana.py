"""A school's dashboard "school now" for Grafana, made of the same panels as the page."""

from __future__ import annotations

import hashlib
import json
import math
import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from grafana_foundation_sdk.builders.dashboard import Dashboard, Row
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import GridPos

from campus.panel import Panel, Selected
from campus.registry import Registry
from campus.schema import DAY, HOUR, MONTH, SCHOOL_SUBJECT, YEAR
from campus.units import QUANTITIES
from dashboards.charts import catalogue
from dashboards.flux import Buckets
from dashboards.grafana_panels import SHARE, drawn, field_of, figures, moments
from dashboards.grafana_series import Builder, Shown, window_text

COLUMNS = 24  # of Grafana's grid
UID_LENGTH = 40  # characters Grafana allows
REFRESH = "1m"
_ONE_DAY = timedelta(hours=24)  # up to now it holds one local midnight, and so today's row, wherever one looks from
# Heights in rows of the grid: of a chart, of the numbers above, of the frame around strips, and of a strip.
_LINE, _TALL, _FRAME, _STRIP = 8, 4, 3, 0.8

_HEAD_TITLE = "现况 Now"
_TITLES = {
    "hours": "逐时 By the hour",
    "days": "每日 By the day",
    "months": "每月 By the month",
    "strips": "采集 Readings",
}

Place = tuple[Builder, int, int]  # a panel, its width and its height


def dashboard(registry: Registry, buckets: Buckets) -> dict[str, Any]:
    """Return the dashboard of a school as Grafana takes it; a panel with nothing to select is left out."""
    school = registry.school
    built = (
        Dashboard(f"{school.name} · 学校现况 School now")
        .uid(uid(school.key))
        .tags(["campus"])
        .timezone(str(school.timezone))
        .refresh(REFRESH)
        .time("now-48h", "now")
    )
    top = 0
    for title, places in _groups(registry, buckets):
        built.with_row(Row(title).id(_id(title)).grid_pos(GridPos(1, COLUMNS, 0, top)))
        top = _put(built, places, top + 1)
    body: dict[str, Any] = json.loads(json.dumps(built.build(), cls=JSONEncoder))
    return body | {"panels": [_quiet(panel) for panel in body.get("panels", ())]}


def _quiet(panel: dict[str, Any]) -> dict[str, Any]:
    """Return a panel; a number's title says its period, and Grafana's own words for it would lie over the title.

    The dashboard kit has no name for this property.
    """
    return panel | {"hideTimeOverride": True} if panel["type"] == "stat" else panel


def as_text(body: dict[str, Any]) -> str:
    """Return a dashboard as the text of a file: the same dashboard, the same bytes."""
    return json.dumps(body, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def uid(key: str) -> str:
    """Return the lasting id of a school's dashboard; a key Grafana would not take is shortened and told apart."""
    wanted = f"campus-{key}-now"
    if len(wanted) <= UID_LENGTH and re.fullmatch(r"[A-Za-z0-9_-]+", wanted):
        return wanted
    mark = hashlib.sha256(key.encode()).hexdigest()[:8]
    plain = re.sub(r"[^A-Za-z0-9_-]", "-", key)[: UID_LENGTH - len(f"campus--{mark}-now")]
    return f"campus-{plain}-{mark}-now"


def _put(built: Dashboard, places: Sequence[Place], top: int) -> int:
    """Put panels from the left, line by line, from row `top` on; return the row below them."""
    left, height = 0, 0
    for builder, width, tall in places:
        if left + width > COLUMNS:
            left, top, height = 0, top + height, 0
        built.with_panel(builder.grid_pos(GridPos(tall, width, left, top)))
        left, height = left + width, max(height, tall)
    return top + height


def _groups(registry: Registry, buckets: Buckets) -> Iterator[tuple[str, list[Place]]]:
    """Yield the parts of the page in its order, each with its panels; a part without any is left out."""
    groups: dict[str, list[Shown]] = {name: [] for name in _TITLES}
    for one in shown(registry, buckets):
        groups[_group(one)].append(one)
    if groups["days"] or groups["hours"]:
        yield _HEAD_TITLE, _head(registry, buckets)
    for name, title in _TITLES.items():
        if groups[name]:
            yield title, list(_placed(groups[name]))


def shown(registry: Registry, buckets: Buckets) -> list[Shown]:
    """Return the panels of the catalogue that select anything for the school, in the order of the page."""
    chosen = ((panel, panel.select(registry, SCHOOL_SUBJECT)) for panel in catalogue().values())
    found = [Shown(panel, entries, buckets, field_of(panel.mark)) for panel, entries in chosen if entries]
    return sorted(found, key=_rank)


def _rank(one: Shown) -> tuple[bool, int]:
    """Single series before several, each by the place of its first quantity."""
    names = [entry.series.name.rpartition("/")[2] for entry in one.selected]
    subjects = {entry.series.subject for entry in one.selected}
    order = list(QUANTITIES)
    return len(subjects) > 1, min((order.index(name) for name in names if name in order), default=len(order))


def _group(one: Shown) -> str:
    if one.panel.mark == "heatmap":
        return "strips"
    return {DAY: "days", MONTH: "months", YEAR: "months"}.get(one.selected[0].series.resolution, "hours")


def _placed(group: Sequence[Shown]) -> Iterator[Place]:
    """Yield charts two to a line, the last of an odd number and strips alone in theirs."""
    for place, one in enumerate(group):
        alone = one.panel.mark == "heatmap" or (place % 2 == 0 and place == len(group) - 1)
        height = _LINE if one.panel.mark != "heatmap" else math.ceil(_FRAME + len(one.selected) * _STRIP)
        yield drawn(one).id(_id(one.panel.name)), COLUMNS if alone else COLUMNS // 2, height


def _head(registry: Registry, buckets: Buckets) -> list[Place]:
    """Return what is looked at first: today so far, how much of it is measured, and how fresh the hours are."""
    selected = {panel.name: panel.select(registry, SCHOOL_SUBJECT) for panel in _HEAD}
    today, measured, fresh = (Shown(panel, selected[panel.name], buckets) for panel in _HEAD)
    builders = (
        (today, figures),
        (replace(measured, field="coverage"), lambda one: figures(one, SHARE).time_shift(window_text(_ONE_DAY))),
        (fresh, moments),
    )
    known = [build(one).id(_id(one.panel.name)) for one, build in builders if one.selected]
    return [(builder, COLUMNS // len(known), _TALL) for builder in known]


def _lasting(resolution: str) -> Callable[[Registry, str], list[Selected]]:
    """Return a selection: what the catalogue's panels of one quantity show of a subject at a resolution."""

    def select(registry: Registry, subject: str) -> list[Selected]:
        chosen = (panel.select(registry, subject) for panel in catalogue().values() if panel.mark != "heatmap")
        found = (one for entries in chosen for one in entries)
        order = list(QUANTITIES)
        # Several panels may show a quantity: once here.
        kept = {one.series: one for one in found if one.role == "actual" and one.series.resolution == resolution}
        return sorted(kept.values(), key=lambda one: order.index(one.series.name))

    return select


_HEAD = (
    Panel(
        "now_today",
        "今日至今",
        "Today so far",
        "number",
        _ONE_DAY,
        _lasting(DAY),
        "从当地零时起已收到的用量",
        "What was received since local midnight",
    ),
    Panel(
        "now_coverage",
        "昨日实测比例",
        "Measured share of yesterday",
        "number",
        _ONE_DAY,
        _lasting(DAY),
        "昨天全天中有实测的时间所占比例",
        "Measured time as a share of the whole of yesterday",
    ),
    Panel(
        "now_latest",
        "最新的完整小时",
        "Latest closed hour",
        "number",
        timedelta(hours=48),
        _lasting(HOUR),
        "该小时开始至今多久",
        "How long ago that hour began",
    ),
)


def _id(name: str) -> int:
    """Return the lasting id of a panel, whatever stands before it: links to a panel must not move."""
    return zlib.crc32(name.encode()) % 1_000_000_000 + 1
