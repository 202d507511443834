"""The page in a real Chromium: drawn, renewed without a reload, within its width, and honest when it is cut off."""

from __future__ import annotations

from pathlib import Path

import pytest
from selenium import webdriver

from campus.ports import NewTopic
from campus.schema import FIGURE, Point, SeriesId, to_ms
from campus.schema import HOUR as PER_HOUR
from tests.sizes import within
from tests.web import lively
from tests.web.browsing import needs_browser, show, text, wait
from tests.web.served import Site, serving

pytestmark = needs_browser


@pytest.mark.parametrize(("width", "lang"), [(1440, "zh"), (390, "en")])
def test_every_chart_is_drawn_nothing_is_too_wide_and_the_console_is_clean(
    browser: webdriver.Chrome, site: Site, width: int, lang: str
) -> None:
    show(browser, site, width, f"/schools/demo?lang={lang}")
    assert browser.execute_script("return document.querySelectorAll('[data-chart]').length") >= 14
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width
    assert browser.get_log("browser") == []


def test_a_change_in_the_store_is_on_the_page_without_a_reload(
    browser: webdriver.Chrome, site: Site, world: lively.World
) -> None:
    show(browser, site, path="/schools/demo?lang=zh")
    browser.execute_script("window.sameDocument = true")
    picture = "[data-chart='panel/hours_water'] .mark-line path"
    before, line = text(browser, ".use.water .value"), _paths(browser, picture)
    series = SeriesId(FIGURE, "school", "water", PER_HOUR)
    hour = to_ms(lively.NOW.replace(minute=0, second=0))
    world.store.write([Point(series, hour, (77.0, None, None, 0.7, 0.0, None))])
    wait(lambda: text(browser, ".use.water .value") != before, within(3))
    wait(lambda: _paths(browser, picture) != line, within(3))
    assert browser.execute_script("return window.sameDocument")


def _paths(browser: webdriver.Chrome, selector: str) -> list[str]:
    script = "return [...document.querySelectorAll(arguments[0])].map((path) => path.getAttribute('d'))"
    return list(browser.execute_script(script, selector))


def test_an_unknown_topic_appears_within_two_seconds_and_its_payload_does_not_act(
    browser: webdriver.Chrome, site: Site, world: lively.World
) -> None:
    show(browser, site)
    payload = b'"><script>window.acted = 1</script><img src=x onerror="window.acted = 1">'
    world.quarantine.topics.insert(0, NewTopic("new/<b>meter</b>", 1, lively.NOW, lively.NOW, payload, ""))
    wait(lambda: "new/<b>meter</b>" in text(browser, "#s-topics"), within(2))
    assert browser.execute_script("return window.acted === undefined")


def test_a_new_finding_brings_its_picture(browser: webdriver.Chrome, site: Site, world: lively.World) -> None:
    second = world.ledger.rows.pop()
    show(browser, site)
    world.ledger.rows.append(second)
    drawn = "return document.querySelectorAll(\"[data-chart='finding/2'] .mark-line path\").length > 0"
    wait(lambda: bool(browser.execute_script(drawn)), within(6))


def test_a_page_cut_off_says_so_with_the_time_of_its_numbers(browser: webdriver.Chrome, world: lively.World) -> None:
    with serving({"demo": world.view()}) as site:
        show(browser, site, path="/schools/demo?lang=zh")
    wait(lambda: "连接断开，数字停在 09:38" in text(browser, "#lost"), within(12))
    assert browser.execute_script("return document.body.classList.contains('stale')")


def test_a_finding_has_a_page_with_its_picture(browser: webdriver.Chrome, site: Site, tmp_path: Path) -> None:
    show(browser, site, 390, "/schools/demo/findings/1")
    assert browser.execute_script("return document.documentElement.scrollWidth") <= 390
    assert browser.get_log("browser") == []
    assert browser.save_screenshot(str(tmp_path / "finding.png"))
