"""`campus meters replace` and `ratio`: checked against the readings, shown, asked, written; what was used is kept."""

from __future__ import annotations

import os
from contextlib import closing
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import numpy as np
import pytest
from click.testing import CliRunner

from app.cli import main
from app.hours import read_hours
from app.judge import Judge
from app.recompute import derive_register
from app.registry_toml import load_school
from app.settings import load_settings
from campus.ports import State
from campus.schema import CONSUMPTION, REGISTER, Point, SeriesId, to_ms
from ledger import open_ledger
from store.sqlite import open_sqlite
from tests.app.registry_example import SCHOOL, change, meter

START = datetime(2026, 3, 2, tzinfo=UTC) - timedelta(hours=8)  # midnight in Shanghai
QUARTER = timedelta(minutes=15)
# The old one counts 1 kWh a quarter hour from 8000 on until 10:00 of the third day; the new one goes on from 2.5.
SWAPPED = START + timedelta(days=2, hours=10, minutes=7)
LAST, FIRST = 8000.0 + 2 * 96 + 40, 2.5 + 8 / 15
RIGHT = ["--at", "2026-03-04T10:07", "--end", f"{LAST + 7 / 15:.6f}", "--start", "2.5"]
BY = ["--by", "王老师"]
E, X = "electricity", "electricity_export"


