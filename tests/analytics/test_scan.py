"""Events of whole columns are those of a walk through the rows, and each is held against what was before it."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from analytics.events import Event, Rule, run
from analytics.scan import scan

RULE = Rule(above=3, of=4, quiet=3, memory=6, rejoin=9)
LEVEL = {"U": 1.0, ".": 0.0, "?": np.nan}
PATTERNS = st.text("UU..?", max_size=60)


def at_once(pattern: str, rule: Rule = RULE) -> list[Event]:
    verdict = np.array([LEVEL[sign] for sign in pattern])
    return scan(len(pattern), lambda _calm, _held: verdict, rule)


@given(PATTERNS)
def test_verdicts_at_once_give_the_events_of_a_walk(pattern: str) -> None:
    said = {"U": True, ".": False, "?": None}
    assert at_once(pattern) == run(len(pattern), lambda row, _calm, _event: said[pattern[row]], RULE)


@given(PATTERNS, st.integers(0, 60))
def test_later_rows_never_change_how_an_event_began(pattern: str, count: int) -> None:
    earlier, whole = at_once(pattern[:count]), at_once(pattern)
    assert [(e.first, e.known) for e in earlier] == [(e.first, e.known) for e in whole][: len(earlier)]


def test_an_event_is_held_against_the_calm_rows_before_it() -> None:
    value = np.array([1.0] * 6 + [5.0] * 8 + [1.0] * 4 + [1.0, 5.0, 5.0, 5.0])

    def above(calm: np.ndarray, held: int | None) -> np.ndarray:
        before = [value[: row if held is None else held][calm[: row if held is None else held]] for row in range(22)]
        return np.array([value[i] > 2 * past.mean() if len(past) else np.nan for i, past in enumerate(before)], float)

    assert scan(22, above, Rule(2, 3, 3, 5, 3)) == [Event(6, 7, 13, 14), Event(19, 20, 21)]


def test_no_rows_hold_no_event() -> None:
    assert at_once("") == []
