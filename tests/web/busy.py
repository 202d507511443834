"""The lively school at work: an episode in every state, what was done to it, the mails about it, a year's report."""

from __future__ import annotations

import struct
import zlib
from dataclasses import replace
from datetime import date, datetime, timedelta

from campus.calendar import floor_hour
from campus.ports import Address, Delivery, Entry, Episode, Letter, State
from campus.registry import Contact
from campus.results import Finding
from campus.said import Said
from tests.web import lively
from web.state import Rendered, Report, View

NOW = lively.NOW
DAY = timedelta(days=1)
NOTES = (Said("电价是假定的：演示假定价。", "The price of electricity is assumed: Demo assumption."),)
OFFICE = Contact("后勤处", "office@school.example", "both")


def busy(world: lively.World) -> lively.World:
    """Give the world episodes in every state (ids 3 to 9 beside the two new ones), a recipient and letters."""
    school = replace(world.registry.school, contacts=(OFFICE,))
    world.registry = replace(world.registry, school=school)
    world.ledger.rows += episodes()
    world.ledger.rows.sort(key=lambda one: (not one.open, -(one.finding.yuan_per_day or 0.0)))
    world.ledger.entries.update({one.id: entries(one) for one in world.ledger.rows})
    world.letters += letters(world.ledger.rows)
    return world


def view(world: lively.World) -> View:
    """Return the busy world as the page is given it, with mails and reports."""
    return replace(
        world.view(),
        subject=lambda letter: f"【示范学校】第 {letter.episode.id} 件" if letter.id == 1 else "",
        mail=mail,
        years=lambda: (2025, 2026),
        report=report,
    )


def _finding(subject: str, rule: str, days: float, **changes: object) -> Finding:
    """Return a finding that began some days ago, as one of the lively two."""
    kind = next(one for one in lively.findings() if one.rule == rule)
    start = floor_hour(NOW - days * DAY)
    return replace(kind, subject=subject, start=start, evidence=(), **changes)  # type: ignore[arg-type]


def episodes() -> list[Episode]:
    """Return one episode of each state that the lively school does not have yet."""
    water, load = "night_flow", "out_of_hours"
    rows = [
        _episode(3, State.ACKNOWLEDGED, _finding("meter/w-canteen", water, 5, yuan_per_day=31.5), acted_by="王师傅"),
        _episode(
            4,
            State.IN_WORK,
            _finding("meter/w-teaching", water, 12, yuan_per_day=126.0, to_date=360.0),
            owner="李师傅",
            acted_by="张主任",
            deadline=date(2026, 11, 17),
        ),
        _episode(
            5,
            State.REPAIRED,
            _finding("meter/e-dorm", load, 6),
            owner="赵电工",
            acted_by="赵电工",
            deadline=date(2026, 11, 16),
            repaired=NOW - timedelta(hours=15),
        ),
        _episode(
            6,
            State.REOPENED,
            _finding("meter/w-main", water, 20, yuan_per_day=52.0, to_date=248.0),
            owner="李师傅",
            round=2,
        ),
        _episode(
            7,
            State.CLOSED_BY_METER,
            _finding("meter/w-dorm", water, 15, end=floor_hour(NOW - 9 * DAY), to_date=115.0, yuan_per_day=80.5),
        ),
        _episode(
            8,
            State.DISMISSED,
            _finding("meter/e-lab", load, 11),
            acted_by="张主任",
            reason="实验楼恒温箱，整夜要开",
        ),
        _episode(
            9,
            State.CLOSED_BY_METER,
            _finding("meter/e-canteen", load, 90, end=floor_hour(NOW - 70 * DAY)),
        ),
    ]
    return rows


def _episode(number: int, state: State, finding: Finding, **more: object) -> Episode:
    return Episode(number, "demo", state, finding, finding.start, NOW, 3, **more)  # type: ignore[arg-type]


