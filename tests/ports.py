"""Ports for the servers of tests that run beside each other.

A port the system picks is free only until somebody else asks: another worker, or the near end of any connection.
These come from below the range the system picks from, and each worker has a share of its own.
"""

import os
import random
import socket
from itertools import count

FIRST, SHARE, WORKERS = 20_000, 1_000, 12  # Linux picks from 32 768 up (ip_local_port_range)
_worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % WORKERS
# Another run on this machine begins elsewhere.
_turn = count(random.SystemRandom().randrange(SHARE))


def free_port() -> int:
    """Return a loopback port nobody listens on, and which no other test is given soon."""
    for _ in range(SHARE):
        port = FIRST + _worker * SHARE + next(_turn) % SHARE
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do: old connections do not count
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError("no free port is left")
