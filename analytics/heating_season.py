"""Which days of a year are heated, and which heating season a year is held against."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from campus.registry import School, Season

# Words of `School.heat_season`: the season that ends in the year (standards.md, section 8, the default), or begins.
ENDING, BEGINNING = "ending", "beginning"


def season_of(school: School, year: int) -> Season | None:
    """Return the heating season a report year is held against, by the school's own setting; None: not registered."""
    return _one(school, year, school.heat_season)


def told(school: School, year: int) -> bool:
    """Whether both winters that a calendar year touches are registered, so that each of its days is known."""
    return _one(school, year, ENDING) is not None and _one(school, year, BEGINNING) is not None


def heated(school: School, first: date, days: int) -> NDArray[np.bool_]:
    """Return which days from `first` on lie in a heating season (days,); both ends of a season are heated."""
    found = np.zeros(days, bool)
    for season in school.heating:
        start, end = (season.first - first).days, (season.last + timedelta(days=1) - first).days
        found[max(start, 0) : max(end, 0)] = True
    return found


def _one(school: School, year: int, which: str) -> Season | None:
    for season in school.heating:
        if (season.last if which == ENDING else season.first).year == year:
            return season
    return None
