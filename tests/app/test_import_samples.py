"""What real exports hold, pinned by reading them: so many values understood, so many rows named, the rest refused."""

import csv
from pathlib import Path

import pytest

from tests.app.import_home import home, meter, stored, take

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data"
SAMPLES = SHARED / "payloads" / "energy_sparks_amr_csv"
needs_samples = pytest.mark.skipif(not SAMPLES.is_dir(), reason="the real exports in ../shared/data are absent")

# The meters of the samples, by their numbers.
METERS = Path(__file__).with_name("sample_meters.txt").read_text().split()

GREENWICH_LINES = 10_300  # to the first days of November 2023
GREENWICH_OTHERS = [
    "Bronte Building Water",
    "Grey Building Water",
    "Seacole Water",
    "WM15 Ambient Loop Make up Water",
    "WM6 Grey Heating System Make up Water",
    "WM7 Bronte Heating System Make up Water",
]

# File → readings taken in, places refused; None: refused whole.
EXPECTED = {
    "amr_data_row-per-day_all-missing-readings.csv": (28, 0),
    "amr_data_row-per-day_duplicate-rows.csv": (96, 0),
    "amr_data_row-per-day_empty-msft.csv": None,
    "amr_data_row-per-day_empty-with-header.csv": None,
    "amr_data_row-per-day_empty.csv": None,
    "amr_data_row-per-day_incomplete-row.csv": (0, 0),
    "amr_data_row-per-day_malformed.csv": (48, 1),
    "amr_data_row-per-day_no-readings.csv": (0, 0),
    "amr_data_row-per-day_some-missing-readings.csv": (48 + 48 + 28, 0),
    "amr_data_row-per-day_valid-no-header.csv": (48, 0),
    "amr_data_row-per-day_valid.csv": (48, 0),
    "amr_highlands_empty.csv": None,
    "amr_highlands_example-missing-half-hours.csv": (11 * 48 - 2, 0),
    "amr_highlands_example-offset.csv": (8 * 48 - 2, 0),
    "amr_highlands_example.csv": (10 * 48, 0),
    "amr_upload_data_files_banes-bad-example-date-file.csv": (0, 1),
    "amr_upload_data_files_banes-bad-example-file.csv": (48, 1),
    "amr_upload_data_files_banes-bad-example-missing-and-invalid-mpan-file.csv": (0, 3),
    "amr_upload_data_files_banes-bad-example-missing-data-file.csv": (95, 0),
    "amr_upload_data_files_banes-example-file.csv": (5 * 48, 0),
    "amr_upload_data_files_banes-example-file.xls": None,
    "amr_upload_data_files_banes-example-file.xlsx": (5 * 48, 0),
    "amr_upload_data_files_date-test.xlsx": None,
    "amr_upload_data_files_energy_assets_invalid.csv": None,
    "amr_upload_data_files_example-bad-sheffield-file.csv": (2 * 48, 0),
    "amr_upload_data_files_example-bad-sheffield-proper-file.csv": (87 * 48, 1),
    "amr_upload_data_files_example-highlands-file.csv": (48, 0),
    "amr_upload_data_files_example-sheffield-file.csv": (2 * 48, 0),
    "amr_upload_data_files_not_a_csv.csv": None,
    "amr_upload_data_files_with-carriage-return-line-endings.csv": (2 * 48, 0),
    "amr_upload_data_files_with-mixed-line-endings.csv": (3 * 48, 0),
    "amr_upload_data_files_with-nulls-and-empty-lines.csv": (15, 0),
    "amr_upload_data_files_with-nulls-empty-lines-invalid-chars.csv": (6, 0),
}


def installation(tmp_path):
    """Return an installation with every meter of the samples."""
    return home(tmp_path, *(meter(f"m{serial}", serial) for serial in METERS))


@needs_samples
def test_every_sample_is_expected_here():
    assert {path.name for path in SAMPLES.iterdir()} == set(EXPECTED)


@needs_samples
@pytest.mark.parametrize("name", EXPECTED)
def test_a_real_export_is_read_as_a_person_reads_it(tmp_path, name):
    options = ["--dry-run", "--dates", "day-first", "--times", "end"] if "nulls" in name else ["--dry-run"]
    result = take(installation(tmp_path), SAMPLES / name, *options)
    if EXPECTED[name] is None:
        assert result.exit_code == 1 and f"{name}: " in result.stderr and "could go in" not in result.output
        return
    values, refused = EXPECTED[name]
    assert f" / {values} readings could go in" in result.output, result.output
    assert (f" / {refused} did not go in" in result.stderr) == (refused > 0), result.stderr
    assert result.exit_code == (1 if refused else 0)


@needs_samples
def test_a_universitys_water_is_stored_to_the_last_half_hour_of_its_file(tmp_path):
    """Junk lines, cp1252, Indian grouping, a night of two ones: what is stored is what the cells add up to."""
    lines = (SHARED / "greenwich" / "water.csv").read_bytes().splitlines(keepends=True)[:GREENWICH_LINES]
    (tmp_path / "water.csv").write_bytes(b"".join(lines))
    cells = [row for row in csv.reader(line.decode("cp1252") for line in lines) if row[0][:2].isdigit()]
    columns = {"Dome/Tudor Water": 3, "Library Water": 5}
    where = home(tmp_path, *(meter(f"m{column}", name, "water", "m³") for name, column in columns.items()))
    result = take(
        where,
        tmp_path / "water.csv",
        "--yes",
        "--times",
        "start",
        *(f"--meter '{name}=-'" for name in GREENWICH_OTHERS),
    )
    assert result.exit_code == 0, result.stderr
    for column in columns.values():
        rows, told = stored(where, f"m{column}", "water"), [row[column].replace(",", "") for row in cells]
        assert len(rows) == len(told) - told.count("")
        assert sum(value for value, _, _ in rows.values()) == pytest.approx(sum(map(float, filter(None, told))))
        assert [f"2023-10-29T0{h}:{m}Z" in rows for h in (0, 1) for m in ("00", "30")] == [True] * 4


@needs_samples
@pytest.mark.parametrize("school", ["1034", "1268"])
def test_daily_water_of_a_school_is_whole_local_days(tmp_path, school):
    where = home(tmp_path, meter("wat", quantity="water", unit="m³"))
    result = take(
        where, SHARED / "attica" / f"{school}.csv", "--yes", "--meter", "wat", "--timezone", "Europe/Athens"
    )
    if school == "1268":
        assert result.exit_code == 1 and "a heading only" in result.stderr
        return
    rows = stored(where, "wat", "water")
    assert len(rows) == 1283 and rows["2019-06-24T21:00Z"] == (5.13, 86400.0, "good")
    assert {seconds for _, seconds, _ in rows.values()} == {23 * 3600.0, 24 * 3600.0, 25 * 3600.0}
