"""Publishing: each school in an organisation of its own, twice the same as once, a sentence for whatever is wrong."""

from __future__ import annotations

import copy
import json
import socket
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from dashboards.grafana_server import PublishFailed, Server
from dashboards.publish import Plan, Published, publish
from tests.contract.influx_standin import ADMIN
from tests.dashboards.grafana_places import PLACES, Place, make_buckets, standins
from tests.dashboards.grafana_standin import PASSWORD, Organisation, Reply

NAME = "北校区 (north)"
TOKEN = "own"


@pytest.fixture
def place() -> Iterator[Place]:
    with standins() as opened:
        yield opened


@pytest.fixture(params=sorted(PLACES))
def anywhere(request: pytest.FixtureRequest) -> Iterator[Place]:
    with PLACES[request.param]() as opened:
        yield opened


def inside(place: Place, number: int) -> Organisation:
    assert place.standin is not None
    return place.standin.organisations[number]


def plan_reply(place: Place, method: str, path: str, reply: Reply) -> None:
    assert place.standin is not None
    place.standin.planned[method, path] = reply


def refusal(place: Place, plan: Plan | None = None, server: Server | None = None) -> str:
    """Return what is said when publishing fails: Chinese first, English equal, and nothing secret."""
    with pytest.raises(PublishFailed) as raised:
        publish(server or place.server, plan or place.plan)
    text = str(raised.value)
    zh, en = text.split("\n")
    assert any("一" <= character <= "鿿" for character in zh) and en.isprintable() and len(en) > 20
    assert PASSWORD not in text and f"Token {TOKEN}" not in text
    return text


def warned(done: Published) -> str:
    return "\n".join(f"{zh}\n{en}" for zh, en in done.warnings)


def writes(place: Place) -> list[tuple[str, str]]:
    assert place.standin is not None
    return [(method, path) for method, path, _ in place.standin.requests if method != "GET"]


def test_a_school_gets_an_organisation_with_source_folder_dashboard_and_home_page(anywhere: Place) -> None:
    done, key = publish(anywhere.server, anywhere.plan), anywhere.school.school.key
    assert done.name == f"北校区 ({key})" and done.organisation > 1
    uid = anywhere.plan.dashboard["uid"]
    source = anywhere.ask(done.organisation, "GET", "/datasources/uid/influxdb")
    assert (source["jsonData"]["version"], source["jsonData"]["defaultBucket"]) == ("Flux", key)
    assert source["isDefault"] and "secureJsonData" not in source
    assert anywhere.ask(done.organisation, "GET", "/folders/energy")["title"] == "能耗监测"
    board = anywhere.ask(done.organisation, "GET", f"/dashboards/uid/{uid}")
    assert board["meta"]["folderUid"] == "energy"
    assert done.url == f"{anywhere.server.url}{board['meta']['url']}?orgId={done.organisation}"


def test_publishing_twice_is_publishing_once(anywhere: Place) -> None:
    first = publish(anywhere.server, anywhere.plan)
    uid = anywhere.plan.dashboard["uid"]
    before = anywhere.ask(first.organisation, "GET", f"/dashboards/uid/{uid}")
    second = publish(anywhere.server, anywhere.again(first.organisation))
    assert (second.organisation, second.url) == (first.organisation, first.url)
    assert anywhere.ask(first.organisation, "GET", f"/dashboards/uid/{uid}") == before
    assert ("仪表板没有变化", "the dashboard is as it was") in second.done


def test_nothing_is_doubled_by_publishing_twice_without_remembering(place: Place) -> None:
    publish(place.server, place.plan)
    assert place.standin is not None
    before = copy.deepcopy(place.standin.organisations)
    publish(place.server, place.plan)
    after = place.standin.organisations
    for one in (*before.values(), *after.values()):
        for source in one.sources.values():
            source["version"] = 0  # Grafana counts every saving
    assert after == before and len(after) == 2


def test_the_home_page_is_the_dashboard_and_other_preferences_stay(place: Place) -> None:
    done = publish(place.server, place.plan)
    inside(place, done.organisation).preferences["theme"] = "light"
    publish(place.server, place.again(done.organisation))
    assert inside(place, done.organisation).preferences == {"homeDashboardUID": "campus-north-now", "theme": "light"}


def test_the_organisation_the_administrator_looks_at_is_not_changed(place: Place) -> None:
    publish(place.server, place.plan)
    assert not any("/user/using" in path for _, path in writes(place))
    assert inside(place, 1) == Organisation(1, "Main Org.")


