"""Which of several runs speaks of which time."""

from __future__ import annotations

from ledger.judged import Run, in_force, speaking
from tests.ledger.samples import at, finding


def run(start: float, end: float, read: float = 0, *found: object) -> Run:
    return Run(at(start), at(end), at(read), found)


def spoken(*runs: Run) -> list[Run]:
    known: list[Run] = []
    for one in runs:
        known = speaking(known, one)
    return known


def test_the_run_that_judged_furthest_speaks_alone():
    early, late = run(0, 5), run(0, 9)
    assert spoken(early, late) == spoken(late, early) == [late]


def test_of_two_that_judged_as_far_the_one_read_later_speaks():
    early, late = run(0, 5, read=6), run(0, 5, read=7)
    assert spoken(early, late) == spoken(late, early) == [late]


def test_an_earlier_run_speaks_of_what_lies_before_a_later_one():
    early, late = run(0, 5), run(4, 9)
    assert spoken(early, late) == spoken(late, early) == [late, early]


def test_a_run_over_no_time_says_nothing():
    assert spoken(run(3, 3)) == []


def test_what_an_earlier_run_found_stays_where_the_later_one_did_not_look():
    old = finding(1, 2)
    assert in_force([run(10, 20, 0, finding(12)), run(0, 15, 0, old, finding(11, 13))]) == [finding(12), old]


def test_what_reached_into_the_time_of_a_later_run_is_the_later_one_s():
    cut = finding(10, seen=20)
    assert in_force([run(10, 20, 0, cut), run(0, 12, 0, finding(8, seen=12))]) == [cut]
    assert in_force([run(10, 20, 0, cut), run(0, 12, 0, finding(8, 11))]) == [cut]
