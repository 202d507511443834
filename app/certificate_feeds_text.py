"""Gaps and feeds as tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any
from zoneinfo import ZoneInfo

from rich.table import Table

from app.certificate_feeds import Feed
from app.certificate_gaps import Gap
from campus.said import Said
from web.words import REASONS

_SHOWN_METERS = 8
HEADINGS: tuple[Said, ...] = (
    Said("学校", "school"),
    Said("厂家", "maker"),
    Said("表数", "meters"),
    Said("应收", "expected"),
    Said("入库", "stored"),
    Said("到达率 %", "arrival %"),
    Said("滞后中位 s", "lag p50 s"),
    Said("滞后95% s", "lag p95 s"),
    Said("最大时钟偏差 s", "worst clock skew s"),
    Said("偏差的表", "its meter"),
    Said("重复", "duplicates"),
    Said("隔离", "quarantined"),
    Said("隔离原因", "reasons"),
)
NOTES = (
    Said(
        "到达率 = 当月时间的入库读数 ÷ 按表计间隔应收；滞后、重复、隔离按当月到达计。",
        "Arrival = stored readings of the month over those the interval asks for; lag, duplicates and what is held"
        " go by arrival.",
    ),
    Said(
        "时钟偏差只算实时、每小时上报且自带时间的表：每次来数的路上时间取中位，补传的不算；正为慢或路上久，负为快。",
        "Clock skew is of live and hourly meters that send their time: the median time under way, without what was"
        " kept back; above 0 a late clock or a slow way, below 0 a clock that runs ahead.",
    ),
)


def cells(feed: Feed) -> list[str | int | float | None]:
    """Return a feed in the order of `HEADINGS`; numbers are numbers."""
    share = None if feed.share is None else round(100 * feed.share, 2)
    reasons = "; ".join(f"{REASONS[r].zh} {REASONS[r].en} {n}" for r, n in sorted(feed.quarantined.items()))
    lags = (feed.lag_p50_s, feed.lag_p95_s, feed.skew_s)
    counts = (feed.duplicates, sum(feed.quarantined.values()))
    maker = feed.maker or "未填 not named"
    return [
        feed.school,
        maker,
        feed.meters,
        feed.expected,
        feed.stored,
        share,
        *lags,
        feed.skew_meter,
        *counts,
        reasons,
    ]


def feed_table(feeds: Iterable[Feed]) -> Table:
    """Return feeds as a table."""
    table = Table(*(f"{heading.zh}\n{heading.en}" for heading in HEADINGS), box=None)
    for feed in feeds:
        table.add_row(
            *("–" if cell is None else f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in cells(feed))
        )
    return table


def gap_table(gaps: Sequence[Gap], zone: ZoneInfo) -> Table:
    """Return gaps as a table, in the order given."""
    table = Table(
        "网关\ngateway", "起\nfrom", "止\nto", "表\nmeters", "缺数\nmissing", "哪些\nwhich", "计划\nplan", box=None
    )
    for gap in gaps:
        keys = sorted(silence.meter.key for silence in gap.silences)
        rest = f" +{len(keys) - _SHOWN_METERS}" if len(keys) > _SHOWN_METERS else ""
        end = "仍在 lasting" if gap.end is None else f"{gap.end.astimezone(zone):%Y-%m-%d %H:%M}"
        table.add_row(
            f"{gap.school}: {gap.gateway or '全部 all'}",
            f"{gap.start.astimezone(zone):%Y-%m-%d %H:%M}",
            end,
            f"{len(keys)}/{gap.below}",
            f"{gap.missing:,}",
            ", ".join(keys[:_SHOWN_METERS]) + rest,
            gap.plan,
        )
    return table


def gap_json(gap: Gap) -> dict[str, Any]:
    """Return a gap as JSON holds it."""
    return {
        "school": gap.school,
        "gateway": gap.gateway,
        "start": gap.start.isoformat(),
        "end": gap.end and gap.end.isoformat(),
        "meters": sorted(silence.meter.key for silence in gap.silences),
        "meters_below": gap.below,
        "missing": gap.missing,
        "plan": gap.plan or None,
    }


def feed_json(feed: Feed) -> dict[str, Any]:
    """Return a feed as JSON holds it."""
    return {**asdict(feed), "maker": feed.maker or None, "share": feed.share}
