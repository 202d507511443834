"""What a baseline is: the use expected of a meter, frozen as data that others cite by its id."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from campus.said import Said

# The version of the formulae. What changes a number that an older baseline gave gets a new one.
VERSION = 1
ID_DIGITS = 16

HOURLY, DAILY, BILLS = "hourly", "daily", "bills"

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class About:
    """Whose use it is: subject as in a Figure ("meter/…"), quantity and unit."""

    subject: str
    quantity: str
    unit: str


@dataclass(frozen=True, slots=True)
class Fit:
    """How well a baseline describes the period it was made from (measures of ASHRAE Guideline 14).

    `cv_rmse` [share of the mean use], `nmbe` [share, positive where too little is expected] and `r2` of the fit,
    with `count` values and `parameters` (of a penalised fit the effective number). `left_out` is the CV(RMSE) of
    stretches the model had not seen: what to expect of another year. `autocorrelation` is that of neighbouring
    residuals; `mean` the mean use of an hour, day or bill's day [unit].
    """

    cv_rmse: float
    nmbe: float
    r2: float
    left_out: float
    count: int
    parameters: float
    autocorrelation: float
    mean: float


@dataclass(frozen=True, slots=True)
class Baseline:
    """The use expected of a meter, learnt from the local days [first, until) and never changed again.

    `id` is the hash of everything else, `inputs` that of the values it was made from. `numbers` and `names` are
    what its model ("hourly", "daily" or "bills") needs to say it again. `coverage` is the share of the period
    that was known.
    """

    id: str
    model: str
    version: int
    about: About
    first: date
    until: date
    inputs: str
    coverage: float
    fit: Fit
    numbers: Mapping[str, tuple[float, ...]]
    names: Mapping[str, tuple[str, ...]]

    @property
    def floor(self) -> float:
        """What it never expects less than: 0 for a meter that never ran backwards."""
        return self.numbers["floor"][0] if self.numbers["floor"] else -float("inf")

    def array(self, name: str) -> Numbers:
        """Return one of the numbers as an array."""
        return np.array(self.numbers[name])


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something is not said: a word to count by and a sentence in both languages."""

    word: str
    said: Said


@dataclass(frozen=True, slots=True)
class Refused:
    """No baseline, and every reason for it."""

    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Expected:
    """Expected use (n,) [unit] with the band [low, high] that holds 90 % of what is used; NaN where nothing is said.

    Nothing is said where the temperature is unknown, or of a kind of day the baseline never saw. `strange` (n,)
    marks temperatures beyond those it was made from.
    """

    value: Numbers
    low: Numbers
    high: Numbers
    strange: NDArray[np.bool_]


def freeze(baseline: Baseline) -> Baseline:
    """Return the baseline under the id its content has."""
    return replace(baseline, id=_hash(_content(baseline)))


def hash_of(*arrays: NDArray[Any] | str) -> str:
    """Return the hash of values as they are, of arrays with their shapes."""
    digest = hashlib.sha256()
    for one in arrays:
        digest.update(one.encode() if isinstance(one, str) else repr(one.shape).encode() + one.tobytes())
    return digest.hexdigest()[:ID_DIGITS]


def to_json(baseline: Baseline) -> str:
    """Return the baseline as JSON, numbers in full."""
    return json.dumps(_content(baseline) | {"id": baseline.id}, ensure_ascii=False, sort_keys=True)


def from_json(text: str) -> Baseline:
    """Return the baseline of a JSON text. Raises ValueError where its id is not that of its content."""
    data = json.loads(text)
    baseline = Baseline(
        id=data["id"],
        model=data["model"],
        version=data["version"],
        about=About(**data["about"]),
        first=date.fromisoformat(data["first"]),
        until=date.fromisoformat(data["until"]),
        inputs=data["inputs"],
        coverage=data["coverage"],
        fit=Fit(**data["fit"]),
        numbers={name: tuple(values) for name, values in data["numbers"].items()},
        names={name: tuple(values) for name, values in data["names"].items()},
    )
    if freeze(baseline).id != baseline.id:
        raise ValueError(f"baseline {baseline.id} was changed after it was frozen")
    return baseline


def _content(baseline: Baseline) -> dict[str, Any]:
    whole = {name: getattr(baseline, name) for name in ("model", "version", "inputs", "coverage", "numbers", "names")}
    parts = {"about": asdict(baseline.about), "fit": asdict(baseline.fit)}
    return whole | parts | {"first": baseline.first.isoformat(), "until": baseline.until.isoformat()}


def _hash(content: dict[str, Any]) -> str:
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()[:ID_DIGITS]
