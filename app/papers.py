"""What the page shows of letters and papers: a school's outbox, a letter as its reader gets it, a year's report."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from app import annual
from app.annual_gather import NoYear, Pieces, years_known
from app.annual_store import NotBegun
from app.letters import CannotWord, Letters
from campus.ports import Letter, Outbox
from campus.said import Said
from web.state import Rendered, Report


@dataclass(frozen=True, slots=True)
class Papers:
    """A school's letters and reports; `pieces` gives the report's sources as they are now."""

    school: str
    outbox: Outbox
    words: Letters
    pieces: Callable[[], Pieces]

    def letters(self) -> Sequence[Letter]:
        """Return the school's letters, newest first."""
        return self.outbox.letters(self.school)

    def subject(self, letter: Letter) -> str:
        """Return a letter's subject line, "" where nobody knows its rule any more."""
        try:
            return self.words.subject(letter)
        except CannotWord:
            return ""

    def mail(self, letter: Letter) -> Rendered | None:
        """Return a letter as its reader gets it, None where it cannot be worded."""
        try:
            made = self.words.message(letter)
        except CannotWord:
            return None
        return Rendered(made.subject, made.text, made.html, made.images)

    def years(self) -> Sequence[int]:
        """Return the years there are figures of."""
        return years_known(self.pieces())

    def report(self, year: int) -> Report | None:
        """Return a year's report, None where there is nothing to report."""
        with tempfile.TemporaryDirectory(prefix="campus-report-") as folder:
            try:
                built = annual.build(self.pieces(), year, Path(folder))
            except (NoYear, NotBegun):
                return None
            said = {limit: Said(limit.zh, limit.en) for limit in built.limits}
            return Report(
                built.pdf.stem,
                built.pdf.read_bytes(),
                built.xlsx.read_bytes(),
                tuple(said[limit] for limit in built.limits if limit.forbids),
                tuple(said[limit] for limit in built.limits if not limit.forbids),
            )
