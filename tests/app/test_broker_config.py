"""What `campus broker config` writes: rights from the registry, hashes alone in files, nobody's files overwritten."""

from __future__ import annotations

import base64
import json
import re
import stat
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from app import broker_config, broker_config_text
from app.broker_config import Grant, TopicsCollide, TopicUnfit, grants
from app.cli import main
from app.registry_toml import load_registry
from campus.registry import Registry
from tests.app.registry_example import SCHOOL, WHOLE, meter

FORMATS = ("native", "shelly")


def registry(key: str, *topics: str) -> Registry:
    meters = "".join(meter(f"m{n}", topic=topic) for n, topic in enumerate(topics))
    found, issues = load_registry(SCHOOL.replace('"north"', f'"{key}"') + meters, f"{key}.toml", FORMATS)
    assert found is not None, issues
    return found


def test_an_account_may_publish_below_its_school_and_on_its_registered_topics():
    north = registry("north", "campus/north/main", "shellies/gym", "shellies/gym/emeter", "plant/电表")
    (grant,) = grants({"north": north}, ["north.east"])
    assert grant == Grant("north.east", ("campus/north/#", "plant/电表/#", "shellies/gym/#"))


def test_a_topic_that_changes_on_a_date_is_granted_before_and_after():
    found, _ = load_registry(
        WHOLE + '\n[[meter.change]]\nfrom = 2026-07-01T00:00:00+08:00\ntopic = "new/place"\n', "n.toml", FORMATS
    )
    assert found is not None
    assert "new/place/#" in grants({"north": found}, ["north"])[0].filters


@pytest.mark.parametrize(("one", "other"), [("a/b", "a/b/c"), ("a/b/c", "a/b"), ("a", "a"), ("x", "campus/north/m")])
def test_schools_whose_topics_lie_below_each_other_are_refused(one, other):
    with pytest.raises(TopicsCollide, match="either could speak for the other"):
        grants({"north": registry("north", one), "south": registry("south", other)}, ["north"])


@pytest.mark.parametrize("topic", ["a/line\ntopic write #", 'a"b', "a/${username}", "a\\b", "a/\u202eb"])
def test_a_topic_that_would_mean_something_else_in_an_access_list_is_refused(topic):
    north = registry("north", "campus/north/m")
    bent = replace(north, meters={"m": replace(north.meters["m0"], topic=topic)})
    with pytest.raises(TopicUnfit):
        grants({"north": bent}, ["north"])


def test_an_account_of_no_school_is_granted_nothing():
    assert grants({"north": registry("north")}, ["gateway", "northern", "south.east", "campus"]) == []


@given(st.text(st.characters(codec="utf-8"), max_size=30))
def test_a_gateway_cannot_be_named_so_that_its_account_is_another_schools(name):
    try:
        made = broker_config.account("north", name)
    except broker_config.NoSuchGateway:
        return
    assert re.fullmatch(r"north(\.[a-z0-9_-]+)?", made)


def test_a_password_stands_as_mosquitto_passwd_writes_it():
    # Written by mosquitto_passwd 2.0.11 for the password "p".
    salt = "7Uo/qN/W5tLa1Dp2"
    line = f"$7$101${salt}$TlCzW6Tj/1A4oOwLFSBoNlakrZDTZcxnKdTFrz5+SIH77iaJL6MhG6YENeuvm417BR6/jQFAMU5Vt8AKXpPuRw=="
    assert broker_config.mosquitto_hash("p", base64.b64decode(salt)) == line


def install(folder: Path, *keys: str) -> Path:
    for key in keys:
        path = folder / "config" / "schools" / f"{key}.toml"
        path.parent.mkdir(parents=True, exist_ok=True)
        text = SCHOOL.replace('"north"', f'"{key}"') + meter("m", topic=f"campus/{key}/m")
        path.write_text(text, encoding="utf-8")
    return folder


def run(folder: Path, *arguments: str, password: str = "") -> Result:
    environ = {"CAMPUS_CONFIG": str(folder / "config"), "CAMPUS_DATA": str(folder / "data")}
    told = {"CAMPUS_BROKER_PASSWORD": password} if password else {}
    out = ("--out", str(folder / "out"))
    return CliRunner().invoke(main, ["broker", "config", *out, *arguments], env=environ | told)


def secrets_of(result: Result) -> dict[str, str]:
    return dict(re.findall(r"^  (\S+)\t(\w{32})$", result.output, re.MULTILINE))


@pytest.mark.parametrize(("kind", "file"), [("mosquitto", "passwords"), ("emqx", "users.csv")])
def test_new_passwords_are_shown_once_and_files_hold_hashes_that_others_cannot_read(tmp_path, kind, file):
    result = run(install(tmp_path, "north"), "--for", kind, "--school", "north", "--gateway", "east")
    assert result.exit_code == 0, result.output
    made = secrets_of(result)
    assert set(made) == {"campus", "north.east"}
    written = "".join(path.read_text(encoding="utf-8") for path in (tmp_path / "out").iterdir())
    assert all(password not in written for password in made.values())
    assert stat.S_IMODE((tmp_path / "out" / file).stat().st_mode) == 0o600


