"""The files an installation begins with: settings that say every default, and a school to copy."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from campus.errors import CampusError

FILES = (Path("settings.toml"), Path("schools") / "example.toml")
# A wheel carries them beside this file; a checkout has them where people edit them.
_SHIPPED, _CHECKOUT = Path(__file__).parent / "start", Path(__file__).parents[1] / "config"


class AlreadyThere(CampusError):
    """A file an installation begins with is there; it may hold what somebody wrote."""

    def __init__(self, files: Sequence[Path]) -> None:
        named = ", ".join(map(str, files))
        super().__init__(f"已存在，没有改动 / left as it is: {named}. Name another folder, or move it away")
        self.files = tuple(files)


def begin(config: Path) -> list[Path]:
    """Write the files into a folder of configuration and return them. Raises `AlreadyThere`, with nothing written."""
    there = [config / name for name in FILES if (config / name).exists()]
    if there:
        raise AlreadyThere(there)
    source = _SHIPPED if _SHIPPED.is_dir() else _CHECKOUT
    for name in FILES:
        (config / name).parent.mkdir(parents=True, exist_ok=True)
        (config / name).write_bytes((source / name).read_bytes())
    return [config / name for name in FILES]
