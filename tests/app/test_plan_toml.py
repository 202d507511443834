"""[[plan]], [[plan.keep]] and [[heating]]: read whole, and every mistake at its line."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import pytest

from app.registry_toml import load_registry
from campus.plans import Keep, PlanKind
from campus.registry import Season
from tests.app.registry_example import FORMATS, SCHOOL, meter, only, problems

BUILDINGS = "".join(
    f'\n[[building]]\nkey = "{key}"\nname = "{key}"\nclass = "teaching"\n' for key in ("teaching", "dorm")
)
TIMES = {"from": "=2027-01-24T00:00:00+08:00", "to": "=2027-02-20T00:00:00+08:00"}
WATER = meter("tap", quantity="water", unit="m³", building="dorm")


def table(name: str, /, **values: object) -> str:
    """Return a table; a text that begins with = is written as it stands, and None leaves a key out."""
    lines = (
        f"{k} = {str(v)[1:] if str(v).startswith('=') else _quoted(v)}" for k, v in values.items() if v is not None
    )
    return f"\n[[{name}]]\n" + "\n".join(lines) + "\n"


def _quoted(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value).replace("'", '"')


def plan(key: str = "winter", kind: str = "closed", **values: object) -> str:
    return table("plan", key=key, kind=kind, **{**TIMES, **values})


def keep(**values: object) -> str:
    return table("plan.keep", **{"what": "机房", "quantity": "electricity", "rate": 4.5, **values})


def school(*parts: str) -> str:
    return SCHOOL + BUILDINGS + WATER + "".join(parts)


def test_a_closed_plan_keeps_on_what_its_lines_say():
    text = school(
        plan(buildings=["teaching"], setback_c=8, name="寒假", document="校办3号"),
        keep(),
        keep(what="防冻", quantity="water", rate=0.06),
    )
    registry, issues = load_registry(text, "north.toml", FORMATS)
    assert not issues and registry is not None
    (found,) = registry.plans
    assert (found.key, found.kind, found.name, found.setback_c) == ("winter", PlanKind.CLOSED, "寒假", 8)
    assert (found.start, found.end) == (datetime(2027, 1, 23, 16, tzinfo=UTC), datetime(2027, 2, 19, 16, tzinfo=UTC))
    # One building needs not be said again at each line.
    assert found.keep == (
        Keep("机房", "electricity", 4.5, "teaching"),
        Keep("防冻", "water", 0.06, "teaching"),
    )


def test_lights_out_is_read_with_its_hours_over_midnight():
    text = school(plan("out", "lights_out", buildings=["dorm"], media=["electricity"], daily=["23:00", "06:00"]))
    registry, _ = load_registry(text, "north.toml", FORMATS)
    assert registry is not None
    (found,) = registry.plans
    assert found.daily == (time(23), time(6)) and found.media == ("electricity",)
    assert found.holds(datetime(2027, 2, 1, 18, tzinfo=UTC), registry.school.timezone)  # 02:00
    assert not found.holds(datetime(2027, 2, 1, 4, tzinfo=UTC), registry.school.timezone)  # noon


def test_heating_seasons_are_read_with_both_their_days():
    row = table("heating", first="=2026-11-15", last="=2027-03-14", document="公告")
    registry, issues = load_registry(school(row), "north.toml", FORMATS)
    assert not issues and registry is not None
    assert registry.school.heating == (Season(date(2026, 11, 15), date(2027, 3, 14), "公告"),)


NOON = {"daily": ["12:00", "13:00"]}
BOTH = {"buildings": ["teaching", "dorm"]}
MISTAKES = [
    # (what is wrong, what is written after the school, line by a part of it and its count, what the sentence says)
    ("kind", plan(kind="closd"), "closd", 1, "is no kind of plan; did you mean 'closed'?"),
    ("no end", plan(to=None), "[[plan]]", 1, "has no 'to': add it"),
    ("ends early", plan(to="=2027-01-01T00:00:00+08:00"), "to = 2027-01-01", 1, "not after it begins"),
    ("a day", plan(**{"from": "=2027-01-24"}), "from = ", 1, "write 2027-01-24T00:00:00+08:00"),
    ("building", plan(buildings=["teachin"]), "buildings", 1, "did you mean 'teaching'?"),
    ("medium", plan(media=["water", "power"]), "media", 1, "is no medium"),
    ("hours", plan(kind="outage", daily=["23:00"]), "daily", 1, "two local times"),
    ("an hour", plan(kind="outage", daily=["23:00", "24:00"]), "daily", 1, "two local times"),
    ("no hours", plan(kind="lights_out"), "[[plan]]", 1, "lights-out without hours"),
    ("closed by the hour", plan(**NOON), "daily", 1, "closed all day"),
    ("doubled", plan(buildings=["dorm"]) + plan(kind="event"), 'key = "winter"', 2, "second plan has the key"),
    ("keeps in an outage", plan(kind="outage") + keep(), "[[plan.keep]]", 1, 'only a plan of kind "closed"'),
    ("setback in an event", plan(kind="event", setback_c=8), "setback_c", 1, "sets heating back"),
    (
        "whose",
        plan(kind="outage", meters=["tab"]),
        "meters",
        1,
        "the key 'tab'; did you mean 'tap'?",
    ),
    ("closed meters", plan(meters=["tap"]), "meters", 1, "what is closed is a building"),
    ("rate", plan() + keep(rate="4.5"), "rate", 1, "must be a number"),
    ("gauge", plan() + keep(quantity="power"), 'quantity = "power"', 1, "is no quantity that is counted"),
    ("where", plan(**BOTH) + keep(), "[[plan.keep]]", 1, "say in which of teaching, dorm"),
    ("elsewhere", plan(buildings=["dorm"]) + keep(building="teaching"), 'building = "teaching"', 1, "closes no"),
    ("not its medium", plan(media=["water"]) + keep(), 'quantity = "electricity"', 1, "add it to media"),
    ("whose meter", plan() + keep(meter="tab"), 'meter = "tab"', 1, "did you mean 'tap'?"),
    ("meter of what", plan() + keep(meter="tap"), 'meter = "tap"', 1, "has no register of electricity"),
    ("key of keep", plan() + keep(kw=3), "kw", 1, "[plan.keep] knows no key 'kw'"),
    ("one bracket", SCHOOL and "\n[plan]\n", "[plan]", 1, "[[plan]]"),
    ("closed twice", plan() + plan("again", buildings=["dorm"]), "from", 2, "closes the same place at that time"),
    (
        "season backwards",
        table("heating", first="=2027-03-14", last="=2026-11-15", document="x"),
        "last",
        1,
        "before it begins",
    ),
    (
        "season of years",
        table("heating", first="=2026-11-15", last="=2028-03-14", document="x"),
        "last",
        1,
        "one row is one winter",
    ),
    ("unsigned season", table("heating", first="=2026-11-15", last="=2027-03-14"), "[[heating]]", 1, "'document'"),
    (
        "overlapping seasons",
        table("heating", first="=2026-11-15", last="=2027-03-14", document="x")
        + table("heating", first="=2027-03-14", last="=2027-04-01", document="x"),
        "first",
        2,
        "inside the season",
    ),
]


@pytest.mark.parametrize(
    ("parts", "part", "nth", "sentence"), [m[1:] for m in MISTAKES], ids=[m[0] for m in MISTAKES]
)
def test_one_mistake_is_one_problem_at_its_line(parts, part, nth, sentence):
    assert sentence in only(school(parts), part, nth)


def test_two_buildings_may_be_closed_at_one_time_and_one_place_for_two_media():
    assert problems(school(plan(buildings=["dorm"]), plan("b", buildings=["teaching"]))) == []
    assert problems(school(plan(media=["water"]), plan("b", media=["heat"]))) == []
