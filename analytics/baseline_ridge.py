"""Penalised least squares for every hour of the day at once, and what it says of stretches it did not see."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

# Penalties tried, in days of evidence: a feature seen on so many days is believed by half.
PENALTIES = (3.0, 10.0, 30.0, 100.0)
# The constant is not penalised; this much keeps an hour of the day without any value solvable.
TINY = 1e-6

Numbers = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Ridge:
    """Coefficients (hours, 1 + features) on features as they are, the constant first.

    `penalty` was chosen among `PENALTIES`; `freedom` is the effective number of parameters over all hours.
    """

    coefficients: Numbers
    penalty: float
    freedom: float


@dataclass(frozen=True, slots=True)
class Sums:
    """Standardised features (hours, days, 1 + features), their products by block, and what undoes the scaling."""

    features: Numbers
    products: Numbers
    with_use: Numbers
    mean: Numbers
    scale: Numbers
    weight: Numbers


def sums(features: Numbers, use: Numbers, weight: Numbers, blocks: Ints) -> Sums:
    """Return the sums a fit is made of, by block of days.

    `features` (hours, days, f), `use` (hours, days) with NaN where unknown, `weight` (f,) of the penalty,
    `blocks` (days,) from 0 on.
    """
    known = np.isfinite(use) & np.isfinite(features).all(axis=2)
    seen = np.where(known[..., None], features, 0.0)
    count = max(int(known.sum()), 1)
    mean = seen.sum(axis=(0, 1)) / count
    scale = np.sqrt(np.maximum((seen**2).sum(axis=(0, 1)) / count - mean**2, 0.0))
    scale = np.where(scale > TINY * np.maximum(np.abs(mean), TINY), scale, np.inf)
    standard = np.concatenate([np.ones((*use.shape, 1)), (np.nan_to_num(features) - mean) / scale], axis=2)
    masked = np.where(known[..., None], standard, 0.0)
    filled = np.where(known, use, 0.0)
    parts = [masked[:, blocks == b] for b in range(int(blocks.max()) + 1)]
    products = np.stack([part.transpose(0, 2, 1) @ part for part in parts])
    with_use = np.stack([np.einsum("hdf,hd->hf", part, filled[:, blocks == b]) for b, part in enumerate(parts)])
    return Sums(standard, products, with_use, mean, scale, np.concatenate([[TINY], weight]))


def coarser(given: Sums, group: Ints) -> Sums:
    """Return the sums of groups of blocks, `group` (blocks,) from 0 on."""
    parts = range(int(group.max()) + 1)
    products = np.stack([given.products[group == g].sum(axis=0) for g in parts])
    return replace(
        given, products=products, with_use=np.stack([given.with_use[group == g].sum(axis=0) for g in parts])
    )


def left_out(given: Sums, blocks: Ints, penalty: float) -> Numbers:
    """Return what is expected (hours, days) of each block by a fit on all others."""
    products, with_use = given.products.sum(axis=0), given.with_use.sum(axis=0)
    expected = np.empty(given.features.shape[:2])
    for b in range(len(given.products)):
        coefficients = _solved(products - given.products[b], with_use - given.with_use[b], penalty * given.weight)
        here = blocks == b
        expected[:, here] = np.einsum("hdf,hf->hd", given.features[:, here], coefficients)
    return expected


def chosen_penalty(given: Sums, blocks: Ints, use: Numbers) -> float:
    """Return the penalty whose expectation of the blocks left out misses the use (hours, days) least."""
    misses = [np.nansum((use - left_out(given, blocks, penalty)) ** 2) for penalty in PENALTIES]
    return PENALTIES[int(np.argmin(misses))]


def solved(given: Sums, penalty: float) -> Ridge:
    """Return the fit on all blocks."""
    products, with_use = given.products.sum(axis=0), given.with_use.sum(axis=0)
    standard = _solved(products, with_use, penalty * given.weight)
    slopes = standard[:, 1:] / given.scale
    constant = standard[:, :1] - (slopes * given.mean).sum(axis=1, keepdims=True)
    hat = np.linalg.solve(products + np.diag(penalty * given.weight), products)
    return Ridge(np.concatenate([constant, slopes], axis=1), penalty, float(np.trace(hat, axis1=1, axis2=2).sum()))


def _solved(products: Numbers, with_use: Numbers, penalty: Numbers) -> Numbers:
    solution = np.linalg.solve(products + np.diag(penalty), with_use[..., None])[..., 0]
    return np.asarray(solution, np.float64)