@pytest.mark.parametrize("kind", ["mosquitto", "emqx"])
def test_accounts_that_are_there_keep_their_passwords_unless_renewed(tmp_path, kind):
    install(tmp_path, "north", "south")
    run(tmp_path, "--for", kind, "--school", "north")
    file = tmp_path / "out" / ("passwords" if kind == "mosquitto" else "users.csv")
    before = file.read_text(encoding="utf-8")
    added = run(tmp_path, "--for", kind, "--school", "south")
    assert set(secrets_of(added)) == {"south"} and file.read_text(encoding="utf-8").startswith(before)
    assert secrets_of(run(tmp_path, "--for", kind, "--school", "south")) == {}
    assert set(secrets_of(run(tmp_path, "--for", kind, "--school", "south", "--renew"))) == {"south"}
    assert file.read_text(encoding="utf-8").startswith(before)


def test_the_collector_takes_the_password_the_settings_give_it_and_nobody_is_shown_it(tmp_path):
    result = run(install(tmp_path, "north"), "--school", "north", password="hush-hush")
    assert set(secrets_of(result)) == {"north"} and "hush-hush" not in result.output


def test_new_passwords_go_to_a_file_of_ones_own_where_asked(tmp_path):
    kept = tmp_path / "secrets.txt"
    result = run(install(tmp_path, "north"), "--school", "north", "--secrets", str(kept))
    told = dict(line.split("\t") for line in kept.read_text(encoding="utf-8").splitlines())
    assert set(told) == {"campus", "north"} and stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert not any(password in result.output for password in told.values())


def test_accounts_somebody_else_made_stay(tmp_path):
    install(tmp_path, "north")
    run(tmp_path, "--school", "north")
    file = tmp_path / "out" / "passwords"
    file.write_text(file.read_text(encoding="utf-8") + "other:$7$101$x$y\n", encoding="utf-8")
    run(tmp_path, "--school", "north", "--gateway", "east")
    assert "other:$7$101$x$y\n" in file.read_text(encoding="utf-8")
    assert "other" not in (tmp_path / "out" / "acl").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["acl", "mosquitto.conf"])
def test_a_file_somebody_else_wrote_is_left_as_it_is(tmp_path, name):
    install(tmp_path, "north")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / name).write_text("mine\n", encoding="utf-8")
    result = run(tmp_path, "--school", "north")
    assert result.exit_code == 1 and "left as it is" in result.output
    assert [path.name for path in (tmp_path / "out").iterdir()] == [name]


@pytest.mark.parametrize("username", ["north", "north.east", "a b", "a:b", "#"])
def test_a_collector_that_could_be_taken_for_a_school_or_a_wildcard_is_refused(tmp_path, username):
    install(tmp_path, "north")
    text = f"[broker]\nusername = {json.dumps(username)}\n"
    (tmp_path / "config" / "settings.toml").write_text(text, encoding="utf-8")
    result = run(tmp_path, "--school", "north")
    assert result.exit_code == 1 and "will not do" in result.output


def test_what_waits_is_kept_as_the_shipped_configuration_keeps_it(tmp_path):
    text = broker_config_text.mosquitto_conf(tmp_path, "/kept")
    shipped = (broker_config_text.shipped() / "mosquitto.conf").read_text(encoding="utf-8")

    def settings(of: str) -> set[str]:
        return {line for line in of.splitlines() if line and not line.startswith("#") and "/" not in line}

    assert settings(shipped) - settings(text) == {"listener 1883"}
    assert settings(text) - settings(shipped) == {"listener 1883 127.0.0.1"}
    assert f"max_packet_size {broker_config_text.PACKET_BYTES}" in settings(text)
    # Without it a gateway could take the collector's session by its name.
    assert text.count("\nuse_username_as_clientid true\n") == 1
    assert "/mosquitto/" not in text.replace(str(tmp_path), "")
    assert "message_size_limit" not in settings(text)


def test_emqx_is_told_the_same_rights_and_denies_the_rest(tmp_path):
    run(install(tmp_path, "north", "south"), "--for", "emqx", "--school", "north")
    lines = (tmp_path / "out" / "acl.conf").read_text(encoding="utf-8").splitlines()
    assert lines[1:] == [
        '{allow, {username, "campus"}, subscribe, ["#", "$SYS/#"]}.',
        '{allow, {username, "north"}, publish, ["campus/north/#"]}.',
        "{deny, all}.",
    ]
    conf = (tmp_path / "out" / "base.hocon").read_text(encoding="utf-8")
    rates = ("max_packet_size = 1MB", 'messages_rate = "100/s"', 'bytes_rate = "1MB/s"')
    for setting in ("no_match = deny", "use_username_as_clientid = true", *rates):
        assert setting in conf
