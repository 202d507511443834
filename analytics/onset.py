"""When a constant extra use began: the change point of highest likelihood."""

from __future__ import annotations

import numpy as np

from analytics.hours import Numbers


def first_hour(residual: Numbers, size: float, sigma: Numbers) -> int:
    """Return from which index on `residual` (n,) is best explained by `size` instead of 0; n if it nowhere is.

    Every hour counts by its own standard deviation `sigma` (n,) > 0; hours with NaN in either count nothing.
    Source: Page (1954), Biometrika 41, the likelihood ratio of a step of known size, for normal residuals.
    """
    gain = size * (residual - size / 2) / sigma**2
    from_here_on = np.cumsum(np.nan_to_num(gain)[::-1])[::-1]
    return int(np.argmax(np.append(from_here_on, 0.0)))
