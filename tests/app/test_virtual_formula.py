"""A virtual meter's formula: what it says as a sum of meters, and what it may not say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.toml_fields import Wrong
from app.virtual_formula import DEEPEST, Named, parse

FACTORS = st.sampled_from([0.5, 1.0, 2.0, 4.0])  # powers of two: sums of them are exact in any order
WORDS = ("main", "sub-1", "sub.2", "pv.generation", "101.water")


@st.composite
def sums(draw, depth=0, left=None):
    """A formula and the factor of each meter in it, written and reckoned side by side."""
    left = list(WORDS) if left is None else left
    pieces, factors = [], {}
    for number in range(draw(st.integers(1, 3))):
        if not left:
            break
        sign = draw(st.sampled_from("+-"))
        factor = draw(FACTORS)
        if depth < 3 and draw(st.booleans()):
            inside, of = draw(sums(depth + 1, left))
            if not of:
                continue
            text = f"({inside})"
        else:
            word = left.pop()
            text, of = word, {word: 1.0}
        by = 1.0 if sign == "+" else -1.0
        form = draw(st.sampled_from(["plain", "before", "after", "divided"]))
        text = {"plain": text, "before": f"{factor} * {text}", "after": f"{text} * {factor}"}.get(
            form, f"{text} / {factor}"
        )
        by *= {"plain": 1.0, "divided": 1 / factor}.get(form, factor)
        pieces.append(f"{sign} {text}" if number or sign == "-" else text)
        factors |= {word: value * by for word, value in of.items()}
    return " ".join(pieces), factors


@given(sums())
def test_a_formula_means_what_its_arithmetic_says(formula):
    text, factors = formula
    if factors:
        parsed = parse(text)
        assert not isinstance(parsed, Wrong), (text, parsed)
        assert {named.word: named.factor for named in parsed} == factors


@given(st.text(alphabet="ab1.2 -+*/()−（x）children", max_size=40))
def test_no_text_is_more_than_a_sum_or_a_sentence(text):
    parsed = parse(text)
    assert parsed.text if isinstance(parsed, Wrong) else all(isinstance(named, Named) for named in parsed)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("main - sub-1 - sub-2", [(1, "main"), (-1, "sub-1"), (-1, "sub-2")]),
        ("pv.generation − grid.electricity_export", [(1, "pv.generation"), (-1, "grid.electricity_export")]),
        ("-（a + b） × 2", [(-2, "a"), (-2, "b")]),
        ("(a - b) / 4", [(0.25, "a"), (-0.25, "b")]),
    ],
)
def test_signs_as_people_and_their_keyboards_write_them(text, named):
    assert [(n.factor, n.word) for n in parse(text)] == named


def test_the_children_of_a_meter_are_said_by_their_parent():
    assert parse("main - 0.5 * children(main)") == (Named(1, "main"), Named(-0.5, "main", children=True))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "ends where a meter"),
        ("main +", "ends where a meter"),
        ("main sub", "has 'sub' where a + or a -"),
        ("main - (sub", "lacks a ')'"),
        ("main - sub)", "has ')'"),
        ("main - 5", "adds the number -5"),
        ("3 * 2", "names no meter"),
        ("main * sub", "only numbers can be factors"),
        ("1 / main", "only numbers can be factors"),
        ("main / 0", "divides by 0"),
        ("0 * main", "multiplies 'main' by 0"),
        ("main - sub - sub", "names 'sub' twice"),
        ("children()", "has no meter in children"),
        ("children(main", "lacks a ')'"),
        ("main; import os", "holds ';'"),
        ("__import__", "holds '_'"),
        ("9" * 400 + " * main", "by inf"),
        ("(" * (DEEPEST + 2) + "a" + ")" * (DEEPEST + 2), "brackets within"),
        ("-" * 1_500 + "a", "brackets within"),
        ("a + " * 1_000 + "a", "longer than"),
    ],
)
def test_what_is_no_sum_of_meters_is_told_why(text, sentence):
    parsed = parse(text)
    assert isinstance(parsed, Wrong) and sentence in parsed.text
