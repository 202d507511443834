"""`campus replay`: real meters' files through broker, journal and store, and a witness that would notice."""

from __future__ import annotations

import ast
import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner

from app.commands.replay import COMMAND
from sim import witness
from tests.e2e import needs

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared" / "data"
MAPPINGS = ROOT / "config" / "mappings"
LONDON = ZoneInfo("Europe/London")

pytestmark = needs.mosquitto


def replay(*arguments: str) -> tuple[int, list[dict]]:
    result = CliRunner().invoke(COMMAND, [*arguments, "--json"], catch_exceptions=False)
    return result.exit_code, [json.loads(line) for line in result.stdout.splitlines() if line.startswith("{")]


MAPPING = """
[school]
key = "traps"
name = "陷阱学校"
name_en = "Traps"
type = "university"
timezone = "Europe/London"
region = "GB"
calendar = "none"

[[building]]
key = "house"
name = "楼"
name_en = "House"
class = "other"

[[file]]
path = "{meter}.csv"
encoding = "cp1252"
header_line = 3
time = ["Date", "Time"]
time_format = "%d-%m-%Y %H:%M"
zone = "Europe/London"
label = "start"
interval = "30min"
kind = "register"
grouping = ","
gap = ["", "-"]

[[file.column]]
name = "Water [m³]"
meter = "{meter}-register"
building = "house"
quantity = "water"
unit = "m³"

[[file.column]]
name = "Mixed [m³]"
meter = "{meter}-mixed"
building = "house"
quantity = "water"
unit = "m³"
kind = "interval"

[[file.column.rule]]
until = 2023-10-29T00:00:00+00:00
at_least = 1000.0
doubt = "unit in doubt"
"""


def archive(folder: Path) -> Path:
    """Four days of half hours, one night with an hour twice: gaps, mixed units, disorder, a row told twice."""
    lines = ["Account,x,", ",,", "Date,Time,Water [m³],Mixed [m³]"]
    instant = datetime(2023, 10, 28, tzinfo=LONDON).astimezone(ZoneInfo("UTC"))
    for number in range(4 * 48 + 2):
        local = (instant + number * timedelta(minutes=30)).astimezone(LONDON)
        value = "-" if 60 <= number < 70 else f"{number % 5 / 4:.2f}"
        mixed = '"1,250.00"' if number % 7 == 0 and number < 40 else f"{number % 3 / 2:.2f}"
        if number not in (100, 101):
            lines.append(f"{local:%d-%m-%Y},{local:%H:%M},{value},{mixed}")
    lines[40], lines[44] = lines[44], lines[40]
    lines.append(lines[120])
    folder.mkdir()
    (folder / "one.csv").write_bytes("\n".join(lines).encode("cp1252"))
    (folder / "mapping.toml").write_text(MAPPING, encoding="utf-8")
    return folder


def rewrite(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


@pytest.fixture(scope="module")
def replayed(tmp_path_factory):
    folder = archive(tmp_path_factory.mktemp("archive") / "data")
    kept = folder.parent / "kept"
    code, lines = replay(str(folder / "mapping.toml"), "--data", str(folder), "--keep", str(kept))
    return kept, code, lines


def test_every_row_is_accounted_for_and_every_day_proven(replayed):
    _, code, lines = replayed
    assert code == 0
    one, everything = lines
    assert one["rows"] == 4 * 48 + 1
    assert one["largest_difference"]["rows_not_booked"]["rows"] == 6 + 2
    assert one["published"] == one["journaled"] == one["stored"] + one["quarantined"]
    assert one["quarantined"] == 6
    assert (one["lost"], one["duplicates"], one["days_off_by_more_than_0.1_pct"]) == (0, 0, 0)
    assert one["days_compared"] == 8
    assert everything["file"] == "all" and everything["published"] == one["published"]


def test_what_is_in_doubt_waits_with_its_reason(replayed):
    kept, _, _ = replayed
    with closing(sqlite3.connect(kept / "quarantine.sqlite")) as db:
        assert db.execute("SELECT DISTINCT reason, detail FROM quarantine").fetchall() == [
            ("unit_in_doubt", "unit in doubt")
        ]


def test_a_gap_stays_unknown_and_the_doubled_hour_is_told_apart(replayed):
    kept, _, _ = replayed
    with closing(sqlite3.connect(kept / "schools" / "traps" / "store.sqlite")) as db:
        days = db.execute(
            "SELECT time_ms, value, coverage FROM figure_view"
            " WHERE subject='meter/one-register' AND resolution='day' ORDER BY 1"
        ).fetchall()
    lengths = [(later - now) / 3_600_000 for (now, *_), (later, *_) in pairwise(days)]
    assert lengths == [24, 25, 24]
    # 29 October has 50 half hours, of which ten are a gap; 30 October misses two rows.
    assert [round(coverage, 3) for _, _, coverage in days] == [1.0, 0.8, round(46 / 48, 3), 1.0]


def job(kept: Path) -> dict:
    return json.loads((kept / "witness-traps.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("damage", "noticed"),
    [
        ("DELETE FROM register WHERE time_ms = (SELECT max(time_ms) FROM register)", "lost"),
        ("UPDATE figure SET value = value * 1.01 WHERE value > 1", "days_off_by_more_than_0.1_pct"),
        ("UPDATE figure SET coverage = 1.0", "days_off_by_more_than_0.1_pct"),
        ("DELETE FROM figure", "days_off_by_more_than_0.1_pct"),
    ],
)
def test_the_witness_notices(replayed, tmp_path, damage, noticed):
    kept, _, _ = replayed
    told = job(kept)
    copy = tmp_path / "store.sqlite"
    with closing(sqlite3.connect(told["store"])) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
        target.execute(damage)
        target.commit()
    line = witness.witness({**told, "store": str(copy)})[0]
    assert line[noticed] > 0


def test_the_witness_shares_no_code_with_the_pipe():
    tree = ast.parse(Path(witness.__file__).read_text(encoding="utf-8"))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    ours = {path.name for path in ROOT.iterdir() if (path / "__init__.py").exists()}
    assert len(names) >= 8
    assert not {name.partition(".")[0] for name in names} & ours


def test_a_mapping_for_another_file_is_a_sentence(tmp_path):
    folder = archive(tmp_path / "data")
    rewrite(folder / "mapping.toml", "Water [m³]", "Gas [m³]")
    said = subprocess.run(
        [sys.executable, "-m", "app", "replay", str(folder / "mapping.toml"), "--data", str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 1
    assert "has no column 'Gas [m³]'" in said.stderr and "this mapping is for another file" in said.stderr
    assert "Traceback" not in said.stderr


@pytest.mark.parametrize("name", ["attica", "greenwich", "cambridge"])
def test_real_archives_come_through_whole(name, size):
    if not (SHARED / name).exists():
        pytest.skip(f"no ../shared/data/{name} beside the project")
    if name != "attica" and size != "full":
        pytest.skip("only at full size (CAMPUS_TEST_SIZE=full)")
    code, lines = replay(str(MAPPINGS / f"{name}.toml"), "--data", str(SHARED))
    total = lines[-1]
    assert code == 0
    assert total["lost"] == total["days_off_by_more_than_0.1_pct"] == total["unknown_days_with_a_value"] == 0
    assert total["published"] == total["stored"] + total["quarantined"]
    assert total["largest_difference"]["explanation"] == "rounding of sums"
    if name == "attica":
        assert total["days_unknown"] >= 248
