"""What holds for every workbook: it carries a registry whole, and edits leave the rest of a file as it was."""

import tomllib
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import tomlkit
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from app import workbook_write
from app.registry_fields import BUILDING_CLASSES, SURVEYS, TARIFFS
from app.registry_toml import load_registry
from app.toml_lines import locate
from app.workbook_cells import INSTANT, LITRES, NONE_MARKS, PLAIN, TEXT, Around, tidy
from app.workbook_columns import SHEETS
from app.workbook_edits import Drop, Insert, Put, apply
from app.workbook_import import SchoolText, new_text
from app.workbook_lists import MOMENT
from app.workbook_open import open_book
from app.workbook_plan import Known, make_plan
from app.workbook_read import ERRORS, read_book
from app.workbook_toml import edited
from tests.app.registry_example import FORMATS, SCHOOL, WHOLE
from tests.app.waiting import BEGIN
from tests.sizes import examples

ZONE = ZoneInfo("Asia/Shanghai")
AROUND = Around(ZONE, FORMATS)

texts = (
    st.text(st.characters(blacklist_categories=("Cs", "Cc")), min_size=1, max_size=12)
    .map(tidy)
    .filter(lambda text: text and text.strip() and text not in NONE_MARKS | ERRORS)
)
keys = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,6}", fullmatch=True)
areas = st.integers(1, 10**6) | st.integers(1, 10**12).map(lambda n: n / 10**6)
instants = st.datetimes(datetime(1995, 1, 1), datetime(2090, 1, 1)).map(lambda t: t.replace(tzinfo=UTC))
midnights = st.dates(date(1995, 1, 1), date(2090, 1, 1)).map(lambda d: datetime(d.year, d.month, d.day, tzinfo=ZONE))
MEASURED = [("electricity", ["kWh", "Wh", "MWh"]), ("water", ["m³", "L"]), ("heat", ["GJ", "kWh"])]


def survey(table: str) -> st.SearchStrategy[dict[str, str]]:
    """Return surveys with any of a table's questions answered."""
    answers = {key: texts | st.integers(0, 10**9).map(str) for key in SURVEYS[table] if key != "price_document"}
    if table == "building":
        answers["closed_in_holidays"] = st.sampled_from(["yes", "no"])
    if table == "meter":
        answers["calibration_due"] = st.dates(date(1990, 1, 1), date(2099, 1, 1)).map(date.isoformat)
    return st.fixed_dictionaries({}, optional=answers)


@st.composite
def bodies(draw):
    """Draw the tables of a school that `campus check` accepts."""
    buildings = [
        draw(
            st.fixed_dictionaries(
                {"key": st.just(key), "name": texts, "class": st.sampled_from(BUILDING_CLASSES)},
                optional={
                    "floor_area_m2": areas,
                    "heated_area_m2": areas,
                    "people": st.integers(0, 5000),
                    "name_en": texts,
                    "survey": survey("building"),
                },
            )
        )
        for key in draw(st.lists(keys, max_size=2, unique=True))
    ]
    accounts = [draw(account(key)) for key in draw(st.lists(keys, max_size=3, unique=True))]
    meters: list[dict[str, object]] = []
    for key in draw(st.lists(keys, min_size=1, max_size=3, unique=True)):
        meters.append(draw(meter(key, (buildings, accounts, list(meters)))))
    return {**tomllib.loads(SCHOOL), "building": buildings, "account": accounts, "meter": meters}


@st.composite
def account(draw, key):
    """Draw an account; numbers may be doubled, or be another account's key."""
    medium = draw(st.sampled_from(["electricity", "water", "heat"]))
    values = {"key": key, "medium": medium, "number": draw(keys), "tariff": draw(st.sampled_from(TARIFFS))}
    if draw(st.booleans()):
        unit = {"electricity": "kWh", "water": "m³", "heat": "GJ"}[medium]
        values |= {"price_yuan": draw(areas), "price_unit": unit, "price_document": draw(texts)}
        values |= {"price_assumed": draw(st.booleans())}
    if medium == "electricity" and values["tariff"] == "two_part":
        values |= {draw(st.sampled_from(["contract_demand_kw", "billed_kva"])): draw(areas)}
        values |= {"power_factor_standard": draw(st.sampled_from([0.9, 0.85, 0.8])), "fixed_share": 0.3}
    return values | {"survey": draw(survey("account"))}


