"""One mail to a real server: what each answer means, and that nothing crosses a network in clear."""

import time
from contextlib import closing

import pytest

from alerts.mail import Line
from alerts.message import Message
from alerts.mime import mime, sender_of
from alerts.server import Cut, Held, NotNow, Refused, Server
from tests.alerts.made import letter
from tests.alerts.servers import HOST, PASSWORD, USER, serving, silent
from tests.ports import free_port
from tests.sizes import within

SENDER = sender_of("campus@school.example")
TO = "plumber@school.example"


def a_mail(to=TO, number=1):
    """Return a mail to somebody."""
    return mime(Message("水", "夜里水不停\n.\n", "<p>水</p>"), letter(to=to, number=number), SENDER, "示范学校")


def send(server, *mails):
    """Send mails over one connection."""
    with closing(Line(server)) as line:
        for mail in mails or (a_mail(),):
            line.send(mail)


def test_a_mail_is_taken_as_it_was_written(office):
    with serving(office):
        send(office.server())
    (kept,) = office.filed()
    assert kept == TO
    assert office.ids() == [str(a_mail()["Message-ID"])]


def test_mails_of_one_round_share_a_connection(office):
    with serving(office):
        send(office.server(), a_mail("a@b.example"), a_mail("c@d.example"), a_mail("e@f.example"))
    assert office.filed() == ["a@b.example", "c@d.example", "e@f.example"] and office.connections == 1


@pytest.mark.parametrize(("reply", "error"), [("550 5.1.1 no such user", Refused), ("451 4.2.2 busy", NotNow)])
@pytest.mark.parametrize("step", ["rcpt", "data"])
def test_what_is_said_of_one_letter_leaves_the_connection_to_others(office, step, reply, error):
    getattr(office, step)[TO] = reply
    with serving(office), closing(Line(office.server())) as line:
        with pytest.raises(error, match=reply[:3]):
            line.send(a_mail())
        line.send(a_mail("other@school.example"))
    assert office.filed() == ["other@school.example"] and office.connections == 1


@pytest.mark.parametrize("reply", ["530 5.7.0 authentication required", "535 5.7.8 bad credentials"])
def test_an_answer_about_the_account_holds_everything(office, reply):
    office.rcpt[TO] = reply
    with serving(office), pytest.raises(Held, match="CAMPUS_MAIL_PASSWORD"):
        send(office.server())


@pytest.mark.parametrize("reply", ["550 not your address", "452 no room"])
def test_a_sender_that_is_not_taken_holds_everything(office, reply):
    office.mail = reply
    with serving(office), pytest.raises(Held, match=r"sender"):
        send(office.server())


def test_a_server_that_stalls_is_left_after_the_timeout(office):
    office.stall = {TO}
    with serving(office):
        began = time.monotonic()
        with pytest.raises(Cut):
            send(office.server(timeout_s=0.4))
    assert time.monotonic() - began < within(5) and office.filed() == []


def test_a_server_that_never_says_a_word_is_left_after_the_timeout():
    with silent() as port:
        began = time.monotonic()
        with pytest.raises(Held, match="timed out"):
            send(Server(HOST, port, "none", timeout_s=0.3))
    assert time.monotonic() - began < within(5)


def test_a_connection_cut_after_the_mail_leaves_its_fate_unknown(office):
    office.cut = {TO}
    with serving(office), pytest.raises(Cut):
        send(office.server())
    assert office.filed() == [TO]


def test_a_connection_the_server_ends_between_two_mails_is_opened_again(office):
    office.close_after = 2
    mails = [a_mail(f"{name}@b.example") for name in "abcde"]
    with serving(office):
        send(office.server(), *mails)
    assert office.filed() == [f"{name}@b.example" for name in "abcde"] and office.connections == 3


def test_a_server_that_only_ever_ends_the_connection_holds(office):
    office.mail = "421 not today"
    with serving(office), pytest.raises(Held, match="421 not today"):
        send(office.server())
    assert office.connections == 1


def test_a_server_that_is_not_there_holds():
    with pytest.raises(Held, match="refused"):
        send(Server(HOST, free_port(), "none"))


def test_a_server_whose_name_nobody_knows_holds():
    with pytest.raises(Held):
        send(Server("no-such-host.invalid", 25, timeout_s=2))


@pytest.mark.parametrize("host", ["mail.school.example", "192.0.2.1", "10.0.0.5"])
def test_nothing_goes_to_another_machine_in_clear(host):
    with pytest.raises(Held, match="starttls"):
        send(Server(host, 25, "none", timeout_s=0.1))


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_this_machine_may_be_spoken_to_in_clear(office, host):
    with serving(office):
        send(office.server(host=host))
    assert office.filed() == [TO]


def test_starttls_with_a_login(office, localhost):
    server = {"host": "localhost", "security": "starttls", "username": USER, "password": PASSWORD}
    with serving(office, login=True, tls_context=localhost.shown(), require_starttls=True):
        send(office.server(**server, trust=localhost.trusted()))
    assert office.filed() == [TO]


def test_tls_from_the_first_byte(office, localhost):
    with serving(office, ssl_context=localhost.shown()):
        send(office.server(host="localhost", security="tls", trust=localhost.trusted()))
    assert office.filed() == [TO]


def test_a_wrong_password_holds_and_says_where_to_put_the_right_one(office, localhost):
    server = {"host": "localhost", "security": "starttls", "username": USER, "password": "guess"}
    with (
        serving(office, login=True, tls_context=localhost.shown(), require_starttls=True),
        pytest.raises(Held, match="CAMPUS_MAIL_PASSWORD") as held,
    ):
        send(office.server(**server, trust=localhost.trusted()))
    assert "535" in str(held.value) and "guess" not in str(held.value)
    assert office.filed() == []


def test_a_password_no_server_can_be_told_is_said(office, localhost):
    server = {"host": "localhost", "security": "starttls", "username": USER, "password": "密码"}
    with (
        serving(office, login=True, tls_context=localhost.shown()),
        pytest.raises(Held, match="ASCII"),
    ):
        send(office.server(**server, trust=localhost.trusted()))


@pytest.mark.parametrize("host", ["mail..school.example", "x" * 300])
def test_a_host_that_is_no_name_holds(host):
    with pytest.raises(Held):
        send(Server(host, 25, timeout_s=2))


def test_no_login_where_the_server_takes_none(office):
    with serving(office), pytest.raises(Held, match="takes no login"):
        send(office.server(username=USER, password=PASSWORD))


def test_where_starttls_is_asked_for_a_server_without_it_gets_nothing(office, localhost):
    server = {"host": "localhost", "security": "starttls", "username": USER, "password": PASSWORD}
    with serving(office), pytest.raises(Held, match="no STARTTLS"):
        send(office.server(**server, trust=localhost.trusted()))
    assert office.filed() == []


@pytest.mark.parametrize("security", ["starttls", "tls"])
@pytest.mark.parametrize("flaw", ["unknown", "expired", "of another host"])
def test_a_certificate_that_is_not_trusted_stops_everything(office, localhost, expired, elsewhere, security, flaw):
    shown = {"unknown": localhost, "expired": expired, "of another host": elsewhere}[flaw]
    trust = None if flaw == "unknown" else shown.trusted()
    context = {"tls_context" if security == "starttls" else "ssl_context": shown.shown()}
    with serving(office, **context), pytest.raises(Held, match="certificate is not trusted"):
        send(office.server(host="localhost", security=security, trust=trust))
    assert office.filed() == []


def test_a_password_is_in_no_representation():
    server = Server("mail.school.example", password="correct horse")
    assert "horse" not in repr(server) + str(server)
