"""CBOR (RFC 8949) read from strangers: one value of plain types, nothing after it, no deeper than a payload needs."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from cbor2 import CBORDecodeError, CBORDecoder, CBORTag

from campus.ports import Reason
from campus.readings import Reject

DEPTH = 16  # containers inside one another; a SenML pack needs two and a decimal fraction one more
_SHOWN = 200  # characters of the decoder's own words
_DECIMAL_FRACTION = 4  # RFC 8949, 3.4.4
# What the decoder would turn into dates, patterns, addresses, references …: no number, and some are dear to build.
_OTHER_TAGS = (0, 1, 5, 25, 28, 29, 30, 35, 36, 37, 52, 54, 100, 256, 258, 260, 261, 1004, 43000, 55799)
# A double has 53 bits and reaches from 1e-324 to 1e308: beyond twice that a number is an attack, not a reading.
_MANTISSA_BITS, _EXPONENT = 128, 700


def parse_cbor(payload: bytes) -> Any | Reject:
    """Return the one value the payload holds, or a Reject; a map with a key twice has no certain meaning.

    Decimal fractions come as the nearest float; any other tag but a great integer's is refused.
    """
    stream = BytesIO(payload)
    decoders = {**dict.fromkeys(_OTHER_TAGS, _refuse), _DECIMAL_FRACTION: _decimal}
    decoder = CBORDecoder(
        stream, max_depth=DEPTH, allow_duplicate_keys=False, semantic_decoders=decoders, tag_hook=_unknown
    )
    try:
        value = decoder.decode()
    except CBORDecodeError as error:
        return Reject(Reason.UNDECODABLE, f"not CBOR, or of a kind not read here: {str(error)[:_SHOWN]}")
    if extra := len(payload) - stream.tell():
        return Reject(Reason.UNDECODABLE, f"{extra} bytes follow the CBOR value: cut or joined on its way")
    return value


def _decimal(content: Any, _immutable: bool) -> float:
    exponent, mantissa = content
    if not (type(exponent) is int and type(mantissa) is int):
        raise ValueError("a decimal fraction is two integers")
    if mantissa.bit_length() > _MANTISSA_BITS or abs(exponent) > _EXPONENT:
        raise ValueError("a decimal fraction far beyond a double")
    return float(f"{mantissa}e{exponent}")


def _refuse(_content: Any, _immutable: bool) -> Any:
    raise ValueError("a tag that is no number's")


def _unknown(_tag: CBORTag, _immutable: bool) -> Any:
    raise ValueError("an unknown tag")