def shown(n: int) -> tuple[float, str]:
    time = START + n * QUARTER
    if time < SWAPPED:
        return 8000.0 + n, "A1"
    return FIRST + n - (2 * 96 + 41), "B2"


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A home with a meter of ratio 10 that was replaced without anybody telling, and one of two counters."""
    schools = tmp_path / "config" / "schools"
    schools.mkdir(parents=True)
    two = meter("both") + '\n[[meter.register]]\nquantity = "electricity_export"\nunit = "kWh"\n'
    text = SCHOOL + meter("main", ratio=10, width=6) + "\n# 双向表\n" + two
    (schools / "north.toml").write_text(text, encoding="utf-8")
    monkeypatch.setenv("CAMPUS_CONFIG", str(tmp_path / "config"))
    monkeypatch.setenv("CAMPUS_DATA", str(tmp_path / "data"))
    path = load_settings(os.environ).data.store("north")
    path.parent.mkdir(parents=True)
    with closing(open_sqlite(path)) as store:
        for key, quantity in (("main", E), ("both", E), ("both", X)):
            series = SeriesId(REGISTER, key, quantity)
            rows = [(to_ms(START + n * QUARTER), *shown(n)) for n in range(4 * 96)]
            store.write([Point(series, ms, (value, 0.0, "good", serial)) for ms, value, serial in rows])
    return SimpleNamespace(file=schools / "north.toml", store=path, root=tmp_path)


def run(*arguments: str, answer: str = "") -> tuple[int, str]:
    result = CliRunner().invoke(main, ["meters", *arguments], input=answer)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.output
    return result.exit_code, result.output


def school_of(home):
    registry, issues = load_school(home.file, ("native",))
    assert registry is not None, issues
    return registry


def derived(home, key: str = "main", quantity: str = E) -> np.ndarray:
    """Return the hours of a meter as they come from its registers now, from the first to the last."""
    registry = school_of(home)
    with closing(open_sqlite(home.store)) as store:
        derive_register(store, registry, (registry.meters[key], quantity), None)
        return read_hours(store, SeriesId(CONSUMPTION, key, quantity)).value


def test_history_keeps_its_use_and_the_hours_around_the_swap_become_known(home):
    before = derived(home)
    assert np.nansum(before) == pytest.approx(10 * (95 * 4 - 1))  # without the quarter hour of the swap
    assert run("replace", "main", *RIGHT, *BY, "--yes")[0] == 0
    after = derived(home)
    known = np.isfinite(before)
    known[58] = False  # the hour of the swap was known in part
    assert after[known].tolist() == pytest.approx(before[known].tolist())
    assert np.isfinite(after).all() and after[58] == pytest.approx(40)
    assert np.nansum(after) == pytest.approx(10 * 95 * 4)


def test_it_says_what_it_understood_with_the_use_and_writes_only_when_told_to(home):
    text = home.file.read_text(encoding="utf-8")
    code, said = run("replace", "main", *RIGHT, *BY, answer="n\n")
    for part in (
        f"{LAST:,.12g} kWh",
        "8,232.466667 kWh",
        "0.47 × 10 = 4.7 kWh",
        "0.53 × 10 = 5.3 kWh",
        "B2",
        "王老师",
    ):
        assert part in said, said
    assert "unknown → " in said and "10.000 kWh" in said
    assert code == 0 and home.file.read_text(encoding="utf-8") == text
    assert run("replace", "main", *RIGHT, *BY, answer="y\n")[0] == 0
    (swap,) = school_of(home).meters["main"].replacements
    assert (swap.time, swap.start, swap.serial, swap.by, swap.photo) == (SWAPPED, 2.5, "B2", "王老师", "")
    assert "# 双向表" in home.file.read_text(encoding="utf-8")


def test_a_picture_must_be_there_and_its_name_is_kept(home):
    assert run("replace", "main", *RIGHT, *BY, "--photo", str(home.root / "no.jpg"), "--yes")[0] == 2
    (home.root / "old-new.jpg").write_bytes(b"jpg")
    assert run("replace", "main", *RIGHT, *BY, "--photo", str(home.root / "old-new.jpg"), "--yes")[0] == 0
    assert school_of(home).meters["main"].replacements[0].photo == "old-new.jpg"


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (["--at", "2026-03-04T10:07", "--end", "8200", "--start", "2.5"], "below the last reading before"),
        (["--at", "2026-03-04T10:07", "--end", "8300", "--start", "3.5"], "above the first reading after"),
        (["--at", "2026-03-05T10:07", "--end", "8300", "--start", "2.5"], "go on without a break there"),
        (["--at", "soon", "--end", "8300", "--start", "2.5"], "is no time"),
        (["--at", "2026-03-04T10:07", "--end", "1000000", "--start", "2.5"], "does not fit on 6 digits"),
    ],
)
def test_what_does_not_fit_the_readings_is_refused_with_a_sentence(home, more, sentence):
    text = home.file.read_text(encoding="utf-8")
    code, said = run("replace", "main", *more, *BY, "--yes")
    assert code == 1 and sentence in said, said
    assert home.file.read_text(encoding="utf-8") == text


def test_a_time_outside_the_meters_life_is_refused(home):
    text = home.file.read_text(encoding="utf-8")
    later = text.replace('key = "main"', 'key = "main"\nfrom = 2026-03-10T00:00:00+08:00')
    home.file.write_text(later, encoding="utf-8")
    code, said = run("replace", "main", *RIGHT, *BY, "--yes")
    assert code == 1 and "is not in force at that time" in said


def test_each_counter_of_a_meter_is_entered_by_itself(home):
    code, said = run("replace", "both", *RIGHT, *BY, "--quantity", X, "--yes")
    assert code == 0 and "--quantity electricity" in said
    assert [swap.quantity for swap in school_of(home).meters["both"].replacements] == [X]
    assert (np.nansum(derived(home, "both", X)), np.nansum(derived(home, "both", E))) == pytest.approx((380, 379))


def test_replacements_stand_in_the_order_of_time(home):
    later = "\n[[meter.replaced]]\nat = 2026-03-06T00:00:00+08:00\nend = 300\nstart = 0\n"
    text = home.file.read_text(encoding="utf-8")
    home.file.write_text(text.replace("\n# 双向表", later + "\n# 双向表"), encoding="utf-8")
    assert run("replace", "main", *RIGHT, *BY, "--yes")[0] == 0
    times = [swap.time for swap in school_of(home).meters["main"].replacements]
    assert times == sorted(times) and len(times) == 2


def test_another_ratio_holds_from_its_time_on_and_what_came_before_keeps_its_own(home):
    before = derived(home)
    since = ["--from", "2026-03-03", "--ratio", "1"]
    code, said = run("ratio", "main", *since, *BY, answer="n\n")
    assert code == 0 and "10 → 1" in said and "960.000 kWh" in said and "96.000 kWh" in said
    assert derived(home) == pytest.approx(before, nan_ok=True)
    assert run("ratio", "main", *since, *BY, "--yes")[0] == 0
    after = derived(home)
    assert after[:24] == pytest.approx(before[:24]) and after[24:48] == pytest.approx(before[24:48] / 10)
    (one,) = school_of(home).meters["main"].changes
    assert (one.values, one.by) == ({"ratio": 1.0}, "王老师")


def test_a_ratio_joins_the_change_of_its_time_and_is_refused_where_it_changes_nothing(home):
    text = home.file.read_text(encoding="utf-8")
    row = change("2026-03-03T00:00:00+08:00", serial="C3")
    home.file.write_text(text.replace("\n# 双向表", row + "\n# 双向表"), encoding="utf-8")
    assert run("ratio", "main", "--from", "2026-03-03", "--ratio", "2", *BY, "--yes")[0] == 0
    (one,) = school_of(home).meters["main"].changes
    assert one.values == {"serial": "C3", "ratio": 2.0}
    code, said = run("ratio", "main", "--from", "2026-03-03", "--ratio", "2", *BY, "--yes")
    assert code == 1 and "already" in said
    assert run("ratio", "main", "--from", "2026-03-03", "--ratio", "0", *BY, "--yes")[0] == 1


def judged(home, book) -> None:
    """Derive every register anew and let the rules speak."""
    registry = school_of(home)
    for key, quantity in (("main", E), ("both", E), ("both", X)):
        derived(home, key, quantity)
    with closing(open_sqlite(home.store)) as store:
        settings = SimpleNamespace(data=SimpleNamespace(root=home.root))
        installation = SimpleNamespace(registries={"north": registry}, stores={"north": store}, settings=settings)
        due = {("north", key, quantity): [] for key, quantity in (("main", E), ("both", E), ("both", X))}
        Judge(book)(installation, due)


def states(book) -> dict[tuple[str, str], State]:
    return {(e.finding.subject, e.finding.quantity): e.state for e in book.episodes("north")}


def test_a_swap_is_suspected_until_it_is_entered_and_then_confirmed_by_the_meter(home):
    with closing(open_ledger(f"sqlite:///{home.root}/ledger.sqlite", lambda: START + timedelta(days=5))) as book:
        judged(home, book)
        three = {("meter/main", E), ("meter/both", E), ("meter/both", X)}
        assert states(book) == dict.fromkeys(three, State.NEW)
        assert {e.finding.rule for e in book.episodes("north")} == {"replaced"}
        assert run("replace", "both", *RIGHT, *BY, "--quantity", X, "--yes")[0] == 0
        judged(home, book)
        done = State.CLOSED_BY_METER
        assert states(book) == dict.fromkeys(three, State.NEW) | {("meter/both", X): done}
        assert run("replace", "both", *RIGHT, *BY, "--quantity", E, "--yes")[0] == 0
        assert run("replace", "main", *RIGHT, *BY, "--yes")[0] == 0
        judged(home, book)
        assert states(book) == dict.fromkeys(three, done)


def test_a_swap_that_was_entered_at_once_is_no_episode(home):
    for key, more in (("main", []), ("both", ["--quantity", E]), ("both", ["--quantity", X])):
        assert run("replace", key, *RIGHT, *BY, *more, "--yes")[0] == 0
    with closing(open_ledger(f"sqlite:///{home.root}/ledger.sqlite", lambda: START + timedelta(days=5))) as book:
        judged(home, book)
        assert book.episodes("north") == []
