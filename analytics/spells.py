"""Stretches of hours that belong together."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from analytics.scan import Mark


def spells(over: Mark, bridge: int = 0) -> Iterator[tuple[int, int]]:
    """Yield the stretches [first, last) of marked hours; those no more than `bridge` hours apart are one."""
    at = np.flatnonzero(over)
    if len(at):
        for part in np.split(at, np.flatnonzero(np.diff(at) > bridge + 1) + 1):
            yield int(part[0]), int(part[-1]) + 1
