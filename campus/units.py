"""What is measured, in which unit it is kept, and which foreign units turn into it."""

from __future__ import annotations

from dataclasses import dataclass

from campus.errors import UnknownUnit


@dataclass(frozen=True, slots=True)
class Quantity:
    """A measured quantity: its medium, the one unit it is kept in, and its two names.

    `used` is False for what is counted without being used up: nobody pays by its unit, and no report sums it.
    """

    key: str
    medium: str
    unit: str
    zh: str
    en: str
    gauge: bool = False
    used: bool = True


QUANTITIES: dict[str, Quantity] = {
    quantity.key: quantity
    for quantity in (
        Quantity("electricity", "electricity", "kWh", "用电", "Electricity"),
        Quantity("electricity_export", "electricity", "kWh", "上网电量", "Electricity exported"),
        Quantity("reactive", "electricity", "kvarh", "无功电量", "Reactive energy", used=False),
        Quantity("generation", "pv", "kWh", "光伏发电", "PV generation"),
        Quantity("water", "water", "m³", "用水", "Water"),
        Quantity("gas", "gas", "m³", "用气", "Gas"),
        Quantity("gas_energy", "gas", "kWh", "用气(热值)", "Gas (energy)"),
        Quantity("heat", "heat", "GJ", "用热", "Heat"),
        Quantity("cold", "cold", "GJ", "用冷", "Cooling"),
        Quantity("power", "electricity", "kW", "功率", "Power", gauge=True),
        Quantity("flow", "water", "m³/h", "流量", "Flow", gauge=True),
        Quantity("temperature", "weather", "°C", "温度", "Temperature", gauge=True),
    )
}

# (unit as written, lower case) -> (kept unit, factor). Sources: SI Brochure 9th ed. (prefixes, litre, hour);
# 1 kWh = 3.6 MJ by definition.
_FACTORS: dict[str, tuple[str, float]] = {
    "kwh": ("kWh", 1.0),
    "wh": ("kWh", 1e-3),
    "mwh": ("kWh", 1e3),
    "ws": ("kWh", 1 / 3.6e6),
    "w·min": ("kWh", 1 / 60_000),
    "kvarh": ("kvarh", 1.0),
    "varh": ("kvarh", 1e-3),
    "mvarh": ("kvarh", 1e3),
    "m³": ("m³", 1.0),
    "m3": ("m³", 1.0),
    "l": ("m³", 1e-3),
    "ml": ("m³", 1e-6),
    "gj": ("GJ", 1.0),
    "mj": ("GJ", 1e-3),
    "kj": ("GJ", 1e-6),
    "j": ("GJ", 1e-9),
    "kw": ("kW", 1.0),
    "w": ("kW", 1e-3),
    "m³/h": ("m³/h", 1.0),
    "m3/h": ("m³/h", 1.0),
    "m³/s": ("m³/h", 3600.0),
    "m3/s": ("m³/h", 3600.0),
    "l/s": ("m³/h", 3.6),
    "l/min": ("m³/h", 0.06),
    "°c": ("°C", 1.0),
    "c": ("°C", 1.0),
}
_HEAT_FROM_KWH = 3.6e-3  # GJ per kWh, by definition of the watt-hour

KNOWN_UNITS: tuple[str, ...] = (
    "kWh",
    "Wh",
    "MWh",
    "kvarh",
    "varh",
    "Mvarh",
    "m³",
    "m3",
    "L",
    "mL",
    "GJ",
    "MJ",
    "kJ",
    "J",
    "kW",
    "W",
    "m³/h",
    "m³/s",
    "L/s",
    "L/min",
    "°C",
)
# Units whose first letter alone tells 10⁶ from 10⁻³ (SI Brochure, 9th ed., table 7): mWh is no MWh, ML no mL.
_PREFIX_TELLS = {"mwh": "M", "mvarh": "M", "mj": "M", "ml": "m"}


def factor(unit: str, quantity: Quantity) -> float:
    """Return what a value in `unit` is multiplied by to stand in the quantity's own unit.

    Raises `UnknownUnit` for a unit that is unknown or belongs to another quantity.
    """
    written = unit.strip()
    kept, factor_to_kept = _FACTORS.get(written.lower(), ("", 0.0))
    if not written.startswith(_PREFIX_TELLS.get(written.lower(), "")):
        kept = ""
    if kept == quantity.unit:
        return factor_to_kept
    if kept == "kWh" and quantity.unit == "GJ":
        return factor_to_kept * _HEAT_FROM_KWH
    if kept == "GJ" and quantity.unit == "kWh":
        return factor_to_kept / _HEAT_FROM_KWH
    raise UnknownUnit(unit, units_of(quantity))


def units_of(quantity: Quantity) -> tuple[str, ...]:
    """Return the units a quantity may be written in."""
    kept = {quantity.unit, "kWh" if quantity.unit == "GJ" else "", "GJ" if quantity.unit == "kWh" else ""}
    return tuple(unit for unit in KNOWN_UNITS if _FACTORS[unit.lower()][0] in kept)


def paid_units(medium: str) -> tuple[str, ...]:
    """Return the units a medium is paid by."""
    counted = (q for q in QUANTITIES.values() if q.medium == medium and q.used and not q.gauge)
    return tuple(dict.fromkeys(quantity.unit for quantity in counted))
