"""The command `campus`: teaches its first steps, says errors in a sentence, and loads only what it is asked for."""

import subprocess
import sys

import pytest
from click.testing import CliRunner

from app.cli import main
from tests.app.waiting import run


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


def test_a_command_loads_no_other():
    program = (
        "import sys; from app.cli import main; main.get_command(None, 'ingest');"
        "print(*sorted({'altair', 'pandas', 'uvicorn', 'sklearn', 'app.commands.doctor'} & set(sys.modules)))"
    )
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert loaded.strip() == ""
