"""What real exports hold, pinned by reading them: so many values understood, so many rows named, the rest refused."""

from pathlib import Path

import pytest

from tests.app.import_home import home, meter, take

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data"
SAMPLES = SHARED / "payloads" / "energy_sparks_amr_csv"
needs_samples = pytest.mark.skipif(not SAMPLES.is_dir(), reason="the real exports in ../shared/data are absent")

# The meters of the samples, by their numbers.
METERS = Path(__file__).with_name("sample_meters.txt").read_text().split()

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
