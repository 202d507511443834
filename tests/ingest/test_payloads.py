"""Payload formats: each reads what devices really send, gives back what it wrote, and never fails on any bytes."""

from datetime import UTC, datetime, timedelta
from importlib import import_module
from json import loads
from pkgutil import iter_modules

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campus.readings import Kind, Quality, Reject
from campus.remedies import REMEDIES
from ingest.payload import Item, Message, formats, number, parse_time, recognise
from tests import ingest as here
from tests.ingest.golden import ARRIVED, FOLDER, found, message

FORMATS = formats()
CASES = sorted(path.parent for path in FOLDER.glob("*/*/payload"))
TIMES = st.datetimes(datetime(2001, 1, 1), datetime(2199, 12, 31), timezones=st.just(UTC))
NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=10)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}-{case.name}")
def test_a_format_reads_what_devices_send(case):
    assert found(case) == loads((case / "items.json").read_text(encoding="utf-8"))


def test_every_format_has_golden_cases_and_every_case_a_format():
    assert {case.parent.name for case in CASES} == set(FORMATS) and FORMATS
    assert {path.name for path in FOLDER.iterdir()} == set(FORMATS)


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_reads_its_own_example_and_is_recognised_by_it(name):
    example = Message(FORMATS[name].example_topic, FORMATS[name].example_payload, ARRIVED)
    assert any(isinstance(item, Item) for item in FORMATS[name].decode(example))
    assert recognise(FORMATS, example) == name and FORMATS[name].base(example.topic)


def test_what_holds_no_value_is_recognised_by_no_format():
    assert recognise(FORMATS, Message("a/b", b"online", ARRIVED)) == ""


native_items = st.one_of(
    st.builds(Item, NUMBERS, st.sampled_from([Kind.REGISTER, Kind.GAUGE]), st.none() | TIMES),
    st.builds(
        Item, NUMBERS, st.just(Kind.INTERVAL), TIMES, duration=st.timedeltas(timedelta(seconds=1), timedelta(days=40))
    ),
)


@st.composite
def native(draw):
    """Anything the native format can say."""
    names = st.fixed_dictionaries({"quantity": NAMES, "unit": NAMES, "channel": NAMES, "serial": NAMES})
    return [
        Item(item.value, item.kind, item.time, duration=item.duration, quality=draw(st.sampled_from(Quality)), **some)
        for item, some in draw(st.lists(st.tuples(native_items, names), min_size=1, max_size=5))
    ]


@st.composite
def shelly(draw):
    """The counters of one device at one time."""
    time = draw(st.datetimes(datetime(2015, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)))
    kinds = {"switch": 2, "cover": 1, "pm1": 2, "emdata": 2, "em1data": 2}
    channels = st.builds("{}:{}".format, st.sampled_from(sorted(kinds)), st.integers(0, 9))
    registers = [
        Item(draw(NUMBERS), Kind.REGISTER, time, quantity, "Wh", channel)
        for channel in draw(st.lists(channels, min_size=1, max_size=5, unique=True))
        for quantity in ("", "electricity_export")[: kinds[channel.partition(":")[0]]]
    ]
    kept = draw(st.sets(st.sampled_from(range(len(registers))), min_size=1))
    return [item for number, item in enumerate(registers) if number in kept]


# What further formats can say stands in a file each: what they encode, where they speak, and words they know.
SAID = [
    import_module(f"{here.__name__}.{info.name}")
    for info in iter_modules(here.__path__)
    if info.name.startswith("says_")
]
SAYS = {"native": native(), "shelly": shelly()}
SPOKEN_ON = {"native": "campus/a", "shelly": "shellypro3em-aabbcc/events/rpc"}
for module in SAID:
    SAYS |= module.SAYS
    SPOKEN_ON |= module.SPOKEN_ON


def test_every_format_that_encodes_is_held_by_the_law_of_return():
    assert set(SAYS) == {name for name, fmt in FORMATS.items() if fmt.encode is not None}


