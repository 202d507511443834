"""What is computed stands on the page among the meters, called so, with its formula and what it lacks."""

from __future__ import annotations

from dataclasses import replace

from campus.said import Said
from tests.web import lively
from web.render import sections
from web.snapshot import take
from web.state import Computed

FORMULA = "pv - main.electricity_export & <more>"
OWN = Computed("own", Said("光伏自用", "PV self-use"), None, FORMULA, "kWh", 72.4, 0.0)


def quality(world: lively.World, lang: str, *rows: Computed) -> str:
    return sections(take(replace(world.view(), computed=lambda: rows)), "demo", lang)["quality"]


def test_a_computed_meter_is_called_so_and_shows_its_formula_as_text(world: lively.World) -> None:
    page = quality(world, "zh", OWN)
    assert "光伏自用" in page and '<span class="flag">计算</span>' in page
    assert "= pv - main.electricity_export &amp; &lt;more&gt;" in page
    assert "<b>72.4</b> kWh" in page and "数据不足" not in page


def test_what_is_not_enough_data_is_no_number_and_says_who_is_silent(world: lively.World) -> None:
    remark = Said("数据不足：光伏自 07-01 12:00 起无读数", "not enough data: PV silent since 07-01 12:00")
    page = quality(world, "en", replace(OWN, yesterday=None, remarks=(remark,)))
    assert "not enough data</td>" in page and remark.en in page and "72.4" not in page


def test_a_share_that_is_estimated_stands_beside_the_number(world: lively.World) -> None:
    assert "Estimated 25%" in quality(world, "en", replace(OWN, estimated=0.25))


def test_a_school_without_virtual_meters_has_no_empty_list_of_them(world: lively.World) -> None:
    assert "由各表计算的量" in quality(world, "zh", OWN) and "由各表计算的量" not in quality(world, "zh")
