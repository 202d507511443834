"""The pages of work in a real Chromium: within their width, cards on a phone, mails that run nothing."""

from __future__ import annotations

import pytest
from selenium import webdriver

from tests.sizes import within
from tests.web.browsing import needs_browser, show, wait
from tests.web.served import Site

pytestmark = needs_browser

PAGES = ("ledger", "findings/4", "findings/8", "mails", "report/2026")


@pytest.mark.parametrize(("width", "lang"), [(1440, "zh"), (800, "en"), (390, "en"), (390, "zh")])
def test_no_page_is_wider_than_its_window_and_the_console_is_clean(
    browser: webdriver.Chrome, office: Site, width: int, lang: str
) -> None:
    for page in PAGES:
        show(browser, office, width, f"/schools/demo/{page}?lang={lang}")
        assert browser.execute_script("return document.documentElement.scrollWidth") <= width, page
        assert browser.get_log("browser") == [], page


# What scrolls sideways inside the page hides numbers on a phone.
SIDEWAYS = (
    "return [...document.querySelectorAll('.scroll')].filter((box) => box.scrollWidth > box.clientWidth).length"
)


@pytest.mark.parametrize("page", ["ledger", "findings/4", "mails"])
def test_on_a_phone_rows_are_cards_and_nothing_scrolls_sideways(
    browser: webdriver.Chrome, office: Site, page: str
) -> None:
    show(browser, office, 390, f"/schools/demo/{page}?lang=en")
    assert browser.execute_script(SIDEWAYS) == 0
    row = "return getComputedStyle(document.querySelector('table.stack tbody tr')).display"
    assert browser.execute_script(row) == "block"


def test_a_mail_is_shown_whole_with_its_picture_and_runs_nothing(browser: webdriver.Chrome, office: Site) -> None:
    show(browser, office, 1440, "/schools/demo/mails/1")
    inside = "document.querySelector('iframe.mail').contentDocument"
    wait(lambda: bool(browser.execute_script(f"return {inside}.images[0]?.naturalWidth > 0")), within(5))
    tall = f"return {inside}.documentElement.scrollHeight <= document.querySelector('iframe.mail').clientHeight"
    wait(lambda: bool(browser.execute_script(tall)), within(5))
    assert browser.execute_script(f"return getComputedStyle({inside}.querySelector('p')).color") == "rgb(20, 20, 20)"
    assert browser.execute_script("return window.acted === undefined")
    assert all("Blocked" in line["message"] or "blocked" in line["message"] for line in browser.get_log("browser"))


def test_the_report_shows_itself_when_it_is_made(browser: webdriver.Chrome, office: Site) -> None:
    show(browser, office, 390, "/schools/demo/report/2025")
    wait(lambda: bool(browser.execute_script("return document.querySelector('a.file') !== null")), within(5))
