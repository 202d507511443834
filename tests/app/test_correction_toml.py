"""[[meter.correction]]: typed, dated, signed, never two of one time; each problem at its line."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

import pytest

from app.registry_toml import load_registry
from campus.corrections import Kind, standing
from tests.app.registry_example import FORMATS, SCHOOL, meter, only, problems

SIGNED = {"by": "王老师", "on": "=2026-07-02", "reason": "抄表核对"}
WINDOW = {"from": "=2026-06-01T00:00:00+08:00", "until": "=2026-06-08T00:00:00+08:00"}


def correction(id_: str = "c1", kind: str = "use", **values: object) -> str:
    """Return a [[meter.correction]] table, signed; None leaves a key out."""
    rows = {"id": id_, "kind": kind, **SIGNED, **values}
    lines = (f"{k} = {v[1:] if str(v).startswith('=') else repr(v)}" for k, v in rows.items() if v is not None)
    return "\n[[meter.correction]]\n" + "\n".join(line.replace("'", '"') for line in lines) + "\n"


def school(*corrections: str, **meter_values: object) -> str:
    return SCHOOL + meter("main", **meter_values) + "".join(corrections)


def test_every_kind_is_read_with_who_when_and_why():
    text = school(
        correction("c1", "use", value=1200, **WINDOW),
        correction("c2", "scale", value=0.5, **{"from": WINDOW["until"], "until": "=2026-07-01T00:00:00+08:00"}),
        correction("c3", "void", **{"from": "=2026-07-01T00:00:00+08:00", "until": "=2026-07-02T00:00:00+08:00"}),
        correction("c4", "reading", at="=2026-06-03T08:15:00+08:00", value=4711.5),
        correction("c5", "reading", at="=2026-06-03T08:30:00+08:00"),
    )
    registry, issues = load_registry(text, "north.toml", FORMATS)
    assert not issues and registry is not None
    found = registry.meters["main"].corrections
    assert [(c.id, c.kind, c.value) for c in found] == [
        ("c1", Kind.USE, 1200),
        ("c2", Kind.SCALE, 0.5),
        ("c3", Kind.VOID, None),
        ("c4", Kind.READING, 4711.5),
        ("c5", Kind.READING, None),
    ]
    assert found[0].start == datetime(2026, 5, 31, 16, tzinfo=UTC) and found[0].quantity == "electricity"
    assert (found[0].by, found[0].on, found[0].reason) == ("王老师", date(2026, 7, 2), "抄表核对")
    assert found[3].start == found[3].end


@pytest.mark.parametrize("key", ["by", "on", "reason"])
def test_a_correction_without_a_signature_is_refused_at_its_line(key):
    sentence = only(school(correction(value=1, **WINDOW, **{key: None})), "[[meter.correction]]")
    assert f"has no {key!r}" in sentence


@pytest.mark.parametrize(
    ("kind", "values", "line", "said"),
    [
        ("use", {**WINDOW}, "[[meter.correction]]", "has no 'value'"),
        ("use", {"from": WINDOW["from"], "value": 1}, "[[meter.correction]]", "has no 'until'"),
        ("use", {**WINDOW, "value": -1}, "value = -1", "value = -1"),
        ("use", {**WINDOW, "value": 1, "at": WINDOW["from"]}, "at = ", "leave it out"),
        ("scale", {**WINDOW, "value": 0}, "value = 0", "void"),
        ("void", {**WINDOW, "value": 3}, "value = 3", "leave it out"),
        ("reading", {**WINDOW}, "", ""),
        ("factor", {**WINDOW}, "kind = ", "known: reading, scale, use, void"),
        ("use", {"from": WINDOW["until"], "until": WINDOW["from"], "value": 1}, "until = ", "not after"),
        ("use", {**WINDOW, "value": 1, "quantity": "water"}, 'quantity = "water"', "no register of water"),
        ("use", {**WINDOW, "value": 1, "withdrawn_by": "李"}, "withdrawn_by", "withdrawn_reason"),
    ],
)
def test_what_says_nothing_clear_is_refused_at_its_line(kind, values, line, said):
    text = school(correction("c1", kind, **values))
    found = problems(text)
    assert found
    if line:
        at = next(n for n, written in enumerate(text.splitlines(), 1) if written.startswith(line))
        assert any(problem.startswith(f"{at}: ") and re.search(said, problem) for problem in found), found


def test_two_corrections_of_one_time_are_refused_whichever_lies_inside_the_other():
    inside = {"from": "=2026-06-02T00:00:00+08:00", "until": "=2026-06-03T00:00:00+08:00"}
    later = {"from": "=2026-06-05T00:00:00+08:00", "until": "=2026-06-06T00:00:00+08:00"}
    text = school(
        correction("c1", value=1, **WINDOW), correction("c2", "void", **inside), correction("c3", "void", **later)
    )
    assert [p.partition(": ")[2] for p in problems(text)] == [
        "main: c2 overlaps c1, which holds until 2026-06-08T00:00+08:00: withdraw one",
        "main: c3 overlaps c1, which holds until 2026-06-08T00:00+08:00: withdraw one",
    ]


def test_adjoining_ones_and_a_reading_inside_a_window_do_not_overlap():
    text = school(
        correction("c1", "scale", value=2, **WINDOW),
        correction("c2", "void", **{"from": WINDOW["until"], "until": "=2026-06-09T00:00:00+08:00"}),
        correction("c3", "reading", at="=2026-06-03T08:15:00+08:00"),
    )
    assert problems(text) == []


def test_two_of_one_reading_and_a_doubled_id_are_refused():
    at = "=2026-06-03T08:15:00+08:00"
    text = school(correction("c1", "reading", at=at), correction("c2", "reading", at=at, value=5))
    assert "same reading" in only(text, "at = 2026", 2)
    text = school(correction("c1", value=1, **WINDOW)) + meter("other") + correction("c1", value=2, **WINDOW)
    assert "unique" in only(text, 'id = "c1"', 2)


def test_one_that_was_withdrawn_stays_written_and_no_longer_holds():
    gone = {"withdrawn_by": "李", "withdrawn_on": "=2026-07-05", "withdrawn_reason": "看错表"}
    text = school(correction("c1", value=1, **WINDOW, **gone), correction("c2", value=2, **WINDOW))
    registry, issues = load_registry(text, "north.toml", FORMATS)
    assert not issues and registry is not None
    corrections = registry.meters["main"].corrections
    assert [c.withdrawn for c in corrections] == [True, False]
    assert [c.id for c in standing(corrections, "electricity")] == ["c2"]


def test_a_time_before_the_meter_is_refused():
    text = school(correction(value=1, **WINDOW), **{"from": "=2026-06-02T00:00:00+08:00"})
    assert "not in force" in only(text, "from = 2026-06-01")