@pytest.mark.parametrize("name", SAYS)
@given(data=st.data())
def test_what_a_format_writes_it_reads_back_as_it_was(name, data):
    items = data.draw(SAYS[name])
    payload = FORMATS[name].encode(items)
    assert FORMATS[name].decode(Message(SPOKEN_ON[name], payload, ARRIVED)) == items


def assert_reasoned(items):
    """Whatever is refused has a reason people can act on, and a sentence that is not endless."""
    for item in items:
        assert isinstance(item, Item) or (item.reason in REMEDIES and 0 < len(item.detail) < 400)


TOPICS = [
    "campus/a",
    "shellies/x/emeter/0/total",
    "shellies/x/relay/0/energy",
    "x/status/switch:0",
    "x/status/emdata:0",
    "x/events/rpc",
    "x/status/",
    "/status/",
    "shellies/",
    "",
    *(topic for module in SAID for topic in module.TOPICS),
]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
)
KEYS = ["time", "start", "end", "register", "registers", "used", "gauge", "readings", "unit", "serial", "channel"]
SAID_KEYS = [key for module in SAID for key in getattr(module, "KEYS", [])]
SHELLY_KEYS = ["method", "params", "ts", "switch:0", "emdata:0", "aenergy", "total", "total_act"]


@pytest.mark.parametrize("name", FORMATS)
@given(topic=st.sampled_from(TOPICS) | st.text(max_size=20), payload=st.binary(max_size=60))
def test_arbitrary_bytes_never_raise(name, topic, payload):
    FORMATS[name].base(topic)
    assert_reasoned(FORMATS[name].decode(Message(topic, payload, ARRIVED)))


@pytest.mark.parametrize("name", FORMATS)
@given(
    topic=st.sampled_from(TOPICS),
    body=st.recursive(
        JSON,
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(KEYS + SHELLY_KEYS + SAID_KEYS) | st.text(max_size=4), inner, max_size=4
            )
        ),
        max_leaves=12,
    ),
)
def test_arbitrary_json_in_familiar_words_never_raises(name, topic, body):
    from json import dumps

    assert_reasoned(FORMATS[name].decode(Message(topic, dumps(body).encode(), ARRIVED)))


@pytest.mark.parametrize("name", FORMATS)
def test_json_nested_as_deep_as_a_parser_bears_never_raises(name):
    own = [topic for topic in TOPICS if FORMATS[name].base(topic) not in (None, topic)]
    for topic in [FORMATS[name].example_topic, *own]:
        for depth in [*range(850, 1000, 3), 100_000]:
            for before in (
                b"",
                b'{"register":',
                b'{"time":',
                b'{"register":1,"unit":',
                b'{"aenergy":{"total":',
                b'{"ts":',
            ):
                payload = before + b"[" * depth + b"]" * depth + b"}" * before.count(b"{")
                assert_reasoned(FORMATS[name].decode(Message(topic, payload, ARRIVED)))


@pytest.mark.parametrize("raw", [True, False, None, "12", "NaN", [], {}, float("nan"), float("inf"), 10**400])
def test_only_a_finite_number_is_a_value(raw):
    assert number(raw) is None


@pytest.mark.parametrize(
    "written",
    ["2026-11-22T08:15:00+08:00", "2026-11-22T00:15:00Z", "2026-11-22T00:15:00.000Z", 1795306500, 1795306500000],
)
def test_a_time_with_an_offset_or_an_epoch_is_one_instant(written):
    assert parse_time(written) == datetime(2026, 11, 22, 0, 15, tzinfo=UTC)


@pytest.mark.parametrize("written", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", 1e300, -1e300, "noon"])
def test_a_time_outside_the_calendar_is_refused_with_its_text(written):
    refused = parse_time(written)
    assert isinstance(refused, Reject) and refused.reason == "bad_time" and str(written)[:4] in refused.detail


def test_golden_messages_are_whole():
    assert all(message(case).topic for case in CASES)
