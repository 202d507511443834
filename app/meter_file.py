"""Writing into a school's file: everything else untouched, and only if the result is whole."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import tomlkit

from app import check
from app.registry_toml import load_registry, load_school, shared_issues
from app.workbook_edits import Edit
from app.workbook_toml import edited
from campus.errors import CampusError, ConfigInvalid
from campus.registry import Registry

BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class ChangedMeanwhile(CampusError):
    """A school's file that is no longer what a change of it was made for."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} 刚被别人改动，什么也没写：请再做一次 / was changed meanwhile: do it once more")


def meter_table(values: Mapping[str, Any], registers: Sequence[Mapping[str, Any]] = ()) -> str:
    """Return a [[meter]] table; empty values are left out."""
    document = tomlkit.document()
    meter = tomlkit.table()
    for key, value in values.items():
        if value not in ("", None):
            meter.add(key, value)
    if registers:
        further = tomlkit.aot()
        for register in registers:
            entry = tomlkit.table()
            entry.update(register)
            further.append(entry)
        meter.append("register", further)
    meters = tomlkit.aot()
    meters.append(meter)
    document.append("meter", meters)
    return tomlkit.dumps(document)


def add_meter(path: Path, table: str, others: Mapping[str, Registry], formats: Collection[str]) -> Registry:
    """Append a meter's table to a school's file and return the school as it then is.

    Raises `ConfigInvalid`, with the file untouched, where the school would have a problem, by itself or with others.
    """
    before = path.read_bytes()
    ends = b"\r\n" if b"\r\n" in before else b"\n"
    addition = table.strip("\n").replace("\n", ends.decode()).encode() + ends
    after = before + (b"" if before.endswith(b"\n") or not before else ends) + ends + addition
    return _write(path, after, others, formats)


def edit_school(
    path: Path, edits: Sequence[Edit], schools: Mapping[str, Registry], formats: Collection[str]
) -> Registry:
    """Make edits in the file of one of the schools, its comments and order untouched; return it as it then is.

    Raises `ConfigInvalid` like `add_meter`, `NotEditable` for a file written in a way nothing can be put into, and
    `ChangedMeanwhile` where the file is no longer what was read as that school.
    """
    known, _ = load_school(path, formats)
    if known is None or known != schools[known.school.key]:
        raise ChangedMeanwhile(path)
    before = path.read_bytes()
    mark = BYTE_ORDER_MARK if before.startswith(BYTE_ORDER_MARK) else b""
    ends = "\r\n" if b"\r\n" in before else "\n"
    text = edited(before.removeprefix(mark).decode().replace("\r\n", "\n"), edits)
    return _write(path, mark + text.replace("\n", ends).encode(), schools, formats)


def _write(path: Path, after: bytes, others: Mapping[str, Registry], formats: Collection[str]) -> Registry:
    registry, issues = load_registry(after.removeprefix(BYTE_ORDER_MARK).decode(), str(path), formats)
    if registry is not None:
        shared = check.shared_topics({**others, registry.school.key: registry})
        issues = shared_issues(path.parent, [s for s in shared if s.school == registry.school.key])
    if registry is None or issues:
        raise ConfigInvalid(tuple(issues))
    replace_file(path, after, like=path)
    return registry


def replace_file(path: Path, content: bytes, like: Path) -> None:
    """Put the content in the file's place at once, so that a reader sees the old or the new, never a half.

    The file may be read and written by whom `like` may.
    """
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(like.stat().st_mode & 0o777)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
