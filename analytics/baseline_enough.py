"""When there is enough to make a baseline from, and what is lacking where there is not."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from analytics.baseline import Baseline, Reason
from campus.said import Said

# Months of a baseline period, months of it that must be known by half, and the share of all of it that must be known.
# OpenDSM and CalTRACK (section 2.2) ask for 365 days at 90 %; schools have summers without a reading, so that nine
# months pass where the rest of the evidence is there.
LEAST_DAYS, LEAST_MONTHS, MONTH_KNOWN, LEAST_COVERAGE = 270, 9, 0.5, 0.6
# The known values must have seen this share of the temperatures that the weather of the period shows.
LEAST_TEMPERATURES = 0.8
# Temperatures beyond the known ones by more than this are strange to the baseline [K].
STRANGE_K = 3.0
# Bills needed: a year of months, or as many as tell five parameters from noise.
LEAST_BILLS = 9

Numbers = NDArray[np.float64]


def lacking(first: date, known: Numbers, temperature: Numbers | None) -> tuple[Reason, ...]:
    """Return what is lacking: `known` (days,) the share of each day that was measured, `temperature` (days,) [°C]."""
    reasons = []
    if len(known) < LEAST_DAYS:
        reasons.append(_too_short(len(known)))
    months = _known_months(first, known)
    if months < LEAST_MONTHS:
        reasons.append(_few_months(months))
    coverage = float(known.mean()) if len(known) else 0.0
    if coverage < LEAST_COVERAGE:
        reasons.append(_thin(coverage))
    if temperature is not None:
        reasons.extend(_temperatures(temperature, known >= MONTH_KNOWN))
    return tuple(reasons)


def nothing_used(use: Numbers) -> tuple[Reason, ...]:
    """Return the reason, if nothing was used (n,) at all: what is expected of nothing is nothing to compare with."""
    if np.nansum(np.abs(use)) > 0:
        return ()
    return (Reason("nothing", Said("基准期内没有用量。", "Nothing was used in the period.")),)


def few_bills(count: int) -> tuple[Reason, ...]:
    """Return the reason, if there are too few bills."""
    if count >= LEAST_BILLS:
        return ()
    zh = f"只有{count}张可用的账单，至少要{LEAST_BILLS}张。"
    en = f"There are {count} usable bills, and {LEAST_BILLS} are needed."
    return (Reason("bills", Said(zh, en)),)


def strange(baseline: Baseline, temperature: Numbers | None, like: Numbers) -> NDArray[np.bool_]:
    """Return which temperatures (as `like`) [°C] are colder or hotter than those the baseline was made from."""
    seen = baseline.numbers["temperatures_c"]
    if temperature is None or not seen:
        return np.zeros(like.shape, bool)
    return (temperature < seen[0] - STRANGE_K) | (temperature > seen[1] + STRANGE_K)


def _known_months(first: date, known: Numbers) -> int:
    keys = [(first + timedelta(days=i)).month for i in range(len(known))]
    share = [known[np.array(keys) == month] for month in set(keys)]
    return sum(float(part.mean()) >= MONTH_KNOWN for part in share)


def _temperatures(temperature: Numbers, used: NDArray[np.bool_]) -> list[Reason]:
    weather = temperature[np.isfinite(temperature)]
    seen = temperature[np.isfinite(temperature) & used]
    if len(weather) < LEAST_COVERAGE * len(temperature):
        share = len(weather) / max(len(temperature), 1)
        zh, en = (
            f"室外温度只有{share:.0%}的日子有记录。",
            f"Outdoor temperature is known on {share:.0%} of the days only.",
        )
        return [Reason("weather", Said(zh, en))]
    span, of = (float(np.ptp(values)) if len(values) else 0.0 for values in (seen, weather))
    if span >= LEAST_TEMPERATURES * of:
        return []
    zh = f"有用量的日子只覆盖了{span:.0f}度的室外温差，同期天气有{of:.0f}度。"
    en = f"The days with known use span {span:.0f} K of outdoor temperature, the weather of the period {of:.0f} K."
    return [Reason("temperatures", Said(zh, en))]


def _too_short(days: int) -> Reason:
    zh, en = (
        f"基准期只有{days}天，至少要{LEAST_DAYS}天。",
        f"The period has {days} days, and {LEAST_DAYS} are needed.",
    )
    return Reason("short", Said(zh, en))


def _few_months(months: int) -> Reason:
    zh = f"只有{months}个月过半有数据，至少要{LEAST_MONTHS}个月。"
    en = f"Only {months} months of the year are known by half, and {LEAST_MONTHS} are needed."
    return Reason("months", Said(zh, en))


def _thin(coverage: float) -> Reason:
    zh = f"基准期内只有{coverage:.0%}的时间有实测数据，至少要{LEAST_COVERAGE:.0%}。"
    en = f"Only {coverage:.0%} of the period was measured, and {LEAST_COVERAGE:.0%} are needed."
    return Reason("coverage", Said(zh, en))
