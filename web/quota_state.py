"""What the page is given of a school against its quotas: bars with their lines, what is ahead, like buildings."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from campus.said import Said

# A line further right than this share of a bar has its name end with the bar: centred, a phone would cut it.
AT_END = 0.85
# Lines closer than this share of a bar have their names on two rows: what the longest takes on a phone.
LEAST_APART = 0.2


@dataclass(frozen=True, slots=True)
class Mark:
    """A line of a quota on a bar, or another value set beside it: where, and how it is called."""

    value: float
    name: Said
    word: str = ""


@dataclass(frozen=True, slots=True)
class Bar:
    """An indicator: the last whole year's value [unit] and where the running year will end.

    `lines` are the quota's, worst first; none where there is no quota. `beside` is the same by another count, such as
    heads. `band` is the word of the band reached ("over", "limit", …), "" without one; `words` say what follows, or
    why there is no value. `landing` is (middle, low, high), `chance` in words that of ending above the worst line;
    `explained` is the arithmetic.
    """

    key: str
    name: Said
    unit: Said
    year: int
    value: float | None
    band: str
    words: Said
    lines: tuple[Mark, ...]
    beside: Mark | None
    landing_year: int
    landing: tuple[float, float, float] | None
    chance: str
    document: str
    confidence: str
    explained: tuple[Said, ...]
    notes: tuple[Said, ...] = ()

    @property
    def scale(self) -> float:
        """The value at the right end of the bar."""
        ends = [self.value or 0.0, *(mark.value for mark in self.lines), *(self.landing or ())]
        ends += [] if self.beside is None else [self.beside.value]
        return max(ends, default=0.0) * 1.08 or 1.0

    @property
    def seasonal(self) -> bool:
        """Whether it is of a heating season instead of a calendar year."""
        return self.key.partition("/")[0] == "heating"

    @property
    def dated(self) -> bool:
        """Whether why there is no value hangs on the year: with a quota to be held against, and a frame beside it."""
        return bool(self.lines) and self.landing is not None

    def at_end(self, mark: Mark) -> bool:
        """Whether the name of a line is set at the right end of the bar."""
        return mark.value / self.scale > AT_END

    @property
    def crowded(self) -> bool:
        """Whether the names of the lines would run into each other on one row."""
        ends = [mark.value / self.scale for mark in self.lines]
        return any(a - b < LEAST_APART for a, b in pairwise(ends))

    @property
    def known(self) -> bool:
        """Whether there is anything to draw."""
        return self.value is not None or self.landing is not None


@dataclass(frozen=True, slots=True)
class Ahead:
    """What a quantity is expected to come to: (middle, low, high) [unit] of each period, None where nothing tells."""

    name: Said
    unit: str
    medium: str
    periods: tuple[tuple[float, float, float] | None, ...]


@dataclass(frozen=True, slots=True)
class Quarter:
    """A quarter's water against its plan [m³]: where it ends, and the chance to exceed it in words.

    Of a quarter that is over with `lacking` of its `days` unknown, what was `metered` on the others stands for it,
    None where none was; `over` then says that this alone exceeds the plan.
    """

    name: str
    plan: float
    value: float | None
    low: float
    high: float
    chance: str
    over: bool
    metered: float | None = None
    lacking: int = 0
    days: int = 0


@dataclass(frozen=True, slots=True)
class Share:
    """A share of the year to date, and what it is a share of."""

    name: Said
    value: float | None


@dataclass(frozen=True, slots=True)
class Placed:
    """A building among like ones: its value, its place (None: not ranked) and how finely it is metered."""

    name: Said
    value: float | None
    place: int | None
    level: str


@dataclass(frozen=True, slots=True)
class Group:
    """Like buildings in order, with what they have in common."""

    kind: Said
    ranked: bool
    placed: tuple[Placed, ...]


@dataclass(frozen=True, slots=True)
class Quotas:
    """A school against its quotas; `head` says of whom and when, `ahead_names` names the periods of `ahead`."""

    head: Said
    bars: tuple[Bar, ...]
    quarters: tuple[Quarter, ...]
    shares: tuple[Share, ...]
    ahead_names: tuple[Said, ...]
    ahead: tuple[Ahead, ...]
    groups: tuple[Group, ...]
    ranked_year: int
    ranked_by: Said
    remarks: tuple[Said, ...]
