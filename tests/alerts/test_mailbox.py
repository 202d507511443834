"""The local server files every mail durably before it takes it, and on this machine alone."""

import mailbox
import smtplib
import socket

import pytest

from app.mailbox import Filing, mails, serving
from tests.ports import free_port


def _send(port, *to):
    with smtplib.SMTP("127.0.0.1", port, timeout=10) as smtp:
        smtp.sendmail("a@b.example", to, "Subject: 水\r\n\r\n.dot\r\nrest\r\n".encode())


def test_a_mail_is_filed_as_it_came_once_for_each_recipient(tmp_path):
    port = free_port()
    with serving(tmp_path / "box", port):
        _send(port, "x@y.example", "z@y.example")
        _send(port, "w@y.example")
    filed = mails(tmp_path / "box")
    assert [mail["Delivered-To"] for mail in filed] == ["x@y.example", "z@y.example", "w@y.example"]
    assert filed[0].get_payload().replace("\r\n", "\n") == ".dot\nrest\n"


def test_other_programs_read_the_folder_as_a_maildir(tmp_path):
    port = free_port()
    with serving(tmp_path / "box", port):
        _send(port, "x@y.example")
    assert len(mailbox.Maildir(tmp_path / "box", create=False)) == 1


def test_nobody_else_can_reach_it(tmp_path):
    port = free_port()
    with serving(tmp_path / "box", port), socket.socket() as other:
        # The same port on another address of this machine is still free: only loopback is listened on.
        other.bind(("127.0.0.2", port))


def test_a_mail_that_cannot_be_filed_is_not_taken(tmp_path):
    port = free_port()
    with serving(tmp_path / "box", port):
        for folder in ("new", "cur", "tmp"):
            (tmp_path / "box" / folder).rmdir()
        (tmp_path / "box").rmdir()
        (tmp_path / "box").write_text("in the way")
        with pytest.raises(smtplib.SMTPResponseException):
            _send(port, "x@y.example")
    assert Filing(tmp_path / "box").folder.read_text() == "in the way"
