"""Which school a command is about: the one that is named, or the only one."""

from __future__ import annotations

from collections.abc import Mapping

import click

from app.toml_fields import nearest
from campus.registry import Registry


def chosen(registries: Mapping[str, Registry], key: str) -> Registry:
    """Return a school's registry. Raises `click.BadParameter` where that is not one without a problem."""
    if not key and len(registries) == 1:
        return next(iter(registries.values()))
    if key not in registries:
        what = (
            f"没有学校 {key!r} / no school {key!r}"
            if key
            else "有几所学校，请加 --school / there are several schools"
        )
        raise click.BadParameter(f"{what}{nearest(key, registries)}", param_hint="--school")
    return registries[key]
