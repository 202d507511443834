"""docker-compose.yml as Compose reads it: anchors merged, variables filled in from an environment."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "docker-compose.yml"
# `$$` is a dollar; ${NAME}, ${NAME:-default} and ${NAME:?sentence} are all the file uses.
_VARIABLE = re.compile(r"\$(?:\$|\{(?P<name>\w+)(?::(?P<kind>[-?])(?P<rest>[^}]*))?\})")


class Missing(Exception):
    """A variable the file asks for is empty; the text is the file's own sentence."""


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable of the file: what stands after `:-` (a default) or `:?` (a sentence)."""

    name: str
    kind: str
    rest: str


def text() -> str:
    """Return the file."""
    return FILE.read_text(encoding="utf-8")


def variables() -> list[Variable]:
    """Return every variable the file uses, comments left out."""
    lines = "\n".join(line for line in text().splitlines() if not line.lstrip().startswith("#"))
    found = _VARIABLE.finditer(lines)
    return [Variable(m["name"], m["kind"] or "", m["rest"] or "") for m in found if m["name"]]


def raw() -> dict[str, Any]:
    """Return the file with its anchors merged and its variables as they stand."""
    loaded: dict[str, Any] = YAML(typ="safe").load(text())
    return loaded


def services(environ: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Return the services with variables filled in. Raises `Missing` with the sentence of the first empty one."""
    filled: dict[str, dict[str, Any]] = _filled(raw()["services"], environ)
    return filled


def _filled(value: Any, environ: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _filled(inner, environ) for key, inner in value.items()}
    if isinstance(value, list):
        return [_filled(inner, environ) for inner in value]
    return _VARIABLE.sub(lambda match: _one(match, environ), value) if isinstance(value, str) else value


def _one(match: re.Match[str], environ: Mapping[str, str]) -> str:
    if match["name"] is None:
        return "$"
    found = environ.get(match["name"], "")
    if not found and match["kind"] == "?":
        raise Missing(match["rest"])
    return found or (match["rest"] if match["kind"] == "-" else "")


def seconds(span: str) -> float:
    """Return a span of the file such as 30s [s]."""
    assert span.endswith("s")
    return float(span.removesuffix("s"))
