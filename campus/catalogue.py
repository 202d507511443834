"""Catalogues: a folder of modules, each giving one constant; the folder is the list."""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType
from typing import Any

from campus.errors import CampusError


class CatalogueBroken(CampusError):
    """A folder that should hold entries holds none, a doubled one, or a module without its constant."""


def load(package: ModuleType, constant: str, key: str = "name") -> dict[str, Any]:
    """Return the entries of a package: each module's `constant`, by the entry's attribute `key`.

    Raises `CatalogueBroken` for an empty folder, a module without the constant, or a doubled key.
    """
    entries: dict[str, Any] = {}
    for info in pkgutil.iter_modules(package.__path__):
        module = importlib.import_module(f"{package.__name__}.{info.name}")
        entry = getattr(module, constant, None)
        if entry is None:
            raise CatalogueBroken(f"{module.__name__} defines no {constant}")
        name = str(getattr(entry, key))
        if name in entries:
            raise CatalogueBroken(f"{module.__name__}: a second entry is named {name!r}")
        entries[name] = entry
    if not entries:
        raise CatalogueBroken(f"{package.__name__} holds no entry")
    return entries
