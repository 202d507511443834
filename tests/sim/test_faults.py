"""Faults are drawn by the seed, leave the detectors enough data, and are known exactly."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from campus.schema import from_ms, to_ms
from sim.building import use
from sim.fault import TO_FIND, TO_SURVIVE, Fault, Kind
from sim.faults import DAYS_BEFORE, NIGHTS_AFTER, HistoryTooShort, healthy
from sim.moments import moments
from sim.registers import Track, lay, used_until
from sim.score import score
from sim.truth import energy, findings, to_be_found
from sim.weather import DAY_MS
from tests.sim.schools import NOW, SEEDS, laid


def wasted(track: Track) -> list[Fault]:
    """Return the faults that waste something."""
    return [fault for fault in to_be_found(track) if fault.kind in TO_FIND]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_healthy_school_has_nothing_to_be_found_and_every_other_has(seed: int) -> None:
    assert bool(to_be_found(laid(seed))) is bool(wasted(laid(seed))) is not healthy(seed)


def test_one_school_in_five_is_healthy() -> None:
    assert [seed for seed in SEEDS if healthy(seed)] == [5, 10, 15, 20]


def test_twenty_seeds_draw_every_kind_of_fault() -> None:
    drawn = Counter(fault.kind for seed in SEEDS for fault in laid(seed).faults)
    assert set(drawn) == {*TO_FIND, *TO_SURVIVE}
    assert {fault.registered for seed in SEEDS for fault in laid(seed).faults if fault.kind is Kind.REPLACEMENT} == {
        True,
        False,
    }


@pytest.mark.parametrize("seed", SEEDS)
def test_a_fault_to_be_found_has_good_days_before_it_and_nights_after_it(seed: int) -> None:
    track = laid(seed)
    for fault in wasted(track):
        assert fault.start_ms - track.begin_ms >= DAYS_BEFORE * DAY_MS
        assert track.end_ms - fault.start_ms >= (NIGHTS_AFTER - 1) * DAY_MS
        assert [other.kind for other in track.faults if other.meter == fault.meter] == [fault.kind]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_meter_has_one_fault_at_most(seed: int) -> None:
    counts = Counter(fault.meter for fault in laid(seed).faults)
    assert max(counts.values(), default=0) <= 1


@pytest.mark.parametrize("seed", [s for s in SEEDS if not healthy(s)])
def test_a_fault_adds_its_size_from_its_onset_at_its_meter_and_above(seed: int) -> None:
    track = laid(seed)
    clean = use(track.site, (track.begin_ms, track.end_ms))
    true = [finding for finding in findings(track, from_ms(track.end_ms)) if finding.size is not None]
    for fault, finding in zip(wasted(track), true, strict=True):
        key = (fault.meter, finding.quantity)
        edges = np.array([track.begin_ms, fault.start_ms, track.end_ms])
        before, after = np.diff(used_until(track, key, edges)).tolist()
        quarters = (fault.start_ms - track.begin_ms) // 900_000
        assert before == pytest.approx(clean[key][:quarters].sum())
        assert after - clean[key][quarters:].sum() == pytest.approx(finding.to_date)
        main = (track.site.meters[fault.meter].parent, finding.quantity)
        assert energy(track, from_ms(fault.start_ms), from_ms(track.end_ms))[main] > clean[main][quarters:].sum()


@pytest.mark.parametrize("day", range(0, 366, 7))
def test_at_any_time_of_year_an_onset_follows_nights_like_its_own(day: int) -> None:
    track = lay(day + 1 if not healthy(day + 1) else 1, datetime(2026, 1, 2, tzinfo=UTC) + timedelta(days=day))
    there = moments(track.site, track.begin_ms, track.end_ms).boarders[12::96]  # at 03:00
    for fault in wasted(track):
        onset = (fault.start_ms - track.begin_ms) // DAY_MS
        usual = np.median(there[onset + 1 : onset + 6])
        assert (abs(there[: onset + 1] - usual) < 0.1).sum() >= 12
        assert (abs(there[onset + 1 : onset + 6] - usual) < 0.1).sum() >= 3


def test_a_history_without_enough_data_is_refused() -> None:
    with pytest.raises(HistoryTooShort, match="20 days of history"):
        lay(1, NOW, timedelta(days=20))


@pytest.mark.parametrize("seed", [1, 2, 9])
def test_the_truth_scores_itself_as_all_found_and_none_false(seed: int) -> None:
    track = laid(seed)
    perfect = findings(track, NOW)
    judged = score(track, perfect)
    assert (judged.injected, judged.found, judged.missed, judged.false) == (len(perfect), len(perfect), (), ())
    assert score(track, []).missed == tuple(to_be_found(track))


def test_the_same_fault_at_the_meter_above_is_neither_found_nor_false() -> None:
    track = laid(1)
    (finding,) = findings(track, NOW)
    above = score(track, [replace(finding, subject="meter/w-main")])
    assert (above.found, above.false) == (0, ())


@pytest.mark.parametrize(
    "wrong",
    [{"subject": "meter/w-teaching"}, {"rule": "out_of_hours"}, {"start": NOW - timedelta(days=40)}],
    ids=["meter", "rule", "onset"],
)
def test_a_finding_of_another_thing_is_false(wrong: dict[str, object]) -> None:
    track = laid(1)
    (finding,) = findings(track, NOW)
    other = replace(finding, **wrong)  # type: ignore[arg-type]
    judged = score(track, [finding, other])
    assert (judged.found, judged.false) == (1, (other,))


def test_the_true_finding_carries_the_assumed_price_and_says_so() -> None:
    (finding,) = findings(laid(1), NOW)
    assert finding.price is not None and finding.price.assumed and finding.price.document == "示范假设价"
    assert finding.yuan_per_day == pytest.approx(finding.per_day * finding.price.yuan)
    assert to_ms(finding.seen_until) == to_ms(NOW)
