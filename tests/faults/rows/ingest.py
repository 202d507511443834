"""The collecting and deriving processes are killed."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import threading
import time

from tests.faults import dying, said
from tests.faults.pipe import ROOT, Pipe, piped, until
from tests.faults.row import Case, Ground, Row

PER_S = 300.0
QUARTER = 15  # minutes between the readings that are derived
DAYS = 4


def _killed(ground: Ground) -> Row:
    dice, enough = random.Random(5), threading.Event()
    with piped(ground) as pipe:
        pipe.start()
        meters = threading.Thread(target=pipe.meters.publish, args=(said.endless(ground, enough), PER_S))
        meters.start()
        for _ in range(ground.size.kills):
            time.sleep(dice.uniform(0.0, 0.5))
            pipe.kill(alone=dice.random() < 0.5)
            _again(pipe, dice)
        until(pipe.kill_drain)
        until(lambda: pipe.alarmed("the drain ended"))
        enough.set()
        meters.join()
        pipe.settled()
        pipe.end_politely()
        return pipe.row(f"ingest killed -9 at {ground.size.kills} random moments under load")


def _again(pipe: Pipe, dice: random.Random) -> None:
    """Start it, and mostly let it get to work: the next kill then comes amid readings, else amid its beginning."""
    if dice.random() < 0.7:
        pipe.start()
    else:
        pipe.launch()


def _dying(pipe: Pipe, what: str, step: float) -> int:
    """Kill a consumer of the journal between two of its writes, each time a little later; return how often."""
    command = [sys.executable, dying.__file__, what, str(step)]
    done = subprocess.run(command, cwd=ROOT, env=pipe.variables(), stdout=subprocess.PIPE, check=True)
    return int(done.stdout)


def _drain_killed(ground: Ground) -> Row:
    with piped(ground) as pipe:
        pipe.store.mkdir(parents=True)  # holds the drain: all is journaled, nothing is stored
        pipe.start()
        pipe.meters.publish(said.mixed(ground, 0, ground.size.messages))
        pipe.come_all()
        pipe.stop()
        pipe.store.rmdir()
        kills = _dying(pipe, "drain", 1)
        return pipe.row(f"drain killed -9 between any two of its writes ({kills} times)")


def _derive_killed(ground: Ground) -> Row:
    with piped(ground) as pipe:
        pipe.start()
        pipe.meters.publish(_quarters())
        pipe.settled()
        pipe.end_politely()
        kills = _dying(pipe, "derive", 1.2 if ground.size.kills < 100 else 1.03)
        return pipe.row(f"derive killed -9 between any two of its writes ({kills} times)", energy=True)


def _quarters() -> list[tuple[str, bytes]]:
    """Return some days of counters that turn unevenly, whole hours among their times."""
    count = DAYS * 24 * 60 // QUARTER
    entries = [said.reading(n * QUARTER, n + n % 3 / 4) for n in range(count)]
    return [
        (f"ours/m{meter}", json.dumps({"readings": entries[n : n + 96]}).encode())
        for meter in range(said.METERS)
        for n in range(0, count, 96)
    ]


CASES: dict[str, Case] = {
    "killed at random": _killed,
    "drain killed between writes": _drain_killed,
    "derive killed between writes": _derive_killed,
}
