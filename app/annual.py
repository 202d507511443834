"""The annual report of a school, written as a workbook and a PDF, whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from app.annual_gather import Pieces, gather
from app.annual_picture import picture
from app.annual_store import year_of
from campus.errors import CampusError
from reports import pdf, xlsx
from reports.annual import annual
from reports.limits import Limit


class CannotWrite(CampusError):
    """The folder for the report does not take it."""

    def __init__(self, path: Path, error: OSError) -> None:
        super().__init__(
            f"写不了 {path}：{error.strerror}；用 --out 换一个可写的文件夹 / "
            f"cannot write {path}: {error.strerror}; name a folder that can be written with --out"
        )


@dataclass(frozen=True, slots=True)
class Built:
    """A written report: its files, and what it lacks."""

    xlsx: Path
    pdf: Path
    limits: tuple[Limit, ...]

    @property
    def forbidding(self) -> tuple[Limit, ...]:
        """What keeps it a draft."""
        return tuple(limit for limit in self.limits if limit.forbids)


def build(pieces: Pieces, year: int, folder: Path, lang: str = "both") -> Built:
    """Write `<school>-<year>-annual.xlsx` and `.pdf` into a folder, whole or not at all; `lang` is "zh" or "both".

    Raises `NoYear` where nothing is stored of the year, `CannotWrite` where the folder does not take them.
    """
    data = gather(pieces, year)
    report = annual(data)
    stem = folder / f"{data.school.key}-{year}-annual"
    book = xlsx.render(report, data.generated, lang)
    span = year_of(pieces.registry, year, data.generated)
    drawn = picture(pieces.registry, pieces.store, span, data.generated)
    paper = pdf.render(report, data.generated, lang, drawn)
    files = stem.with_suffix(".xlsx"), stem.with_suffix(".pdf")
    _write(dict(zip(files, (book, paper), strict=True)))
    return Built(*files, report.limits)


def _write(contents: Mapping[Path, bytes]) -> None:
    """Write files beside their places and move them there, so that nobody ever reads half of one."""
    beside = {path: path.with_name(f".{path.name}.{os.getpid()}.tmp") for path in contents}
    path = next(iter(contents))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        for path, content in contents.items():
            beside[path].write_bytes(content)
        for path, temporary in beside.items():
            temporary.replace(path)
    except OSError as error:
        for temporary in beside.values():
            with suppress(OSError):
                temporary.unlink()
        raise CannotWrite(path, error) from error
