"""Writing a meter into a school's file: at its end, everything else untouched, and only if the result is whole."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import tomlkit

from app import check
from app.registry_toml import load_registry, shared_issues
from campus.errors import ConfigInvalid
from campus.registry import Registry

BYTE_ORDER_MARK = b"\xef\xbb\xbf"


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
