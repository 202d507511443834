"""The certificate as people read it, and as JSON: two tables, what is wrong, and what no certificate can know."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from rich.table import Table

from app.certificate import Certificate
from app.certificate_count import Counted, total
from app.certificate_rows import Row
from campus import calendar
from campus.ports import Reason
from campus.said import Said
from web.words import REASONS

# What lies outside the power of whoever stands behind the broker.
OUTSIDE = (
    Said(
        "以 QoS 0 发布的设备：断线、代理重启或磁盘写满时，消息不留痕迹地消失；请把设备设为 QoS 1。",
        "Publishers at QoS 0: what they say while a line, the broker or a disk is down leaves no trace; set QoS 1.",
    ),
    Said(
        "没有缓存的网关：网络断开期间的读数从未发出，只能看作缺数（campus certificate gaps）。",
        "Gateways without a buffer: readings of an outage were never sent; they are gaps (campus certificate gaps).",
    ),
    Said(
        "代理服务器自己的存盘：被强制杀死时，上次存盘之后确认过的消息可能丢失；随附配置逐条存盘，代价见其说明。",
        "The broker's own autosave: killed hard, it may lose what it acknowledged since its last save; the shipped"
        " configuration saves at each change and states the price.",
    ),
    Said(
        "代理服务器拒收的消息：超过长度上限、无权限的主题、队列已满；campus doctor 会说它丢过多少。",
        "What the broker refuses: over its size limit, outside an account's rights, beyond its queue; campus doctor"
        " says how many it dropped.",
    ),
    Said(
        "保留消息：代理只留每个主题的最后一条，之前的已被覆盖；没有时间的保留消息不当读数。",
        "Retained messages: the broker keeps the last of a topic alone; one without a time is no reading.",
    ),
    Said(
        "首次订阅之前发布的消息，以及表计自己没有测到的。",
        "What was published before our first subscription, and what a meter itself never measured.",
    ),
)
_HEADINGS = (
    "表计\nmeter",
    "量\nquantity",
    "应收\nexpected",
    "收到\nreceived",
    "入库\nstored",
    "重复\nduplicate",
    "隔离\nquarantined",
    "待入库\nwaiting",
    "不明\nunaccounted",
    "冲突\nconflict",
)
_HOURS = ("估算小时\nestimated h", "未知小时\nunknown h")
_WRONG = {
    "lost": Said("日志里有、数据库里没有", "in the journal, not in the store"),
    "unread": Said(
        "日志里有，按现在的登记读不出，也不在隔离区",
        "in the journal, but today's registry does not read it and the quarantine does not hold it",
    ),
    "differing": Said("库里的值没有任何消息说过", "stored with a value no message said"),
    "unexplained": Said("库里有，所读日志里没有", "stored, but in no message that was read"),
}


def tables(certificate: Certificate, names: Mapping[str, str]) -> Iterator[Table]:
    """Yield two tables for each school, and two for what is nobody's where there is any."""
    rows = (*certificate.by_reading, *certificate.by_arrival)
    for school in dict.fromkeys(row.school for row in rows):
        name = names.get(school, "没有登记的主题 on topics nobody registered")
        for by_reading in (True, False):
            mine = [
                r for r in (certificate.by_reading if by_reading else certificate.by_arrival) if r.school == school
            ]
            if mine:
                yield _table(name, mine, by_reading)


def _table(name: str, rows: list[Row], by_reading: bool) -> Table:
    by = "按读数时间 by day of reading" if by_reading else "按到达时间 by day of arrival"
    table = Table(title=f"{name}　{by}", title_justify="left", box=None)
    for index, heading in enumerate((*_HEADINGS, *(_HOURS if by_reading else ()))):
        table.add_column(heading, justify="left" if index < 2 else "right")
    for row in rows:
        hours = (_hours(row.estimated_h), _hours(row.unknown_h)) if by_reading else ()
        table.add_row(row.meter, row.quantity, _number(row.expected), *_cells(row.counted), *hours)
    if len(rows) > 1:
        due = sum(row.expected or 0 for row in rows)
        sums = [_sum(row.estimated_h for row in rows), _sum(row.unknown_h for row in rows)] if by_reading else []
        table.add_row("合计 total", "", _number(due), *_cells(total([row.counted for row in rows])), *sums)
    return table


def _cells(counted: Counted) -> tuple[str, ...]:
    why = "; ".join(f"{_reason(reason)} {number:,}" for reason, number in sorted(counted.quarantined.items()))
    held = f"{counted.held:,} ({why})" if why else "0"
    before = (counted.received, counted.stored, counted.duplicate)
    after = (counted.waiting, counted.unaccounted, counted.conflict)
    return (*map(_number, before), held, *map(_number, after))


def _reason(reason: Reason) -> str:
    return f"{REASONS[reason].zh} {REASONS[reason].en}"