def test_what_somebody_changed_on_the_dashboard_is_put_right(place: Place) -> None:
    done = publish(place.server, place.plan)
    inside(place, done.organisation).dashboards["campus-north-now"]["dashboard"]["title"] = "x"
    publish(place.server, place.again(done.organisation))
    kept = inside(place, done.organisation).dashboards["campus-north-now"]["dashboard"]
    assert (kept["title"], kept["version"]) == ("北校区 · 学校现况 School now", 2)


def test_an_organisation_renamed_by_hand_is_used_on_and_said(place: Place) -> None:
    done = publish(place.server, place.plan)
    inside(place, done.organisation).name = "实验学校"
    again = publish(place.server, place.again(done.organisation))
    assert (again.organisation, again.name) == (done.organisation, "实验学校")
    assert "实验学校" in warned(again) and "its id counts" in warned(again)
    assert place.standin is not None and len(place.standin.organisations) == 2


def test_another_organisation_of_the_schools_name_is_left_alone_and_said(place: Place) -> None:
    done = publish(place.server, place.plan)
    inside(place, done.organisation).name = "实验学校"
    assert place.standin is not None
    place.standin.organisations[9] = Organisation(9, NAME)
    again = publish(place.server, place.again(done.organisation))
    assert again.organisation == done.organisation
    assert "9" in warned(again) and "left alone" in warned(again)
    assert inside(place, 9) == Organisation(9, NAME)


def test_an_organisation_removed_by_hand_is_made_again_and_said(place: Place) -> None:
    done = publish(place.server, place.plan)
    assert place.standin is not None
    del place.standin.organisations[done.organisation]
    again = publish(place.server, place.again(done.organisation))
    assert again.organisation != done.organisation and again.name == NAME
    assert "is gone" in warned(again) and "made the organisation" in warned(again)


def test_a_name_with_signs_of_addresses_in_it_is_found_again(place: Place) -> None:
    plan = replace(place.plan, organisation="一校/二部 #1? (50%)")
    first, second = publish(place.server, plan), publish(place.server, plan)
    assert first.organisation == second.organisation and second.name == plan.organisation


def test_an_organisation_that_shows_another_school_is_refused_and_left_as_it_was(place: Place) -> None:
    done = publish(place.server, place.plan)
    before = copy.deepcopy(inside(place, done.organisation))
    other = replace(place.plan, source=replace(place.plan.source, bucket="south"))
    assert "another school" in refusal(place, other)
    assert inside(place, done.organisation) == before


def test_a_source_of_our_name_that_is_not_ours_is_refused(place: Place) -> None:
    assert place.standin is not None
    place.standin.organisations[5] = Organisation(5, NAME, sources={"else": {"uid": "else", "name": "InfluxDB"}})
    assert "rename or remove it" in refusal(place)


def test_a_source_kept_by_a_file_of_grafana_is_left_alone(place: Place) -> None:
    done = publish(place.server, place.plan)
    source = inside(place, done.organisation).sources["influxdb"]
    source["readOnly"] = True
    again = publish(place.server, place.again(done.organisation))
    assert any("left alone" in en for _, en in again.done) and source["version"] == 1


def test_a_renamed_folder_is_used_as_it_is(place: Place) -> None:
    done = publish(place.server, place.plan)
    inside(place, done.organisation).folders["energy"]["title"] = "用能"
    assert "用能" in warned(publish(place.server, place.again(done.organisation)))
    assert inside(place, done.organisation).folders["energy"]["title"] == "用能"


@pytest.mark.parametrize(
    ("path", "message", "status", "part"),
    [
        ("/api/folders", "the folder has been changed by someone else", "version-mismatch", "somebody just changed"),
        (
            "/api/dashboards/db",
            "A dashboard with the same name in the folder already exists",
            "name-exists",
            "rename",
        ),
    ],
)
def test_what_somebody_else_did_at_the_same_moment_is_said(
    place: Place, path: str, message: str, status: str, part: str
) -> None:
    plan_reply(place, "POST", path, Reply(412, {"message": message, "status": status}))
    text = refusal(place)
    assert part in text and message in text


def test_a_wrong_password_is_said_and_nothing_is_changed(place: Place) -> None:
    text = refusal(place, server=replace(place.server, password="wrong"))
    assert "用户名或密码不对" in text and "invalid username or password" in text
    assert writes(place) == []


