"""Projects stand on the page with what they saved, where each number comes from, and their charts."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from campus.projects import Measure, Project
from campus.said import Said
from campus.schema import project_subject
from tests.web import lively
from tests.web.served import serving
from web.render import sections
from web.snapshot import take
from web.state import Saved

HEAD, SAID, MORE = Said("换灯", "Lamps"), Said("节约5±1度", "Saved 5 ± 1 kWh"), Said("基准", "Baseline")
SAVED = Saved("lamps", HEAD, (SAID,), (MORE,), (project_subject("lamps", "electricity"),))


def section(world: lively.World, lang: str, *rows: Saved) -> str:
    return sections(take(replace(world.view(), savings=lambda: rows)), "demo", lang)["savings"]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_project_is_shown_with_its_sentence_its_sources_and_its_chart(world: lively.World, lang: str) -> None:
    page = section(world, lang, SAVED)
    assert all(said.to(lang) in page for said in (HEAD, SAID, MORE))
    assert 'data-src="/schools/demo/savings/lamps/electricity.json"' in page


def test_a_school_without_projects_has_no_empty_section(world: lively.World) -> None:
    assert section(world, "zh").strip() == ""


def test_the_chart_of_a_project_is_drawn_and_of_no_other(world: lively.World) -> None:
    view = world.view()
    meter = next(iter(view.registry().meters))
    project = Project("lamps", "换灯", "Lamps", Measure.LIGHTING, ((meter, "electricity"),), date(2026, 1, 1), None)
    here = replace(view.registry(), projects=(replace(project, finished=date(2026, 2, 1)), replace(project, key="b")))
    with serving({"demo": replace(view, registry=lambda: here)}) as site:
        drawn = site.get("/schools/demo/savings/lamps/electricity.json")
        assert drawn.status == 200 and "datasets" in drawn.json
        for path in ("lamps/water.json", "b/electricity.json", "other/electricity.svg", "lamps/electricity.pdf"):
            assert site.get(f"/schools/demo/savings/{path}").status == 404
