"""Every kind of fault is found at a school that is healthy otherwise, and a healthy year is left in peace."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from benchmarks.simulated import Played, healthy_year, result, scene
from sim.scenes import SCENES
from sim.truth import RULES
from tests.sizes import FULL

# Of each kind at least this share is found, and so many of what a rule finds are true (issue: both 0.8); a healthy
# building is told of less than once a month.
LEAST, MOST_FALSE_A_MONTH = 0.8, 1.0
SCHOOLS = 8 if FULL else 1


@pytest.mark.parametrize("place", range(len(SCENES)), ids=[one.kind for one in SCENES])
def test_a_fault_is_found_where_it_is_and_nothing_else_is(place: int) -> None:
    played = [scene((place, number)) for number in range(SCHOOLS)]
    told = result(played)
    kind = SCENES[place].kind
    assert told["recall"][kind] >= LEAST, [one for one in played if not one.found]
    assert told["precision"][kind] >= LEAST, [one.false for one in played]
    # What is over at the meter is over in the finding.
    assert told["ended"][kind] in (None, 1.0)


def test_a_healthy_year_is_left_in_peace() -> None:
    told = result([healthy_year(number) for number in range(SCHOOLS)])
    assert told["false_per_building_month"] <= MOST_FALSE_A_MONTH
    assert told["recall"] == {}


def some(kind: str, *found: bool, false: Sequence[tuple[str, str, str]] = ()) -> list[Played]:
    return [Played(kind, number, hit, None, tuple(false) if not number else ()) for number, hit in enumerate(found)]


def test_what_is_missed_and_what_is_found_of_nothing_count_against_a_kind() -> None:
    wrong = ("dip", "meter/e-canteen", "2026-05-01")
    told = result([*some("dip", True, False, false=[wrong]), *some("spike", True)])
    assert told["recall"] == {"dip": 0.5, "spike": 1.0}
    assert told["precision"] == {"dip": 0.5, "spike": 1.0}
    assert told["false_per_building_month"] is None and told["false_by_rule"][RULES["dip"]] == 1
