"""SenML packs (RFC 8428) as resolved records: JSON or CBOR read, base fields applied, versions checked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from campus.ports import Reason
from campus.readings import Reject
from ingest.cbor import parse_cbor
from ingest.payload import number, parse_json, shown

VERSION = 10  # section 4.4: a pack of a later version must not be used
_CBOR_LABELS = dict(enumerate(("n", "u", "v", "vs", "vb", "s", "t", "ut", "vd"))) | {  # section 6, table 4
    -1: "bver",
    -2: "bn",
    -3: "bt",
    -4: "bu",
    -5: "bv",
    -6: "bs",
}
_BASE = frozenset(("bver", "bn", "bt", "bu", "bv", "bs"))

Record = dict[Any, Any]


def resolved(payload: bytes) -> Iterator[Record | Reject]:
    """Yield each record with the base fields in force, or a Reject at its place; one alone where the pack is none."""
    pack = _pack(payload)
    refused = pack if isinstance(pack, Reject) else _not_understood(pack)
    if isinstance(pack, Reject) or refused is not None:
        yield refused or Reject(Reason.UNDECODABLE, "not a SenML pack")
        return
    base: Record = {}
    for record in pack:
        if not isinstance(record, dict):
            yield Reject(Reason.NO_READING, f"a record must be an object, not {shown(record)}")
            continue
        base |= {label: value for label, value in record.items() if label in _BASE}
        yield base | record


def _pack(payload: bytes) -> list[Any] | Reject:
    # A CBOR array begins with 0x80 to 0x9f (RFC 8949, 3.1), which no UTF-8 text does.
    cbor = 0x80 <= payload[0] <= 0x9F if payload else False
    body = parse_cbor(payload) if cbor else parse_json(payload)
    if isinstance(body, Reject):
        return body
    if not isinstance(body, list) or not body:
        return Reject(Reason.NO_READING, "a SenML pack is an array of records")
    return [_labelled(record) for record in body] if cbor else body


def _labelled(record: Any) -> Any:
    """Return a CBOR record with its labels as JSON has them; numbers that are no label stay as they are."""
    if not isinstance(record, dict):
        return record
    labels = {key: _CBOR_LABELS.get(key, key) if type(key) is int else key for key in record}
    if len(set(labels.values())) < len(labels):
        return "one that says a label twice"
    return {labels[key]: value for key, value in record.items()}


def _not_understood(pack: list[Any]) -> Reject | None:
    """Section 4.4: of a later version, or with a field that must be understood and is not, nothing may be used."""
    for record in (record for record in pack if isinstance(record, dict)):
        version = record.get("bver", VERSION)
        if number(version) is None or version > VERSION:
            return Reject(Reason.UNDECODABLE, f"SenML version {shown(version)} is not {VERSION}")
        for label in record:
            if isinstance(label, str) and label.endswith("_"):
                return Reject(Reason.UNDECODABLE, f"field {shown(label)} must be understood, and is not")
    return None
