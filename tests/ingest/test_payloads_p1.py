"""P1 telegrams beyond one payload: what a checksum proves, what any cut leaves, and what meters really wrote."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campus.readings import Reject
from ingest.p1 import crc16
from ingest.payload import Item, Message
from tests.ingest.golden import ARRIVED, FOLDER
from tests.ingest.schools import FORMATS

P1 = FORMATS["dsmr_p1"]
DATA = Path(__file__).resolve().parents[2] / ".." / "shared" / "data" / "payloads" / "dsmr_p1"
WHOLE = (FOLDER / "dsmr_p1" / "v5_three_phases_and_gas" / "payload").read_bytes()
EXPORT = "electricity_export"
# What a human reads in each file: quantity, value, time of the meter.
SUMMER_2020, WINTER_2023 = datetime(2020, 5, 12, 11, 54, 9, tzinfo=UTC), datetime(2023, 11, 2, 11, 15, 48, tzinfo=UTC)
GAS_2020, SUMMER_2022 = datetime(2020, 5, 12, 11, 45, 58, tzinfo=UTC), datetime(2022, 10, 6, 13, 50, 14, tzinfo=UTC)
KAIFA, HUNGARY = datetime(2016, 11, 13, 19, 57, 57, tzinfo=UTC), datetime(2023, 7, 24, 13, 7, 30, tzinfo=UTC)
SAMPLES = {
    "TELEGRAM_ESY5Q3DA1004_V304": [("", 32549.5061662, None)],
    "TELEGRAM_ESY5Q3DB1024_V304": [("", 52185.7825309, None), (EXPORT, 19949.3221493, None)],
    "TELEGRAM_FLUVIUS_V171": [
        ("", 15.792, SUMMER_2020),
        (EXPORT, 0.011, SUMMER_2020),
        ("gas", 112.384, GAS_2020),
        ("water", 872.234, GAS_2020),
    ],
    "TELEGRAM_FLUVIUS_V171_ALT": [
        ("", 571.562, WINTER_2023),
        (EXPORT, 0.005, WINTER_2023),
        ("gas", 92.287, datetime(2023, 11, 2, 11, 10, 2, tzinfo=UTC)),
        ("water", 8.579, datetime(2023, 11, 2, 11, 15, 32, tzinfo=UTC)),
    ],
    # Summer time in February: of the two things the meter says about its time, one is wrong.
    "TELEGRAM_ISKRA_IE": [("", 20.363, None), (EXPORT, 20.563, None)],
    "TELEGRAM_SAGEMCOM_T210_D_R": [("", 6545766, SUMMER_2022), (EXPORT, 58, SUMMER_2022)],
    "TELEGRAM_UNPADDED_CRC": [("heat", 240.86, datetime(2026, 2, 15, 19, 5, 23, tzinfo=UTC))],
    "TELEGRAM_V2_2": [("", 2.002, None), (EXPORT, 2.002, None), "no_time_zone"],
    "TELEGRAM_V3": [("", 24691.356, None), (EXPORT, 24691.356, None), "no_time_zone"],
    "TELEGRAM_V4_2": [
        ("", 3016.829, KAIFA),
        (EXPORT, 0, KAIFA),
        ("gas", 981.443, datetime(2016, 11, 29, 19, tzinfo=UTC)),
    ],
    "TELEGRAM_V5_EON_HU": [("", 173.64, HUNGARY), (EXPORT, 627.177, HUNGARY)],
}


def decode(payload):
    return P1.decode(Message("p1/telegram", payload, ARRIVED))


@pytest.mark.skipif(not DATA.is_dir(), reason="the samples of meters lie in ../shared/data/payloads")
def test_every_sample_gives_what_a_human_reads_in_it():
    files = {file.stem: file.read_bytes() for file in DATA.glob("*.txt")}
    found = {
        name: [i.reason if isinstance(i, Reject) else (i.quantity, i.value, i.time) for i in decode(payload)]
        for name, payload in files.items()
    }
    assert found == SAMPLES


@given(st.integers(0, len(WHOLE) - 1), st.integers(1, 255))
def test_one_wrong_byte_never_makes_another_number(at, change):
    damaged = bytearray(WHOLE)
    damaged[at] ^= change
    good = decode(WHOLE)
    assert all(isinstance(item, Reject) or item in good for item in decode(bytes(damaged)))


@given(st.integers(0, len(WHOLE) - 1), st.integers(0, len(WHOLE)))
def test_a_piece_of_a_telegram_is_never_half_a_reading(start, end):
    good = decode(WHOLE)
    found = decode(WHOLE[start:end])
    assert found and (found[: len(good)] == good or not any(isinstance(item, Item) for item in found))


def test_the_checksum_is_the_one_of_the_standard():
    assert crc16(b"123456789") == 0xBB3D  # the check value of CRC-16/ARC


@pytest.mark.parametrize("change", [{"unit": "Wh"}, {"channel": "gas:1"}, {"value": -1.0}, {"value": 1e300}])
def test_what_a_telegram_cannot_say_it_refuses_to_write(change):
    from dataclasses import replace

    (item, *_) = decode(WHOLE)
    with pytest.raises(ValueError, match="telegram"):
        P1.encode([replace(item, **change)])