@st.composite
def meter(draw, key, others):
    """Draw a meter on a topic of its own, below an earlier one of its medium."""
    buildings, accounts, earlier = others
    quantity, units = draw(st.sampled_from(MEASURED))
    needed = {"key": st.just(key), "name": texts, "quantity": st.just(quantity), "unit": st.sampled_from(units)}
    needed |= {"topic": st.just(f"t/{key}"), "format": st.sampled_from(FORMATS), "interval": st.just("15min")}
    above = [m["key"] for m in earlier if m["quantity"] == quantity and "from" not in m]
    billed = [a["key"] for a in accounts if a["medium"] == quantity]
    may = {
        "serial": st.just(f"S-{key}"),
        "width": st.integers(1, 15),
        "ratio": areas,
        "pulse": areas,
        "arrival": st.sampled_from(["live", "hourly", "daily_frozen", "manual"]),
        "channel": texts,
        "from": instants | midnights,
        "survey": survey("meter"),
    }
    may |= {"parent": st.sampled_from(above)} if above else {}
    may |= {"building": st.sampled_from([b["key"] for b in buildings])} if buildings else {}
    may |= {"account": st.sampled_from(billed)} if billed else {}
    return draw(st.fixed_dictionaries(needed, optional=may))


@pytest.fixture(scope="module")
def through(tmp_path_factory):
    """A function that carries a body through a workbook and back as rows."""
    path = tmp_path_factory.mktemp("books") / "survey.xlsx"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(workbook_write, "SHEETS", tuple(replace(sheet, room=1) for sheet in SHEETS))
        patch.setattr(workbook_write, "SPARE_ROWS", 2)

        def carry(body):
            workbook_write.write_template(path, body, AROUND, BEGIN)
            return read_book(open_book(path), body["school"]["key"], AROUND)

        yield carry


def planned(read, body):
    """Return what a workbook changes in a body, all of whose meters have readings."""
    return make_plan(read, Known(body, AROUND, BEGIN, lambda _: True))


def registry(text):
    """Return the registry of a text, but for its version."""
    found, issues = load_registry(text, "north.toml", FORMATS)
    assert found is not None, issues
    return replace(found, version="")


