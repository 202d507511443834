"""From the outbox through a real server into a Maildir: nothing is lost, and nothing doubled but the one case."""

from dataclasses import dataclass, field
from datetime import timedelta
from threading import Event

import pytest

from alerts.mail import Line
from alerts.message import compose
from alerts.mime import mime, sender_of
from alerts.server import Server
from app.post import CUTS_TO_HOLD, Pace, Post, Tally
from campus.errors import StoreUnavailable
from campus.ports import Delivery
from tests.alerts.made import NOW, letter, site
from tests.alerts.outbox import ListOutbox
from tests.alerts.servers import HOST, PASSWORD, USER, serving, silent
from tests.ports import free_port

SENDER = sender_of("campus@school.example")
MINUTE = timedelta(minutes=1)
A, B, C = "a@school.example", "b@school.example", "c@school.example"


def word(one):
    """Word a letter without a picture."""
    return mime(compose(one, site()), one, SENDER, "示范学校")


@dataclass
class Desk:
    """An outbox with letters, a clock that is set by hand, and the post between it and a server."""

    server: Server
    outbox: ListOutbox = field(default_factory=ListOutbox)
    now: object = NOW
    said: list = field(default_factory=list)
    word: object = word

    def __post_init__(self):
        self.post = self.fresh()

    def fresh(self):
        """Return the post as a newly started process has it."""

        def say(event, **facts):
            self.said.append((event, facts))

        return Post(self.outbox, lambda one: self.word(one), Line(self.server), lambda: self.now, say)

    def put(self, *to):
        """Queue a letter to each."""
        start = len(self.outbox.kept)
        self.outbox.put(*(letter(to=each, number=start + n) for n, each in enumerate(to, start=1)))
        return self

    def round(self, after=timedelta(0)):
        """Deliver once, some time later."""
        self.now += after
        return self.post.deliver(Event())

    def standing(self):
        """Return what became of each letter."""
        return [one.delivery for one in self.outbox.kept.values()]


WAITING, SENT, GIVEN_UP = Delivery.WAITING, Delivery.SENT, Delivery.GIVEN_UP


def test_what_is_due_is_sent_once(office):
    with serving(office):
        desk = Desk(office.server()).put(A, B)
        assert desk.round() == Tally(sent=2)
        assert desk.round(24 * 60 * MINUTE) == Tally()
    assert office.filed() == [A, B] and desk.standing() == [SENT, SENT]
    assert office.connections == 1 and desk.outbox[1].sent == NOW


def test_a_recipient_refused_for_good_is_given_up_and_the_others_get_theirs(office):
    office.rcpt[A] = "550 5.1.1 no such user"
    with serving(office):
        desk = Desk(office.server()).put(A, B)
        assert desk.round() == Tally(sent=1, given_up=1)
        assert desk.standing() == [GIVEN_UP, SENT] and "550 5.1.1" in desk.outbox[1].error
        office.rcpt.clear()
        assert desk.round(MINUTE) == Tally()
        assert desk.outbox.retry() == 1
        assert desk.round() == Tally(sent=1)
    assert office.filed() == [B, A]


def test_a_recipient_refused_for_now_gets_the_mail_later(office):
    office.rcpt[A] = "451 4.2.2 mailbox busy"
    with serving(office):
        desk = Desk(office.server()).put(A, B)
        assert desk.round() == Tally(sent=1, put_off=1)
        assert desk.outbox[1].next_try == NOW + MINUTE and desk.post.trouble == ""
        office.rcpt.clear()
        assert desk.round(MINUTE / 2) == Tally()
        assert desk.round(MINUTE / 2) == Tally(sent=1)
    assert office.filed() == [B, A]


def test_tries_grow_rarer_up_to_one_an_hour(office):
    office.rcpt[A] = "451 not now"
    with serving(office):
        desk = Desk(office.server()).put(A)
        waits = []
        for _ in range(9):
            desk.round()
            waits.append((desk.outbox[1].next_try - desk.now) / MINUTE)
            desk.now = desk.outbox[1].next_try
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert Pace(timedelta(seconds=1), timedelta(seconds=5)).wait(10**6) == timedelta(seconds=5)


def test_a_server_that_stalls_on_one_letter_still_serves_the_others(office):
    office.stall = {A}
    with serving(office):
        desk = Desk(office.server(timeout_s=0.4)).put(A, B)
        assert desk.round() == Tally(sent=1, put_off=1)
        assert office.filed() == [B] and desk.standing() == [WAITING, SENT]
        office.stall.clear()
        assert desk.round(MINUTE) == Tally(sent=1)
    assert office.filed() == [B, A]


def test_a_server_that_stalls_on_every_letter_is_left_alone_after_two(office):
    office.stall = {A, B, C}
    with serving(office):
        desk = Desk(office.server(timeout_s=0.3)).put(A, B, C)
        assert desk.round() == Tally(put_off=CUTS_TO_HOLD)
        assert desk.outbox[3].attempts == 0 and desk.post.trouble
        office.stall.clear()
        assert desk.round(MINUTE) == Tally(sent=3) and desk.post.trouble == ""
    assert sorted(office.filed()) == [A, B, C]


def test_a_server_that_never_answers_loses_nothing_and_is_tried_more_and_more_rarely():
    with silent() as port:
        desk = Desk(Server(HOST, port, "none", timeout_s=0.2)).put(A, B)
        assert desk.round() == Tally(put_off=1)
        assert desk.round(MINUTE / 2) == Tally()
        assert desk.round(MINUTE / 2) == Tally(put_off=1)
        assert desk.round(MINUTE) == Tally()
        assert desk.round(MINUTE) == Tally(put_off=1)
    assert desk.standing() == [WAITING, WAITING] and "timed out" in desk.post.trouble


