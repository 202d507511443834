"""A mistyped data folder is told and not read as empty; a new installation without data yet is said to be one."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from app.cli import main
from tests.app.registry_example import WHOLE
from tests.app.waiting import begun, run, school_file

LOOKING = [
    "status",
    "ledger list",
    "ledger show 1",
    "quota --year 2025",
    "rank --year 2025",
    "explain north/school/electricity/2025",
    "compare",
    "bills",
    "savings list",
    "baseline list",
    "certificate",
    "certificate gaps",
    "certificate feeds",
    "weather list",
    "weather show",
    "report annual --school north --year 2025",
    "rules try --rule night_flow --year 2025",
    "alerts list",
    "analyse",
    "quarantine list",
    "meters new",
]
SAID = "campus run takes readings in, campus import reads files"


@pytest.mark.parametrize("command", LOOKING)
def test_a_folder_that_is_not_there_is_wrong_use_and_is_not_made(tmp_path, command):
    school_file(tmp_path, WHOLE)
    result = run(tmp_path, command)
    assert result.exit_code == 2, result.output
    assert "不存在" in result.stderr and "is not there" in result.stderr and str(tmp_path / "data") in result.stderr
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("command", LOOKING)
def test_a_folder_of_something_else_is_wrong_use_and_stays_as_it_is(tmp_path, command):
    school_file(tmp_path, WHOLE)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "holiday.jpg").write_bytes(b"jpg")
    result = run(tmp_path, command)
    assert result.exit_code == 2, result.output
    assert "holds no data of an installation" in result.stderr
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["holiday.jpg"]


@pytest.mark.parametrize("command", ["status", "ledger list", "quota --year 2025", "rank --year 2025"])
def test_an_installation_that_has_taken_nothing_in_is_fine_and_says_so_each_time(tmp_path, command):
    school_file(tmp_path, WHOLE)
    begun(tmp_path)
    for _ in range(2):
        result = run(tmp_path, command)
        assert result.exit_code == 0, result.output
        assert SAID in result.stderr and SAID not in result.stdout


def test_before_the_first_run_the_folder_nobody_named_is_not_missed(tmp_path, monkeypatch):
    school_file(tmp_path, WHOLE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CAMPUS_DATA", raising=False)
    result = CliRunner().invoke(main, ["status"], env={"CAMPUS_CONFIG": "config"})
    assert result.exit_code == 0 and SAID in result.stderr
