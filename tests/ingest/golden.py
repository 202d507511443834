"""Golden cases of payload formats: a folder each, with `topic`, `payload` as it came, and its `items.json`."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from campus.readings import Quality, Reject
from ingest.payload import Item, Message, formats

FOLDER = Path(__file__).resolve().parents[1] / "golden" / "payloads"
ARRIVED = datetime(2026, 11, 22, 0, 20, tzinfo=UTC)


def message(case: Path) -> Message:
    """Return the message of a case."""
    return Message((case / "topic").read_text(encoding="utf-8").strip(), (case / "payload").read_bytes(), ARRIVED)


def found(case: Path) -> list[dict[str, Any]]:
    """Return what the format that the case's folder names reads out of it, as it would stand in items.json."""
    return as_json(formats()[case.parent.name].decode(message(case)))


def as_json(items: Sequence[Item | Reject]) -> list[dict[str, Any]]:
    """Return items with their defaults left out; of a Reject its reason alone, since its sentence may improve."""
    return [_reject(item) if isinstance(item, Reject) else _item(item) for item in items]


def _reject(reject: Reject) -> dict[str, Any]:
    return {"reject": str(reject.reason), "item": reject.item}


def _item(item: Item) -> dict[str, Any]:
    facts: dict[str, Any] = {"value": item.value, "kind": item.kind.value}
    facts |= {"time": item.time.isoformat()} if item.time else {}
    facts |= {"seconds": item.duration.total_seconds()} if item.duration else {}
    named = {"quantity": item.quantity, "unit": item.unit, "channel": item.channel, "serial": item.serial}
    facts |= {key: text for key, text in named.items() if text}
    return facts if item.quality is Quality.GOOD else facts | {"quality": item.quality.value}
