"""A mail as it travels: readable by the stdlib's parser, threaded by readers, and no header can be broken."""

from dataclasses import replace
from email import message_from_bytes, policy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.message import Message, notice
from alerts.mime import BadAddress, message_id, mime, notice_mail, sender_of
from campus.ports import State
from tests.alerts.made import NOW, episode, letter
from tests.sizes import examples

SENDER = sender_of("campus@school.example")
SCHOOL = "示范学校"
SUBJECT = "【示范学校】3号宿舍楼夜里水不停，每天约86元 / Dormitory 3: water runs at night, about ¥86 a day"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
MESSAGE = Message(SUBJECT, "宿舍楼\n.\nFrom here", "<p>宿舍楼</p>", {"chart-zh@campus": PNG})


def sent(mail):
    """Return a mail as a reader's program parses it."""
    return message_from_bytes(mail.as_bytes(), policy=policy.default)


def made(message=MESSAGE, of=None, sender=SENDER, school=SCHOOL):
    """Return a mail, sent and parsed."""
    return sent(mime(message, of or letter(), sender, school))


def test_subject_sender_and_both_bodies_come_back_as_they_were_written():
    mail = made()
    assert mail["Subject"] == SUBJECT
    assert mail["From"].addresses[0].display_name == SCHOOL
    assert mail["From"].addresses[0].addr_spec == "campus@school.example"
    assert mail["To"].addresses[0].addr_spec == "plumber@school.example"
    assert mail.get_body(("plain",)).get_content().replace("\r\n", "\n").strip() == MESSAGE.text
    assert mail.get_body(("html",)).get_content().strip() == MESSAGE.html


def test_the_picture_is_inside_under_the_id_the_html_names():
    mail = made()
    assert [part.get_content_type() for part in mail.walk()] == [
        "multipart/alternative",
        "text/plain",
        "multipart/related",
        "text/html",
        "image/png",
    ]
    picture = list(mail.walk())[-1]
    assert picture["Content-ID"] == "<chart-zh@campus>" and picture.get_content() == PNG
    assert picture.get_content_disposition() == "inline"


def test_a_mail_without_a_picture_has_two_bodies_alone():
    types = [part.get_content_type() for part in made(replace(MESSAGE, images={})).walk()]
    assert types == ["multipart/alternative", "text/plain", "text/html"]


def test_a_mail_is_plain_ascii_in_lines_every_server_takes():
    raw = mime(MESSAGE, letter(), SENDER, SCHOOL).as_bytes()
    assert raw.isascii() and max(len(line) for line in raw.split(b"\r\n")) <= 998
    assert b"\n" not in raw.replace(b"\r\n", b"")


def test_headers_say_what_it_is_and_when_it_was_written():
    mail = made()
    assert mail["Date"].datetime == NOW
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["X-Campus-Episode"] == "demo/12" and mail["X-Campus-Told"] == "new/1"


def test_the_same_letter_always_has_the_same_id_and_another_never():
    ids = {message_id(letter(episode(state)), "school.example") for state in State}
    others = [
        letter(replace(episode(), round=2)),
        letter(replace(episode(), id=13)),
        letter(replace(episode(), school="other")),
        letter(replace(episode(), first_found=NOW)),
        letter(to="office@school.example"),
    ]
    every = ids | {message_id(each, "school.example") for each in others}
    assert len(every) == len(State) + len(others)
    again = letter(replace(episode(), updated=NOW.replace(year=2030), version=99), number=77)
    assert message_id(again, "school.example") == message_id(letter(), "school.example")
    assert made()["Message-ID"] == message_id(letter(), "school.example")


def test_later_mails_stand_below_the_first_one_of_the_same_reader():
    root = made()["Message-ID"]
    assert made()["In-Reply-To"] is None
    for state in set(State) - {State.NEW}:
        mail = made(of=letter(episode(state)))
        assert mail["In-Reply-To"] == mail["References"] == root != mail["Message-ID"]
    assert made(of=letter(episode(State.REPAIRED), to="office@school.example"))["References"] != root


def test_a_sender_with_a_name_keeps_it():
    sender = sender_of("能耗提醒 <campus@school.example>")
    assert made(sender=sender)["From"].addresses[0].display_name == "能耗提醒"


@pytest.mark.parametrize(
    "text", ["", "nobody", "a b@school.example", "a@", "@school.example", "a@b\r\nBcc: c@d.example"]
)
def test_what_is_no_address_is_said_to_be_none(text):
    with pytest.raises(BadAddress):
        sender_of(text)
    with pytest.raises(BadAddress):
        mime(MESSAGE, letter(to=text), SENDER, SCHOOL)


def test_an_address_outside_ascii_is_said_to_be_unusable():
    with pytest.raises(BadAddress):
        mime(MESSAGE, letter(to="水工@school.example"), SENDER, SCHOOL)


@settings(deadline=None, max_examples=examples(60))
@given(st.text(max_size=120), st.text(max_size=40))
def test_no_subject_and_no_name_can_break_a_header(subject, name):
    mail = made(replace(MESSAGE, subject=f"x{subject}\r\nBcc: evil@x.example"), school=name)
    assert mail["Bcc"] is None and mail["To"].addresses[0].addr_spec == "plumber@school.example"
    assert mail["From"].addresses[0].addr_spec == "campus@school.example"
    assert [name.lower() for name in mail].count("subject") == 1
    assert mail.get_body(("plain",)).get_content().startswith("宿舍楼")


def test_a_test_mail_is_a_mail_of_its_own_each_time():
    message = notice(("测试", "Test"), ("好", "fine"))
    first, second = (sent(notice_mail(message, SENDER, "a@b.example", NOW)) for _ in range(2))
    assert first["Message-ID"] != second["Message-ID"]
    assert first["Subject"] == "测试 / Test"
