"""The page over HTTP: what it answers, what it refuses, what it pushes."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from campus.errors import StoreUnavailable
from campus.ports import NewTopic
from campus.schema import FIGURE, Point, SeriesId, to_ms
from campus.schema import HOUR as PER_HOUR
from tests.sizes import within
from tests.web import lively
from tests.web.served import Site, serving
from web.app import create_app
from web.server import NotLoopback, PortTaken, bind, serve


def test_the_page_is_chinese_first_and_english_by_a_switch_that_is_remembered(site: Site) -> None:
    chinese = site.get("/schools/demo")
    assert '<html lang="zh-CN">' in chinese.text and "现在要处理的事" in chinese.text
    english = site.get("/schools/demo?lang=en")
    assert '<html lang="en">' in english.text and "To be dealt with now" in english.text
    remembered = site.get("/schools/demo", Cookie=english.headers["set-cookie"].partition(";")[0])
    assert '<html lang="en">' in remembered.text


def test_nothing_on_the_page_comes_from_another_host(site: Site) -> None:
    answer = site.get("/schools/demo")
    assert "http" not in answer.headers["content-security-policy"]
    assert "'unsafe" not in answer.headers["content-security-policy"]
    assert "://" not in answer.text


@pytest.mark.parametrize(
    "path",
    ["/schools/demo", "/schools/demo/now.json", "/health", "/nothing", "/schools/demo/panels/hours_water.json"],
)
def test_every_answer_carries_the_policy(site: Site, path: str) -> None:
    assert "default-src 'none'" in site.get(path).headers["content-security-policy"]


def test_a_foreign_host_name_is_refused(site: Site) -> None:
    assert site.get("/schools/demo", Host="evil.example").status == 421
    assert site.get("/health", Host="localhost:1").status == 200
    assert site.get("/health", Host="[::1]:1").status == 200


def test_hostile_topics_and_payloads_are_text(site: Site) -> None:
    page = site.get("/schools/demo").text
    assert "<script>alert" not in page and "<img src=x" not in page
    assert "test/&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "\x1b" not in page and "\u202e" not in page


def test_the_new_meter_is_shown_with_payload_format_and_the_command(site: Site) -> None:
    page = site.get("/schools/demo").text
    assert "campus meters add shellies/dorm-3/emeter/0" in page
    assert "1520.11" in page and "shelly" in page


def test_now_json_gives_the_numbers_of_the_store(world: lively.World, site: Site) -> None:
    now = site.get("/schools/demo/now.json").json
    stored = world.store.latest([SeriesId(FIGURE, "school", "carbon/total", "month")])
    assert now["carbon"]["total"]["value"] == next(iter(stored.values())).values[0]
    assert [finding["yuan_per_day"] for finding in now["findings"]] == [80.6, None]
    assert now["taken"] == lively.NOW.isoformat()


def test_a_panel_is_a_specification_or_a_picture(site: Site) -> None:
    spec = site.get("/schools/demo/panels/hours_water.json").json
    assert spec["description"].startswith("逐时用水") and spec["datasets"]["lines"]
    picture = site.get("/schools/demo/panels/hours_water.svg?lang=en")
    assert picture.headers["content-type"] == "image/svg+xml" and picture.text.startswith("<svg")


def test_a_panel_takes_a_subject_and_a_number_of_hours(site: Site) -> None:
    spec = site.get("/schools/demo/panels/hours_electricity.json?subject=meter/e-lab&hours=24").json
    start, end = (param["value"] for param in spec["params"])
    assert end - start == 24 * 3_600_000


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("panels/nothing.json", 404),
        ("panels/hours_water.pdf", 404),
        ("panels/hours_water.json?subject=meter/none", 404),
        ("panels/hours_water.json?hours=0", 400),
        ("panels/hours_water.json?hours=9999999999999", 400),
        ("panels/hours_water.json?hours=１２", 400),
        ("findings/77", 404),
        ("findings/77/evidence.svg", 404),
    ],
)
def test_what_there_is_not_is_said_so(site: Site, path: str, status: int) -> None:
    assert site.get(f"/schools/demo/{path.replace('１２', '%EF%BC%91')}").status == status


def test_a_school_there_is_not_is_a_page_that_says_so(site: Site) -> None:
    answer = site.get("/schools/other")
    assert answer.status == 404 and "没有这一页" in answer.text


def test_a_finding_has_its_page_and_picture(site: Site) -> None:
    page = site.get("/schools/demo/findings/1").text
    assert "演示假定价" in page and "仍在持续" in page
    assert "11-16 22:00" in site.get("/schools/demo/findings/1/evidence.svg").text


def test_one_school_is_shown_at_once_and_several_are_listed(world: lively.World, site: Site) -> None:
    assert site.get("/").headers["location"] == "/schools/demo"
    with serving({"demo": world.view(), "second": _second(world).view()}) as both:
        page = both.get("/").text
    assert 'href="/schools/demo"' in page and 'href="/schools/second"' in page and "第二中学" in page


def _second(world: lively.World) -> lively.World:
    return replace(world, registry=lively.registry("second", "第二中学", "Second school"))


def test_the_pages_own_files_may_be_kept_for_ever_and_name_their_content(site: Site) -> None:
    page = site.get("/schools/demo").text
    for name in ("style.css", "page.js", "charts.js"):
        address = next(part for part in page.split('"') if part.endswith(f"/{name}"))
        answer = site.get(address)
        assert answer.status == 200 and "immutable" in answer.headers["cache-control"] and answer.text
    assert site.get("/assets/x/secrets.toml").status == 404


def test_a_stream_pushes_what_changed_and_only_that(world: lively.World, site: Site) -> None:
    version = site.get("/schools/demo").text.partition('data-version="')[2].partition('"')[0]
    with site.events(f"/schools/demo/events?since={version}") as following:
        assert following()[0] == "pulse"
        hour = lively.NOW.replace(minute=0, second=0)
        series = SeriesId(FIGURE, "school", "water", PER_HOUR)
        world.store.write([Point(series, to_ms(hour), (99.0, None, None, 0.7, 0.0, None))])
        name, data = _next_change(following)
    assert name == "change"
    assert set(data["sections"]) == {"today"} and set(data["panels"]) == {"hours_water"}


def _next_change(following):  # type: ignore[no-untyped-def]
    while True:
        name, data = following()
        if name == "change":
            return name, data


def test_a_page_of_another_moment_is_sent_everything_first(site: Site) -> None:
    with site.events("/schools/demo/events?since=old") as following:
        name, data = following()
    assert name == "change" and {"findings", "carbon", "topics"} <= set(data["sections"])


def test_an_unknown_topic_is_on_the_page_within_two_seconds(world: lively.World, site: Site) -> None:
    with site.events("/schools/demo/events") as following:
        _next_change(following)
        began = time.monotonic()
        topic = NewTopic("brand/new/meter", 1, lively.NOW, lively.NOW, b'{"v":1}', "native")
        world.quarantine.topics.insert(0, topic)
        _, data = _next_change(following)
        took = time.monotonic() - began
    assert "brand/new/meter" in data["sections"]["topics"] and took < within(2)


def test_two_viewers_share_one_look_a_second(world: lively.World) -> None:
    looks: list[float] = []
    view = world.view()

    def clock():  # type: ignore[no-untyped-def]
        return world.now

    def notices():  # type: ignore[no-untyped-def]
        looks.append(time.monotonic())
        return ()

    with (
        serving({"demo": replace(view, clock=clock, notices=notices)}) as site,
        site.events("/schools/demo/events") as one,
        site.events("/schools/demo/events?lang=en") as two,
    ):
        began = time.monotonic()
        while time.monotonic() - began < 3:
            one(), two()
        took, seen = time.monotonic() - began, len(looks)
    assert seen <= 2 * took


class _Breaking:
    """A store that may stop answering."""

    def __init__(self, store) -> None:  # type: ignore[no-untyped-def]
        self.store, self.broken = store, False

    def __getattr__(self, name: str):  # type: ignore[no-untyped-def]
        if self.broken:
            raise StoreUnavailable("the disk is full: free space on it")
        return getattr(self.store, name)


def test_a_store_that_cannot_be_read_is_said_so_and_the_last_numbers_stay(world: lively.World) -> None:
    breaking = _Breaking(world.store)
    with serving({"demo": replace(world.view(), store=breaking)}) as site:
        assert site.get("/schools/demo").status == 200
        breaking.broken = True
        time.sleep(1)
        page, health = site.get("/schools/demo"), site.get("/health")
        with site.events("/schools/demo/events") as following:
            _, data = following()
    assert page.status == 200 and "现在要处理的事" in page.text
    assert health.status == 503 and "disk is full" in health.text
    assert "disk is full" in data["text"]


def test_a_store_that_never_answered_gives_a_sentence_not_a_trace(world: lively.World) -> None:
    breaking = _Breaking(world.store)
    breaking.broken = True
    with serving({"demo": replace(world.view(), store=breaking)}) as site:
        answers = [site.get(path) for path in ("/schools/demo", "/schools/demo/now.json", "/health")]
    assert [answer.status for answer in answers] == [503, 503, 503]
    assert all("free space" in answer.text for answer in answers)


def test_the_page_keeps_time_with_its_school_not_with_its_data(world: lively.World, site: Site) -> None:
    world.now += timedelta(hours=2)
    time.sleep(1)
    late = [row["meter"] for row in site.get("/schools/demo/now.json").json["meters"] if row["lamp"] == "amber"]
    assert "e-main" in late


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.4", "::", "school.example"])
def test_any_other_address_is_refused_because_accounts_do_not_exist_yet(host: str) -> None:
    with pytest.raises(NotLoopback, match="accounts do not exist yet"):
        bind(host, 0)


@contextmanager
def _somebody_listening() -> Iterator[int]:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


def test_a_port_already_taken_is_said_so_with_the_next_free_one(world: lively.World) -> None:
    with _somebody_listening() as port, pytest.raises(PortTaken) as caught:
        serve(create_app({"demo": world.view()}), "127.0.0.1", port)
    assert caught.value.free is not None and caught.value.free > port
    assert str(port) in str(caught.value) and f"port {caught.value.free} is free" in str(caught.value)
    bind("127.0.0.1", caught.value.free).close()
