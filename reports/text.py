"""Words in Chinese and English, and the one way a number of a report is printed."""

from __future__ import annotations

from campus.said import Said

# What stands between thousands (GB/T 15835-2011, 5.2.2: a narrow gap), unbreakable.
GAP = "\u00a0"
# Digits behind the point by unit; tCO2 as standards.md section 4 asks, the others as finely as a meter is read.
_DIGITS: dict[str, int] = {
    "kWh": 0,
    "m³": 1,
    "GJ": 1,
    "元": 0,
    "tCO2": 2,
    "kWh/m²": 1,
    "m³/人": 1,
    "kgCO2/m²": 1,
    "tCO2/人": 3,
    "kgce": 0,
    "kgce/m²": 2,
    "kgce/人": 1,
    "%": 1,
    "次": 0,
}
_OTHER_DIGITS = 2


def same(text: str) -> Said:
    """Return a text that is the same in both languages: a key, a number, a document's own name."""
    return Said(text, text)


def digits(unit: str) -> int:
    """Return how many digits a number of that unit has behind the point."""
    return _DIGITS.get(unit.removesuffix("/d"), _OTHER_DIGITS)


def number(value: float, unit: str) -> str:
    """Return a number as it is printed, without its unit."""
    text = f"{value:,.{digits(unit)}f}".replace(",", GAP)
    return text[1:] if text.startswith("-") and not text.strip("-0." + GAP) else text


def percent(share: float) -> str:
    """Return a share [0..1] as it is printed, such as "98.7 %"."""
    return f"{number(100 * share, '%')}{GAP}%"


def in_words(unit: str) -> str:
    """Return a unit as people write it: tCO₂ for tCO2."""
    return unit.replace("CO2", "CO₂").replace("/d", "/日")
