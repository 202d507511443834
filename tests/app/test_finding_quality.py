"""Beside the amounts of a mail stands how the use behind them came to be known."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import numpy as np
import pytest

from alerts.message import compose
from app.finding_quality import told
from campus.registry import Arrival
from campus.schema import CONSUMPTION, Columns, SeriesId, to_ms
from store.sqlite import open_sqlite
from tests.alerts import made

START = datetime(2026, 10, 2, 14, tzinfo=UTC)
HOURS = SeriesId(CONSUMPTION, "w-dorm3", "water")


@pytest.fixture
def store(tmp_path):
    opened = open_sqlite(tmp_path / "store.sqlite")
    yield opened
    opened.close()


def fill(store, coverage=1.0, estimated=0.0, corrected=np.nan) -> None:
    times = np.array([to_ms(START + n * timedelta(hours=1)) for n in range(100)], np.int64)
    fields = {"value": 2.0, "coverage": coverage, "estimated": estimated, "corrected": corrected}
    columns = Columns(times, {name: np.full(len(times), share) for name, share in fields.items()})
    store.replace(HOURS, (START, START + timedelta(days=30)), columns)


def finding():
    return replace(made.finding("night_flow"), start=START, end=None, seen_until=START + timedelta(hours=48))


@pytest.mark.parametrize(
    ("shares", "zh", "en"),
    [
        ({}, "实测", "Measured"),
        ({"corrected": 0.25}, "更正（覆盖率100%，更正25%）", "Corrected (coverage 100%, corrected 25%)"),
        (
            {"coverage": 0.0, "estimated": 1.0},
            "估算（覆盖率0%，估算100%）",
            "Estimated (coverage 0%, estimated 100%)",
        ),
    ],
)
def test_the_hours_of_the_finding_give_its_code(store, shares, zh, en):
    fill(store, **shares)
    said = told(store, made.registry(), finding())
    assert (said.zh, said.en) == (zh, en)


def test_a_time_the_meter_was_silent_in_part_is_partly_unknown(store):
    fill(store)
    late = replace(finding(), seen_until=START + timedelta(hours=200))
    assert told(store, made.registry(), late).zh.startswith("部分缺数（覆盖率50%")


def test_what_a_person_reads_says_so_and_what_has_no_hours_says_nothing(store):
    known = made.registry()
    assert told(store, known, finding()) is None
    assert told(store, known, replace(finding(), subject="school")) is None
    fill(store)
    meters = known.meters | {"w-dorm3": replace(known.meters["w-dorm3"], arrival=Arrival.MANUAL)}
    assert told(store, replace(known, meters=meters), finding()).zh == "人工"


def test_the_mail_has_it_beside_its_amounts(store):
    fill(store, corrected=0.25)
    letter = made.letter(made.episode(of=finding()))
    with_quality = made.site(quality=partial(told, store, made.registry()))
    text = compose(letter, with_quality).text
    assert "数据：更正（覆盖率100%，更正25%）" in text or "Data: Corrected" in text
    assert "数据：" not in compose(letter, made.site()).text