slow = settings(
    max_examples=examples(40), deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@slow
@given(bodies())
def test_a_registry_carried_by_a_workbook_into_an_empty_school_is_the_same(through, body):
    plan = planned(through(body), tomllib.loads(SCHOOL))
    assert plan.problems == [] and plan.undated == []
    text = new_text(SchoolText(Path("north.toml"), b"", SCHOOL), plan)
    assert registry(text) == registry(tomlkit.dumps(body))


@slow
@given(bodies())
def test_a_registry_carried_onto_itself_changes_nothing(through, body):
    plan = planned(through(body), body)
    assert (plan.problems, plan.edits, plan.changed, plan.kept) == ([], [], [], [])


def test_changes_and_replacements_in_force_are_carried_onto_themselves(through):
    body = tomllib.loads(WHOLE)
    assert planned(through(body), body).edits == []


AHEAD = """
[[heating]]
first = 2025-11-15
last = 2026-03-14
document = "公告"

[[heating]]
first = 2026-11-15
last = 2027-03-14
document = "公告"

[[plan]]
key = "winter"
kind = "closed"
name = "寒假"
from = 2027-01-24T00:00:00+08:00
to = 2027-02-27T07:30:00+08:00
setback_c = 8
document = "校办3号"

[[plan.keep]]
what = "机房"
quantity = "electricity"
rate = 4.5

[[plan]]
key = "dark"
kind = "lights_out"
from = 2026-09-01T00:00:00+08:00
to = 2027-01-20T00:00:00+08:00
media = ["electricity", "water"]
daily = ["23:00", "06:00"]

[[project]]
key = "lamps"
name = "换灯"
measure = "lighting"
meters = ["METER.QUANTITY"]
started = 2027-01-25
finished = 2027-02-20
contract = "emc"
expected_per_year = 21000.5
baselines = ["0123456789abcdef"]

[[project.adjustment]]
from = 2027-03-01
per_day = 24.5
reason = "新教室 / new rooms"
by = "王老师"
"""
_FIRST = next(m for m in tomllib.loads(WHOLE)["meter"] if m["quantity"] == "electricity")
AHEAD = AHEAD.replace("METER.QUANTITY", f"{_FIRST['key']}.electricity")


def test_seasons_plans_and_projects_are_carried_onto_themselves_and_into_a_school_without_them(through):
    body = tomllib.loads(WHOLE + AHEAD)
    assert planned(through(body), body).edits == []
    plan = planned(through(body), tomllib.loads(WHOLE))
    assert plan.problems == []
    after = registry(new_text(SchoolText(Path("north.toml"), b"", WHOLE), plan))
    wanted = registry(WHOLE + AHEAD)
    assert after.school.heating == wanted.school.heating
    # What is kept on, or changed besides, does not stand in a workbook.
    assert after.projects == tuple(replace(one, adjustments=()) for one in wanted.projects)
    assert after.plans == tuple(replace(one, keep=()) for one in wanted.plans)


@given(midnights | st.datetimes(datetime(1995, 1, 1), datetime(2090, 1, 1)).map(lambda t: t.replace(tzinfo=ZONE)))
def test_a_moment_shown_in_a_cell_is_read_back_as_it_was(moment):
    assert MOMENT.read(MOMENT.show(moment, AROUND), AROUND) == moment


@given(texts)
@example("007")
@example("1.50")
@example("1e5")
@example("_x0041_")
@example("12345678901234567890")
def test_a_text_shown_in_a_cell_is_read_back_as_it_was(text):
    for codec in (TEXT, PLAIN):
        assert codec.read(codec.show(text, AROUND), AROUND) == text


@given(instants | midnights, st.sampled_from(["Asia/Shanghai", "Europe/London", "America/Sao_Paulo"]))
def test_an_instant_shown_in_a_cell_is_read_back_on_every_clock(time, zone):
    around = Around(ZoneInfo(zone))
    assert INSTANT.read(INSTANT.show(time, around), around) == time


@given(st.floats(1e-6, 1e6, allow_nan=False))
def test_litres_of_a_pulse_lose_nothing(pulse):
    assert LITRES.read(LITRES.show(pulse, AROUND), AROUND) == pytest.approx(pulse, rel=1e-15)


EDITS = {
    "floor": Put(("building", 0, "floor_area_m2"), 9000.5),
    "no people": Drop(("building", 0, "people")),
    "floors": Put(("building", 0, "survey", "floors"), "6"),
    "source": Put(("building", 0, "survey", "source"), "房产证 # 1"),
    "price": Put(("account", 0, "price_yuan"), 0.6),
    "number": Put(("account", 0, "number"), 'a "quoted" \\ one'),
    "width": Put(("meter", 0, "width"), 6),
    "pulse": Put(("meter", 0, "pulse"), 0.1),
    "maker": Put(("meter", 0, "survey", "maker"), "某厂"),
    "main changes": Insert(("meter", 0, "change"), 0, {"from": datetime(2026, 5, 1, tzinfo=ZONE), "ratio": 60}),
    "early change": Insert(("meter", 1, "change"), 0, {"from": datetime(2026, 5, 1, tzinfo=ZONE), "parent": ""}),
    "late change": Insert(("meter", 1, "change"), None, {"from": datetime(2026, 9, 1, tzinfo=ZONE), "parent": ""}),
    "change": Put(("meter", 1, "change", 0, "parent"), ""),
    "swap": Insert(("meter", 1, "replaced"), None, {"at": datetime(2026, 8, 1, tzinfo=ZONE), "end": 5, "start": 0}),
    "spot": Put(("meter", 1, "survey", "spot"), "井"),
    "building": Insert(("building",), None, {"key": "gate", "name": "门卫", "class": "gatehouse"}),
    "another": Insert(("building",), None, {"key": "b2", "name": "2", "class": "other", "survey": {"floors": "1"}}),
    "meter": Insert(("meter",), None, {"key": "lab", "name": "实验楼"}),
}
# The same school as people write it: comments everywhere, a survey already there in one of three ways.
WRITTEN = {
    "plain": WHOLE,
    "commented": WHOLE.replace("\n[[", "\n# about the next\n[[").replace("\nkey =", "\n# its key\nkey ="),
    "surveyed": WHOLE.replace("people = 900\n", 'people = 900\n[building.survey]\nfloors = "5"  # 含地下\n# end\n'),
    "inline": WHOLE.replace("people = 900\n", 'people = 900\nsurvey = { floors = "5" }  # 含地下\n'),
    "dotted": WHOLE.replace("people = 900\n", 'people = 900\nsurvey.floors = "5"  # 含地下\n'),
    "indented": WHOLE.replace("\n", "\n  "),
    "no end": WHOLE.rstrip("\n"),
    "mixed": WHOLE + '\n[[building]]\nkey = "late"\nname = "late"\nclass = "other"\n',
}


@pytest.mark.parametrize("text", WRITTEN.values(), ids=WRITTEN)
@settings(max_examples=examples(30), deadline=None)
@given(chosen=st.lists(st.sampled_from(sorted(EDITS)), unique=True, max_size=8))
def test_an_edited_text_says_what_was_asked_and_keeps_every_other_line(text, chosen):
    edits = [EDITS[name] for name in sorted(chosen, key=list(EDITS).index)]
    if {"early change", "change"} <= set(chosen):
        edits.remove(EDITS["change"])
    after = edited(text, edits)
    assert tomllib.loads(after) == apply(tomllib.loads(text), edits)
    touched = {locate(text).get(edit.path, 0) for edit in edits if not isinstance(edit, Insert)}
    touched |= {locate(text).get(edit.path[:-1], 0) for edit in edits if "survey = {" in text}
    kept = [line for n, line in enumerate(text.split("\n"), 1) if n not in touched and line.strip()]
    remaining = iter(after.split("\n"))
    assert all(line in remaining for line in kept), "in the order in which they stood"


def test_nothing_to_do_leaves_the_text_alone():
    assert edited(WHOLE, []) == WHOLE
