"""`campus alerts`, typed: against a school, a real ledger, a real store and a local server that files mails."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy

import pytest
from click.testing import CliRunner

from app.cli import main
from app.mailbox import mails, serving
from campus.ports import Address, Delivery, State
from ledger import open_ledger
from tests.alerts.made import finding
from tests.imports import ROOT
from tests.ports import free_port

SCHOOL = """
[school]
key = "demo"
name = "示范学校"
name_en = "Demo School"
type = "secondary_boarding"
timezone = "Asia/Shanghai"
region = "CN-SD"
calendar = "CN"

[[building]]
key = "dorm3"
name = "3号宿舍楼"
name_en = "Dormitory 3"
class = "dormitory"
people = 800

[[meter]]
key = "w-dorm3"
name = "3号宿舍楼水表"
name_en = "Dormitory 3, water"
topic = "campus/demo/w-dorm3"
format = "native"
quantity = "water"
unit = "m³"
interval = "15min"
building = "dorm3"
pulse = 0.01
"""
PLUMBER, OFFICE = Address("mail", "plumber@school.example", "zh"), Address("mail", "office@school.example", "both")


class House:
    """An installation of one school, and what is typed in it."""

    def __init__(self, folder):
        self.folder, self.port = folder, free_port()
        self.environment = {"CAMPUS_DATA": str(folder / "data"), "CAMPUS_CONFIG": str(folder / "config")}
        (folder / "config" / "schools").mkdir(parents=True)
        (folder / "config" / "schools" / "demo.toml").write_text(SCHOOL, encoding="utf-8")
        self.settings()

    def settings(self, *lines):
        """Write the settings of mail: a server here, or the lines given."""
        given = lines or (
            'host = "127.0.0.1"',
            f"port = {self.port}",
            'security = "none"',
            'sender = "campus@school.example"',
        )
        (self.folder / "config" / "settings.toml").write_text("\n".join(["[mail]", *given]) + "\n", encoding="utf-8")

    def books(self):
        """Open the ledger, whose audience is a plumber and an office."""
        (self.folder / "data").mkdir(exist_ok=True)
        url = f"sqlite:///{self.folder}/data/ledger.sqlite"
        return closing(open_ledger(url, lambda: datetime.now(UTC), lambda _episode: [PLUMBER, OFFICE]))

    def leak(self):
        """Record a leak that was seen until a moment ago, and return its episode."""
        now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
        start = now - timedelta(days=3)
        found = replace(finding(), start=start, seen_until=now, evidence=((start - timedelta(days=2), now),))
        with self.books() as books:
            (one,) = books.record("demo", "night_flow", found.subject, [found], (start - timedelta(days=30), now))
        return one

    def type(self, *words):
        """Type a command."""
        return CliRunner(env=self.environment).invoke(main, ["alerts", *map(str, words)])

    def maildir(self):
        """Serve mails into a folder."""
        return serving(self.folder / "mails", self.port)

    def arrived(self):
        """Return the mails filed."""
        return mails(self.folder / "mails")


@pytest.fixture
def house(tmp_path):
    return House(tmp_path)


def test_a_preview_of_an_episode_is_the_mail_it_makes(house):
    one = house.leak()
    shown = house.type("preview", one.id, "--lang", "zh")
    assert shown.exit_code == 0, shown.output
    assert "【示范学校】3号宿舍楼夜里水不停，每天约86元" in shown.output
    assert f"campus ledger ack {one.id}" in shown.output


def test_a_preview_without_an_episode_takes_the_dearest_open_one_and_says_so(house):
    one = house.leak()
    shown = house.type("preview")
    assert f"第 {one.id} 号" in shown.output and "the dearest open one" in shown.output
    assert "例子" not in shown.output


def test_a_preview_with_nothing_open_is_an_example_and_says_so_in_the_mail_too(house):
    shown = house.type("preview")
    assert shown.exit_code == 0, shown.output
    assert shown.output.count("例子") >= 2 and "Example".lower() in shown.output.lower()
    assert "没有登记价格" in shown.output  # no price is set, and none is invented for an example


def test_a_preview_is_written_as_a_page_or_as_a_mail(house, tmp_path):
    house.leak()
    page, mail = tmp_path / "a.html", tmp_path / "a.eml"
    for out in (page, mail):
        assert house.type("preview", "--out", out).exit_code == 0
    assert "data:image/png;base64," in page.read_text(encoding="utf-8")
    parsed = message_from_bytes(mail.read_bytes(), policy=policy.default)
    assert parsed["Subject"].startswith("【示范学校】")
    assert "image/png" in [part.get_content_type() for part in parsed.walk()]
    assert house.type("preview", "--out", tmp_path / "a.doc").exit_code == 2


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("preview", 99), 1, "99"),
        (("preview", "--school", "nowhere"), 2, "demo"),
        (("retry",), 1, "given up"),
        (("retry", 7), 1, "given up"),
    ],
)
def test_what_there_is_not_is_said_in_a_sentence(house, words, code, says):
    answer = house.type(*words)
    assert answer.exit_code == code and says in answer.output and "Traceback" not in answer.output


def test_letters_of_a_real_ledger_are_sent_once_each_with_their_picture(house):
    one = house.leak()
    with house.maildir():
        sent = house.type("send")
        again = house.type("send")
    assert sent.exit_code == 0 and "sent 2" in sent.output, sent.output
    assert again.exit_code == 0 and "sent 0" in again.output
    assert [mail["To"].addresses[0].addr_spec for mail in house.arrived()] == [PLUMBER.to, OFFICE.to]
    for mail in house.arrived():
        assert mail["X-Campus-Episode"] == f"demo/{one.id}"
        assert "image/png" in [part.get_content_type() for part in mail.walk()]
    with house.books() as books:
        assert {letter.delivery for letter in books.letters("demo")} == {Delivery.SENT}


def test_a_server_that_is_away_keeps_the_letters_and_send_says_so(house):
    house.leak()
    held = house.type("send")
    assert held.exit_code == 1 and "every letter is kept" in held.output
    listed = house.type("list")
    assert listed.exit_code == 0 and "waiting" in listed.output
    with house.books() as books:
        assert {letter.delivery for letter in books.letters("demo")} == {Delivery.WAITING}


def test_without_a_mail_server_letters_wait_and_send_says_how_to_set_one_up(house):
    house.settings('page = "http://127.0.0.1:8000"')
    house.leak()
    unset = house.type("send")
    assert unset.exit_code == 1 and "[mail] host" in unset.output and "CAMPUS_MAIL_PASSWORD" in unset.output
    with house.books() as books:
        assert [letter.attempts for letter in books.letters("demo")] == [0, 0]


def test_a_host_without_a_sender_says_what_to_write(house):
    house.settings('host = "127.0.0.1"', 'security = "none"')
    assert "sender" in house.type("send").output


def test_the_channel_is_tried_with_one_mail_that_says_it_is_a_test(house):
    with house.maildir():
        tried = house.type("test", "hq@school.example")
    assert tried.exit_code == 0, tried.output
    (mail,) = house.arrived()
    assert mail["To"].addresses[0].addr_spec == "hq@school.example" and "测试" in mail["Subject"]
    away = house.type("test", "hq@school.example")
    assert away.exit_code == 1 and "Traceback" not in away.output
    assert house.type("test", "nobody").exit_code == 1


def test_the_list_shows_what_was_given_up_with_its_reason_and_retry_puts_it_back(house):
    house.leak()
    with house.books() as books:
        for letter in books.due(datetime.now(UTC)):
            books.failed(letter.id, "550 no such user", None)
    listed = house.type("list")
    assert listed.exit_code == 1 and "given up" in listed.output and "550 no such user" in listed.output
    assert house.type("retry").exit_code == 0
    assert house.type("list").exit_code == 0


def test_retry_takes_what_waits_for_its_next_try_too(house):
    house.leak()
    with house.books() as books:
        for letter in books.due(datetime.now(UTC)):
            books.failed(letter.id, "535 wrong password", datetime.now(UTC) + timedelta(hours=1))
    with house.maildir():
        assert "sent 0" in house.type("send").output
        again = house.type("retry")
        assert again.exit_code == 0 and "2 封" in again.output
        assert "sent 2" in house.type("send").output


def _process(house, *words):
    return subprocess.Popen(
        [sys.executable, "-m", "app", "alerts", *map(str, words)],
        cwd=ROOT,
        env={**os.environ, **house.environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def _wait(ready, patience_s=120.0):
    until = time.monotonic() + patience_s
    while not ready():
        assert time.monotonic() < until
        time.sleep(0.1)


def _ended(process):
    process.send_signal(signal.SIGTERM)
    out, _ = process.communicate(timeout=60)
    return process.returncode, out


def test_the_processes_of_the_demonstration_send_what_comes_and_end_politely(house):
    status = house.folder / "data" / "status" / "post.json"

    def said(key):
        return json.loads(status.read_text(encoding="utf-8"))[key] if status.exists() else None

    box = _process(house, "mailbox", house.folder / "mails", "--port", house.port)
    assert str(house.port) in box.stdout.readline()
    post = _process(house, "send", "--follow")
    try:
        _wait(lambda: said("sent") == 0)
        house.leak()
        _wait(lambda: said("sent") == 2)
        _wait(lambda: said("waiting") == 0)
        assert said("trouble") == ""
    finally:
        codes = [_ended(process)[0] for process in (post, box)]
    assert codes == [0, 0] and len(house.arrived()) == 2


def test_a_follower_without_a_mail_server_goes_on_and_says_that_letters_wait(house):
    house.settings('page = "http://127.0.0.1:8000"')
    house.leak()
    post = _process(house, "send", "--follow")
    status = house.folder / "data" / "status" / "post.json"
    try:
        _wait(lambda: status.exists() and json.loads(status.read_text(encoding="utf-8"))["waiting"] == 2)
        assert "[mail] host" in json.loads(status.read_text(encoding="utf-8"))["trouble"]
    finally:
        assert _ended(post)[0] == 0


def test_a_port_that_is_taken_is_said(house):
    with house.maildir():
        taken = house.type("mailbox", house.folder / "other", "--port", house.port)
    assert taken.exit_code == 1 and str(house.port) in taken.output and "Traceback" not in taken.output


def test_every_change_of_state_reaches_each_reader_below_the_first_mail(house):
    from campus.ports import Act, Verb

    one = house.leak()
    with house.maildir():
        house.type("send")
        with house.books() as books:
            books.act("demo", one.id, Act(Verb.ACKNOWLEDGE, "李主任"))
            books.act("demo", one.id, Act(Verb.ASSIGN, "李主任", owner="王师傅"))
            books.act("demo", one.id, Act(Verb.REPAIR, "王师傅"))
        assert house.type("send").exit_code == 0
    mine = [mail for mail in house.arrived() if mail["To"].addresses[0].addr_spec == PLUMBER.to]
    states = [State.NEW, State.ACKNOWLEDGED, State.IN_WORK, State.REPAIRED]
    assert [mail["Message-ID"].split(".")[3] for mail in mine] == [str(state) for state in states]
    assert {mail["References"] for mail in mine[1:]} == {mine[0]["Message-ID"]}
    assert len({mail["Message-ID"] for mail in house.arrived()}) == len(house.arrived()) == 8
