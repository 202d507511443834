"""Who is told of an episode: the contacts of its school, as each of them wishes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.audience import audience, wants
from app.settings import load_settings
from app.wiring import install, open_books
from campus.ports import ON_PAGE, TELL, Address, State
from campus.registry import Contact
from ledger.meter import found
from tests.app.registry_example import SCHOOL
from tests.app.waiting import school_file
from tests.ledger.samples import Clock, at, finding, record

LEAK = found("north", finding(0), at(3))


@pytest.mark.parametrize(
    ("media", "states", "state", "told"),
    [
        ((), (), State.NEW, True),
        (("water",), (), State.NEW, True),
        (("electricity",), (), State.NEW, False),
        ((), ("new", "reopened"), State.NEW, True),
        ((), ("new", "reopened"), State.ACKNOWLEDGED, False),
        ((), ("new",), State.WITHDRAWN, True),
        (("gas",), (), State.WITHDRAWN, False),
    ],
)
def test_a_contact_hears_of_the_media_and_states_it_wants(media, states, state, told):
    contact = Contact("水工", "water@school.example", media=media, states=states)
    assert wants(contact, replace(LEAK, state=state)) is told


@pytest.mark.parametrize(("trades", "told"), [((), True), (("plumber",), True), (("electrician",), False)])
def test_a_contact_hears_of_the_trades_it_wants(trades, told):
    contact = Contact("水工", "water@school.example", trades=trades)
    assert wants(contact, LEAK) is told


def test_what_nobody_has_to_go_anywhere_for_is_mailed_to_nobody():
    quiet = replace(LEAK, finding=replace(LEAK.finding, facts={**LEAK.finding.facts, TELL: ON_PAGE}))
    assert not wants(Contact("水工", "water@school.example"), quiet)


def test_nobody_is_told_of_a_school_that_is_not_registered():
    assert audience(dict)(LEAK) == []


def test_the_contacts_of_the_file_are_told_and_a_new_one_from_then_on(tmp_path):
    contact = '\n[[contact]]\nname = "后勤处"\nmail = "office@school.example"\nlang = "zh"\n'
    school_file(tmp_path, SCHOOL + contact)
    environ = {"CAMPUS_CONFIG": str(tmp_path / "config"), "CAMPUS_DATA": str(tmp_path / "data")}
    installation = install(load_settings(environ))
    books = open_books(installation.settings, lambda: installation.registries, Clock(at(3)))
    record(books, finding(0), school="north")
    assert [letter.address for letter in books.letters("north")] == [Address("mail", "office@school.example", "zh")]
    school_file(tmp_path, SCHOOL + contact + contact.replace("office", "plumber"))
    installation.reload()
    record(books, finding(0), school="north")
    assert {letter.address.to for letter in books.letters("north")} == {
        "office@school.example",
        "plumber@school.example",
    }
    books.close()
