"""A correction reaches every figure above it, by any way, and leaves no trace but its row once withdrawn."""

from __future__ import annotations

import random
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from app import reopen
from app.derive import World, step
from campus.corrections import Correction, Kind
from campus.schema import CONSUMPTION, DAY, FIGURE, HOUR, MONTH, REGISTER, SeriesId, validated_name
from ingest.checks import routes
from ingest.drain import drain
from tests.app.test_derive import END, FORMATS, PLAIN, QUARTER, START, Pipe, everything

DAY_LONG = timedelta(days=1)


def said(id_: str, kind: Kind, start, end, value=None, **more) -> Correction:
    return Correction(id_, kind, "electricity", start, end, "王老师", date(2026, 5, 2), "核对", value, **more)


CORRECTIONS = (
    said("c1", Kind.USE, START + timedelta(hours=10), START + 2 * DAY_LONG, 500.0),
    said("c2", Kind.VOID, START + 2 * DAY_LONG, START + timedelta(days=2, hours=3)),
    said("c3", Kind.SCALE, START + timedelta(days=2, hours=3), START + timedelta(days=2, hours=7), 10.0),
    said("c4", Kind.READING, START + 9 * QUARTER, START + 9 * QUARTER),
    # Long after the meter's last word, in another month.
    said("c5", Kind.USE, START + 35 * DAY_LONG, START + 36 * DAY_LONG, 48.0),
)


def with_corrections(*corrections: Correction):
    meters = PLAIN.meters | {"sub-a": replace(PLAIN.meters["sub-a"], corrections=corrections)}
    return replace(PLAIN, meters=meters, version=str(len(corrections)))


WITHDRAWN = tuple(
    replace(c, withdrawn_by="李", withdrawn_on=date(2026, 5, 3), withdrawn_reason="看错") for c in CORRECTIONS
)


@pytest.fixture
def pipes(tmp_path):
    with ExitStack() as stack:

        def opened(name, schools=PLAIN):
            (tmp_path / name).mkdir()
            return stack.enter_context(closing(Pipe(tmp_path / name, schools)))

        yield opened


def register(pipe: Pipe, schools) -> None:
    """Give a pipe another registry, the way a running installation takes it in."""
    pipe.registry = schools
    reopen.reopen(pipe.folder / "journal", pipe.folder / "state.json", {"s": schools})
    desk, known = pipe.folder / "journal" / "desk", routes([schools], FORMATS)
    cursors = pipe.folder / "desk-drain.json", pipe.folder / "desk-derive.json"
    while drain(desk, cursors[0], known, pipe.sinks()) is not None:
        pass
    while step(desk, cursors, known, World({"s": schools}, {"s": pipe.store})) is not None:
        pass


def taken_in(pipe: Pipe, messages=None) -> Pipe:
    pipe.journal(everything() if messages is None else messages)
    pipe.drain()
    pipe.derive()
    return pipe


def total(pipe: Pipe, subject: str, window, name: str = "electricity", resolution: str = DAY) -> float:
    one = SeriesId(FIGURE, subject, name, resolution)
    return float(np.nansum(pipe.store.series([one], *window)[one].value))


def test_a_correction_reaches_hours_days_months_buildings_and_keeps_what_the_meter_told(pipes):
    pipe = taken_in(pipes("one"))
    window = START, START + 3 * DAY_LONG
    hours = SeriesId(CONSUMPTION, "sub-a", "electricity")
    told = pipe.store.series([hours], *window)[hours]
    register(pipe, with_corrections(said("c1", Kind.SCALE, START, START + timedelta(hours=8), 3.0)))
    now = pipe.store.series([hours], *window)[hours]
    assert now.value[:8].tolist() == pytest.approx((3 * told.value[:8]).tolist())
    assert now.fields["corrected"][:8].tolist() == [1.0] * 8 and np.isnan(now.fields["corrected"][8:]).all()
    kept = SeriesId(FIGURE, "meter/sub-a", validated_name("electricity"), HOUR)
    assert pipe.store.series([kept], START, END)[kept].value.tolist() == told.value[:8].tolist()
    for subject in ("building/a", "meter/sub-a"):
        month = SeriesId(FIGURE, subject, "electricity", MONTH)
        rows = pipe.store.series([month], START - 2 * DAY_LONG, END)[month]
        share = 3 * told.value[:8].sum() / rows.value[0]
        assert rows.fields["corrected"].tolist() == [pytest.approx(share)]
    raw = SeriesId(REGISTER, "sub-a", "electricity")
    assert len(pipe.store.series([raw], START, END)[raw]) == 360


def test_a_use_beyond_the_last_reading_counts_in_the_sums(pipes):
    pipe = taken_in(pipes("beyond"))
    register(pipe, with_corrections(*CORRECTIONS))
    window = START + 34 * DAY_LONG, START + 37 * DAY_LONG
    assert total(pipe, "meter/sub-a", window) == pytest.approx(48.0)
    assert total(pipe, "building/a", window) == pytest.approx(48.0)
    assert total(pipe, "building/a", window, resolution=HOUR) == pytest.approx(48.0)


def test_withdrawn_everything_is_as_if_it_had_never_been_said(pipes):
    pipe = taken_in(pipes("withdrawn"))
    before = pipe.state()
    register(pipe, with_corrections(*CORRECTIONS))
    assert pipe.state() != before
    register(pipe, with_corrections(*WITHDRAWN))
    assert pipe.state() == before


def test_taken_out_of_the_file_by_hand_nothing_of_it_stays_either(pipes):
    pipe = taken_in(pipes("out"))
    before = pipe.state()
    register(pipe, with_corrections(*CORRECTIONS))
    register(pipe, PLAIN)
    assert pipe.state() == before


@pytest.mark.parametrize("seed", range(2))
def test_readings_in_any_order_and_slicing_end_in_the_same_corrected_state(pipes, seed):
    corrected = with_corrections(*CORRECTIONS)
    at_once = taken_in(pipes("once", corrected))
    register(at_once, corrected)
    source = random.Random(seed)
    messages = everything()
    source.shuffle(messages)
    pipe = pipes("late", corrected)
    register(pipe, corrected)
    while messages:
        cut = source.randint(100, 500)
        taken_in(pipe, messages[:cut])
        messages = messages[cut:]
    assert pipe.state() == at_once.state()


def test_a_late_reading_inside_a_stated_use_moves_its_shape_and_not_its_sum(pipes):
    c1 = CORRECTIONS[0]
    pipe = pipes("late-one", with_corrections(c1))
    messages = everything()
    late = [m for m in messages if m[0].endswith("sub-a")][150:160]
    taken_in(pipe, [m for m in messages if m not in late])
    hours = SeriesId(CONSUMPTION, "sub-a", "electricity")
    before = pipe.store.series([hours], c1.start, c1.end)[hours].value
    taken_in(pipe, late)
    after = pipe.store.series([hours], c1.start, c1.end)[hours].value
    assert before.sum() == pytest.approx(500.0) == after.sum()
    assert before.tolist() != after.tolist()