def test_a_user_who_may_not_is_told_what_is_needed(place: Place) -> None:
    denied = {"accessErrorId": "ACE1", "message": "You'll need additional permissions", "title": "Access denied"}
    plan_reply(place, "POST", "/api/orgs", Reply(403, denied, "application/json; charset=UTF-8"))
    assert "server administrator" in refusal(place)


def test_an_old_grafana_is_refused_and_nothing_is_changed(place: Place) -> None:
    assert place.standin is not None
    place.standin.version = "8.5.27"
    assert "8.5.27" in refusal(place) and writes(place) == []


@pytest.mark.parametrize("version", ["9.4.0", "10.0.1", "12.1.0-pre"])
def test_a_newer_grafana_is_used_and_said(place: Place, version: str) -> None:
    assert place.standin is not None
    place.standin.version = version
    done = publish(place.server, place.plan)
    assert done.version == version and "newer than 9.3" in warned(done)


@pytest.mark.parametrize("version", ["9.0.0", "9.3.2", "9.3.16"])
def test_a_grafana_as_tried_is_used_without_a_word(place: Place, version: str) -> None:
    assert place.standin is not None
    place.standin.version = version
    assert publish(place.server, place.plan).warnings == ()


@pytest.mark.parametrize(
    "reply",
    [
        Reply(200, "<html>Welcome to nginx!</html>", "text/html"),
        Reply(200, {"status": "pass", "name": "influxdb"}),
        Reply(200, "[]"),
        Reply(200, "<html>", "application/json"),
        Reply(404, {"code": "not found", "message": "path not found"}),
        Reply(404, "404 page not found", "text/plain"),
    ],
    ids=["page", "other json", "list", "no json", "json 404", "plain 404"],
)
def test_what_is_no_grafana_is_called_so(place: Place, reply: Reply) -> None:
    plan_reply(place, "GET", "/api/health", reply)
    assert "no Grafana" in refusal(place) and writes(place) == []


def test_a_grafana_in_trouble_is_told_with_its_own_words(place: Place) -> None:
    plan_reply(place, "GET", "/api/health", Reply(503, {"database": "failing", "version": "9.3.2"}))
    assert "503" in refusal(place)


def test_a_grafana_that_does_not_answer_is_told_with_its_address(place: Place) -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
    text = refusal(place, server=replace(place.server, url=f"http://127.0.0.1:{port}"))
    assert "no answer" in text and str(port) in text


def test_a_grafana_below_a_path_is_found_there(place: Place) -> None:
    assert place.standin is not None
    refusal(place, server=replace(place.server, url=f"{place.server.url}/grafana/"))
    assert place.standin.requests[-1][1] == "/grafana/api/health"
    place.standin.surprises.clear()


def test_a_missing_token_or_password_is_named_before_anything_is_asked(place: Place) -> None:
    no_token = replace(place.plan, source=replace(place.plan.source, token=""))
    assert "CAMPUS_GRAFANA_INFLUXDB_TOKEN" in refusal(place, no_token)
    assert "CAMPUS_GRAFANA_PASSWORD" in refusal(place, server=replace(place.server, password=""))
    assert place.standin is not None and place.standin.requests == []


def test_an_influxdb_that_grafana_does_not_reach_is_a_warning(place: Place) -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
    plan = replace(place.plan, source=replace(place.plan.source, url=f"http://127.0.0.1:{port}"))
    done = publish(place.server, plan)
    assert "does not reach InfluxDB" in warned(done) and done.url


def test_a_token_that_reads_other_schools_is_a_warning(place: Place) -> None:
    assert place.influx is not None
    make_buckets(place.influx.url, ADMIN, "campus", "south")
    done = publish(place.server, replace(place.plan, source=replace(place.plan.source, token=ADMIN)))
    assert "reads 4 buckets" in warned(done)
    assert publish(place.server, place.again(done.organisation)).warnings == ()


def test_no_secret_is_shown_or_stored_where_others_read(place: Place) -> None:
    done = publish(place.server, place.plan)
    shown = repr((place.server, place.plan, done)) + json.dumps(place.plan.dashboard)
    assert PASSWORD not in shown and f"'{TOKEN}'" not in shown
    assert place.standin is not None
    carrying = [path for _, path, body in place.standin.requests if f'"{TOKEN}"' in body]
    assert carrying == ["/api/datasources"]


def test_the_stand_in_would_notice_a_request_nobody_knows() -> None:
    with pytest.raises(AssertionError), standins() as place:
        place_of: Any = place.standin
        with pytest.raises(Exception, match="501"):
            place.ask(1, "GET", "/search")
        assert place_of.surprises
