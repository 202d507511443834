"""Virtual meters behind the pipeline: silence is not zero, topology counts by the day, any way there ends alike."""

from __future__ import annotations

import random
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app import reopen
from app.derive import World, step
from campus.errors import StoreUnavailable
from campus.readings import Kind
from campus.registry import Arrival, Change, Register
from campus.schema import DAY, FIGURE, HOUR, MONTH, YEAR, SeriesId, to_ms
from campus.units import QUANTITIES
from campus.virtual import Addend, Virtual
from ingest.checks import routes
from ingest.drain import drain
from ingest.payload import Item
from ingest.payloads import native
from tests.app.test_derive import FORMATS, Dying, Pipe, in_slices, meter, registry

BEGAN = datetime(2026, 3, 1, 16, tzinfo=UTC)  # midnight in Shanghai
HALF = timedelta(minutes=30)
ELECTRICITY = QUANTITIES["electricity"]


def virtual(key, *addends, quantity="electricity"):
    parts = tuple(Addend(*addend) for addend in addends)
    return Virtual(key, key, key, QUANTITIES[quantity], "as the test says", parts)


def generating(key):
    return replace(meter(key), registers=(Register(QUANTITIES["generation"], "kWh", 8),))


EXPORTING = replace(
    meter("grid"), registers=(Register(ELECTRICITY, "kWh", 8), Register(QUANTITIES["electricity_export"], "kWh", 8))
)
OWN = virtual("own", (1.0, "pv", "generation"), (-1.0, "grid", "electricity_export"))
ROOF = replace(registry(EXPORTING, generating("pv")), virtuals={"own": OWN})
REST = virtual("rest", (1.0, "main", "electricity"), (-1.0, "main", "electricity", True))
HALVED = virtual("half", (0.5, "rest", "electricity"))
SUBS = replace(
    registry(meter("main"), meter("sub-a", "main", "a"), meter("sub-b", "main", "b")),
    virtuals={"half": HALVED, "rest": REST},
)


def messages(key, an_hour, hours, quantity="", begin=BEGAN):
    """Messages of a register that counts `an_hour` over `hours` hours, one each half hour."""
    items = [
        Item(100 + n * an_hour / 2, Kind.REGISTER, begin + n * HALF, quantity=quantity) for n in range(2 * hours + 1)
    ]
    return [(f"campus/s/{key}", native.encode([item])) for item in items]


@pytest.fixture
def pipes(tmp_path):
    with ExitStack() as stack:

        def opened(name, schools):
            folder = tmp_path / name
            folder.mkdir()
            return stack.enter_context(closing(Pipe(folder, schools)))

        yield opened


def run(pipe, said):
    pipe.journal(said)
    pipe.drain()
    pipe.derive()


def rows(pipe, key, resolution=HOUR, quantity="electricity"):
    series = SeriesId(FIGURE, f"virtual/{key}", quantity, resolution)
    return pipe.store.series([series], datetime(2025, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))[series]


def test_self_use_is_generation_less_export_by_hour_day_month_and_year(pipes):
    pipe = pipes("roof", ROOF)
    run(pipe, messages("pv", 5.0, 24) + messages("grid", 2.0, 24, "electricity_export"))
    assert rows(pipe, "own").value.tolist() == [3.0] * 24
    for resolution, coverage in ((DAY, 1.0), (MONTH, 1 / 31), (YEAR, 1 / 365)):
        found = rows(pipe, "own", resolution)
        assert found.value.tolist() == [72.0] and found.fields["coverage"].tolist() == pytest.approx([coverage])


def test_a_silent_generation_meter_makes_self_use_unknown_and_not_zero(pipes):
    pipe = pipes("roof", ROOF)
    run(pipe, messages("pv", 5.0, 6) + messages("grid", 2.0, 24, "electricity_export"))
    assert rows(pipe, "own").value.tolist() == [3.0] * 6
    assert rows(pipe, "own", DAY).fields["coverage"].tolist() == [0.25]
    never = pipes("never", ROOF)
    run(never, messages("grid", 2.0, 24, "electricity_export"))
    assert not any(len(rows(never, "own", resolution)) for resolution in (HOUR, DAY, MONTH, YEAR))


def test_an_hour_that_one_meter_knows_half_of_is_unknown(pipes):
    pipe = pipes("late", SUBS)
    subs = messages("sub-a", 4.0, 12)[1:] + messages("sub-b", 2.0, 12)
    run(pipe, messages("main", 9.0, 12) + subs)
    assert rows(pipe, "rest").value.tolist() == [3.0] * 11
    assert rows(pipe, "rest").time_ms[0] == to_ms(BEGAN + timedelta(hours=1))


def test_a_late_reading_fills_in_what_was_unknown(pipes):
    pipe = pipes("roof", ROOF)
    run(pipe, messages("pv", 5.0, 6) + messages("grid", 2.0, 24, "electricity_export"))
    run(pipe, messages("pv", 5.0, 24)[13:])
    assert rows(pipe, "own").value.tolist() == [3.0] * 24


def test_it_counts_in_no_building_and_not_in_the_school(pipes):
    here = replace(SUBS, virtuals={"rest": replace(REST, building="a")})
    with_it, without = pipes("with", here), pipes("without", replace(SUBS, virtuals={}))
    for pipe in (with_it, without):
        run(pipe, messages("main", 9.0, 12) + messages("sub-a", 4.0, 12) + messages("sub-b", 2.0, 12))
    figures = [row for row in with_it.state()["figure_view"] if not row[0].startswith("virtual/")]
    assert figures == without.state()["figure_view"] and len(figures) < len(with_it.state()["figure_view"])


