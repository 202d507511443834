"""What the heading of a column of weather says: which figure it is, and in which unit."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from campus.schema import WEATHER_HUMIDITY, WEATHER_IRRADIANCE, WEATHER_TEMPERATURE

_WORDS = {
    WEATHER_TEMPERATURE: (
        "temperature temperature2m airtemperature airtemp temp tempc t2m tair ta tas outdoortemperature outsideair "
        "drybulb drybulbtemperature tempdrybulb 气温 温度 室外温度 干球温度 平均气温 逐时气温"
    ),
    WEATHER_HUMIDITY: (
        "relativehumidity relativehumidity2m rltvhum humidity airhumidity rh rhum relhum 相对湿度 湿度 空气湿度"
    ),
    WEATHER_IRRADIANCE: (
        "shortwaveradiation glblirad glbliradamt ghi irradiance globalirradiance globalhorizontalirradiance "
        "globalradiation solarradiation solarirradiance ssrd 总辐射 水平面总辐射 太阳辐射 太阳总辐射 辐照度 "
        "总辐照度 水平面总辐照度"
    ),
}
FIGURES = {word: figure for figure, words in _WORDS.items() for word in words.split()}
_TIMES = (
    "time datetime timestamp date dateandtime localtime utc datetimeutc timeutc observationtime obtime obendtime "
    "时间 日期时间 观测时间 日期 资料时间"
)
_BRACKETED = re.compile(r"[(（\[【]([^()（）\[\]【】]*)[)）\]】]")
# A unit that stands behind a word without brackets, where its own signs leave no doubt: temperature °C, 湿度%.
_SIGNED = re.compile(r"(°\s*[cf]|摄氏度|%|[kmw]?[jw]h?\s*/\s*m\^?2)$", re.IGNORECASE)
_UTC = re.compile(r"\b(utc|gmt)\b(?![+-]?\d)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Unit:
    """What turns a value into the figure's own unit: value × `factor` + `offset`.

    `energy` [s] is set for an amount over the interval: its mean is the amount divided by the interval's seconds.
    """

    factor: float = 1.0
    offset: float = 0.0
    energy: bool = False


# By figure, as they are written, in small letters without blanks. SI Brochure (9th ed.), 2.3.1: t/°C = T/K − 273.15.
UNITS: dict[str, dict[str, Unit]] = {
    WEATHER_TEMPERATURE: {
        **dict.fromkeys(("°c", "degc", "c", "celsius", "摄氏度"), Unit()),
        **dict.fromkeys(("°f", "degf", "f", "fahrenheit"), Unit(5 / 9, -160 / 9)),
        "k": Unit(1.0, -273.15),
    },
    WEATHER_HUMIDITY: {**dict.fromkeys(("%", "percent", "pct"), Unit()), "fraction": Unit(100.0)},
    WEATHER_IRRADIANCE: {
        **dict.fromkeys(("w/m2", "wm-2", "w/m^2"), Unit()),
        **dict.fromkeys(("j/m2", "jm-2"), Unit(1.0, energy=True)),
        **dict.fromkeys(("kj/m2", "kjm-2"), Unit(1e3, energy=True)),
        **dict.fromkeys(("mj/m2", "mjm-2"), Unit(1e6, energy=True)),
        "wh/m2": Unit(3.6e3, energy=True),
        "kwh/m2": Unit(3.6e6, energy=True),
    },
}
# The unit each figure mostly comes in, to be offered where a file names none: W/m² as people type it.
USUAL = {WEATHER_TEMPERATURE: "°C", WEATHER_HUMIDITY: "%", WEATHER_IRRADIANCE: "W/m2"}
# What cannot be true [the figure's unit]: beyond the records of weather stations (WMO: −89.2 and 56.7 °C), and beyond
# what reaches a horizontal plane even between clouds (solar constant 1361 W/m², a fifth more for their edges).
POSSIBLE = {
    WEATHER_TEMPERATURE: (-90.0, 60.0),
    WEATHER_HUMIDITY: (0.0, 105.0),
    WEATHER_IRRADIANCE: (-20.0, 1650.0),
}


def kinds_of(figure: str) -> list[str]:
    """Return one way of writing each unit a figure may come in."""
    meanings = {unit: written for written, unit in reversed(UNITS[figure].items())}
    return [written for written in UNITS[figure] if written in meanings.values()]


def _plain(heading: str) -> str:
    return unicodedata.normalize("NFKC", heading).strip()


def _word(heading: str) -> str:
    bare = _SIGNED.sub("", _BRACKETED.sub("", _plain(heading)).strip())
    return re.sub(r"[\W_]+", "", bare.casefold())


def figure_of(heading: str) -> str:
    """Return the figure a heading names, "" where it names none."""
    return FIGURES.get(_word(heading), "")


def unit_of(heading: str) -> str:
    """Return the unit behind a heading, in brackets or by its own signs, "" where none stands there."""
    plain = _plain(heading)
    found = _BRACKETED.findall(plain) or _SIGNED.findall(plain)
    return found[-1].strip() if found else ""


def unit(figure: str, written: str) -> Unit | None:
    """Return what a unit of a figure means, None for one that is not known."""
    plain = unicodedata.normalize("NFKC", written).casefold().replace(" ", "").replace("·", "")
    return UNITS[figure].get(plain)


def is_time(heading: str) -> bool:
    """Whether a heading is that of the times."""
    word = _word(heading)
    return word in _TIMES.split() or word.startswith(("datetime", "datetimecet", "timestamp"))


def in_utc(heading: str) -> bool:
    """Whether a heading says that its times are UTC."""
    return bool(_UTC.search(_plain(heading).replace("_", " ")))
