"""CBOR (RFC 8949) read from strangers: one value, nothing after it, nested no deeper than a payload needs."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from cbor2 import CBORDecodeError, CBORDecoder

from campus.ports import Reason
from campus.readings import Reject

DEPTH = 16  # containers inside one another; a SenML pack needs two and a decimal fraction one more
_SHOWN = 200  # characters of the decoder's own words


def parse_cbor(payload: bytes) -> Any | Reject:
    """Return the one value the payload holds, or a Reject; a map with a key twice has no certain meaning."""
    stream = BytesIO(payload)
    try:
        value = CBORDecoder(stream, max_depth=DEPTH, allow_duplicate_keys=False).decode()
    except CBORDecodeError as error:
        return Reject(Reason.UNDECODABLE, f"not CBOR: {str(error)[:_SHOWN]}")
    if extra := len(payload) - stream.tell():
        return Reject(Reason.UNDECODABLE, f"{extra} bytes follow the CBOR value: cut or joined on its way")
    return value
