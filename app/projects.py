"""A school's projects by their keys."""

from __future__ import annotations

import click

from app.toml_fields import nearest
from campus.projects import Project
from campus.registry import Registry


def named(registry: Registry, key: str) -> Project:
    """Return a project. Raises `click.BadParameter` where the school's file has none of that key."""
    found = next((one for one in registry.projects if one.key == key), None)
    if found is None:
        known = nearest(key, [one.key for one in registry.projects])
        file = f"config/schools/{registry.school.key}.toml"
        raise click.BadParameter(f"{file} 里没有项目 {key!r} / no [[project]] {key!r}{known}", param_hint="PROJECT")
    return found
