"""docker-compose.yml: whole, pinned, closed but for one port, and without any password of its own."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path

import pytest

from app import broker
from tests.deploy import composed
from tests.deploy.composed import ROOT

OURS = ("ingest", "analytics", "web")
ONE_SHOT = ("certificate", "accounts")
BY_HAND = ("tools",)
THIRD = ("mosquitto", "influxdb", "postgres", "grafana")
SECRETS = re.compile(r"PASSWORD|TOKEN|SECRET|KEY")
SERVICES = composed.raw()["services"]


def example() -> dict[str, str]:
    """Return the variables of .env.example."""
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    pairs = (line.partition("=") for line in lines if line and not line.startswith("#"))
    return {name: value for name, _, value in pairs}


def filled() -> Mapping[str, str]:
    return {name: value or f"given-{name}" for name, value in example().items()}


def held_against_the_schema(file: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(file)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_it_is_what_the_compose_specification_allows():
    checked = held_against_the_schema(composed.FILE)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_a_mistake_is_seen_by_that_check(tmp_path):
    wrong = tmp_path / "docker-compose.yml"
    wrong.write_text(composed.text().replace("healthcheck:", "healthchek:"), encoding="utf-8")
    assert held_against_the_schema(wrong).returncode == 1


def test_every_service_is_known_here():
    assert set(SERVICES) == {*OURS, *ONE_SHOT, *BY_HAND, *THIRD}


@pytest.mark.parametrize("name", SERVICES)
def test_every_image_is_pinned_to_a_version(name):
    image, _, tag = SERVICES[name]["image"].rpartition(":")
    assert image and re.match(r"\d+\.\d+", tag), SERVICES[name]["image"]


def test_our_image_carries_the_version_of_the_program_and_its_bases_are_pinned():
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert {SERVICES[name]["image"] for name in (*OURS, *BY_HAND)} == {f"campus-energy:{version}"}
    bases = re.findall(r"^FROM (\S+)", (ROOT / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)
    assert len(bases) == 2 and all(re.fullmatch(r"python:3\.11\.\d+-slim-bookworm", base) for base in bases)


def test_grafana_and_influxdb_are_of_the_series_the_program_was_tried_on():
    assert re.match(r"influxdb:2\.7\.", SERVICES["influxdb"]["image"])
    assert re.match(r"grafana/grafana:(9|10)\.", SERVICES["grafana"]["image"])


def test_only_the_port_for_gateways_can_be_reached_from_other_machines():
    published = {port: name for name, service in SERVICES.items() for port in service.get("ports", [])}
    open_to_all = {port for port in published if not port.startswith("127.0.0.1:")}
    assert open_to_all == {"8883:8883"} and published["8883:8883"] == "mosquitto"
    assert len(published) == 4
    assert not any("network_mode" in service and service["network_mode"] == "host" for service in SERVICES.values())


@pytest.mark.parametrize("name", [*OURS, *THIRD])
def test_every_lasting_service_has_a_health_check_starts_again_and_keeps_its_log_small(name):
    service = SERVICES[name]
    assert {"test", "interval", "timeout", "retries"} <= set(service["healthcheck"])
    assert service["restart"] == "unless-stopped"
    assert {"max-size", "max-file"} == set(service["logging"]["options"])


@pytest.mark.parametrize("name", OURS)
def test_our_services_run_without_rights_on_a_file_system_they_cannot_write(name):
    service = SERVICES[name]
    assert service["read_only"] and service["cap_drop"] == ["ALL"] and "cap_add" not in service
    assert "user" not in service and "USER campus" in (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert "data:/data" in service["volumes"]
    assert all(volume.endswith(":ro") for volume in service["volumes"] if volume != "data:/data")


def test_a_command_by_hand_has_a_folder_of_the_host_to_write_to():
    tools = SERVICES["tools"]
    assert tools["read_only"] and f"./deploy/files:{tools['working_dir']}" in tools["volumes"]


def test_the_broker_starts_anew_whenever_what_it_reads_as_it_starts_changes():
    written = {key for name in ONE_SHOT for key in SERVICES[name]["environment"]}
    assert written == {"BROKER_NAME", "BROKER_PASSWORD", "GATEWAY_PASSWORD"}
    assert written <= set(SERVICES["mosquitto"]["environment"])


def test_readings_are_taken_in_while_any_other_service_is_ill():
    assert isinstance(SERVICES["ingest"]["depends_on"], list), "started before, healthy or not"


def test_what_is_kept_is_kept_in_named_volumes():
    mounted = {v.partition(":")[0] for service in SERVICES.values() for v in service.get("volumes", [])}
    named = {source for source in mounted if not source.startswith(".")}
    assert named == set(composed.raw()["volumes"])
    missing = {source for source in mounted - named if not (ROOT / source).exists()}
    assert missing == set()


def test_there_is_no_default_password():
    used = composed.variables()
    secret = [variable for variable in used if SECRETS.search(variable.name)]
    assert len(secret) >= 6
    assert [v for v in secret if v.kind == "-" and v.rest] == []
    assert {v.name for v in secret if v.kind != "?"} == {"MAIL_PASSWORD"}, "a school may do without mail"


def test_no_password_stands_in_the_file():
    words = [
        (name, key, value)
        for name, service in SERVICES.items()
        for key, value in service.get("environment", {}).items()
        if SECRETS.search(key) and not value.startswith("${")
    ]
    assert words == []


@pytest.mark.parametrize("name", sorted({v.name for v in composed.variables() if v.kind == "?"}))
def test_a_missing_variable_stops_with_a_sentence_that_names_it(name):
    with pytest.raises(composed.Missing, match=f"请在 .env 里填写 {name}.*/ set {name} in .env"):
        composed.services({**filled(), name: ""})


def test_the_example_names_every_variable_and_holds_no_secret():
    assert set(example()) == {variable.name for variable in composed.variables()}
    assert {name: value for name, value in example().items() if value} == {"CAMPUS_UID": "1000"}
    composed.services(filled())


def test_the_image_is_built_without_secrets_data_or_history():
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*", "all is left out but what is named"
    kept = {rule.removeprefix("!") for rule in rules if rule.startswith("!")}
    packages = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    shipped = packages["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    assert set(shipped) < kept and ".env" not in kept and all((ROOT / name).exists() for name in kept)


def test_the_broker_is_given_the_same_window_as_everywhere():
    conf = (ROOT / "deploy" / "mosquitto" / "mosquitto.conf").read_text(encoding="utf-8")
    assert f"max_inflight_messages {broker.IN_FLIGHT}\n" in conf and "max_queued_messages 0\n" in conf
    assert "allow_anonymous false\n" in conf and 1000 <= broker.IN_FLIGHT <= 5000
