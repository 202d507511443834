"""A file that cannot be taken in, said in one sentence of both languages."""

from __future__ import annotations

from campus.errors import CampusError


class FileRefused(CampusError):
    """A file that is no table of readings; its text says what to do."""

    def __init__(self, file: str, zh: str, en: str) -> None:
        super().__init__(f"{file}: {zh} / {en}")
