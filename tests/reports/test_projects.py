"""Section seven tells what projects saved, ± and in a word, and why of some it tells nothing."""

from __future__ import annotations

from tests.reports.schools import SCHOOLS


def words_of(row) -> list[str]:
    said = (cell.text.zh if cell.text else cell.printed() for cell in row)
    return [words.replace("\u00a0", " ") for words in said]


def test_every_project_is_told_with_its_error_or_with_the_reason_for_none(papers) -> None:
    report = papers(SCHOOLS[0]).report
    told = {row[0].text.zh: words_of(row)[1:] for row in report.every_project.rows}
    assert told["换灯"] == ["照明改造", "2025-03-01", "21 346", "3 211", "11 847", "13.21", "节约"]
    assert told["换水管"] == ["管网改造", "2025-03-01", "-12.3", "45.6", "未录入价格", "无因子", "与零无法区分"]
    assert told["供热控制"] == ["供热控制", "—", "—", "—", "—", "—", "还没有完成"]
    assert told["冷站"][-1] == "未核定"


def test_the_second_page_has_room_for_the_dearest_and_the_appendix_for_all(papers) -> None:
    report = papers(SCHOOLS[0]).report
    assert report.projects.rows[0][0].text.zh == "换灯"
    assert (len(report.projects.rows), len(report.every_project.rows)) == (2, 4)


def test_a_school_without_projects_has_neither_table(papers) -> None:
    report = papers(SCHOOLS[5]).report
    assert report.projects.rows == report.every_project.rows == ()
