"""How unusual each hour of a meter is: to rank a year's hours for a human's eye, or to judge the hour just past.

Said to whoever runs the house: "At this hour the meter ran well above (or below) what it does at this hour of this
weekday, and for hours on end, not merely because work began an hour late. And it ran as it hardly ever does at this
hour on any day of the year: neither as when the house works nor as when it rests."

The two are asked of each hour because each alone fails. Against the usual alone, every holiday outdoes a house left
half on; against all days alone, a Sunday run as a Monday is perfectly ordinary. Everything is a ratio to the meter's
own scatter, so neither its size nor its unit matters. The numbers below are reasoned, with six labelled buildings in
view (LEAD 1.0, Gulati & Arjunan 2022), and lie on a plateau: `benchmarks/anomalies.py --sway` moves each by a third.
It ranks, it does not judge: a public holiday that the school's calendar knows is as unusual as a fault.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analytics.hours import HOURS_PER_DAY, Hours
from analytics.robust import median
from analytics.unusual_near import nearness, over, scatter
from analytics.unusual_sight import RETROSPECT, Sight, rolling_max, rolling_mean, shifted
from campus.calendar import local_hours
from campus.registry import School

DAYS_PER_WEEK = 7
# With fewer days nothing is called unusual: eight of each weekday, as many as the usual of an hour asks for.
LEAST_DAYS = 56
# Known weeks asked for before an hour has a usual use.
LEAST_WEEKS = 4

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Settings:
    """What the score is made of; one setting for all meters."""

    # Same weekdays before and after that say what is usual [weeks]: a quarter, as long as a season or a term.
    usual_weeks: int = 12
    # Work that begins or ends so much earlier or later is not unusual [h].
    late_hours: int = 1
    # Unusual use counts by its mean over so long [h]: half a working day; one odd hour is noise.
    stretch_hours: int = 9
    # Length of the piece of a day that is looked for on other days [h]: long enough to tell rising from flat.
    piece_hours: int = 3
    # It must be found on so many other days to be ordinary: each weekday comes 52 times a year, and what happens
    # less than every other week of one weekday is rare. Fewer would take a fault of a few weeks for a habit.
    nearest_days: int = 20
    # Weight of the second question against the first.
    rare_weight: float = 1.5
    # What is odd is odd as a whole: scores are smoothed over this [h] …
    smooth_hours: int = 5
    # … and an hour also takes this share of the most unusual stretch it belongs to, a shift long [h].
    shift_hours: int = 8
    shift_share: float = 1.0
    # Of the ordinary score of the days around, a week before and after, this share is taken off: in a fortnight in
    # which everything is odd (frost, a term that begins) a single hour of it is less so.
    around_days: int = 7
    around_share: float = 0.5
    # The most unusual share of the hours says nothing about what is usual: they are judged again without them.
    left_out: float = 0.1


SETTINGS = Settings()


def unusual(hours: Hours, school: School, sight: Sight = RETROSPECT, settings: Settings = SETTINGS) -> Numbers:
    """Return how unusual each hour (n,) is: the higher the more, about 1.2 for an ordinary one; no unit.

    Scores of different meters may be compared: of a year's hours one in fifty lies above 3.7 to 4.6 (LEAD's six
    buildings). `AS_OF_NOW` a score depends on nothing after its hour, `NEXT_MORNING` on thirteen hours more.
    NaN where the hour was not measured, or where fewer than `LEAST_DAYS` days may be looked at.
    """
    day, hour = local_hours(hours.start_ms, school.timezone)
    row = day - (day[0] if len(day) else 0)
    value = np.full((int(row[-1]) + 1 if len(row) else 0, HOURS_PER_DAY), np.nan)
    value[row, hour] = hours.measured()
    return np.where(np.isfinite(hours.measured()), unusual_days(value, sight, settings)[row, hour], np.nan)


def unusual_days(value: Numbers, sight: Sight = RETROSPECT, settings: Settings = SETTINGS) -> Numbers:
    """Return the scores (days, 24) of use by local day and hour `value` (days, 24), NaN where unknown."""
    if len(value) < LEAST_DAYS:
        return np.full_like(value, np.nan)
    rare = np.log1p(nearness(value, settings.piece_hours, settings.nearest_days, sight))
    first = _score(value, value, settings.rare_weight * rare, (sight, settings))
    odd = first > sight.over_days(first, lambda seen: _bound(seen, settings.left_out))
    score = _score(value, np.where(odd, np.nan, value), settings.rare_weight * rare, (sight, settings))
    if not sight.after_days:
        score[:LEAST_DAYS] = np.nan
    return np.where(np.isnan(value), np.nan, score)


def _bound(seen: Numbers, share: float) -> Numbers:
    """Return the score (1,) that this share of those seen exceeds."""
    known = seen[np.isfinite(seen)]
    return np.array([np.quantile(known, 1 - share) if len(known) else np.inf])


def _score(value: Numbers, ordinary: Numbers, rare: Numbers, how: tuple[Sight, Settings]) -> Numbers:
    """Return the scores (days, 24), what is usual taken from `ordinary` alone."""
    sight, settings = how
    both = np.log1p(_strangeness(value, ordinary, how)) + np.nan_to_num(rare)
    score = rolling_mean(both, sight.split(settings.smooth_hours))
    shift = rolling_mean(score, sight.split(settings.shift_hours))
    shift = rolling_max(shift, sight.mirrored(settings.shift_hours))
    score = score + settings.shift_share * shift
    return score - settings.around_share * _around(score, sight, settings.around_days)


def _strangeness(value: Numbers, ordinary: Numbers, how: tuple[Sight, Settings]) -> Numbers:
    """Return how far a stretch of hours lies above or below the usual (days, 24), in the meter's own scatters."""
    sight, settings = how
    weeks = range(-settings.usual_weeks, settings.usual_weeks + 1)
    days = [DAYS_PER_WEEK * week for week in weeks if week and -week * DAYS_PER_WEEK <= sight.after_days]
    usual = median(np.stack([shifted(ordinary, day) for day in days], axis=-1), LEAST_WEEKS)
    late = range(-settings.late_hours, settings.late_hours + 1)
    near = np.stack([shifted(usual.ravel(), hour) for hour in late]).reshape(-1, *usual.shape)
    beyond = value - np.clip(value, np.fmin.reduce(near), np.fmax.reduce(near))
    far = np.abs(rolling_mean(beyond, sight.split(settings.stretch_hours)))
    return over(far, sight.over_days(np.abs(value - usual), scatter))


def _around(score: Numbers, sight: Sight, days: int) -> Numbers:
    """Return the ordinary score (days, 1) of the days around; of as many before, where none after is known."""
    first, last = (-days, days) if sight.after_days else (1, 2 * days + 1)
    near = np.stack([shifted(score, day) for day in range(first, last + 1)], axis=1)
    return median(near.reshape(len(score), -1))[:, None]
