"""Reports of the generated schools, each built once."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.annual import build
from app.annual_gather import Pieces, gather
from reports.annual import Report, annual
from tests.reports import schools
from tests.reports.schools import Made


@dataclass(frozen=True, slots=True)
class Paper:
    """A built report: the school it is of, the cells it was made from, its files and its store's file."""

    made: Made
    pieces: Pieces
    report: Report
    xlsx: Path
    pdf: Path
    store: Path


@pytest.fixture(scope="session")
def papers(tmp_path_factory):
    """Return the papers by the name of their school, built when first asked for."""
    built: dict[str, Paper] = {}
    with ExitStack() as stack:

        def paper(made: Made) -> Paper:
            if made.name not in built:
                folder = tmp_path_factory.mktemp(made.name)
                pieces = schools.pieces(made, folder / "store.sqlite")
                stack.callback(pieces.store.close)
                files = build(pieces, schools.YEAR_OF, folder)
                report = annual(gather(pieces, schools.YEAR_OF))
                built[made.name] = Paper(made, pieces, report, files.xlsx, files.pdf, folder / "store.sqlite")
            return built[made.name]

        yield paper
