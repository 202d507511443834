"""One code a value: the gravest thing to know of it, the same wherever it is shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campus.quality import LETTERS, NAMES, Code, code, gravest, legend

SHARE = st.one_of(st.none(), st.floats(0, 1))


@pytest.mark.parametrize(
    ("shares", "by_hand", "wanted"),
    [
        ((1.0, 0.0, 0.0), False, Code.MEASURED),
        ((1.0, 0.0, 0.0), True, Code.HAND),
        ((None, None, None), False, Code.MEASURED),
        ((0.9, 0.0, 0.0), False, Code.PARTIAL),
        ((0.9, 0.0, 0.0), True, Code.PARTIAL),
        ((0.9, 0.1, 0.0), False, Code.ESTIMATED),
        ((0.0, 1.0, 1.0), False, Code.CORRECTED),
        ((1.0, 0.0, 0.001), False, Code.CORRECTED),
        ((0.5, 0.0, 0.001), False, Code.PARTIAL),
        ((1.0, 0.04, 0.0), False, Code.MEASURED),
    ],
)
def test_the_code_names_the_gravest_thing_to_know(shares, by_hand, wanted):
    assert code(5.0, *shares, by_hand) is wanted
    assert code(None, *shares, by_hand) is Code.UNKNOWN


def test_every_code_has_two_names_and_a_letter_of_its_own_in_the_legend():
    assert set(NAMES) == set(Code) == set(LETTERS) and len(set(LETTERS.values())) == len(Code)
    for one in Code:
        assert f"{LETTERS[one]} {NAMES[one].zh}" in legend().zh
        assert f"{LETTERS[one]} {NAMES[one].en}".casefold() in legend().en.casefold()


@given(SHARE, SHARE, st.floats(1e-9, 1), st.booleans())
def test_law_what_somebody_corrected_never_passes_as_measured(coverage, estimated, corrected, by_hand):
    assert code(1.0, coverage, estimated, corrected, by_hand) in (Code.CORRECTED, Code.PARTIAL)


def test_what_is_made_of_several_values_is_as_doubtful_as_the_worst_of_them():
    assert gravest([Code.MEASURED, Code.ESTIMATED, Code.HAND]) is Code.ESTIMATED
    assert gravest([]) is Code.UNKNOWN
