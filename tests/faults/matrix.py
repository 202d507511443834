"""The whole matrix: every case of every family."""

from __future__ import annotations

from tests.faults.row import Case
from tests.faults.rows import broker, content, ingest, journal, share, store

FAMILIES = {
    "broker": broker.CASES,
    "ingest": ingest.CASES,
    "store": store.CASES,
    "journal": journal.CASES,
    "content": content.CASES,
    "share": share.CASES,
}
MATRIX: dict[str, Case] = {
    f"{family}: {name}": case for family, cases in FAMILIES.items() for name, case in cases.items()
}
