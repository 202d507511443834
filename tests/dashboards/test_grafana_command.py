"""`campus dashboards build` and `publish`, as typed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import Result

from tests.app.registry_example import WHOLE
from tests.app.waiting import run, school_file
from tests.contract.influx_standin import Token
from tests.dashboards.grafana_places import Place, standins
from tests.dashboards.grafana_standin import PASSWORD

TOKEN = "own"


@pytest.fixture
def place() -> Iterator[Place]:
    with standins() as opened:
        yield opened


@pytest.fixture
def home(tmp_path: Path, place: Place, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installation with a school, on InfluxDB, with everything Grafana needs."""
    school_file(tmp_path, WHOLE)
    settings(tmp_path, place)
    monkeypatch.setenv("CAMPUS_GRAFANA_PASSWORD", PASSWORD)
    monkeypatch.setenv("CAMPUS_GRAFANA_INFLUXDB_TOKEN", TOKEN)
    return tmp_path


def settings(home: Path, place: Place, kind: str = "influxdb") -> None:
    text = f'[store]\nkind = "{kind}"\nurl = "{place.plan.source.url}"\n[grafana]\nurl = "{place.server.url}"\n'
    (home / "config" / "settings.toml").write_text(text, encoding="utf-8")


def publish(home: Path, more: str = "") -> Result:
    result = run(home, f"dashboards publish {more}")
    assert PASSWORD not in result.output and f'"{TOKEN}"' not in result.output and "Traceback" not in result.output
    return result


def test_build_writes_a_file_a_school_and_the_same_bytes_again(tmp_path: Path) -> None:
    school_file(tmp_path, WHOLE)
    result = run(tmp_path, f"dashboards build --out {tmp_path / 'out'}")
    path = tmp_path / "out" / "campus-north-now.json"
    assert result.exit_code == 0 and result.output.strip() == str(path)
    first = path.read_bytes()
    assert json.loads(first)["uid"] == "campus-north-now"
    assert run(tmp_path, f"dashboards build --school north --out {tmp_path / 'out'}").exit_code == 0
    assert path.read_bytes() == first


@pytest.mark.parametrize("command", ["build", "publish"])
def test_a_school_nobody_registered_is_said_with_those_that_are(tmp_path: Path, command: str) -> None:
    school_file(tmp_path, WHOLE)
    result = run(tmp_path, f"dashboards {command} --school south")
    assert result.exit_code == 1 and "south" in result.output and "north" in result.output


def test_publish_tells_what_it_did_and_where_to_look(home: Path, place: Place) -> None:
    result = publish(home)
    assert result.exit_code == 0, result.output
    assert f"{place.server.url}/d/campus-north-now/" in result.output and "orgId=2" in result.output
    assert "made the organisation" in result.output and "新建组织" in result.output
    kept = json.loads((home / "data" / "grafana" / "north.json").read_text(encoding="utf-8"))
    assert kept == {"url": place.server.url, "organisation": 2, "name": "北校区 (north)"}


def test_publish_finds_a_renamed_organisation_again(home: Path, place: Place) -> None:
    publish(home)
    assert place.standin is not None
    place.standin.organisations[2].name = "改了名"
    result = publish(home)
    assert result.exit_code == 0 and "改了名" in result.output and len(place.standin.organisations) == 2


def test_an_id_of_another_grafana_means_nothing_on_this_one(home: Path, place: Place) -> None:
    memory = home / "data" / "grafana" / "north.json"
    memory.parent.mkdir(parents=True)
    memory.write_text('{"url": "http://elsewhere:3000", "organisation": 1, "name": "x"}', encoding="utf-8")
    assert "orgId 2" in publish(home).output
    assert place.standin is not None and place.standin.organisations[1].dashboards == {}


def test_a_broken_memory_is_said_and_nothing_is_published(home: Path, place: Place) -> None:
    memory = home / "data" / "grafana" / "north.json"
    memory.parent.mkdir(parents=True)
    memory.write_text("{", encoding="utf-8")
    result = publish(home)
    assert result.exit_code == 1 and str(memory) in result.output
    assert place.standin is not None and place.standin.requests == []


def test_with_sqlite_publish_says_what_to_set(home: Path, place: Place) -> None:
    settings(home, place, kind="sqlite")
    result = publish(home)
    assert result.exit_code == 1 and "SQLite" in result.output and "[store]" in result.output
    assert place.standin is not None and place.standin.requests == []


def test_one_school_that_fails_does_not_keep_the_next_from_its_dashboard(home: Path, place: Place) -> None:
    school_file(
        home, WHOLE.replace('key = "north"', 'key = "south"').replace("campus/north", "campus/south"), "south"
    )
    memory = home / "data" / "grafana" / "north.json"
    memory.parent.mkdir(parents=True)
    memory.write_text("{", encoding="utf-8")
    result = publish(home)
    assert result.exit_code == 1 and "/d/campus-south-now/" in result.output
    assert place.standin is not None and place.standin.organisations[2].name == "北校区 (south)"


@pytest.mark.parametrize("token", ["unknown", "blind"])
def test_a_token_that_cannot_read_is_said_and_exits_1(
    home: Path, place: Place, monkeypatch: pytest.MonkeyPatch, token: str
) -> None:
    assert place.influx is not None
    place.influx.tokens["blind"] = Token(place.influx.new_id(), "blind", frozenset())
    monkeypatch.setenv("CAMPUS_GRAFANA_INFLUXDB_TOKEN", token)
    result = publish(home)
    assert result.exit_code == 1, result.output
    assert "读不到" in result.output and "token" in result.output and "/d/campus-north-now/" in result.output
