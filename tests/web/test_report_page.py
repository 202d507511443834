"""The annual report over HTTP: made beside the page, shown with what it lacks, downloaded as made."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from campus.errors import CampusError
from tests.web import busy, lively
from tests.web.served import Answer, Site, serving
from web.press import KEPT
from web.state import Report


def _when(site: Site, path: str, shown: Callable[[Answer], bool]) -> Answer:
    """Ask for a page again and again until it shows something."""
    deadline = time.monotonic() + 60
    while not shown(answer := site.get(path)):
        assert time.monotonic() < deadline, answer.text
        time.sleep(0.05)
    return answer


def test_the_report_leads_to_the_latest_year_in_the_language_asked_for(office: Site) -> None:
    answer = office.get("/schools/demo/report?lang=en")
    assert answer.headers["location"] == "/schools/demo/report/2026?lang=en"


def test_a_draft_lists_what_forbids_signing_it(office: Site) -> None:
    page = _when(office, "/schools/demo/report/2026", lambda answer: "annual.pdf" in answer.text).text
    assert "草稿" in page and "不得定稿" in page and "覆盖率 42%" in page and "演示假定价" in page
    assert 'aria-current="page">2026' in page and "/report/2025" in page


def test_a_whole_year_may_be_signed(office: Site) -> None:
    page = _when(office, "/schools/demo/report/2025?lang=en", lambda answer: "annual.xlsx" in answer.text).text
    assert "Ready to be signed" in page and "Draft" not in page


def test_both_files_come_with_a_name_and_a_type(office: Site) -> None:
    pdf, xlsx = (office.get(f"/schools/demo/report/2025/annual.{form}") for form in ("pdf", "xlsx"))
    assert (pdf.headers["content-type"], pdf.text) == ("application/pdf", "%PDF-1.7 2025")
    assert xlsx.text == "PK" and "spreadsheetml" in xlsx.headers["content-type"]
    disposition = "attachment; filename*=UTF-8''%E7%A4%BA%E8%8C%83%E5%AD%A6%E6%A0%A1-2025-annual.pdf"
    assert pdf.headers["content-disposition"] == disposition


def test_what_there_is_not_is_said_so(office: Site) -> None:
    paths = ("1999", "1999/annual.pdf", "2025/annual.docx", "x")
    assert {office.get(f"/schools/demo/report/{path}").status for path in paths} == {404}


class _Slow:
    """Makes a report when it is told to, and counts how many."""

    def __init__(self) -> None:
        self.go, self.begun, self.at_once, self.most = threading.Event(), 0, 0, 0

    def report(self, year: int) -> Report | None:
        self.begun, self.at_once = self.begun + 1, self.at_once + 1
        self.most = max(self.most, self.at_once)
        assert self.go.wait(60)
        self.at_once -= 1
        return busy.report(year)


def test_a_report_being_made_says_so_and_shows_itself_when_done(working: lively.World) -> None:
    slow = _Slow()
    with serving({"demo": replace(busy.view(working), report=slow.report)}) as site:
        waiting = site.get("/schools/demo/report/2025").text
        assert "正在生成 2025 年的年报" in waiting and 'http-equiv="refresh"' in waiting
        assert "正在生成" in site.get("/schools/demo/report/2026").text
        slow.go.set()
        done = _when(site, "/schools/demo/report/2025", lambda answer: "annual.pdf" in answer.text)
        _when(site, "/schools/demo/report/2026", lambda answer: "annual.pdf" in answer.text)
        assert 'http-equiv="refresh"' not in done.text
    assert (slow.begun, slow.most) == (2, 1)  # each year once however often it was asked for, one at a time


def test_a_report_is_kept_for_a_while_and_then_made_anew(working: lively.World) -> None:
    slow = _Slow()
    slow.go.set()
    with serving({"demo": replace(busy.view(working), report=slow.report)}) as site:
        for _ in range(3):
            assert site.get("/schools/demo/report/2025/annual.pdf").status == 200
        assert slow.begun == 1
        working.now += KEPT - timedelta(seconds=1)
        site.get("/schools/demo/report/2025/annual.xlsx")
        assert slow.begun == 1
        working.now += timedelta(seconds=1)
        site.get("/schools/demo/report/2025/annual.xlsx")
    assert slow.begun == 2


def test_a_report_that_cannot_be_made_says_why_and_is_tried_again(working: lively.World) -> None:
    asked: list[int] = []

    def report(year: int) -> Report | None:
        asked.append(year)
        if len(asked) == 1:
            raise CampusError("the store does not answer: start it")
        return busy.report(year)

    with serving({"demo": replace(busy.view(working), report=report)}) as site:
        page = _when(site, "/schools/demo/report/2025", lambda answer: "正在生成" not in answer.text)
        file = site.get("/schools/demo/report/2025/annual.pdf")
    assert "the store does not answer: start it" in page.text
    assert file.status == 200


def test_a_year_with_nothing_to_report_says_so(working: lively.World) -> None:
    with serving({"demo": replace(busy.view(working), report=lambda _year: None)}) as site:
        page = _when(site, "/schools/demo/report/2025", lambda answer: "正在生成" not in answer.text)
        assert site.get("/schools/demo/report/2025/annual.pdf").status == 404
    assert "2025 年没有可以报告的数据" in page.text


def test_a_school_without_data_has_no_year_to_choose(site: Site) -> None:
    answer = site.get("/schools/demo/report")
    assert answer.status == 200 and "还没有可以报告的年度" in answer.text


def test_years_that_cannot_be_read_give_a_sentence(working: lively.World) -> None:
    def years() -> tuple[int, ...]:
        raise CampusError("the disk is full: free space on it")

    with serving({"demo": replace(busy.view(working), years=years)}) as site:
        answers = [site.get(f"/schools/demo/report{path}") for path in ("", "/2025", "/2025/annual.pdf")]
    assert all(answer.status == 503 and "free space" in answer.text for answer in answers)
