"""Power factor of a month, and what the bill is adjusted by."""

from __future__ import annotations

from math import floor

import numpy as np

from campus.tariff import PowerFactorRule


def power_factor(active_kwh: float, reactive_kvarh: float) -> float | None:
    """Return a month's mean power factor, kWh / √(kWh² + kvarh²); None without use."""
    apparent = float(np.hypot(active_kwh, reactive_kvarh))
    return active_kwh / apparent if active_kwh > 0 and apparent > 0 else None


def in_percent(factor: float) -> int:
    """Return a power factor as bills do, with two decimals, half rounded up (四舍五入), in per cent."""
    return floor(round(100 * factor, 6) + 0.5)


def adjustment(factor: float, rule: PowerFactorRule) -> float:
    """Return the per cent added to a bill, below 0 given back; the factor is rounded (水电财字〔1983〕215号)."""
    percent = in_percent(factor)
    if percent >= rule.standard:
        reached = [share for at, share in rule.bonus.items() if at <= percent]
        return -max(reached, default=0.0)
    first = (rule.standard - max(percent, rule.first_until)) * rule.first_step
    second = max(0, rule.first_until - max(percent, rule.second_until)) * rule.second_step
    return first + second + max(0, rule.second_until - percent) * rule.below
