"""A finding without rate and amount is told without one: no dash, no zero, no "a day"."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from alerts.message import compose
from campus.ports import State
from tests.alerts.made import LANGS, episode, finding, letter, site

NOTHING = {"size": None, "usual": None, "per_day": None, "to_date": None, "yuan_per_day": None, "price": None}


def _told(state: State, lang: str):
    return compose(letter(episode(state, replace(finding(), **NOTHING)), lang), site())


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("state", list(State))
def test_what_is_not_known_is_left_out(state, lang):
    message = _told(state, lang)
    # The rule's own sentence is that of a rule that knows its rate.
    text = re.sub(r"^.*(3号宿舍楼夜里(的)?水|Dormitory 3: (water|the water)).*$", "", message.text, flags=re.M)
    for word in ("—", "None", "比平时多", "每天多用", "Too much", "价格", "Price", "一共", "in all"):
        assert word not in message.subject + text, text
    assert "{" not in text and "。。" not in text and "  " not in message.subject


def test_the_subject_ends_with_what_was_found():
    assert _told(State.NEW, "zh").subject == "【示范学校】3号宿舍楼夜里水不停"
    assert _told(State.CLOSED_BY_METER, "en").subject == ("[Demo School] Settled: Dormitory 3: water runs at night")
    assert "恢复平时" not in _told(State.CLOSED_BY_METER, "zh").text
