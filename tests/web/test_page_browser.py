"""The page in a real Chromium: drawn, renewed without a reload, within its width, and honest when it is cut off."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

from campus.ports import NewTopic
from campus.schema import FIGURE, Point, SeriesId, to_ms
from campus.schema import HOUR as PER_HOUR
from tests.web import lively
from tests.web.served import Site, serving

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")
pytestmark = pytest.mark.skipif(
    not (CHROMIUM and DRIVER), reason="needs chromium and chromedriver (Debian: apt install chromium chromium-driver)"
)
SWITCHES = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--no-proxy-server",
)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    options = webdriver.ChromeOptions()
    options.binary_location = str(CHROMIUM)
    for switch in (*SWITCHES, f"--user-data-dir={tmp_path_factory.mktemp('browser')}"):
        options.add_argument(switch)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(str(DRIVER)))
    yield driver
    driver.quit()


def _show(browser: webdriver.Chrome, site: Site, width: int = 1440, path: str = "/schools/demo") -> None:
    """Open a page so tall that every chart is in view, and wait until all of them are drawn."""
    browser.get("about:blank")  # a page of a test before would complain that its server has gone
    browser.get_log("browser")
    metrics = {"width": width, "height": 9000, "deviceScaleFactor": 1, "mobile": width < 600}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    browser.get(site.url + path)
    _wait(lambda: browser.execute_script(UNDRAWN) == [], 20)


# A chart without marks is either not drawn yet or empty.
UNDRAWN = """return [...document.querySelectorAll('[data-chart]')]
    .filter((chart) => chart.querySelectorAll('svg .mark-line path, svg .mark-rect path').length === 0)
    .map((chart) => chart.dataset.chart)"""


def _wait(true: Callable[[], bool], seconds: float) -> float:
    began = time.monotonic()
    while not true():
        assert time.monotonic() - began < seconds, f"not so within {seconds} s"
        time.sleep(0.05)
    return time.monotonic() - began


def _text(browser: webdriver.Chrome, selector: str) -> str:
    return str(browser.execute_script("return document.querySelector(arguments[0]).textContent", selector))


@pytest.mark.parametrize(("width", "lang"), [(1440, "zh"), (390, "en")])
def test_every_chart_is_drawn_nothing_is_too_wide_and_the_console_is_clean(
    browser: webdriver.Chrome, site: Site, width: int, lang: str
) -> None:
    _show(browser, site, width, f"/schools/demo?lang={lang}")
    assert browser.execute_script("return document.querySelectorAll('[data-chart]').length") >= 14
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width
    assert browser.get_log("browser") == []


def test_a_change_in_the_store_is_on_the_page_without_a_reload(
    browser: webdriver.Chrome, site: Site, world: lively.World
) -> None:
    _show(browser, site, path="/schools/demo?lang=zh")
    browser.execute_script("window.sameDocument = true")
    picture = "[data-chart='panel/hours_water'] .mark-line path"
    before, line = _text(browser, ".use.water .value"), _paths(browser, picture)
    series = SeriesId(FIGURE, "school", "water", PER_HOUR)
    hour = to_ms(lively.NOW.replace(minute=0, second=0))
    world.store.write([Point(series, hour, (77.0, None, None, 0.7, 0.0))])
    assert _wait(lambda: _text(browser, ".use.water .value") != before, 3) < 3
    _wait(lambda: _paths(browser, picture) != line, 3)
    assert browser.execute_script("return window.sameDocument")


def _paths(browser: webdriver.Chrome, selector: str) -> list[str]:
    script = "return [...document.querySelectorAll(arguments[0])].map((path) => path.getAttribute('d'))"
    return list(browser.execute_script(script, selector))


def test_an_unknown_topic_appears_within_two_seconds_and_its_payload_does_not_act(
    browser: webdriver.Chrome, site: Site, world: lively.World
) -> None:
    _show(browser, site)
    payload = b'"><script>window.acted = 1</script><img src=x onerror="window.acted = 1">'
    world.quarantine.topics.insert(0, NewTopic("new/<b>meter</b>", 1, lively.NOW, lively.NOW, payload, ""))
    took = _wait(lambda: "new/<b>meter</b>" in _text(browser, "#s-topics"), 3)
    assert took < 2
    assert browser.execute_script("return window.acted === undefined")


def test_a_new_finding_brings_its_picture(browser: webdriver.Chrome, site: Site, world: lively.World) -> None:
    second = world.ledger.rows.pop()
    _show(browser, site)
    world.ledger.rows.append(second)
    drawn = "return document.querySelectorAll(\"[data-chart='finding/2'] .mark-line path\").length > 0"
    assert _wait(lambda: bool(browser.execute_script(drawn)), 6) < 6


def test_a_page_cut_off_says_so_with_the_time_of_its_numbers(browser: webdriver.Chrome, world: lively.World) -> None:
    with serving({"demo": world.view()}) as site:
        _show(browser, site, path="/schools/demo?lang=zh")
    _wait(lambda: "连接断开，数字停在 09:38" in _text(browser, "#lost"), 12)
    assert browser.execute_script("return document.body.classList.contains('stale')")


def test_a_finding_has_a_page_with_its_picture(browser: webdriver.Chrome, site: Site, tmp_path: Path) -> None:
    _show(browser, site, 390, "/schools/demo/findings/1")
    assert browser.execute_script("return document.documentElement.scrollWidth") <= 390
    assert browser.get_log("browser") == []
    assert browser.save_screenshot(str(tmp_path / "finding.png"))
