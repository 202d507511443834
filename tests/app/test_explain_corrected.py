"""An hour somebody corrected is explained: what the meter said, what that came to, who corrected it, what counts."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import date, timedelta

import pytest

from app.explain import ask, explain
from campus.corrections import Correction, Kind
from campus.readings import Kind as Reading
from tests.app.test_derive import Pipe
from tests.app.test_derive_corrected import register, taken_in, with_corrections
from tests.app.test_explain import BEGAN, SAID, Item, native

HOUR = timedelta(hours=1)
C1 = Correction(
    "c1", Kind.USE, "electricity", BEGAN + 14 * HOUR, BEGAN + 16 * HOUR, "王老师", date(2026, 4, 1), "抄表核对", 7.0
)
C2 = Correction(
    "c2",
    Kind.VOID,
    "electricity",
    BEGAN + 14 * HOUR,
    BEGAN + 15 * HOUR,
    "王老师",
    date(2026, 3, 30),
    "接线",
    withdrawn_by="李主任",
    withdrawn_on=date(2026, 3, 31),
    withdrawn_reason="看错表",
)


@pytest.fixture(scope="module")
def corrected(tmp_path_factory):
    schools = with_corrections(C1, C2)
    with closing(Pipe(tmp_path_factory.mktemp("explained"), schools)) as pipe:
        message = native.encode([Item(v, Reading.REGISTER, t, unit="kWh") for t, v in SAID])
        taken_in(pipe, [("campus/s/sub-a", message)])
        register(pipe, schools)
        yield pipe


def said(pipe: Pipe, figure: str) -> list[str]:
    school = pipe.registry
    return [step.text for step in explain(ask(figure, {"s": school}), pipe.store, school, "en")]


def test_raw_then_validated_then_who_corrected_it_then_what_counts(corrected):
    told = said(corrected, "s/meter/sub-a/electricity/2026-03-02T14")
    assert "= 3.500 kWh" in told[0] and "corrected 100.0%" in told[0] and "C corrected" in told[0]
    order = ["register 1", "validated", "c1", "counted"]
    places = [next(n for n, line in enumerate(told) if part in line) for part in order]
    assert places == sorted(places)
    assert "1.000 kWh" in told[places[1]] and "3.500 kWh" in told[places[3]]
    for part in ("use was 7 kWh", "王老师", "2026-04-01", "抄表核对"):
        assert part in told[places[2]]


def test_one_that_was_withdrawn_is_told_with_who_took_it_back(corrected):
    told = said(corrected, "s/meter/sub-a/electricity/2026-03-02T14")
    (line,) = [line for line in told if "c2" in line]
    assert "李主任" in line and "看错表" in line and "withdrawn" in line


def test_a_month_shows_both_sums_and_an_hour_nobody_corrected_neither(corrected):
    month = said(corrected, "s/meter/sub-a/electricity/2026-03")
    assert any("validated" in line and "24.000 kWh" in line for line in month)
    assert any("counted" in line and "29.000 kWh" in line for line in month)
    plain = said(corrected, "s/meter/sub-a/electricity/2026-03-02T10")
    assert "M measured" in plain[0] and not any("validated" in line for line in plain)


def test_a_reading_at_the_edge_of_an_hour_is_told(corrected):
    at = BEGAN + 10 * HOUR
    wrong = replace(C1, id="c3", kind=Kind.READING, start=at, end=at, value=110.25)
    school = with_corrections(wrong)
    asked = ask("s/meter/sub-a/electricity/2026-03-02T10", {"s": school})
    told = [step.text for step in explain(asked, corrected.store, school, "en")]
    assert any("c3" in line and "reading was 110.25 kWh" in line for line in told)
    assert any("counted" in line and "0.750 kWh" in line for line in told)
