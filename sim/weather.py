"""The weather over the simulated school: temperature, cloud and sun at Jinan."""

from __future__ import annotations

import numpy as np

from sim.noise import Floats, Ints, smooth

LATITUDE_DEG, LONGITUDE_DEG = 36.65, 117.0  # Jinan
DAY_MS, HOUR_MS = 86_400_000, 3_600_000
_PARTS = 4  # of an hour, in whose middles it is sampled for its mean
# A cosine through Jinan's monthly means (about 0 °C in mid January, 28 °C in mid July), rounded.
MEAN_C, SEASON_C, COLDEST_DAY = 14.5, 14.0, 17
DIURNAL_C, WARMEST_HOUR = 4.5, 15.0  # half of an ordinary daily range
ANOMALY_C, ANOMALY_DAYS = 3.0, 4.0  # spells of warm and cold air


def temperature_c(seed: int, time_ms: Ints) -> Floats:
    """Return the outdoor temperature [°C]."""
    days = time_ms / DAY_MS
    season = -SEASON_C * np.cos(2 * np.pi * (days - COLDEST_DAY) / 365.2425)
    local_hour = (days * 24 + 8) % 24
    diurnal = DIURNAL_C * np.cos(2 * np.pi * (local_hour - WARMEST_HOUR) / 24)
    return np.asarray(MEAN_C + season + diurnal + ANOMALY_C * smooth(seed, "air", days / ANOMALY_DAYS))


def sun_sine(time_ms: Ints) -> Floats:
    """Return the sine of the sun's elevation, negative at night.

    Declination after Cooper (1969), equation of time after Spencer (1971) in its usual three-term form.
    """
    day = time_ms / DAY_MS % 365.2425
    declination = np.radians(23.45) * np.sin(2 * np.pi * (284 + day) / 365)
    angle = 2 * np.pi * (day - 81) / 364
    equation_h = (9.87 * np.sin(2 * angle) - 7.53 * np.cos(angle) - 1.5 * np.sin(angle)) / 60
    solar_hour = time_ms / DAY_MS * 24 % 24 + LONGITUDE_DEG / 15 + equation_h
    hour_angle = np.pi * (solar_hour - 12) / 12
    latitude = np.radians(LATITUDE_DEG)
    vertical = np.sin(latitude) * np.sin(declination)
    return np.asarray(vertical + np.cos(latitude) * np.cos(declination) * np.cos(hour_angle))


def irradiance_w_m2(seed: int, time_ms: Ints) -> Floats:
    """Return the global horizontal irradiance [W/m²]: clear sky after Haurwitz (1945), less the clouds."""
    sine = np.maximum(sun_sine(time_ms), 1e-6)
    clear = np.where(sine > 0.01, 1098.0 * sine * np.exp(-0.057 / sine), 0.0)
    spells = smooth(seed, "cloud", time_ms / DAY_MS / 1.5)
    passing = smooth(seed, "passing", time_ms / 3_600_000)
    return np.asarray(clear * np.clip(0.65 + 0.3 * spells + 0.12 * passing, 0.1, 1.0))


def hourly(seed: int, window_ms: tuple[int, int]) -> tuple[Ints, Floats, Floats]:
    """Return the whole hours of [start, end) (n,) [epoch ms], their mean temperature [°C] and irradiance [W/m²]."""
    first, last = -(-window_ms[0] // HOUR_MS), window_ms[1] // HOUR_MS
    start_ms = HOUR_MS * np.arange(first, max(first, last), dtype=np.int64)
    within = start_ms[:, None] + HOUR_MS // _PARTS * np.arange(_PARTS) + HOUR_MS // (2 * _PARTS)
    flat = within.reshape(-1)
    mean = (f(seed, flat).reshape(within.shape).mean(axis=1) for f in (temperature_c, irradiance_w_m2))
    return start_ms, *mean
