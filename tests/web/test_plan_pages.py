"""The pages of plans: what is announced, and a holiday's keep-on list held against the meters in the store."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta

import numpy as np
import pytest

from app.plan_audit import audited
from campus.errors import CampusError
from campus.plans import Keep, Plan, PlanKind
from campus.registry import Season, Term
from campus.schema import FIGURE, FORECAST_TEMPERATURE, HOUR, SCHOOL_SUBJECT, Columns, SeriesId, to_ms
from tests.web import lively
from tests.web.served import Site, serving
from web.tomorrow import tomorrow

BEGIN = datetime(2026, 11, 14, tzinfo=lively.ZONE)  # a Saturday, in electricity without a gap
KEEPS = (
    Keep("机房", "electricity", 2.0, "teaching"),
    Keep("实验冰箱", "electricity", 300.0, "lab"),
    Keep("滴水", "water", 90.0, "teaching", "w-teaching"),
)
WEEKEND = Plan("autumn", PlanKind.CLOSED, BEGIN, BEGIN + timedelta(days=2), "周末关停", ("teaching", "lab"))
PLANS = (
    replace(WEEKEND, keep=KEEPS, setback_c=8.0),
    Plan("dark", PlanKind.LIGHTS_OUT, BEGIN, BEGIN + timedelta(days=90), "", ("dorm",), daily=(time(23), time(6))),
    Plan("winter", PlanKind.CLOSED, BEGIN + timedelta(days=60), BEGIN + timedelta(days=90), "寒假"),
)


@pytest.fixture
def planned(world: lively.World) -> Iterator[Site]:
    world.registry = replace(
        world.registry,
        plans=PLANS,
        school=replace(world.registry.school, heating=(Season(date(2026, 11, 15), date(2027, 3, 14), "公告"),)),
    )
    view = replace(world.view(), audit=lambda plan: audited(world.store, world.registry, plan, world.now))
    with serving({"demo": view}) as site:
        yield site


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())


def row(page: str, *parts: str) -> str:
    rows = [
        found
        for one in page.split("<tr>")
        if all(part in (found := words(one.partition("</tr>")[0])) for part in parts)
    ]
    assert len(rows) == 1, rows
    return rows[0]


def test_plans_stand_newest_first_with_place_hours_and_stage(planned: Site) -> None:
    page = planned.get("/schools/demo/plans").text
    text = words(page)
    assert text.index("寒假") < text.index("周末关停")
    assert "未开始" in row(page, "寒假") and "全校" in row(page, "寒假")
    assert "教学楼、实验楼" in row(page, "周末关停") and "已结束" in row(page, "周末关停")
    assert "23:00–06:00" in row(page, "dark") and "进行中" in row(page, "dark")
    assert "2026-11-15 至 2027-03-14，两天都供" in text
    assert '/plans/autumn"' in page and '/plans/winter"' not in page and '/plans/dark"' not in page


def test_each_line_says_kept_not_kept_or_why_it_cannot_be_judged(planned: Site) -> None:
    page = planned.get("/schools/demo/plans/autumn").text
    lost = row(page, "教学楼", "用电", "机房")
    assert "没做到" in lost and "2.00 kW" in lost and "100%" in lost and re.search(r"[\d,]+ kWh · [\d,.]+ 元", lost)
    assert "已做到" in row(page, "实验楼", "实验冰箱")
    assert "已做到" in row(page, "教学楼", "用水", "滴水")
    assert "1 项没做到" in words(page) and "检查人" in page


def test_the_sheet_is_there_in_english_as_well(planned: Site) -> None:
    page = words(planned.get("/schools/demo/plans/autumn?lang=en").text)
    assert "not kept" in page and "Teaching building" in page and "Checked by" in page


def test_what_is_no_closed_plan_has_no_sheet(planned: Site) -> None:
    assert planned.get("/schools/demo/plans/dark").status == 404
    assert planned.get("/schools/demo/plans/none").status == 404
    assert "还没有开始" in planned.get("/schools/demo/plans/winter").text


def test_a_school_without_plans_says_how_to_announce_one(site: Site) -> None:
    text = site.get("/schools/demo/plans").text
    assert "[[plan]]" in text and "没有登记供暖期" in text


def test_a_store_that_is_away_gives_a_sentence(world: lively.World) -> None:
    def away(_plan: Plan) -> list[object]:
        raise CampusError("the store does not answer: start it")

    world.registry = replace(world.registry, plans=PLANS)
    with serving({"demo": replace(world.view(), audit=away)}) as site:
        answer = site.get("/schools/demo/plans/autumn")
    assert answer.status == 503 and "start it" in answer.text


def forecast(world: lively.World, begin: datetime, hours: int) -> None:
    start_ms = to_ms(begin) + 3_600_000 * np.arange(hours, dtype=np.int64)
    value = np.linspace(-3.2, 6.4, hours)
    series = SeriesId(FIGURE, SCHOOL_SUBJECT, FORECAST_TEMPERATURE, HOUR)
    whole = {"value": value, "coverage": np.ones(hours), "estimated": np.zeros(hours)}
    world.store.replace(series, (begin, begin + timedelta(hours=hours)), Columns(start_ms, whole))


def test_tomorrow_stands_under_today_with_its_kind_weather_heating_and_plans(world: lively.World) -> None:
    midnight = datetime(2026, 11, 21, tzinfo=lively.ZONE)
    forecast(world, midnight, 24)
    power_cut = Plan(
        "cut", PlanKind.OUTAGE, midnight + timedelta(hours=8), midnight + timedelta(hours=11), "", ("lab",)
    )
    heating = (Season(date(2026, 11, 15), date(2027, 3, 14), "公告"),)
    world.registry = replace(
        world.registry, plans=(power_cut, PLANS[2]), school=replace(world.registry.school, heating=heating)
    )
    with serving({"demo": world.view()}) as site:
        chinese, english = (words(site.get(f"/schools/demo?lang={lang}").text) for lang in ("zh", "en"))
    assert "明天 11-21 · 周末 · -3 – 6 ℃ · 供暖 · 停电停水 11-21 08:00 – 11-21 11:00（实验楼）" in chinese
    assert "Tomorrow 11-21 · weekend · -3 – 6 ℃ · heated · Outage 11-21 08:00 – 11-21 11:00 (Laboratory)" in english


def test_without_a_forecast_of_most_of_tomorrow_no_temperature_is_said(world: lively.World) -> None:
    forecast(world, datetime(2026, 11, 21, tzinfo=lively.ZONE), 20)
    found = tomorrow(world.view(), world.registry, world.now)
    assert (found.low_c, found.high_c, found.heated, found.plans) == (None, None, None, ())


def test_an_exam_day_is_called_one_and_a_day_no_calendar_covers_is_only_assumed(world: lively.World) -> None:
    exams = (Term(date(2026, 11, 16), date(2026, 11, 22), "exam"),)
    registry = replace(world.registry, school=replace(world.registry.school, terms=exams))
    found = tomorrow(world.view(), registry, world.now)
    assert found.kind.zh == "考试" and not found.assumed
    assert tomorrow(world.view(), world.registry, datetime(2040, 1, 2, tzinfo=lively.ZONE)).assumed