def test_a_connection_cut_before_the_250_doubles_one_mail_under_one_id(office):
    office.cut = {A}
    with serving(office):
        desk = Desk(office.server()).put(A, B)
        assert desk.round() == Tally(sent=1, put_off=1)
        office.cut.clear()
        assert desk.round(MINUTE) == Tally(sent=1)
    assert office.filed() == [A, B, A]
    assert len(set(office.ids())) == 2


def test_a_program_killed_between_250_and_note_sends_again_under_the_same_id(office):
    with serving(office):
        desk = Desk(office.server()).put(A)
        real = desk.outbox.sent
        desk.outbox.sent = _killed
        with pytest.raises(KeyboardInterrupt):
            desk.round()
        desk.outbox.sent = real
        desk.post = desk.fresh()
        assert desk.round() == Tally(sent=1)
    assert office.filed() == [A, A] and len(set(office.ids())) == 1


def _killed(_letter, _at):
    raise KeyboardInterrupt


def test_a_ledger_that_is_away_when_the_250_comes_is_told_later_and_nothing_is_sent_twice(office):
    with serving(office):
        desk = Desk(office.server()).put(A)
        desk.word = lambda one: (setattr(desk.outbox, "away", True), word(one))[1]
        with pytest.raises(StoreUnavailable):
            desk.round()
        with pytest.raises(StoreUnavailable):
            desk.round(MINUTE)
        desk.outbox.away = False
        assert desk.round(MINUTE) == Tally()
    assert office.filed() == [A] and desk.standing() == [SENT]


def test_a_wrong_password_holds_every_letter_and_gives_none_up(office, localhost):
    who = {"host": "localhost", "security": "starttls", "trust": localhost.trusted(), "username": USER}
    with serving(office, login=True, tls_context=localhost.shown()):
        desk = Desk(office.server(**who, password="guess")).put(A, B)
        for _ in range(3):
            desk.round(60 * MINUTE)
        assert desk.standing() == [WAITING, WAITING] and "CAMPUS_MAIL_PASSWORD" in desk.post.trouble
        desk.server = office.server(**who, password=PASSWORD)
        desk.post = desk.fresh()
        assert desk.round(60 * MINUTE) == Tally(sent=2)
    assert sorted(office.filed()) == [A, B]


def test_a_server_left_alone_is_tried_at_once_when_somebody_puts_the_letter_back_in_line(office):
    office.port = free_port()
    desk = Desk(office.server()).put(A, B)
    for _ in range(4):
        desk.round(MINUTE * 8)
    assert desk.outbox[1].next_try == desk.now + 8 * MINUTE
    with serving(office):
        assert desk.round() == Tally()
        assert desk.outbox.retry() == 1
        assert desk.round() == Tally(sent=2)
    assert office.filed() == [A, B] and desk.post.trouble == ""


@pytest.mark.parametrize("flaw", ["no STARTTLS", "expired", "clear"])
def test_what_is_not_secure_sends_nothing_and_keeps_everything(office, expired, flaw):
    more = {"tls_context": expired.shown()} if flaw == "expired" else {}
    secure = {"host": "localhost", "security": "starttls", "trust": expired.trusted()}
    clear = {"host": "mail.school.example"}
    with serving(office, **more):
        desk = Desk(office.server(**(clear if flaw == "clear" else secure))).put(A, B)
        assert desk.round() == Tally(put_off=1)
    assert office.filed() == [] and desk.standing() == [WAITING, WAITING] and desk.post.trouble


def test_a_server_that_comes_back_gets_everything_in_order(office):
    office.port = free_port()
    desk = Desk(office.server()).put(A, B, C)
    assert desk.round() == Tally(put_off=1)
    with serving(office):
        assert desk.round(2 * MINUTE) == Tally(sent=3)
    assert office.filed() == [A, B, C] and desk.post.trouble == ""


def test_an_address_that_is_none_is_given_up_and_said(office):
    with serving(office):
        desk = Desk(office.server()).put("no address", B)
        assert desk.round() == Tally(sent=1, given_up=1)
    assert "no address" in desk.outbox[1].error and desk.standing() == [GIVEN_UP, SENT]


def test_a_letter_that_cannot_be_worded_does_not_stop_the_others(office):
    def awkward(one):
        if one.address.to == A:
            raise KeyError("a rule of a later release")
        return word(one)

    with serving(office):
        desk = Desk(office.server(), word=awkward).put(A, B)
        assert desk.round() == Tally(sent=1, put_off=1)
    assert desk.standing() == [WAITING, SENT] and "later release" in desk.outbox[1].error


def test_a_round_ends_when_it_is_told_to(office):
    stop = Event()
    with serving(office):
        desk = Desk(office.server()).put(A, B, C)
        tally = desk.post.deliver(stop, lambda: stop.set() if desk.standing().count(SENT) == 1 else None)
    assert tally == Tally(sent=2) and desk.standing() == [SENT, SENT, WAITING]


def test_the_log_names_what_was_sent_and_what_was_not(office):
    office.rcpt[A] = "550 nobody"
    with serving(office):
        desk = Desk(office.server()).put(A, B)
        desk.round()
    assert [(event, facts["to"]) for event, facts in desk.said] == [("not_sent", A), ("sent", B)]
