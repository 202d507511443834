"""Between an Episode and its row."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from campus.ports import Episode, State
from campus.results import Finding, Price
from campus.schema import from_ms, to_ms


def row_of(school: str, finding: Finding, state: str) -> dict[str, Any]:
    """Return the columns that follow from a finding."""
    return {
        "school": school,
        "rule": finding.rule,
        "subject": finding.subject,
        "state": state,
        "start_ms": to_ms(finding.start),
        "end_ms": _ms(finding.end),
        "seen_until_ms": to_ms(finding.seen_until),
        "yuan_per_day": finding.yuan_per_day,
        "finding": to_json(finding),
    }


def to_json(finding: Finding) -> dict[str, Any]:
    """Return a finding as JSON values."""
    price = finding.price
    return {
        "quantity": finding.quantity,
        "size": finding.size,
        "size_unit": finding.size_unit,
        "usual": finding.usual,
        "per_day": finding.per_day,
        "to_date": finding.to_date,
        "unit": finding.unit,
        "price": None if price is None else [price.yuan, price.unit, price.document, price.assumed],
        "sure": finding.sure,
        "facts": dict(finding.facts),
        "evidence": [[to_ms(start), to_ms(end)] for start, end in finding.evidence],
    }


def episode_of(row: Mapping[str, Any]) -> Episode:
    """Return the episode of a row."""
    return Episode(
        row["id"],
        row["school"],
        State(row["state"]),
        _finding(row),
        from_ms(row["first_found_ms"]),
        from_ms(row["updated_ms"]),
        row["version"],
    )


def _finding(row: Mapping[str, Any]) -> Finding:
    told = row["finding"]
    return Finding(
        rule=row["rule"],
        subject=row["subject"],
        quantity=told["quantity"],
        start=from_ms(row["start_ms"]),
        end=None if row["end_ms"] is None else from_ms(row["end_ms"]),
        seen_until=from_ms(row["seen_until_ms"]),
        size=told["size"],
        size_unit=told["size_unit"],
        usual=told["usual"],
        per_day=told["per_day"],
        to_date=told["to_date"],
        unit=told["unit"],
        yuan_per_day=row["yuan_per_day"],
        price=None if told["price"] is None else Price(*told["price"]),
        sure=told["sure"],
        facts=told["facts"],
        evidence=tuple((from_ms(start), from_ms(end)) for start, end in told["evidence"]),
    )


def _ms(time: datetime | None) -> int | None:
    return None if time is None else to_ms(time)
