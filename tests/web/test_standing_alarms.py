"""What is wrong with collecting and computing is a red lamp with its sentence, in the page's language, at once."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from selenium import webdriver

from app import status
from app.alarms import alarms
from app.floods import ANYBODY_PER_MIN
from campus.said import Said
from tests.web import lively
from tests.web.browsing import needs_browser, show, text, wait
from tests.web.served import Site
from web.freshness import Lamp
from web.render import sections
from web.snapshot import take

ALARM = Said("代理服务器已丢弃 <17> 条消息", "The broker dropped <17> messages")


def told(folder: Path) -> list[Said]:
    """Return the alarms of an installation in which everything is wrong that an alarm knows of."""
    receiver = {"in_flight": 20, "broker_dropped": 17, "session_lost_at": time.time(), "trouble": "没有 / no broker"}
    status.write(folder, "ingest-main", receiver | {"busy": {"campus/x": ANYBODY_PER_MIN + 1}})
    status.write(folder, "drain", {"trouble": "InfluxDB: no answer"})
    for gone in ("ingest-2", "derive"):
        status.write(folder, gone, {})
        path = folder / f"{gone}.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | {"at": time.time() - 60}))
    return alarms(folder, {})


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_alarm_is_on_the_page_with_a_red_lamp_and_in_its_language(world, tmp_path, lang):
    world.alarms = told(tmp_path)
    assert len(world.alarms) == 8
    shown = sections(take(world.view()), "demo", lang)["head"]
    listed = shown.partition("</ul>")[0]
    assert listed.count('class="lamp red" role="img"') == 8
    for words in (
        *("ingest-2", "derive", "no answer", "17", "20", "campus/x", "persistence"),
        *(
            ("没有在运行", "丢弃", "忘记", "入库暂停")
            if lang == "zh"
            else ("not running", "dropped", "forgotten", "waits")
        ),
    ):
        assert words in listed, words
    assert ("no broker" in listed) is (lang == "en")


def test_without_an_alarm_there_is_no_red_lamp(world):
    head = take(world.view()).head
    assert head.alarms == () and Lamp.RED not in {row.lamp for row in head.lamps}
    assert "alarms" not in sections(take(world.view()), "demo", "zh")["head"]


def test_an_alarm_makes_the_lamp_of_collecting_red_and_says_how_many(world):
    world.alarms = [ALARM, ALARM]
    (collecting,) = [row for row in take(world.view()).head.lamps if row.medium == "collection"]
    assert (collecting.lamp, collecting.why) == (Lamp.RED, Said("告警 2 项", "alarms: 2"))


def test_what_an_alarm_quotes_cannot_act_on_the_page(world):
    world.alarms = [ALARM]
    assert "&lt;17&gt;" in sections(take(world.view()), "demo", "en")["head"]


@needs_browser
def test_an_alarm_comes_and_goes_on_an_open_page(browser: webdriver.Chrome, site: Site, world: lively.World) -> None:
    show(browser, site, 390, "/schools/demo?lang=en")
    world.alarms = [Said("长" * 300, "x" * 300)]
    wait(lambda: "xxx" in text(browser, "#s-head"), 5)
    assert browser.execute_script("return document.documentElement.scrollWidth") <= 390
    red = "return getComputedStyle(document.querySelector('.alarms .lamp')).backgroundColor"
    assert browser.execute_script(red) == "rgb(179, 38, 30)"
    world.alarms = []
    wait(lambda: "xxx" not in text(browser, "#s-head"), 5)
