"""The numbers of the page carry the code that says how they came to be known, and the page says what it means."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from campus.quality import NAMES, Code
from campus.schema import DAY, FIGURE, MONTH, Point, SeriesId, empty, to_ms
from campus.schema import HOUR as PER_HOUR
from tests.web import lively
from web.render import sections
from web.snapshot import take
from web.windows import day_of, month_of

HOUR = timedelta(hours=1)


def put(world: lively.World, series: SeriesId, start, shares: tuple[float, float, float | None]) -> None:
    coverage, estimated, corrected = shares
    world.store.write([Point(series, to_ms(start), (10.0, None, None, coverage, estimated, corrected))])


@pytest.mark.parametrize(
    ("shares", "code"),
    [((1.0, 0.0, None), Code.MEASURED), ((1.0, 0.0, 0.2), Code.CORRECTED), ((0.0, 1.0, None), Code.ESTIMATED)],
)
def test_yesterday_today_and_carbon_carry_their_codes(world: lively.World, shares, code) -> None:
    zone = world.registry.school.timezone
    yesterday, today = (day_of(lively.NOW, zone, back=back)[0] for back in (1, 0))
    put(world, SeriesId(FIGURE, "school", "water", DAY), yesterday, shares)
    put(world, SeriesId(FIGURE, "school", "carbon/total", MONTH), month_of(lively.NOW, zone)[0], shares)
    hourly, hour = SeriesId(FIGURE, "school", "water", PER_HOUR), today
    while hour < lively.NOW:
        put(world, hourly, hour, shares)
        hour += HOUR
    snapshot = take(world.view())
    water = next(row for row in snapshot.head.yesterday if row.medium.en == "Water")
    used = next(row for row in snapshot.today if row.quantity == "water")
    assert (water.code, used.code, snapshot.carbon.total.code) == (code, code, code)
    html = sections(snapshot, "demo", "zh")
    badge = f'<abbr class="code-{code}" title="{NAMES[code].zh}"'
    assert all(badge in html[name] for name in ("head", "today", "carbon"))


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_page_explains_every_letter(world: lively.World, lang: str) -> None:
    html = sections(take(world.view()), "demo", lang)["quality"]
    for code, name in NAMES.items():
        assert re.search(rf'<abbr class="code-{code}"[^>]*>\w</abbr> {name.to(lang)}', html), code


def test_a_day_with_an_unknown_hour_is_partly_unknown(world: lively.World) -> None:
    today = day_of(lively.NOW, world.registry.school.timezone)[0]
    series = SeriesId(FIGURE, "school", "water", PER_HOUR)
    world.store.replace(series, (today, lively.NOW), empty(FIGURE))
    put(world, series, today, (1.0, 0.0, None))
    used = next(row for row in take(world.view()).today if row.quantity == "water")
    assert used.missing and used.code is Code.PARTIAL
