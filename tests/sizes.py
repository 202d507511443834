"""How much the tests do: little by default, all of it where CAMPUS_TEST_SIZE is "full" (`make soak`)."""

import os

FULL = os.environ.get("CAMPUS_TEST_SIZE") == "full"
# Of a law's examples at full size, the share that is tried at small size.
SMALL_SHARE = 0.3


# Small runs beside other tests on whatever machine there is: a promised time may take so many times longer.
SLOWEST = 20


def within(promised_s: float) -> float:
    """Return how long [s] something promised within so many seconds may take."""
    return promised_s if FULL else SLOWEST * promised_s


def examples(full: int) -> int:
    """Return how many examples of a law to try where full size takes `full`."""
    return full if FULL else max(5, round(full * SMALL_SHARE))
