"""Events: they open, last, end and rejoin as the rule says, and later data never changes their beginning."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from analytics.events import Event, Rule, run
from analytics.onset import first_hour

RULE = Rule(above=2, of=3, quiet=3, memory=5, rejoin=7)


def walk(pattern: str, rule: Rule = RULE) -> list[Event]:
    """Run verdicts written as U (above), . (not above) and ? (cannot be told)."""
    return run(len(pattern), lambda row, _calm, _event: {"U": True, ".": False, "?": None}[pattern[row]], rule)


def test_two_of_three_open_an_event_at_the_first_of_them() -> None:
    assert walk("..U.U") == [Event(2, 4, 4)]


def test_a_lone_one_opens_nothing() -> None:
    assert walk("..U..U..U..") == []


def test_what_cannot_be_told_neither_opens_nor_ends() -> None:
    assert walk("U??U????..?.") == [Event(0, 3, 3, 8)]
    assert walk("U??U????..??") == [Event(0, 3, 3)]


def test_an_old_verdict_opens_nothing() -> None:
    assert walk("U??????U") == []


def test_three_quiet_ones_end_it_at_the_first_of_them() -> None:
    assert walk("UU..U...") == [Event(0, 1, 4, 5)]


def test_what_comes_back_soon_is_the_same_event() -> None:
    assert walk("UU.....UU") == [Event(0, 1, 8)]
    assert walk("UU" + "." * 12 + "UU") == [Event(0, 1, 1, 2), Event(14, 15, 15)]


def test_an_event_begins_after_two_quiet_ones() -> None:
    assert walk("..U..UU", Rule(3, 5, 3, 8, 7)) == [Event(5, 6, 6)]


def test_rows_of_an_event_are_not_calm_and_lone_ones_are_after_a_while() -> None:
    seen: list[np.ndarray] = []

    def judge(row: int, calm: np.ndarray, _event: Event | None) -> bool:
        seen.append(calm.copy())
        return row in (2, 12, 13, 14)

    run(30, judge, RULE)
    assert not seen[3][2] and seen[9][2]
    assert not seen[29][12:15].any()
    assert seen[29][15:25].all()


@given(st.text("U.?", max_size=40), st.integers(0, 40))
def test_what_is_known_earlier_is_a_beginning_of_what_is_known_later(pattern: str, count: int) -> None:
    part, whole = walk(pattern[:count]), walk(pattern)
    assert [(e.first, e.known) for e in part] == [(e.first, e.known) for e in whole][: len(part)]


@given(st.integers(0, 48), st.floats(0.5, 10))
def test_the_change_point_of_a_clean_step_is_its_hour(at: int, size: float) -> None:
    residual = np.where(np.arange(48) >= at, size, 0.0)
    assert first_hour(residual, size, np.full(48, 0.1)) == at


def test_unknown_hours_do_not_move_the_change_point() -> None:
    residual = np.where(np.arange(48) >= 20, 1.0, 0.0)
    residual[15:20] = np.nan
    assert 15 <= first_hour(residual, 1.0, np.ones(48)) <= 20
