"""How charts look: colours by what is measured, type, and quiet axes."""

from __future__ import annotations

from typing import Any

# Contrast with white is at least 3:1 for every mark colour (WCAG 2.1, 1.4.11).
MEDIUM_COLOURS: dict[str, str] = {
    "electricity": "#a8660b",
    "pv": "#4f7f1f",
    "water": "#1f6fb2",
    "gas": "#7a569c",
    "heat": "#b8452f",
    "cold": "#3b8ea5",
}
# Told apart without hue too (ascending lightness); after Okabe and Ito, Color Universal Design, 2008.
PARTS = ("#2f4b6e", "#1f6fb2", "#3f8f7a", "#a8660b", "#b8452f", "#7a569c", "#6b7784", "#8c8a3a")
# How far a value may be trusted, by the name of its quality; told apart by lightness too.
STATES: dict[str, str] = {
    "measured": "#3f8f7a",
    "hand": "#6fae9c",
    "estimated": "#d9a441",
    "corrected": "#7d3c98",
    "partial": "#a9cfc4",
    "open": "#c9d3da",
}
INK = "#1d2733"
QUIET = "#5b6875"
GRID = "#e6e9ec"
USUAL = "#7b8794"
BAND = "#dfe4e8"
ALERT = "#b3261e"

# The shipped machine has Noto; the others are what a Chinese Windows, macOS or phone has.
FONT = "Noto Sans CJK SC, PingFang SC, Microsoft YaHei, sans-serif"

CONFIG: dict[str, Any] = {
    "font": FONT,
    "background": "transparent",
    "view": {"stroke": None},
    "axis": {
        "labelColor": QUIET,
        "titleColor": QUIET,
        "labelFontSize": 11,
        "titleFontSize": 11,
        "titleFontWeight": "normal",
        "grid": False,
        "domainColor": "#b9c1c9",
        "tickColor": "#b9c1c9",
        "tickSize": 4,
    },
    "axisY": {
        "grid": True,
        "gridColor": GRID,
        "domain": False,
        "ticks": False,
        "tickCount": 4,
        "titleAngle": 0,
        "titleAlign": "left",
        "titleAnchor": "end",
        "titleY": -8,
        "titleX": 0,
    },
    "legend": {
        "orient": "bottom",
        "title": None,
        "labelColor": QUIET,
        "labelFontSize": 11,
        "symbolSize": 70,
        "symbolType": "square",
        "rowPadding": 2,
        "columnPadding": 12,
    },
}
