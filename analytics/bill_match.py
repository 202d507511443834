"""A utility's bill held against the school's own meters over the bill's own dates, and what explains a difference."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from campus.said import Said

# What may be left unexplained (users.md A8): electricity, water; gas and heat as water, ours.
ALLOWED = {"electricity": 0.01}
ALLOWED_ELSE = 0.03
# What a transformer takes that the meter behind it never sees (users.md A8).
LOSSES = (0.01, 0.04)
# A meter's ratio may have been forgotten or applied twice when the two differ by it, give or take this share: ours.
ALIKE = 0.05


_SILENT = Said("这段时间没有表计读数", "the meters tell nothing of this time")


class Verdict(StrEnum):
    """Whether a bill agrees with the meters."""

    AGREES = "agrees"
    EXPLAINED = "explained"
    OPEN = "open"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Compared:
    """What a bill says [unit] and what the meters counted over its dates.

    `metered` is of the known part of the time, `known` that share of it; `edges` [unit] is what is estimated of the
    first and last day; `days` how long the bill is. `share` of the use is billed here. `low_side` says that the
    meter stands behind the transformer (高供低计); `ratio` is the meter's.
    """

    medium: str
    billed: float
    metered: float
    known: float
    edges: float
    days: float
    share: float = 1.0
    low_side: bool = False
    ratio: float = 1.0

    @property
    def own(self) -> float:
        """What the meters counted of what is billed here [unit]."""
        return self.metered * self.share

    @property
    def difference(self) -> float:
        """What the bill says more [unit]."""
        return self.billed - self.own


@dataclass(frozen=True, slots=True)
class Match:
    """The verdict, the reasons named, what is left unexplained, and what the bill was held against [unit]."""

    verdict: Verdict
    reasons: tuple[Said, ...]
    rest: float
    metered: float


def match(seen: Compared) -> Match:
    """Return whether a bill agrees with the meters, after what explains a difference is taken off, one by one."""
    allowed = ALLOWED.get(seen.medium, ALLOWED_ELSE) * seen.billed
    if seen.known == 0:
        return Match(Verdict.UNKNOWN, (_SILENT,), seen.billed, 0.0)
    seen, reasons = _shared(seen)
    rest = seen.difference
    if abs(rest) <= allowed:
        return Match(Verdict.AGREES, tuple(reasons), rest, seen.own)
    for most, least, reason in _causes(seen):
        taken = min(max(rest, least), most)
        if taken:
            reasons.append(reason)
            rest -= taken
        if abs(rest) <= allowed:
            return Match(Verdict.EXPLAINED, tuple(reasons), rest, seen.own)
    a_day = seen.own / seen.known / seen.days if seen.days else 0.0
    if abs(rest) <= a_day + allowed:
        return Match(Verdict.EXPLAINED, (*reasons, _within_a_day(abs(rest) / a_day)), 0.0, seen.own)
    return Match(Verdict.OPEN, (*_ratio(seen), *reasons), rest, seen.own)


def _causes(seen: Compared) -> list[tuple[float, float, Said]]:
    """Return what can explain a difference: the most it makes the bill more, the most it makes it less (below 0)."""
    missing = seen.own / seen.known - seen.own
    causes = []
    if seen.known < 1:
        lost = f"{(1 - seen.known) * seen.days:.1f}"
        causes.append((missing, 0.0, Said(f"表计缺{lost}天读数", f"{lost} days of the meters are missing")))
    if seen.low_side:
        causes.append(
            (
                LOSSES[1] * seen.own,
                0.0,
                Said(
                    f"高供低计：账单加计变压器损耗（一般{LOSSES[0]:.0%}–{LOSSES[1]:.0%}）",
                    f"metered behind the transformer, whose losses the bill adds ({LOSSES[0]:.0%}–{LOSSES[1]:.0%})",
                ),
            )
        )
    if seen.edges:
        edges = seen.edges * seen.share
        causes.append((edges, -edges, Said("头尾两天的用量是估算的", "the first and last day are estimated")))
    return causes


def _within_a_day(days: float) -> Said:
    return Said(
        f"相差约{days:.1f}天的用量：抄表的钟点，或抄表日算不算在内",
        f"about {days:.1f} days of use: the hour of the reading, or whether its day counts",
    )


def _shared(seen: Compared) -> tuple[Compared, list[Said]]:
    """Return what is compared where a fixed share is billed: the share, or all the meter counted where the bill tells
    its registers, which the share is taken of later."""
    if seen.share == 1.0:
        return seen, []
    if abs(seen.billed - seen.metered) < abs(seen.difference):
        of = Said("账单是整块表的示数，定比在其后", "the bill tells the whole meter, before its fixed share")
        return replace(seen, share=1.0), [of]
    return seen, [Said(f"按定比{seen.share:.0%}比较", f"compared by its fixed share of {seen.share:.0%}")]


def _ratio(seen: Compared) -> list[Said]:
    """Return the reason where the two differ by the meter's ratio: it was forgotten, or applied twice."""
    if seen.ratio == 1.0 or not seen.own:
        return []
    times = seen.billed / (seen.own / seen.known)
    for factor in (seen.ratio, 1 / seen.ratio):
        if abs(times / factor - 1) <= ALIKE:
            more, less = ("账单", "the bill") if factor > 1 else ("表计", "the meter")
            return [
                Said(
                    f"两者差{max(times, 1 / times):.0f}倍，正是倍率{seen.ratio:g}：{more}多乘了，或另一边没乘",
                    f"they differ {max(times, 1 / times):.0f} times, the ratio {seen.ratio:g}: {less} has it twice, "
                    "or the other side has it not",
                )
            ]
    return []
