"""Frozen baselines: rows that are written once, sealed, and checked whenever they are read."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import date
from typing import Any

import sqlalchemy as sa

from campus.errors import CampusError
from campus.projects import Frozen
from campus.schema import from_ms, to_ms
from ledger.tables import BASELINE


class BaselineChanged(CampusError):
    """A frozen baseline is not what was frozen."""

    def __init__(self, school: str, key: str) -> None:
        super().__init__(
            f"{school} 封存的基准 {key} 在台账数据库里被改动过，不能再用：请从备份恢复 / "
            f"the frozen baseline {key} of {school} was changed in the ledger's database after it was frozen and is "
            "no longer used: bring the ledger back from a backup"
        )


def keep(connection: sa.Connection, given: Frozen) -> Frozen:
    """Keep a baseline and return it; where one of its id is kept already, that one, as it was frozen first."""
    known = one(connection, given.school, given.id)
    if known is not None:
        return known
    row = _row_of(given)
    connection.execute(sa.insert(BASELINE).values(**row, seal=_seal(row)))
    return given


def one(connection: sa.Connection, school: str, key: str) -> Frozen | None:
    """Return a baseline of a school, None where it has none of that id. Raises `BaselineChanged`."""
    here = BASELINE.c.school == school, BASELINE.c.id == key
    row = connection.execute(sa.select(BASELINE).where(*here)).mappings().one_or_none()
    return None if row is None else _frozen_of(row)


def of_school(connection: sa.Connection, school: str) -> list[Frozen]:
    """Return a school's baselines, oldest first. Raises `BaselineChanged`."""
    mine = sa.select(BASELINE).where(BASELINE.c.school == school).order_by(BASELINE.c.at_ms, BASELINE.c.id)
    return [_frozen_of(row) for row in connection.execute(mine).mappings()]


def _row_of(given: Frozen) -> dict[str, Any]:
    return {
        "school": given.school,
        "id": given.id,
        "project": given.project,
        "meter": given.meter,
        "quantity": given.quantity,
        "first": given.first.isoformat(),
        "until": given.until.isoformat(),
        "by": given.by,
        "at_ms": to_ms(given.at),
        "note": given.note,
        "body": given.body,
    }


def _frozen_of(row: Mapping[Any, Any]) -> Frozen:
    told = {name: row[name] for name in row if name != "seal"}
    if _seal(told) != row["seal"]:
        raise BaselineChanged(row["school"], row["id"])
    at = from_ms(told.pop("at_ms"))
    days = {name: date.fromisoformat(told[name]) for name in ("first", "until")}
    return Frozen(**{**told, **days}, at=at)


def _seal(row: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(row, ensure_ascii=False, sort_keys=True).encode()).hexdigest()
