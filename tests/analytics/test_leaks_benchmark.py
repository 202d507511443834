"""The core of the benchmark of leaks, on made data of the shape it reads: what it counts as found and as false."""

import csv
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

from benchmarks.leaks import Asked, judged, summary
from benchmarks.support.leak_data import watched

DAYS = 110


def inflow(folder: Path) -> None:
    """Write an hourly inflow [L/s] as of two districts: one steady, one that never spoke for a week."""
    random = np.random.default_rng(3)
    folder.mkdir()
    with (folder / "inflow.csv").open("w", newline="", encoding="utf-8") as text:
        rows = csv.writer(text)
        rows.writerow(["Date-time CET-CEST (DD/MM/YYYY HH:mm)", "DMA 1 (L/s)", "DMA 2 (L/s)"])
        for hour in range(24 * DAYS):
            at = datetime(2021, 10, 31) + timedelta(hours=hour)
            flow = (6.0 if at.hour < 6 else 11.0) * random.normal(1, 0.02, 2)
            rows.writerow(
                [f"{at:%d/%m/%Y %H:%M}", f"{flow[0]:.3f}", "" if 50 <= hour // 24 < 57 else f"{flow[1]:.3f}"]
            )


def schools(folder: Path) -> None:
    """Write the daily use of a school, and an empty file."""
    random = np.random.default_rng(4)
    folder.mkdir()
    (folder / "99.csv").write_text("date,consumption\n", encoding="utf-8")
    with (folder / "12.csv").open("w", newline="", encoding="utf-8") as text:
        rows = csv.writer(text)
        rows.writerow(["date", "consumption"])
        for day in range(DAYS):
            at = datetime(2021, 9, 6) + timedelta(days=day)
            rows.writerow(
                [f"{at:%Y-%m-%d %H:%M:%S}", f"{(0.3 if at.weekday() in (6, 0) else 4.0) * random.normal(1, 0.1):.2f}"]
            )


def test_a_steady_district_and_a_school_are_found_and_nothing_of_nothing(tmp_path: Path) -> None:
    inflow(tmp_path / "ferrara")
    schools(tmp_path / "attica")
    meters = list(watched(tmp_path))
    assert [meter.daily for meter in meters] == [False, False, True]
    line = summary([judged((meter, Asked((0.1, 0.2, 0.5)))) for meter in meters])
    assert line["recall_20pct_3_nights"] == line["recall_50pct_7_days"] == 1.0
    assert line["recall_10pct_7_nights"] == 1.0 and line["recall_20pct_3_nights_onsets"] >= 4
    assert line["size_error_20pct"] < 0.2  # type: ignore[operator]
    assert line["false_per_meter_year"] == line["lasting_per_meter_year"] == 0.0
    assert line["dome_tudor_found"] is None and line["meters"] == 3


def test_one_folder_of_the_shape_is_enough(tmp_path: Path) -> None:
    schools(tmp_path / "mine")
    assert [meter.daily for meter in watched(tmp_path / "mine")] == [True]
