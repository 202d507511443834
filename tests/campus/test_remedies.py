"""Every reason for quarantine has a sentence that says what to do, in both languages."""

import pytest

from campus.ports import Reason
from campus.remedies import REMEDIES


@pytest.mark.parametrize("reason", Reason)
def test_a_reason_has_a_remedy_in_both_languages(reason):
    remedy = REMEDIES[reason]
    assert any("\u4e00" <= letter <= "\u9fff" for letter in remedy.zh) and remedy.zh.endswith("。")
    assert remedy.en.isascii() and remedy.en.endswith(".")
