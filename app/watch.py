"""The schools' files while the program runs: an edit is taken over at once, a broken one is shown and waits."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from app import check
from app.registry_toml import load_school, school_files, shared_issues
from campus.errors import Issue
from campus.registry import Registry

# A file's identity and change times and its size: one of them differs after any save.
_Stamp = tuple[int, int, int, int]


@dataclass(slots=True)
class Watcher:
    """The schools in force, each in its newest version without a problem; empty until the first `poll`.

    `issues` are the problems of the files as they are now.
    """

    folder: Path
    formats: Collection[str]
    registries: dict[str, Registry] = field(default_factory=dict)
    issues: list[Issue] = field(default_factory=list)
    _read: dict[Path, tuple[_Stamp, Registry | None, list[Issue]]] = field(default_factory=dict)
    _absent: set[Path] = field(default_factory=set)

    def poll(self) -> bool:
        """Read what changed since the last call; return whether schools or problems are different now."""
        stamps = {path: stamp for path in school_files(self.folder) if (stamp := _stamp(path)) is not None}
        # Some editors move a file away while they save it: it is gone when it is missing twice.
        absent = set(self._read) - set(stamps)
        gone, self._absent = absent & self._absent, absent
        changed = [path for path, stamp in stamps.items() if path not in self._read or self._read[path][0] != stamp]
        if not changed and not gone:
            return False
        for path in gone:
            del self._read[path]
        for path in changed:
            self._read[path] = (stamps[path], *load_school(path, self.formats))
        return self._take_over()

    def _take_over(self) -> bool:
        before = _versions(self.registries), self.issues
        wanted = {path.stem: new or self.registries.get(path.stem) for path, (_, new, _) in self._read.items()}
        issues = [issue for _, _, found in self._read.values() for issue in found]
        merged = {key: registry for key, registry in wanted.items() if registry is not None}
        issues += shared_issues(self.folder, check.shared_topics(merged))
        self.registries = settled(self.registries, merged)
        self.issues = sorted(issues, key=lambda issue: (issue.file, issue.line, issue.text))
        return before != (_versions(self.registries), self.issues)


def _versions(registries: Mapping[str, Registry]) -> dict[str, str]:
    return {key: registry.version for key, registry in registries.items()}


def settled(live: Mapping[str, Registry], wanted: Mapping[str, Registry]) -> dict[str, Registry]:
    """Return the wanted schools; those that clash over a topic stay as they are live, or out if they are new."""
    merged = dict(wanted)
    while clashing := {s.school for s in check.shared_topics(merged)} & _changed(live, merged):
        for school in clashing:
            if school in live:
                merged[school] = live[school]
            else:
                del merged[school]
    return merged


def _changed(live: Mapping[str, Registry], merged: Mapping[str, Registry]) -> set[str]:
    return {key for key, registry in merged.items() if registry is not live.get(key)}


def _stamp(path: Path) -> _Stamp | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_ctime_ns, found.st_size
