"""What is wrong with a workbook, said of a cell in both languages, all at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from campus.errors import CampusError


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong with a value."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Problem:
    """A mistake and where it stands: a cell such as `表计!F17`, a sheet, or the file."""

    place: str
    zh: str
    en: str

    def __str__(self) -> str:
        return f"{self.place}: {self.zh} / {self.en}"


class WorkbookInvalid(CampusError):
    """A workbook with problems; all of them are in `problems`."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


def refused(place: str, zh: str, en: str) -> WorkbookInvalid:
    """Return the error of a single problem."""
    return WorkbookInvalid([Problem(place, zh, en)])
