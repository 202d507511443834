"""What cannot be judged is told by rule and reason, with the meters it is true of."""

from pathlib import Path

from app import status
from app.unjudged import lines, unjudged
from tests.app.test_derive import PLAIN

KEYS = sorted(PLAIN.meters)
COARSE = {"zh": "脉冲太粗。", "en": "Its pulse is too coarse."}


def judged(folder: Path, *rows: dict[str, str]) -> None:
    status.write(folder, "judged-s", {"not_judged": list(rows)})


def test_meters_with_one_reason_are_told_together(tmp_path: Path) -> None:
    judged(tmp_path, *({"rule": "night_flow", "meter": key, **COARSE} for key in (*KEYS[:2], "gone")))
    (row,) = unjudged(tmp_path, PLAIN)
    assert (row.rule.zh, row.reason.zh, len(row.meters)) == ("夜里水不停", COARSE["zh"], 2)
    (line,) = lines(tmp_path, {"s": PLAIN})
    assert "2 × 脉冲太粗" in line and "Its pulse is too coarse." in line


def test_two_reasons_are_two_rows(tmp_path: Path) -> None:
    other = {"rule": "night_flow", "meter": KEYS[1], "zh": "数据不够。", "en": "Not enough data."}
    judged(tmp_path, {"rule": "night_flow", "meter": KEYS[0], **COARSE}, other)
    assert len(unjudged(tmp_path, PLAIN)) == 2


def test_a_school_that_was_never_judged_has_none(tmp_path: Path) -> None:
    assert unjudged(tmp_path, PLAIN) == [] == lines(tmp_path, {"s": PLAIN})
