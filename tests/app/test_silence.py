"""Silence in the ledger and in the post: one mail a gateway, never at night, none of a past that is replayed."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.letters import Letters
from app.silence import NAME
from app.silence_listening import Listening
from app.wording import Wording
from campus.ports import Act, State, Verb
from ledger.letters import NIGHT_FROM, NIGHT_UNTIL
from tests.app.silent_school import BEGIN, DAY, HOUR, LOOK, MINUTE, QUARTER, Town, registered, town

NOON = BEGIN + 12 * HOUR


@pytest.fixture
def here(tmp_path):
    with town(tmp_path) as made:
        yield made


def after(instant, until=None):
    return lambda now: now >= instant and (until is None or now < until)


def test_twelve_meters_of_one_gateway_are_one_mail_when_it_falls_silent_and_one_when_it_is_back(here: Town):
    here.live(NOON + 8 * HOUR, after(NOON, NOON + 5 * HOUR))
    assert [(state, subject) for _, state, subject in here.sent] == [
        (State.NEW, "gateway/东区"),
        (State.CLOSED_BY_METER, "gateway/东区"),
    ]
    (episode,) = here.episodes()
    assert episode.finding.rule == NAME and NOON - QUARTER <= episode.finding.start < NOON
    assert episode.finding.end is not None and NOON + 5 * HOUR <= episode.finding.end < NOON + 5 * HOUR + QUARTER
    assert episode.finding.facts["filled"] == 0 and episode.finding.yuan_per_day is None


def test_readings_that_a_gateway_had_kept_fill_the_silence_and_end_it(here: Town):
    here.live(NOON + 5 * HOUR, after(NOON))
    here.say(*((key, NOON + n * QUARTER, here.now) for key in here.registry.meters for n in range(20)))
    here.live(NOON + 8 * HOUR)
    (episode,) = here.episodes()
    assert episode.state is State.CLOSED_BY_METER and float(episode.finding.facts["filled"]) > 0.9


def test_what_falls_silent_in_the_evening_is_told_in_the_morning_and_not_at_all_if_it_is_back_by_then(here: Town):
    evening, morning = BEGIN + 21 * HOUR, BEGIN + DAY + 7 * HOUR
    here.live(morning - LOOK, after(evening))
    assert here.sent == [] and [one.state for one in here.episodes()] == [State.NEW]
    here.live(morning + LOOK, after(evening))
    assert [(at, state) for at, state, _ in here.sent] == [(morning, State.NEW)]


def test_of_a_silence_of_the_night_nobody_is_told(here: Town):
    here.live(BEGIN + 34 * HOUR, after(BEGIN + 23 * HOUR, BEGIN + 28 * HOUR))
    assert here.sent == [] and [one.state for one in here.episodes()] == [State.CLOSED_BY_METER]


def test_a_dormitory_whose_lights_go_out_every_night_is_told_of_when_it_does_not_come_back(tmp_path):
    def lights_out(now):
        return not 6 <= ((now - BEGIN) % DAY) / HOUR < 23

    with town(tmp_path, registered(4, "宿舍")) as dorm:
        dorm.every = QUARTER
        dorm.live(BEGIN + 3 * DAY + 12 * HOUR, lights_out)
        nights = dorm.episodes()[0].round
        dorm.live(BEGIN + 5 * DAY + 12 * HOUR, lights_out)
        assert (dorm.sent, dorm.episodes()[0].round) == ([], nights)
        dorm.live(BEGIN + 6 * DAY, lambda now: lights_out(now) or now >= BEGIN + 5 * DAY + 23 * HOUR)
        dorm.live(BEGIN + 6 * DAY + 12 * HOUR, after(BEGIN))
        ((at, _, subject),) = dorm.sent
        assert subject == "gateway/宿舍" and 7 * HOUR <= at - BEGIN - 6 * DAY <= 7 * HOUR + 2 * dorm.every


def test_a_history_that_is_replayed_ends_long_ago_and_is_no_silence(here: Town):
    past, pace = BEGIN - 900 * DAY, timedelta(milliseconds=3)
    here.say(*((key, past + n * QUARTER, BEGIN + n * pace) for key in here.registry.meters for n in range(50)))
    here.live(BEGIN + 12 * HOUR, after(BEGIN))
    assert here.episodes() == []


def test_a_message_the_broker_had_kept_is_nobodys_word_of_now(here: Town):
    here.live(NOON, after(NOON))
    while here.now < NOON + 3 * HOUR:
        here.now += LOOK
        here.say(("m0", NOON, here.now), retained=True)
        here.look()
    assert here.told() == ["gateway/东区"]


def test_where_we_do_not_listen_ourselves_that_is_said_once_and_of_no_gateway_anything(here: Town):
    here.live(NOON)
    here.listens = Listening.NO
    here.live(NOON + 6 * HOUR, after(NOON))
    assert here.told() == ["collector"]
    (episode,) = here.episodes()
    assert episode.finding.start == NOON
    assert "不是采集器的事" in Wording().message(episode.finding, "zh")
    here.listens = Listening.YES
    here.live(NOON + 9 * HOUR)
    assert here.told() == ["collector"] and here.told(State.CLOSED_BY_METER) == ["collector"]


def test_a_short_break_of_ours_and_a_journal_that_is_being_read_are_said_of_nobody(here: Town):
    here.live(NOON)
    for listens in (Listening.NO, Listening.BEHIND):
        here.listens = listens
        here.live(here.now + 40 * MINUTE, after(NOON))
    here.listens = Listening.YES
    here.live(here.now + 50 * MINUTE, lambda now: now < NOON + 95 * MINUTE)
    assert here.episodes() == []


def test_a_process_started_again_remembers_who_spoke_and_tells_nothing_twice(here: Town):
    here.live(NOON + 2 * HOUR, after(NOON))
    for _ in range(20):
        here.start()
        here.live(here.now + LOOK, after(NOON))
    assert here.told() == ["gateway/东区"] and len(here.episodes()) == 1


def test_a_memory_that_is_lost_makes_nobody_silent_who_is_not(here: Town):
    here.live(NOON)
    (here.folder / "cursors" / "derive" / "heard" / "state.json").write_text("{broken")
    here.start()
    here.live(NOON + 3 * HOUR)
    assert here.episodes() == []
    here.live(NOON + 6 * HOUR, after(NOON + 3 * HOUR))
    assert here.told() == ["gateway/东区"]


def test_what_somebody_dismissed_stays_so_and_still_ends(here: Town):
    here.live(NOON + 2 * HOUR, after(NOON))
    here.book.act("s", here.episodes()[0].id, Act(Verb.DISMISS, "李工", "停电施工"))
    here.live(NOON + 8 * HOUR, after(NOON, NOON + 4 * HOUR))
    (episode,) = here.episodes()
    assert episode.state is State.DISMISSED and episode.finding.end is not None
    assert State.CLOSED_BY_METER not in [state for _, state, _ in here.sent]


def test_the_mail_says_who_is_silent_since_when_and_what_to_look_at(here: Town):
    here.live(NOON + 2 * HOUR, after(NOON + 6 * MINUTE))
    (letter,) = here.book.letters("s")
    mail = SimpleNamespace(mail=SimpleNamespace(page=""), schools=Path("schools"))
    here.installation.settings = mail
    words = Letters(here.installation, lambda: here.now)
    assert words.subject(letter).startswith("【学校】东区采集器没有数据 / ")
    text = words.message(letter).text
    assert "东区采集器今天12:05起没数据，影响12块表。表还在走，用量不会丢。请先看采集器电源灯和网线。" in text
    assert "—" not in text and "None" not in text and "一共" not in text


SPANS = st.lists(st.tuples(st.integers(0, 110), st.integers(1, 40)), max_size=3)


@settings(deadline=None, max_examples=5)
@given(SPANS, st.lists(st.integers(1, 400), max_size=3), st.booleans())
def test_no_mail_at_night_none_twice_and_none_of_a_meter_for_a_gateway(outages, restarts, west):
    """Outages in quarters of an hour; minutes after which the process is started again."""
    spans = [(BEGIN + 4 * HOUR + a * QUARTER, BEGIN + 4 * HOUR + (a + n) * QUARTER) for a, n in outages]
    with TemporaryDirectory() as folder, town(Path(folder), registered(3, "west" if west else "东区")) as here:
        here.every = 2 * LOOK
        for stretch in (*restarts, 36 * 60):
            until = min(BEGIN + 36 * HOUR, here.now + stretch * MINUTE)
            here.live(until, lambda now: any(a <= now < b for a, b in spans))
            here.start()
        assert all(NIGHT_UNTIL <= (at + 8 * HOUR).hour < NIGHT_FROM for at, _, _ in here.sent)
        assert {subject for _, _, subject in here.sent} <= {"gateway/west", "gateway/东区"}
        began = here.told(State.NEW) + here.told(State.REOPENED)
        assert len(began) <= len(spans) and len(here.told(State.CLOSED_BY_METER)) <= len(began)
