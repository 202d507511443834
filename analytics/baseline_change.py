"""Change points: below which outdoor temperature a meter heats, above which it cools (3P, 4P and 5P models)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

# Change points tried [°C]: no school heats above 20 °C outside or cools below 14 °C.
HEATING_C = tuple(np.arange(8.0, 20.5, 1.0).tolist())
COOLING_C = tuple(np.arange(14.0, 28.5, 1.0).tolist())
# Where no response is found, heating and cooling are looked for from here on [°C]: the usual base of a heated house
# (VDI 2067, 15 °C), and the hottest of those tried for heating with a margin.
NO_RESPONSE_C = (15.0, 22.0)
# A response is one when it takes this share of what is left to explain.
LEAST_EXPLAINED = 0.02

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Response:
    """Use = base + heating·K below `heating_c` + cooling·K above `cooling_c` [unit a day, unit a K·day, °C].

    `form` is the name by its number of parameters (ASHRAE RP-1050: mean, 3PH, 3PC, 4P, 5P); slopes that a form has
    not are 0. `sse` are the squared misses.
    """

    form: str
    base: float
    heating: float
    cooling: float
    heating_c: float
    cooling_c: float
    parameters: int
    sse: float


def below(temperature_c: Numbers) -> Numbers:
    """Return what each temperature (n,) lacks to each heating change point tried (points, n) [K]."""
    lack: Numbers = np.maximum(np.array(HEATING_C)[:, None] - temperature_c, 0.0)
    return lack


def above(temperature_c: Numbers) -> Numbers:
    """Return by how much each temperature (n,) exceeds each cooling change point tried (points, n) [K]."""
    excess: Numbers = np.maximum(temperature_c - np.array(COOLING_C)[:, None], 0.0)
    return excess


def best_response(use: Numbers, cold: Numbers, warm: Numbers, weight: Numbers) -> Response:
    """Return the form with the least Bayesian information (Schwarz 1978) for a use per day (n,).

    `cold` and `warm` (points, n) are as of `below` and `above`, each the mean over the days of a value;
    `weight` (n,) are the days behind each value.
    """
    count = len(use)

    def information(response: Response) -> float:
        floor = 1e-12 * float((weight * use**2).sum()) + np.finfo(float).tiny
        return count * float(np.log(max(response.sse, floor) / count)) + response.parameters * float(np.log(count))

    return min(_responses(use, cold, warm, weight), key=information)


def change_points(use: Numbers, cold: Numbers, warm: Numbers, closed: Numbers) -> tuple[float, float]:
    """Return the change points of heating and cooling [°C] of a use per day (n,), days `closed` (n,) set apart.

    Where there is no such response, those of `NO_RESPONSE_C`.
    """
    columns = np.concatenate([np.ones((1, len(use))), closed[None], cold, warm])
    products, with_use = columns @ columns.T, columns @ use
    pairs = [
        (2 + h, 2 + len(cold) + c)
        for (h, heating_c), (c, cooling_c) in product(enumerate(HEATING_C), enumerate(COOLING_C))
        if cooling_c >= heating_c
    ]
    place = np.array([[0, 1, h, c] for h, c in pairs])
    inside = products[place[:, :, None], place[:, None, :]] + _tiny(products) * np.eye(4)
    slopes = np.linalg.solve(inside, with_use[place][..., None])[..., 0]
    explained = (slopes * with_use[place]).sum(axis=1)
    explained[~(slopes[:, 2:] > 0).any(axis=1)] = -np.inf
    best = int(np.argmax(explained))
    plain = _squares(use, [np.ones(len(use)), closed])[1]
    if float(use @ use) - explained[best] >= (1 - LEAST_EXPLAINED) * plain:
        return NO_RESPONSE_C
    heating_c, cooling_c = HEATING_C[pairs[best][0] - 2], COOLING_C[pairs[best][1] - 2 - len(cold)]
    heats, cools = slopes[best, 2:] > 0
    heating_c = heating_c if heats else NO_RESPONSE_C[0]
    return heating_c, cooling_c if cools else max(NO_RESPONSE_C[1], heating_c)


def _responses(use: Numbers, cold: Numbers, warm: Numbers, weight: Numbers) -> Iterator[Response]:
    one = np.ones(len(use))
    (base,), sse = _squares(use, [one], weight)
    yield Response("mean", base, 0.0, 0.0, *NO_RESPONSE_C, 1, sse)
    for h, point in enumerate(HEATING_C):
        (base, slope), sse = _squares(use, [one, cold[h]], weight)
        if slope > 0:
            yield Response("3PH", base, slope, 0.0, point, NO_RESPONSE_C[1], 3, sse)
    for c, point in enumerate(COOLING_C):
        (base, slope), sse = _squares(use, [one, warm[c]], weight)
        if slope > 0:
            yield Response("3PC", base, 0.0, slope, NO_RESPONSE_C[0], point, 3, sse)
    for (h, heating_c), (c, cooling_c) in product(enumerate(HEATING_C), enumerate(COOLING_C)):
        if cooling_c < heating_c:
            continue
        (base, heating, cooling), sse = _squares(use, [one, cold[h], warm[c]], weight)
        if cooling_c == heating_c:
            yield Response("4P", base, heating, cooling, heating_c, cooling_c, 4, sse)
        elif heating > 0 and cooling > 0:
            yield Response("5P", base, heating, cooling, heating_c, cooling_c, 5, sse)


def _squares(use: Numbers, columns: list[Numbers], weight: Numbers | None = None) -> tuple[Numbers, float]:
    """Return the coefficients of weighted least squares and the squared misses."""
    design = np.stack(columns, axis=1)
    heavy = design if weight is None else design * weight[:, None]
    products = heavy.T @ design
    steady = products + _tiny(products) * np.eye(len(columns))
    slopes: Numbers = np.linalg.solve(steady, heavy.T @ use).astype(np.float64)
    miss = use - design @ slopes
    return slopes, float((miss**2 * (1.0 if weight is None else weight)).sum())


def _tiny(products: Numbers) -> float:
    """Return what keeps columns that say nothing solvable."""
    return 1e-10 * float(np.trace(products)) / len(products)
