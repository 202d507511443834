"""Where a value stands against its quota: the band it reaches and what follows from it."""

from __future__ import annotations

from dataclasses import dataclass

from campus.quotas import Quota
from campus.said import Said

# What follows from a band (DB37/T 2671-2019, appendix A; a guide value reached leaves the target to the school).
WORDS: dict[str, Said] = {
    "over": Said(
        "超过约束值：限期整改，并做能源审计", "Above the limit: to be put right by a date, with an energy audit"
    ),
    "limit": Said("达到约束值：参照基准值定逐年目标", "Within the limit: yearly targets towards the base value"),
    "base": Said("达到基准值：鼓励达到引导值", "Within the base value: the guide value is encouraged"),
    "guide": Said("达到引导值：自定目标", "Within the guide value: the school sets its own target"),
    "over general": Said("超过通用值", "Above the general value"),
    "general": Said("达到通用值", "Within the general value"),
    "advanced": Said("达到先进值", "Within the advanced value"),
}
NO_QUOTA = Said("无对应定额", "No quota for this kind of school")


@dataclass(frozen=True, slots=True)
class Standing:
    """A value against a quota: `band` is the best word reached, or "over"; None where value or quota is missing.

    `to_next` is how far the value is above the next better line [unit], None at the best.
    """

    value: float | None
    quota: Quota | None
    band: str | None
    to_next: float | None

    @property
    def words(self) -> Said | None:
        """What follows from the band; "no quota" where the standard has no cell."""
        if self.quota is None:
            return NO_QUOTA
        if self.band is None:
            return None
        return WORDS[
            "over general" if self.band == "over" and self.quota.standard.words[0] == "general" else self.band
        ]


def standing(value: float | None, quota: Quota | None) -> Standing:
    """Return where a value [unit of the quota] stands. A value on a line has reached it (appendix A)."""
    if value is None or quota is None:
        return Standing(value, quota, None, None)
    reached = [word for word, line in zip(quota.standard.words, quota.values, strict=True) if value <= line]
    missed = [line for line in quota.values if value > line]
    return Standing(value, quota, reached[-1] if reached else "over", value - missed[0] if missed else None)
