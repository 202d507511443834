"""OpenDSM's hourly model on our hours, as its users call it; meters it would disqualify are fitted all the same."""

from __future__ import annotations

import importlib.util
import logging
import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analytics.hours import Hours

ZONE = "Europe/London"


class Broken(Exception):
    """OpenDSM cannot judge the meter; the text says why."""


def available() -> bool:
    """Return whether OpenDSM is installed."""
    return importlib.util.find_spec("opendsm") is not None


def opendsm(
    train: Hours, test: Hours, temperature: Hours | None, medium: str, *, zone: str = ZONE
) -> tuple[NDArray[np.float64], str]:
    """Return what OpenDSM expects of the test hours (n,) after a fit on the others, and why it would rather not.

    Raises `Broken`.
    """
    from opendsm.eemeter import HourlyBaselineData, HourlyModel, HourlyReportingData

    assert temperature is not None
    electric = medium == "electricity"
    logging.getLogger("eemeter").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            data = HourlyBaselineData(_frame(train, temperature, zone), is_electricity_data=electric)
            model = HourlyModel().fit(data, ignore_disqualification=True)
            reporting = HourlyReportingData(_frame(test, temperature, zone), is_electricity_data=electric)
            found = model.predict(reporting, ignore_disqualification=True)["predicted"]
        except Exception as error:
            raise Broken(f"{type(error).__name__}: {error}") from error
    predicted = np.asarray(found[~found.index.duplicated()].reindex(_index(test, zone)).to_numpy(), np.float64)
    if not np.isfinite(predicted).any():
        raise Broken("it expects nothing")
    return predicted, ", ".join(str(reason.qualified_name).split(".")[-1] for reason in data.disqualification)


def _index(hours: Hours, zone: str) -> Any:
    import pandas as pd

    return pd.to_datetime(hours.start_ms, unit="ms", utc=True).tz_convert(zone)


def _frame(hours: Hours, temperature: Hours, zone: str) -> Any:
    import pandas as pd

    place = np.searchsorted(temperature.start_ms, hours.start_ms)
    fahrenheit = temperature.value[place] * 1.8 + 32
    return pd.DataFrame({"temperature": fahrenheit, "observed": hours.value}, index=_index(hours, zone))
