"""`campus demo` says in plain words where to look, and what is wrong with what was asked."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from app import demo_result, demo_words
from app.cli import main
from app.commands.demo import span
from app.demo_words import Place
from sim.visitor import TOPIC

PAGE = "http://127.0.0.1:8001/schools/demo"
LINE: dict[str, float | bool] = {
    "published": 69300,
    "findings": 3,
    "episodes": 3,
    "mails": 5,
    "mails_doubled": 0,
    "healthy": False,
    "lost": 0,
    "faults_injected": 2,
    "faults_found": 2,
    "false_findings": 0,
    "energy_kwh_true": 134342.9,
    "energy_kwh_stored": 134342.4,
}


def place(folder: Path = Path("/tmp/d"), kept: bool = False, taken: int | None = None) -> Place:
    return Place(PAGE, folder, kept, taken, ("没有安装", "not installed"))


def in_both_languages(text: str) -> tuple[str, str]:
    """Return the Chinese and the English half of a text, which stand in this order."""
    zh, _, en = text.partition("\n\n")
    assert any("\u4e00" <= letter <= "\u9fff" for letter in zh)
    assert en and not any("\u4e00" <= letter <= "\u9fff" for letter in en)
    return zh, en


def test_it_says_where_the_page_is_and_which_port_was_taken_in_both_languages() -> None:
    for half in in_both_languages(demo_words.beginning(place(taken=8000), 6)):
        assert PAGE in half and "8000" in half and "6" in half
    zh, en = in_both_languages(demo_words.beginning(place(), 6))
    assert "没有安装" in zh and "not installed" in en and "8000" not in zh + en


@pytest.mark.parametrize("lasting_s", [None, 60.0])
def test_it_says_what_to_see_what_to_try_and_how_it_ends(lasting_s: float | None) -> None:
    for half in in_both_languages(demo_words.ready(place(), 12.3, lasting_s)):
        assert PAGE in half and TOPIC in half and "Ctrl-C" in half and "--keep" in half
        assert ("60" in half) is (lasting_s is not None)


def test_the_command_to_register_a_meter_can_be_typed_as_it_is_shown() -> None:
    text = demo_words.ready(place(Path("/tmp/my demo")), 12, None)
    assert "CAMPUS_DATA='/tmp/my demo' CAMPUS_CONFIG='/tmp/my demo/config' \\\n" in text
    assert f"campus meters add {TOPIC} \\\n" in text


def test_it_says_whether_the_data_stay() -> None:
    assert "/tmp/d" in demo_words.ended(Path("/tmp/d")) and "no data" in demo_words.ended(None)


def test_the_result_is_said_in_both_languages() -> None:
    zh, en = demo_words.result(LINE).splitlines()
    for half in (zh, en):
        assert "69,300" in half and "134,342" in half and "134,343" in half


@pytest.mark.parametrize(
    "wrong",
    [{"lost": 1}, {"faults_found": 1}, {"healthy": True}, {"energy_kwh_stored": 133000.0}, {"mails_doubled": 1}],
    ids=["lost", "missed", "healthy", "energy", "told_twice"],
)
def test_a_promise_not_kept_is_told_by_the_exit_code(wrong: dict[str, float | bool]) -> None:
    assert demo_result.kept(LINE) and not demo_result.kept(LINE | wrong)


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("60s", timedelta(seconds=60)),
        ("15min", timedelta(minutes=15)),
        ("2h", timedelta(hours=2)),
        ("3d", timedelta(days=3)),
        ("6w", timedelta(weeks=6)),
    ],
)
def test_a_length_of_time_is_a_number_and_a_unit(text: str, length: timedelta) -> None:
    assert span(text) == length


@pytest.mark.parametrize("text", ["60", "s", "1m", "-3d", "1.5h"])
def test_anything_else_is_shown_how_to_write_it(text: str) -> None:
    with pytest.raises(click.BadParameter, match="60s, 15min, 2h, 3d or 6w"):
        span(text)


def test_a_result_needs_an_end() -> None:
    answer = CliRunner().invoke(main, ["demo", "--json"])
    assert answer.exit_code == 2 and "--for 60s" in answer.output


def test_a_history_too_short_for_any_fault_is_refused_before_anything_starts(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    answer = CliRunner().invoke(main, ["demo", "--history", "10d", "--keep", str(folder)])
    assert answer.exit_code == 2 and "10 days" in answer.output and not folder.exists()


def test_a_folder_with_something_in_it_is_not_used(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("precious")
    answer = CliRunner().invoke(main, ["demo", "--keep", str(tmp_path)])
    assert answer.exit_code == 1 and "not empty" in answer.output
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