def test_more_in_the_parts_than_in_the_whole_is_shown_as_it_is(pipes):
    pipe = pipes("subs", SUBS)
    run(pipe, messages("main", 5.0, 12) + messages("sub-a", 4.0, 12) + messages("sub-b", 2.0, 12))
    assert rows(pipe, "rest").value.tolist() == [-1.0] * 12
    assert rows(pipe, "half", DAY).value.tolist() == [-6.0]


def test_a_meter_read_once_a_day_leaves_days_and_no_hours(pipes):
    daily = replace(meter("sub-b", "main", "b"), interval=timedelta(days=1), arrival=Arrival.DAILY_FROZEN)
    pipe = pipes("mixed", replace(SUBS, meters=SUBS.meters | {"sub-b": daily}))
    frozen = [Item(48.0 * n, Kind.REGISTER, BEGAN + n * timedelta(days=1)) for n in range(4)]
    # The second day of the main meter has a hole at its end, which nothing later bounds.
    run(
        pipe,
        messages("main", 9.0, 46)
        + messages("sub-a", 4.0, 72)
        + [("campus/s/sub-b", native.encode([i])) for i in frozen],
    )
    assert len(rows(pipe, "rest")) == 0
    assert rows(pipe, "rest", DAY).value.tolist() == [24 * 5.0 - 48.0]


def test_the_children_count_from_the_day_they_are_children(pipes):
    noon = BEGAN + timedelta(hours=12)
    moved = replace(SUBS.meters["sub-b"], changes=(Change(noon, {"parent": ""}),))
    pipe = pipes("moved", replace(SUBS, meters=SUBS.meters | {"sub-b": moved}))
    run(pipe, messages("main", 9.0, 24) + messages("sub-a", 4.0, 24) + messages("sub-b", 2.0, 24))
    assert rows(pipe, "rest").value.tolist() == [3.0] * 12 + [5.0] * 12


SAID = messages("main", 9.0, 26) + messages("sub-a", 4.25, 20) + messages("sub-b", 2.5, 26)[20:]


@pytest.fixture(scope="module")
def in_order(tmp_path_factory):
    with closing(Pipe(tmp_path_factory.mktemp("virtual"), SUBS)) as pipe:
        run(pipe, SAID)
        state = pipe.state()
        assert any(row[0] == "virtual/half" and row[2] == HOUR for row in state["figure_view"])
        return state


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 2**32))
def test_any_order_and_slicing_ends_in_the_same_state(tmp_path_factory, in_order, seed):
    source, left = random.Random(seed), list(SAID)
    left += source.sample(left, 20)
    source.shuffle(left)
    with closing(Pipe(tmp_path_factory.mktemp("any"), SUBS)) as pipe:
        in_slices(pipe, left, source, 90)
        assert pipe.state() == in_order


def test_killed_between_any_two_writes_the_next_run_ends_in_the_same_state(tmp_path_factory, in_order):
    changes, killed = 0, True
    while killed:
        with closing(Pipe(tmp_path_factory.mktemp("killed"), SUBS)) as pipe:
            pipe.journal(SAID)
            pipe.drain()
            try:
                pipe.derive(Dying(pipe.store, changes))
                killed = False
            except StoreUnavailable:
                pipe.derive()
            assert pipe.state() == in_order
        changes += 7
    assert changes > 40


def reopened(pipe, folder, registries):
    """Take a changed registry over, as the deriving process does."""
    pipe.registry = registries
    pipe.writer.close()
    reopen.reopen(folder / "journal", folder / "state.json", {"s": registries})
    desk, known = folder / "journal" / "desk", routes([registries], FORMATS)
    cursors = folder / "desk-drain.json", folder / "desk-derive.json"
    drain(desk, cursors[0], known, pipe.sinks())
    while step(desk, cursors, known, World({"s": registries}, {"s": pipe.store})) is not None:
        pass


@pytest.mark.parametrize(
    "changed",
    [
        replace(SUBS, virtuals=SUBS.virtuals | {"half": virtual("half", (0.25, "rest", "electricity"))}),
        replace(SUBS, virtuals=SUBS.virtuals | {"rest": virtual("rest", (1.0, "main", "electricity"))}),
        replace(SUBS, virtuals=SUBS.virtuals | {"new": virtual("new", (1.0, "sub-b", "electricity"))}),
        replace(SUBS, meters={key: m for key, m in SUBS.meters.items() if key != "sub-b"}),
        replace(SUBS, meters=SUBS.meters | {"sub-b": replace(SUBS.meters["sub-b"], parent="sub-a")}),
        replace(SUBS, meters=SUBS.meters | {"sub-a": replace(SUBS.meters["sub-a"], ratio=2.0)}),
        replace(SUBS, meters=SUBS.meters | {"main": replace(SUBS.meters["main"], interval=timedelta(days=1))}),
    ],
    ids=["formula", "narrower", "new", "child removed", "grandchild", "ratio", "daily"],
)
def test_a_registry_changed_afterwards_ends_as_if_it_had_always_been_so(pipes, tmp_path, changed):
    late, fresh = pipes("late", SUBS), pipes("fresh", changed)
    run(late, SAID)
    run(fresh, SAID)
    reopen.reopen(tmp_path / "late" / "elsewhere", tmp_path / "late" / "state.json", {"s": SUBS})
    before = computed(late)
    reopened(late, tmp_path / "late", changed)
    assert computed(late) == computed(fresh)
    assert before and computed(late) != before


def computed(pipe):
    return [row for row in pipe.state()["figure_view"] if row[0].startswith("virtual/")]
