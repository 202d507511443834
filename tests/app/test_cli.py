"""The command `campus`: teaches its first steps, says errors in a sentence, and loads only what it is asked for."""

import subprocess
import sys

import pytest
from click.testing import CliRunner

from app.cli import main
from tests.app.registry_example import WHOLE
from tests.app.waiting import run, school_file


def test_help_teaches_the_first_things_to_type():
    result = CliRunner().invoke(main, ["--help"])
    assert result.exit_code == 0
    for part in ("campus demo", "campus doctor", "campus meters new", "Exit codes"):
        assert part in result.output


@pytest.mark.parametrize("command", ["chek", "check --fast", "meters add", "meters nwe"])
def test_wrong_use_exits_2(tmp_path, command):
    result = run(tmp_path, command)
    assert result.exit_code == 2 and "Usage: " in result.output


def test_an_error_of_ours_is_a_sentence_on_standard_error_and_exits_1(tmp_path):
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "settings.toml").write_text("[web\n", encoding="utf-8")
    result = run(tmp_path, "meters new")
    assert result.exit_code == 1 and "not TOML" in result.stderr
    assert "Traceback" not in result.output and result.stdout == ""


UNDER_A_FILE = (
    "dashboards build --out '{}/grafana'",
    "alerts mailbox '{}/mails'",
    "meters template '{}/book.xlsx'",
    "demo --keep '{}/demo'",
)
NEED_DATA = ("ledger list", "status", "run --only derive", "derive", "quarantine list", "meters new", "web", "ingest")


def one_sentence(result, *parts):
    """A command that stopped said why, in both languages, and showed nothing of the program's inside."""
    assert result.exit_code == 1 and isinstance(result.exception, SystemExit), result.exception
    assert "Traceback" not in result.output
    for part in parts:
        assert part in result.stderr


@pytest.mark.parametrize("command", UNDER_A_FILE)
def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path, command):
    school_file(tmp_path, WHOLE)
    (tmp_path / "file").write_text("in the way")
    one_sentence(run(tmp_path, command.format(tmp_path / "file")), str(tmp_path / "file"))


@pytest.mark.parametrize("command", NEED_DATA)
def test_a_data_folder_that_cannot_be_made_is_a_sentence(tmp_path, command):
    school_file(tmp_path, WHOLE)
    (tmp_path / "data").write_text("in the way")
    one_sentence(run(tmp_path, command), "读不了或写不了", "cannot read or write", str(tmp_path / "data"))


def test_a_folder_where_nothing_may_be_written_is_a_sentence(tmp_path, monkeypatch):
    monkeypatch.chdir("/proc")
    one_sentence(run(tmp_path, "init"), "cannot read or write")


def test_a_database_that_cannot_be_opened_is_a_sentence(tmp_path):
    school_file(tmp_path, WHOLE)
    (tmp_path / "data" / "quarantine.sqlite").mkdir(parents=True)
    one_sentence(run(tmp_path, "quarantine list"), "quarantine.sqlite cannot be")


def test_a_command_loads_no_other():
    program = (
        "import sys; from app.cli import main; main.get_command(None, 'ingest');"
        "print(*sorted({'altair', 'pandas', 'uvicorn', 'sklearn', 'app.commands.doctor'} & set(sys.modules)))"
    )
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert loaded.strip() == ""
