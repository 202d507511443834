"""What becomes of every message when something goes wrong: `python benchmarks/faults.py [--data DIR] [--quick]`.

Each row does one fault to a pipe of its own (mosquitto, `campus ingest` with its drain, a store) and asks a witness
that shares no code with it: the set of what the publishers got acknowledged against what journal, store and
quarantine hold. `--quick` runs the rows at the size of the tests and leaves out the slowest.

DIR has the shape of `cambridge/`: what its counters said is what the registers of the rows say.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

# A program's own folder comes first in the path: `ingest` would be the benchmark beside this one.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from app import broker
from benchmarks.support.disk import disk_folder, filesystem
from benchmarks.support.messages import series
from tests.faults.matrix import MATRIX
from tests.faults.row import FULL, SMALL, Ground, Row, table

DATA = Path(__file__).resolve().parents[1] / ".." / "shared" / "data" / "cambridge"
SAID = 100_000  # values of the folder that are used
# Of the rows, those that fit into a minute together, of each family some.
QUICK = (
    "broker: killed, stock autosave",
    "broker: stock limits",
    "ingest: drain killed between writes",
    "store: 400, many lines",
    "store: 422",
    "store: cut after the write",
    "journal: disk full",
    "content: poison first",
    "content: conflicts",
    "content: device clocks",
)


def values(folder: Path) -> tuple[float, ...]:
    """Return what the counters of a folder said."""
    return tuple(value for rows in series(folder).values() for _, value in rows)[:SAID]


def run(case: str, ground: Ground) -> tuple[Row, float]:
    """Return a row and how long it took [s]."""
    began = time.monotonic()
    row = MATRIX[case](ground)
    taken = time.monotonic() - began
    print(f"{case}: {'whole' if row.whole else 'NOT WHOLE'}, {taken:.1f} s", file=sys.stderr, flush=True)
    return row, taken


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA, help="a folder of the shape of cambridge/")
    parser.add_argument("--quick", action="store_true", help="some of the rows, small")
    options = parser.parse_args()
    if broker.installed() is None:
        sys.exit("mosquitto is not installed: apt-get install mosquitto")
    said, size = values(options.data), SMALL if options.quick else FULL
    done: list[tuple[Row, float]] = []
    with tempfile.TemporaryDirectory(dir=disk_folder()) as folder:
        print(f"{size}; {filesystem(Path(folder))} in {Path(folder).parent}", flush=True)
        for number, case in enumerate(QUICK if options.quick else MATRIX):
            ground = Path(folder) / str(number)
            ground.mkdir()
            done.append(run(case, Ground(ground, size, said)))
    rows = [row for row, _ in done]
    print(table(rows, [taken for _, taken in done]))
    print(json.dumps(figures(rows)))
    sys.exit(not all(row.whole for row in rows))


def figures(rows: list[Row]) -> dict[str, int]:
    """Return the figures of the last line."""
    counted = ("sent", "stored", "duplicate", "conflict", "quarantined", "lost", "lost_by_broker", "counted_twice")
    names = (*counted, "invented", "quarantined_without_reason")
    return {"cases": len(rows)} | {name: sum(getattr(row, name) for row in rows) for name in names}


if __name__ == "__main__":
    main()
