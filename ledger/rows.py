"""Between an Episode and its row; a row holds JSON values alone, so that a letter can keep one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from campus.ports import Episode, State
from campus.results import Finding, Price
from campus.schema import from_ms, to_ms


def row_of(episode: Episode) -> dict[str, Any]:
    """Return the columns of an episode, all but its id."""
    finding = episode.finding
    return {
        "school": episode.school,
        "rule": finding.rule,
        "subject": finding.subject,
        "state": str(episode.state),
        "start_ms": to_ms(finding.start),
        "end_ms": ms_or_none(finding.end),
        "seen_until_ms": to_ms(finding.seen_until),
        "yuan_per_day": finding.yuan_per_day,
        "finding": to_json(finding),
        "first_found_ms": to_ms(episode.first_found),
        "updated_ms": to_ms(episode.updated),
        "version": episode.version,
        "round": episode.round,
        "owner": episode.owner,
        "deadline": None if episode.deadline is None else episode.deadline.isoformat(),
        "reason": episode.reason,
        "acted_by": episode.acted_by,
        "repaired_ms": ms_or_none(episode.repaired),
    }


def episode_of(row: Mapping[str, Any]) -> Episode:
    """Return the episode of a row."""
    return Episode(
        id=row["id"],
        school=row["school"],
        state=State(row["state"]),
        finding=from_json(row["finding"]),
        first_found=from_ms(row["first_found_ms"]),
        updated=from_ms(row["updated_ms"]),
        version=row["version"],
        round=row["round"],
        owner=row["owner"],
        deadline=None if row["deadline"] is None else date.fromisoformat(row["deadline"]),
        reason=row["reason"],
        acted_by=row["acted_by"],
        repaired=time_or_none(row["repaired_ms"]),
    )


def to_json(finding: Finding) -> dict[str, Any]:
    """Return a finding as JSON values."""
    price = finding.price
    return {
        "rule": finding.rule,
        "subject": finding.subject,
        "quantity": finding.quantity,
        "start": to_ms(finding.start),
        "end": ms_or_none(finding.end),
        "seen_until": to_ms(finding.seen_until),
        "size": finding.size,
        "size_unit": finding.size_unit,
        "usual": finding.usual,
        "per_day": finding.per_day,
        "to_date": finding.to_date,
        "unit": finding.unit,
        "yuan_per_day": finding.yuan_per_day,
        "price": None if price is None else [price.yuan, price.unit, price.document, price.assumed, price.timed],
        "sure": finding.sure,
        "facts": dict(finding.facts),
        "evidence": [[to_ms(start), to_ms(end)] for start, end in finding.evidence],
        "opens": finding.opens,
        "kgco2_per_unit": finding.kgco2_per_unit,
        "co2_factor": finding.co2_factor,
        "by_hour": list(finding.by_hour),
        "costed": finding.costed,
        "yuan_spent": finding.yuan_spent,
    }


def from_json(told: Mapping[str, Any]) -> Finding:
    """Return the finding of its JSON values."""
    times = {"start": from_ms(told["start"]), "seen_until": from_ms(told["seen_until"])}
    made = {
        "end": time_or_none(told["end"]),
        "price": None if told["price"] is None else Price(*told["price"]),
        "evidence": tuple((from_ms(start), from_ms(end)) for start, end in told["evidence"]),
        "by_hour": tuple(told.get("by_hour", ())),
    }
    return Finding(**{**told, **times, **made})


def ms_or_none(time: datetime | None) -> int | None:
    """Return epoch milliseconds, None for None."""
    return None if time is None else to_ms(time)


def time_or_none(time_ms: int | None) -> datetime | None:
    """Return the time of epoch milliseconds, None for None."""
    return None if time_ms is None else from_ms(time_ms)
