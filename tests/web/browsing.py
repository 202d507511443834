"""A real Chromium and how tests look at a page in it."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

from tests.web.served import Site

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")
needs_browser = pytest.mark.skipif(
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


@contextmanager
def chromium(profile: Path) -> Iterator[webdriver.Chrome]:
    """Run a browser with a profile folder of its own."""
    options = webdriver.ChromeOptions()
    options.binary_location = str(CHROMIUM)
    for switch in (*SWITCHES, f"--user-data-dir={profile}"):
        options.add_argument(switch)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(str(DRIVER)))
    try:
        yield driver
    finally:
        driver.quit()


def show(browser: webdriver.Chrome, site: Site, width: int = 1440, path: str = "/schools/demo") -> None:
    """Open a page so tall that every chart is in view, and wait until all of them are drawn."""
    browser.get("about:blank")  # a page of a test before would complain that its server has gone
    browser.get_log("browser")
    metrics = {"width": width, "height": 9000, "deviceScaleFactor": 1, "mobile": width < 600}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    browser.get(site.url + path)
    wait(lambda: browser.execute_script(UNDRAWN) == [], 120)


# A chart without marks is either not drawn yet or empty.
UNDRAWN = """return [...document.querySelectorAll('[data-chart]')]
    .filter((chart) => chart.querySelectorAll('svg .mark-line path, svg .mark-rect path').length === 0)
    .map((chart) => chart.dataset.chart)"""


def wait(true: Callable[[], bool], seconds: float) -> float:
    """Wait until something is so; return how long it took [s]."""
    began = time.monotonic()
    while not true():
        assert time.monotonic() - began < seconds, f"not so within {seconds} s"
        time.sleep(0.05)
    return time.monotonic() - began


def text(browser: webdriver.Chrome, selector: str) -> str:
    """Return the text of the first element of a selector."""
    return str(browser.execute_script("return document.querySelector(arguments[0]).textContent", selector))
