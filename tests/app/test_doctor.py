"""`campus doctor`: each thing a school needs is tried for real, and a failure comes with its remedy."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alerts.server import Held
from app import doctor, doctor_services, machine
from app.broker_probe import BrokerSays, probe
from app.machine import Verdict
from app.settings import BrokerSettings, GrafanaSettings, MailSettings, WebSettings, load_settings
from app.wiring import open_books
from tests.alerts.servers import Office, serving
from tests.app.registry_example import WHOLE
from tests.app.waiting import run, school_file
from tests.dashboards.grafana_standin import PASSWORD, standin
from tests.ports import free_port

MOSQUITTO = shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
NOW = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.fixture(params=["true", "false"], ids=["open", "closed"])
def mosquitto(request, tmp_path: Path) -> Iterator[tuple[int, bool]]:
    """A mosquitto that lets everybody in, or nobody: its port and which of both."""
    if MOSQUITTO is None:
        pytest.skip("mosquitto is not installed")
    port = free_port()
    config = tmp_path / "mosquitto.conf"
    config.write_text(f"listener {port} 127.0.0.1\nallow_anonymous {request.param}\n")
    process = subprocess.Popen([MOSQUITTO, "-c", str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            with socket.socket() as trial:
                if trial.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield port, request.param == "true"
    finally:
        process.terminate()
        process.wait(10)


def settings_at(home: Path, text: str = ""):
    """Return the settings of an installation."""
    (home / "config").mkdir(exist_ok=True)
    (home / "config" / "settings.toml").write_text(text, encoding="utf-8")
    return load_settings({"CAMPUS_CONFIG": str(home / "config"), "CAMPUS_DATA": str(home / "data")})


def test_a_broker_is_asked_who_it_is_and_what_it_dropped(mosquitto):
    port, lets_in = mosquitto
    says = probe(BrokerSettings(port=port))
    check = doctor.broker(BrokerSettings(port=port), says)
    if lets_in:
        assert "mosquitto" in says.version and says.in_flight == 20, "as it is shipped"
        assert check.verdict is Verdict.WARN and "max_queued_messages 0" in check.remedy
    else:
        assert check.verdict is Verdict.BAD and "CAMPUS_BROKER_PASSWORD" in check.remedy


def test_no_broker_is_bad_with_its_remedy():
    check = doctor.broker(BrokerSettings(port=free_port()), probe(BrokerSettings(port=free_port())))
    assert check.verdict is Verdict.BAD and "start it" in check.remedy


def test_a_port_that_does_not_speak_mqtt_is_bad():
    with socket.create_server(("127.0.0.1", 0)) as mute:
        says = probe(BrokerSettings(port=mute.getsockname()[1]), connect_s=0.5)
    assert "does not speak MQTT" in says.trouble


@pytest.mark.parametrize(
    ("says", "verdict"),
    [
        (BrokerSays("mosquitto version 2.0.18", dropped=0), Verdict.OK),
        (BrokerSays("mosquitto version 2.0.18", dropped=0, in_flight=2000), Verdict.OK),
        (BrokerSays("mosquitto version 2.0.18", dropped=0, in_flight=20), Verdict.WARN),
        (BrokerSays("mosquitto version 2.0.18", dropped=17), Verdict.WARN),
        (BrokerSays("aMQTT version 0.12", dropped=0), Verdict.WARN),
        (BrokerSays(), Verdict.OK),
    ],
)
def test_what_a_broker_tells_decides_the_verdict(says, verdict):
    check = doctor.broker(BrokerSettings(), says)
    assert check.verdict is verdict
    assert bool(check.remedy) == (verdict is not Verdict.OK)


def test_the_store_is_written_read_and_left_as_it_was(tmp_path):
    settings = settings_at(tmp_path)
    assert doctor.store(settings).verdict is Verdict.OK
    assert not list(settings.data.root.rglob("*.sqlite"))


def test_a_data_folder_that_cannot_be_made_is_bad(tmp_path):
    (tmp_path / "data").write_text("in the way")
    checks = {check.name: check for check in doctor.examine(settings_at(tmp_path))}
    assert checks["data folder"].verdict is Verdict.BAD and checks["store"].verdict is Verdict.BAD


def test_the_data_folder_is_measured(tmp_path):
    disk = machine.measure(tmp_path / "new")
    assert disk.free_bytes > 0 and 0 < disk.fsync_s < 10
    assert "GB free" in machine.data_folder(disk).text


@pytest.mark.parametrize(
    ("free_bytes", "fsync_s", "kind", "verdict"),
    [
        (1e12, 0.001, "ext4", Verdict.OK),
        (1e12, 0.001, "", Verdict.OK),
        (1e12, 0.001, "nfs4", Verdict.BAD),
        (1e12, 0.001, "tmpfs", Verdict.WARN),
        (1e8, 0.001, "tmpfs", Verdict.BAD),
        (1e9, 0.001, "ext4", Verdict.WARN),
        (1e12, 0.2, "ext4", Verdict.WARN),
    ],
)
def test_room_speed_and_file_system_decide_about_the_data_folder(free_bytes, fsync_s, kind, verdict):
    check = machine.data_folder(machine.Disk(Path("data"), free_bytes, fsync_s, kind))
    assert check.verdict is verdict and bool(check.remedy) == (verdict is not Verdict.OK)


def test_the_file_system_is_that_of_the_nearest_mount(tmp_path):
    mounts = tmp_path / "mounts"
    mounts.write_text(f"a / ext4 rw 0 0\nb {tmp_path} nfs4 rw 0 0\nc {tmp_path}x tmpfs rw 0 0\n")
    assert machine.file_system(tmp_path / "data", mounts) == "nfs4"
    assert machine.file_system(Path("/"), mounts) == "ext4"
    assert machine.file_system(tmp_path, tmp_path / "none") == ""


@pytest.mark.parametrize(
    ("now", "verdict"),
    [(NOW, Verdict.OK), (datetime(1970, 1, 1, tzinfo=UTC), Verdict.BAD), (NOW - timedelta(days=1), Verdict.BAD)],
    ids=["true", "1970", "behind the journal"],
)
def test_a_clock_must_be_believable(tmp_path, now, verdict):
    segment = tmp_path / "ingest" / "000000000001.seg"
    segment.parent.mkdir()
    segment.touch()
    os.utime(segment, (NOW.timestamp(), NOW.timestamp()))
    assert machine.clock(now, tmp_path).verdict is verdict


def test_a_missing_chinese_font_is_said():
    assert machine.fonts("").verdict is Verdict.WARN and "fonts-noto-cjk" in machine.fonts("").remedy
    assert machine.fonts("Noto Sans CJK SC").verdict is Verdict.OK


def test_a_taken_port_is_said_with_a_free_one():
    with socket.create_server(("127.0.0.1", 0)) as other:
        check = doctor.page(WebSettings(port=other.getsockname()[1]))
    assert check.verdict is Verdict.WARN and "[web] port = " in check.remedy


def test_another_address_is_bad():
    assert doctor.page(WebSettings(host="0.0.0.0")).verdict is Verdict.BAD


def test_broken_schools_are_bad_and_none_is_a_hint(tmp_path):
    settings = settings_at(tmp_path)
    assert doctor.schools(settings).verdict is Verdict.WARN
    school_file(tmp_path, WHOLE)
    assert doctor.schools(settings).verdict is Verdict.OK
    school_file(tmp_path, WHOLE + "x = 1\n")
    assert doctor.schools(settings).verdict is Verdict.BAD


def test_the_command_shows_every_check_and_exits_1_where_one_is_bad(tmp_path):
    settings_at(tmp_path, f"[broker]\nport = {free_port()}\n[web]\nport = {free_port()}\n")
    result = run(tmp_path, "doctor")
    assert result.exit_code == 1
    for name in ("schools", "data folder", "store", "broker", "clock", "fonts", "page", "ledger"):
        assert name in result.output
    assert "→ start it" in result.output


def checks_of(settings):
    """Return the checks by name."""
    return {check.name: check for check in doctor.examine(settings)}


def test_a_ledger_is_opened_where_there_is_one_and_not_made_where_there_is_none(tmp_path):
    settings = settings_at(tmp_path)
    assert doctor_services.ledger(settings).verdict is Verdict.OK and not settings.data.ledger.exists()
    open_books(settings).close()
    assert doctor_services.ledger(settings).verdict is Verdict.OK


def test_a_ledger_that_does_not_work_is_bad_and_says_what_to_check(tmp_path):
    url = f"postgresql+psycopg://campus@127.0.0.1:{free_port()}/campus"
    check = checks_of(settings_at(tmp_path, f'[ledger]\nurl = "{url}"\n'))["ledger"]
    assert check.verdict is Verdict.BAD and "check [ledger] in settings.toml" in check.text and check.remedy


def mail_settings(port: int, **more: str) -> MailSettings:
    return MailSettings("127.0.0.1", port, "none", sender="campus@school.example", **more)


def test_a_mail_server_is_connected_to_and_nothing_is_sent(tmp_path):
    office = Office(tmp_path / "maildir")
    with serving(office):
        assert doctor_services.mail(mail_settings(office.port)).verdict is Verdict.OK
    assert office.connections == 1 and office.filed() == []


def test_a_mail_server_that_takes_no_login_or_is_not_there_is_bad(tmp_path):
    office = Office(tmp_path / "maildir")
    with serving(office, login=True), pytest.raises(Held, match="takes no login"):
        doctor_services.mail(mail_settings(office.port, username="campus", password="wrong"))
    text = f'[mail]\nhost = "127.0.0.1"\nport = {free_port()}\nsecurity = "none"\nsender = "a@b.example"\n'
    assert checks_of(settings_at(tmp_path, text))["mail"].verdict is Verdict.BAD


def test_mail_and_grafana_are_left_out_where_nobody_set_them_up(tmp_path):
    assert {"mail", "grafana"}.isdisjoint(checks_of(settings_at(tmp_path)))


def test_grafana_is_asked_who_we_are(tmp_path):
    with standin() as there:
        settings = replace(settings_at(tmp_path), grafana=GrafanaSettings(there.url, password=PASSWORD))
        assert checks_of(settings)["grafana"].verdict is Verdict.OK
        wrong = replace(settings, grafana=GrafanaSettings(there.url, password="wrong"))
        assert checks_of(wrong)["grafana"].verdict is Verdict.BAD
