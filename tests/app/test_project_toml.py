"""[[project]] and [[project.adjustment]]: read whole, and every mistake at its line."""

from __future__ import annotations

from datetime import date

import pytest

from app.registry_toml import load_registry
from campus.projects import Contract, Measure, NonRoutine
from campus.said import Said
from tests.app.registry_example import FORMATS, SCHOOL, meter, only
from tests.app.test_plan_toml import table

METERS = (
    meter("main", quantity="electricity", unit="kWh")
    + '\n[[meter.register]]\nquantity = "electricity_export"\nunit = "kWh"\n'
    + meter("hall", quantity="electricity", unit="kWh", parent="main")
    + meter("dorm.2", quantity="water", unit="m³")
    + meter("kw", quantity="power", unit="kW")
)


def project(key: str = "lamps", **values: object) -> str:
    needed = {"name": "照明", "measure": "lighting", "meters": ["hall"], "started": "=2026-07-01"}
    return table("project", key=key, **{**needed, "finished": "=2026-08-20", **values})


def adjustment(**values: object) -> str:
    needed = {"from": "=2026-09-01", "per_day": 24.5, "reason": "新教室 / new rooms", "by": "王"}
    return table("project.adjustment", **{**needed, **values})


def test_a_project_is_read_with_its_meters_and_adjustments():
    text = project(
        meters=["hall", "dorm.2.water"], contract="emc", expected_per_year=9000, baselines=["0123456789abcdef"]
    )
    registry, issues = load_registry(
        SCHOOL + METERS + text + adjustment(quantity="water", by="王"), "north.toml", FORMATS
    )
    assert not issues and registry is not None
    (found,) = registry.projects
    assert (found.measure, found.contract, found.name_en) == (Measure.LIGHTING, Contract.EMC, "照明")
    assert found.meters == (("hall", "electricity"), ("dorm.2", "water"))
    assert (found.started, found.finished) == (date(2026, 7, 1), date(2026, 8, 20))
    assert (found.quantities, found.meters_of("water")) == (("electricity", "water"), ("dorm.2",))
    said = Said("新教室", "new rooms")
    assert found.adjustments == (NonRoutine("water", date(2026, 9, 1), None, 24.5, said, "王"),)


def test_a_meters_first_counter_is_meant_and_a_project_of_one_quantity_adjusts_that():
    text = project(meters=["main"], finished=None) + adjustment(until="=2026-10-01")
    registry, issues = load_registry(SCHOOL + METERS + text, "north.toml", FORMATS)
    assert not issues and registry is not None
    (found,) = registry.projects
    assert found.meters == (("main", "electricity"),) and found.finished is None
    assert [(a.quantity, a.until) for a in found.adjustments] == [("electricity", date(2026, 10, 1))]


MISTAKES = [
    # (what is wrong, what is written after the school, line by a part of it and its count, what the sentence says)
    ("measure", project(measure="lamp"), 'measure = "lamp"', 1, "is no measure"),
    ("no meters", project(meters=None), "[[project]]", 1, "has no 'meters': add it"),
    ("meter", project(meters=["halls"]), "meters", 1, "did you mean 'hall'?"),
    ("counter", project(meters=["hall.watr"]), "meters", 1, "hall has no counter of watr; known: electricity"),
    ("quantity", project(meters=["hall.water"]), "meters", 1, "hall has no counter of water; known: electricity"),
    ("counts nothing", project(meters=["kw"]), "meters", 1, "counts nothing"),
    ("twice", project(meters=["hall", "hall.electricity"]), "meters", 1, "stands there twice"),
    ("inside another", project(meters=["hall", "main"]), "meters", 1, "main measures what hall measures too"),
    ("backwards", project(finished="=2026-06-01"), "finished", 1, "before it started on 2026-07-01"),
    ("an instant", project(started="=2026-07-01T00:00:00+08:00"), "started", 1, "must be a day"),
    ("baseline", project(baselines=["xyz"]), "baselines", 1, "the id of a baseline"),
    ("doubled", project() + project(), 'key = "lamps"', 2, "a second project has the key"),
    ("unknown key", project(cost=3), "cost", 1, "[project] knows no key 'cost'"),
    ("no reason", project() + adjustment(reason=None), "[[project.adjustment]]", 1, "has no 'reason'"),
    ("nobody's", project() + adjustment(by=None), "[[project.adjustment]]", 1, "has no 'by'"),
    ("nothing", project() + adjustment(per_day=0), "per_day", 1, "changes nothing"),
    ("ends early", project() + adjustment(until="=2026-09-01"), "until", 1, "not after 2026-09-01"),
    ("of another", project() + adjustment(quantity="water"), 'quantity = "water"', 2, "none of its meters counts"),
    (
        "of which",
        project(meters=["hall", "dorm.2"]) + adjustment(),
        "[[project.adjustment]]",
        1,
        "say of which quantity, since its meters count several: electricity or water",
    ),
    ("of a meter unknown", project(meters=["halls"]) + adjustment(), "meters", 1, "did you mean 'hall'?"),
    ("one bracket", "\n[project]\n", "[project]", 1, "[[project]]"),
]


@pytest.mark.parametrize(
    ("parts", "part", "nth", "sentence"), [m[1:] for m in MISTAKES], ids=[m[0] for m in MISTAKES]
)
def test_one_mistake_is_one_problem_at_its_line(parts, part, nth, sentence):
    assert sentence in only(SCHOOL + METERS + parts, part, nth)