def _number(value: int | None) -> str:
    return "–" if value is None else f"{value:,}"


def _hours(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}"


def _sum(values: Iterable[float | None]) -> str:
    return _hours(sum(value or 0.0 for value in values))


def sentences(certificate: Certificate, zone: ZoneInfo) -> Iterator[Said]:
    """Yield what has to be known to read the tables, the verdict first."""
    yield _verdict(certificate)
    yield from _wrong(certificate)
    yield from _limits(certificate, zone)
    if certificate.told:
        told = ", ".join(f"{name} {number:,}" for name, number in certificate.told.items())
        yield Said(f"进程自报（自启动以来，不作证据）：{told}", f"Told by the processes themselves, no proof: {told}")


def _verdict(certificate: Certificate) -> Said:
    if certificate.unaccounted:
        return Said("有数说不清去处，见下。", "Not everything is accounted for: see below.")
    if any(row.counted.waiting for row in (*certificate.by_reading, *certificate.by_arrival)):
        return Said(
            "收到 = 入库 + 重复 + 隔离 + 待入库；还有读数在日志里等着入库。",
            "received = stored + duplicate + quarantined + waiting; some still wait in the journal for the store.",
        )
    return Said(
        "收到 = 入库 + 重复 + 隔离，逐条核对无缺。",
        "received = stored + duplicate + quarantined: every value is accounted for.",
    )


def _wrong(certificate: Certificate) -> Iterator[Said]:
    for zh, en, rows in (
        ("按读数时间", "by day of reading", certificate.by_reading),
        ("按到达时间", "by day of arrival", certificate.by_arrival),
    ):
        for fact, said in _WRONG.items():
            found = {f"{r.school}/{r.meter}": number for r in rows if (number := getattr(r.counted, fact))}
            if found:
                where = ", ".join(f"{place} {number:,}" for place, number in found.items())
                yield Said(f"{zh}，{said.zh}：{where}", f"{en}, {said.en}: {where}")


def _limits(certificate: Certificate, zone: ZoneInfo) -> Iterator[Said]:
    messages = certificate.messages
    yield Said(
        f"当天到达 {messages.all:,} 条消息，其中保留消息 {messages.retained:,} 条，不含读数 {messages.empty:,} 条。",
        f"{messages.all:,} messages arrived that day, {messages.retained:,} of them retained,"
        f" {messages.empty:,} without a reading.",
    )
    yield Said(
        "隔离的一条按到达日计；重放过的以重放那条为准；跨日到达的重复，两天各算一次入库。",
        "What is held counts by its arrival; what was replayed counts where it was said again; a duplicate that came"
        " on another day is stored in both days' tables of arrival.",
    )
    if not certificate.over:
        yield Said("这一天还没有过完，应收只算到现在。", "The day is not over: expected counts until now.")
    if not certificate.whole:
        until = _local(certificate.looked_until, zone)
        yield Said(
            f"日志读到 {until} 的到达为止；更晚到的请加大 --late。",
            f"Arrivals until {until} were read; give a larger --late to look further.",
        )
    back = certificate.reaches_back_to
    if back is None or calendar.local_date(back, zone) > certificate.day:
        since = "–" if back is None else _local(back, zone)
        yield Said(
            f"日志最早只到 {since}：此前的已按保存期限删除，或当时还没有运行。",
            f"The journals reach back to {since} only: earlier ones were removed by age, or nothing ran then.",
        )


def _local(instant: datetime, zone: ZoneInfo) -> str:
    return f"{instant.astimezone(zone):%Y-%m-%d %H:%M}"


def as_json(certificate: Certificate) -> dict[str, Any]:
    """Return the certificate as JSON holds it."""
    return {
        "day": certificate.day.isoformat(),
        "issued": certificate.issued.isoformat(timespec="seconds"),
        "accounted": not certificate.unaccounted,
        "by_reading": [_json_row(row) for row in certificate.by_reading],
        "by_arrival": [_json_row(row) for row in certificate.by_arrival],
        "messages": asdict(certificate.messages),
        "looked_until": certificate.looked_until.isoformat(timespec="seconds"),
        "looked_to_the_end": certificate.whole,
        "day_is_over": certificate.over,
        "journal_reaches_back_to": certificate.reaches_back_to and certificate.reaches_back_to.isoformat(),
        "told_not_proven": dict(certificate.told),
        "outside": [asdict(said) for said in OUTSIDE],
    }


def _json_row(row: Row) -> dict[str, Any]:
    counted = asdict(row.counted)
    place = {"meter": row.meter} if row.quantity else {"topic": row.meter}
    return {
        "school": row.school or None,
        **place,
        "quantity": row.quantity or None,
        "expected": row.expected,
        **counted,
        "estimated_h": row.estimated_h,
        "unknown_h": row.unknown_h,
    }
