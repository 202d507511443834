"""What the demonstration's school has announced: a file without a mistake, a list its healthy buildings keep to."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from app.registry_toml import load_registry
from campus.calendar import local_date
from campus.plans import PlanKind
from campus.schema import from_ms, to_ms
from ingest.payload import formats
from sim.building import use
from sim.moments import STEP_H
from sim.plans import SHUT, plans_toml
from sim.toml import school_toml
from tests.sim.schools import SEEDS, laid


@pytest.mark.parametrize("seed", SEEDS)
def test_the_last_weekend_is_shut_and_its_list_is_what_the_healthy_buildings_keep_to(seed):
    track = laid(seed)
    registry, issues = load_registry(school_toml(track) + plans_toml(track), "demo.toml", formats())
    assert registry is not None, issues
    outage, weekend = registry.plans
    assert (outage.kind, weekend.kind) == (PlanKind.OUTAGE, PlanKind.CLOSED)
    zone = registry.school.timezone
    assert local_date(outage.start, zone) == local_date(from_ms(track.end_ms), zone) + timedelta(days=1)
    assert weekend.end - weekend.start == timedelta(hours=40) and weekend.end <= from_ms(track.end_ms)
    healthy = use(track.site, (to_ms(weekend.start), to_ms(weekend.end)))
    for line in weekend.keep:
        assert (healthy[SHUT[line.building][0], "electricity"] / STEP_H).max() <= line.rate


def test_a_history_without_a_whole_weekend_has_no_weekend_shut():
    track = laid(1)
    text = plans_toml(replace(track, begin_ms=track.end_ms - 3_600_000))
    assert 'kind = "outage"' in text and 'kind = "closed"' not in text