def entries(episode: Episode) -> list[Entry]:
    """Return how an episode came to its state."""
    steps: list[tuple[State, str, str]] = [(State.NEW, "", "")]
    if episode.state is State.REOPENED:
        steps += [(State.REPAIRED, "李师傅", "换了水箱浮球"), (State.CLOSED_BY_METER, "", "")]
    if episode.state in (State.IN_WORK, State.REPAIRED):
        steps += [(State.ACKNOWLEDGED, "张主任", ""), (State.ACKNOWLEDGED, "张主任", "已打电话问过宿管")]
    if episode.state is State.REPAIRED:
        steps += [(State.IN_WORK, "张主任", "")]
    if episode.state is not State.NEW:
        steps += [(episode.state, episode.acted_by, episode.reason)]
    first = episode.finding.start + timedelta(hours=9)
    gap = min(DAY, (NOW - first) / len(steps))
    return [Entry(first + n * gap, *step, episode.finding) for n, step in enumerate(steps)]


def letters(rows: list[Episode]) -> list[Letter]:
    """Return letters in every state of delivery, newest first."""
    by_id = {one.id: one for one in rows}
    to = Address("mail", OFFICE.mail)
    return [
        Letter(4, by_id[6], to, NOW - timedelta(minutes=3), attempts=1, next_try=NOW + timedelta(minutes=1)),
        Letter(
            3,
            by_id[4],
            Address("mail", "plumber@school.example"),
            NOW - 2 * DAY,
            Delivery.GIVEN_UP,
            1,
            error="550 5.1.1 <plumber@school.example>: no such user <b>here</b>",
        ),
        _sent(Letter(2, by_id[4], to, NOW - 2 * DAY)),
        _sent(Letter(1, by_id[1], to, NOW - 3 * DAY)),
    ]


def _sent(letter: Letter) -> Letter:
    return replace(letter, delivery=Delivery.SENT, attempts=1, sent=letter.queued + timedelta(seconds=4))


def mail(letter: Letter) -> Rendered | None:
    """Return a mail with a picture, a style of its own, and a script that must not run."""
    rows = "".join(f"<p>第 {n} 行：宿舍楼夜里水不停，每小时0.8吨。</p>" for n in range(30))
    html = (
        "<!doctype html><html><head><style>p {color: rgb(20, 20, 20)}</style></head><body>"
        f'<h1>宿舍楼夜里水不停</h1><img src="cid:chart@campus" alt="曲线" width="200">{rows}'
        "<script>parent.acted = 1; window.acted = 1</script>"
        '<img src="x" onerror="parent.acted = 1"><a href="/schools/demo">看页面</a></body></html>'
    )
    text = f"第 {letter.id} 封\n宿舍楼夜里水不停，每小时0.8吨。\n先看水箱浮球。\n" * 4
    return Rendered("【示范学校】宿舍楼夜里水不停，每天约81元", text, html, {"chart@campus": dot()})


def dot() -> bytes:
    """Return a PNG of one pixel."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\0\x1f\x6f\xb2"))
        + chunk(b"IEND", b"")
    )


def report(year: int) -> Report | None:
    """Return a year's report: 2025 may be signed, the running year may not."""
    limits = (
        Said("这一年还没有过完：数字到此刻为止。", "The year is not over: figures are up to now."),
        Said("热力 1 月 3 日到 2 月 9 日缺数，覆盖率 42%。", "Heat is unknown from 3 Jan to 9 Feb: coverage 42 %."),
        Said(
            "没有统一社会信用代码：请写进学校文件的 [school] code。",
            "No code: write it into the school's file, [school] code.",
        ),
    )
    return Report(
        f"示范学校-{year}-annual", b"%PDF-1.7 " + str(year).encode(), b"PK", limits if year == 2026 else (), NOTES
    )


def at(days: float) -> datetime:
    """Return the moment some days ago."""
    return NOW - days * DAY
