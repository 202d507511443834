"""The few errors of the pipeline, each built from facts it keeps."""

from __future__ import annotations

from dataclasses import dataclass


class CampusError(Exception):
    """Something the user can put right; its text says what and how."""


class WrongUse(CampusError):
    """What somebody typed names nothing that is here: a command ends with exit code 2."""


class UnknownUnit(CampusError):
    """A unit that no quantity is measured in."""

    def __init__(self, unit: str, known: tuple[str, ...]) -> None:
        super().__init__(f"unknown unit {unit!r}; known here: {', '.join(known)}")
        self.unit = unit
        self.known = known


class StoreUnavailable(CampusError):
    """The store did not take or give data now; nothing was dropped and a later try may succeed.

    `retry_after_s` [s] is how long the store asked to be left alone, where it did.
    """

    def __init__(self, text: str, retry_after_s: float | None = None) -> None:
        super().__init__(text)
        self.retry_after_s = retry_after_s


class LedgerUnavailable(StoreUnavailable):
    """The ledger did not take or give data now; nothing was changed and a later try may succeed."""


class ConfigInvalid(CampusError):
    """A configuration with problems; all of them are in `issues`."""

    def __init__(self, issues: tuple[Issue, ...]) -> None:
        super().__init__("\n".join(str(issue) for issue in issues))
        self.issues = issues


@dataclass(frozen=True, slots=True)
class Issue:
    """One problem in a file somebody wrote: where, and a sentence that says what to do."""

    file: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.text}"
