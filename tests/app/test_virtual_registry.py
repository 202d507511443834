"""[[virtual]] in a school's file: read into sums of meters, and refused whole, by line, where it cannot hold."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from campus.virtual import Addend, every_input, inputs, periods
from tests.app.registry_example import FORMATS, WHOLE, change, load_registry, meter, only, problems

WATER = meter("tap", quantity="water", unit="L")
ROOF = meter("roof", quantity="generation")

EXAMPLE = Path(__file__).resolve().parents[2] / "config" / "schools" / "example.toml"


def virtual(key: str, formula: str, quantity: str = "electricity", **values: str) -> str:
    rows = {"key": key, "name": key, "quantity": quantity, "formula": formula, **values}
    return "\n[[virtual]]\n" + "".join(f'{name} = "{value}"\n' for name, value in rows.items())


def read(text: str):
    registry, issues = load_registry(text, "north.toml", FORMATS)
    assert registry is not None, issues
    return registry


def test_a_difference_is_read_with_the_quantity_of_each_meter():
    registry = read(WHOLE + ROOF + virtual("own", "roof - main.electricity_export"))
    assert registry.virtuals["own"].addends == (
        Addend(1.0, "roof", "generation"),
        Addend(-1.0, "main", "electricity_export"),
    )
    assert "virtual/own" in registry.subjects()


def test_a_virtual_meter_is_in_no_sum_and_no_meter():
    registry = read(WHOLE + virtual("rest", "main - children(main)", building="teaching"))
    now = datetime(2026, 7, 1, tzinfo=UTC)
    assert [m.key for m in registry.leaves("school", "electricity", now)] == ["main"]
    assert [m.key for m in registry.leaves("building/teaching", "electricity", now)] == ["teaching"]
    assert "rest" not in registry.meters


def test_the_children_of_a_meter_are_those_of_the_day():
    new = meter("gym", parent="main", **{"from": "=2026-03-01T00:00:00Z"}) + change("2026-05-01T00:00:00Z", parent="")
    registry = read(WHOLE + new + virtual("rest", "main - children(main)"))
    rest = registry.virtuals["rest"]

    def then(month):
        return [addend.key for addend in inputs(registry, rest, datetime(2026, month, 2, tzinfo=UTC))]

    assert (then(1), then(3), then(5)) == (["main", "teaching"], ["main", "teaching", "gym"], ["main", "teaching"])
    assert set(every_input(registry, rest)) == {(k, "electricity") for k in ("main", "teaching", "gym")}
    assert [len(now) for _, now in periods(registry, rest)] == [1, 2, 3, 2]


def test_a_child_named_by_itself_is_left_out_of_the_others():
    registry = read(WHOLE + virtual("rest", "main - children(main) + teaching"))
    assert inputs(registry, registry.virtuals["rest"], datetime(2026, 7, 1, tzinfo=UTC)) == (
        Addend(1.0, "main", "electricity"),
    )


def test_one_virtual_meter_of_another_comes_after_it_wherever_it_stands():
    text = WHOLE + virtual("half", "rest / 2") + virtual("rest", "main - children(main)")
    assert list(read(text).virtuals) == ["rest", "half"]


@pytest.mark.parametrize(
    ("formula", "sentence"),
    [
        ("main - teachin", "names 'teachin', which is no meter; did you mean 'teaching'?"),
        ("main-teaching", "leave blanks around the minus: main - teaching"),
        ("main - tap", "mixes units: tap counts water [m³], the virtual meter electricity [kWh]"),
        ("main.water", "asks 'main' for water, which it does not count; known: electricity, electricity_export"),
        ("main.electricty", "asks 'main' for 'electricty', which is no quantity; did you mean 'electricity'?"),
        ("children(teaching)", "no meter of electricity has parent = 'teaching'"),
        ("main - children(main) - teaching", "'teaching' is counted twice: it is among children(main)"),
        ("v + main", "in a ring: v → v"),
        ("main - sub sub", "has 'sub' where a + or a - should stand"),
    ],
)
def test_a_formula_that_cannot_hold_is_refused_at_its_line(formula, sentence):
    assert sentence in only(WHOLE + WATER + virtual("v", formula), "formula =")


def test_which_counter_is_meant_must_be_said_where_there_are_several():
    assert "write main.electricity or main.electricity_export" in only(
        WHOLE + virtual("v", "main", "generation"), "formula ="
    )


def test_a_level_cannot_be_summed():
    gauge = meter("load", quantity="power", unit="kW")
    assert "'load', which counts nothing" in only(WHOLE + gauge + virtual("v", "load"), "formula =")
    assert "is no quantity that is counted" in only(WHOLE + virtual("v", "main", "power"), 'quantity = "power"')


def test_rings_are_named_whole():
    text = WHOLE + virtual("a", "main - b") + virtual("b", "c") + virtual("c", "a")
    (found,) = problems(text)
    assert "in a ring: " in found and all(f" {key}" in found for key in "abc")


def test_keys_are_unique_among_meters_of_both_kinds():
    assert "a meter has the key 'main' already" in only(WHOLE + virtual("main", "teaching"), 'key = "main"', 2)
    assert "a second virtual has the key 'v'" in only(
        WHOLE + virtual("v", "main") + virtual("v", "teaching"), 'key = "v"', 2
    )


def test_an_unknown_building_or_key_is_refused():
    assert "no [[building]] has the key 'gym'" in only(WHOLE + virtual("v", "main", building="gym"), '"gym"')
    assert "knows no key 'formular'" in only(WHOLE + virtual("v", "main", formular="main"), "formular")
    assert "has no 'formula'" in only(
        WHOLE + '\n[[virtual]]\nkey = "v"\nname = "v"\nquantity = "water"\n', "[[virtual]]"
    )


def test_a_meter_with_a_problem_is_told_once_and_not_by_every_formula_that_names_it():
    broken = meter("gym", quantity="electricity", unit="kWh", interval="soon")
    assert "interval" in only(WHOLE + broken + virtual("v", "main - gym"), "soon")


def test_the_shipped_example_holds_once_its_marks_are_taken_away():
    before, mark, after = EXAMPLE.read_text(encoding="utf-8").partition("# [[virtual]]")
    block, blank, rest = (mark + after).partition("\n\n")
    uncommented = "\n".join(line.removeprefix("# ") for line in block.splitlines())
    registry, issues = load_registry(before + uncommented + blank + rest, "example.toml", FORMATS)
    assert issues == [] and registry is not None
    assert registry.virtuals["not-sub-metered"].addends[1].children
