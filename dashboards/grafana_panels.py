"""A panel of the catalogue as a panel of Grafana: same selection, names and colours; it computes nothing."""

from __future__ import annotations

from collections.abc import Callable

from grafana_foundation_sdk.builders import common, stat, statushistory, table, timeseries
from grafana_foundation_sdk.builders.dashboard import FieldColor, ThresholdsConfig
from grafana_foundation_sdk.models import common as kit
from grafana_foundation_sdk.models.dashboard import (
    DashboardRangeMapOptions,
    DynamicConfigValue,
    FieldColorModeId,
    RangeMap,
    Threshold,
    ThresholdsMode,
    ValueMappingResult,
)

from campus.quality import ESTIMATED_SHOWN, WHOLE
from campus.schema import HOUR
from dashboards.drawing import colours
from dashboards.grafana_series import Builder, Shown, both, give_corrected, give_series, named, unit_id, window_text
from dashboards.rows import State
from dashboards.strips import COLOURS
from dashboards.theme import STATES, USUAL

SHARE = "percentunit"
_NUMBER = "number"

# The page's own notes speak of dashes and pale parts; these of what Grafana draws.
_HOURS_NOTE = (
    "每柱一小时，从该小时开始画起；灰框为平时；紫点为更正占比；没有柱的小时为未知，不按 0 计\n"
    "A bar is an hour, drawn from its start; grey frame: the usual; purple dot: the share that was corrected; "
    "no bar: unknown, never counted as 0"
)
_DAYS_NOTE = (
    "最后一柱截至目前；紫点为更正占比；哪些为估算或缺数，见采集图\n"
    "The last bar is up to now; purple dot: the share that was corrected; what is estimated or missing: see the "
    "panel of the readings"
)
_STRIPS_NOTE = (
    "{zh}；按日抄表的每天一格，在当天零时；更正见各图的紫点\n"
    "{en}; a meter read once a day has one box a day, at its midnight; what was corrected: see the purple dots"
)

# Shares of measured time, from and to, and what they are called: a stored row with nothing measured is estimated.
_STATES = (
    (0.0, ESTIMATED_SHOWN, State.ESTIMATED),
    (ESTIMATED_SHOWN, WHOLE, State.PARTIAL),
    (WHOLE, 1.0, State.MEASURED),
)


def drawn(shown: Shown) -> Builder:
    """Return the Grafana panel of a selection, without its place."""
    builder = _DRAWN[shown.panel.mark](shown)
    give_series(builder, shown, _looks(shown))
    if _DRAWN[shown.panel.mark] is _bars:
        # Strips have a series a meter: as many queries again, every minute, for what the bars show.
        give_corrected(builder, shown, _dots())
    builder.title(shown.title).description(_note(shown)).time_from(window_text(shown.panel.window))
    return builder.no_value(both("no_data"))


def field_of(mark: str) -> str:
    """Return the stored field a mark shows."""
    return "coverage" if mark == "heatmap" else "value"


def figures(shown: Shown, unit: str = "") -> stat.Panel:
    """Return the last number of each series side by side, in `unit` (of Grafana) or each in its own."""
    builder = _numbers(shown)
    if unit:
        builder.unit(unit)
    own = {} if unit else {ref: {"unit": unit_id(one.unit)} for ref, one in named(shown)}
    give_series(builder, shown, own)
    return builder


def moments(shown: Shown) -> stat.Panel:
    """Return how long ago the last row of each series began.

    Grafana gives a query's name to its times as to its numbers; only with a name of their own can these be left out.
    """
    builder = _numbers(shown).unit("dateTimeFromNow")
    builder.reduce_options(common.ReduceDataOptions().calcs(["last"]).fields(f"/^(?!{_NUMBER}$)/").values(False))
    give_series(builder, shown, {})
    return builder.override_by_field_type("number", [DynamicConfigValue("displayName", _NUMBER)])


def _numbers(shown: Shown) -> stat.Panel:
    return (
        stat.Panel()
        .title(shown.title)
        .description(f"{shown.panel.note_zh}\n{shown.panel.note_en}")
        .time_from(window_text(shown.panel.window))
        .no_value(both("no_data"))
        .graph_mode(kit.BigValueGraphMode.NONE)
        .color_mode(kit.BigValueColorMode.NONE)
        .text_mode(kit.BigValueTextMode.VALUE_AND_NAME)
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]).fields("").values(False))
    )


def _bars(shown: Shown) -> Builder:
    """Return bars over the time they stand for, parts of one whole stacked; below zero where a value is."""
    parts = shown.panel.mark == "bar" and any(one.role == "part" for one in shown.selected)
    stacking = kit.StackingMode.NORMAL if parts else kit.StackingMode.NONE
    tooltip = common.VizTooltipOptions().mode(kit.TooltipDisplayMode.MULTI).sort(kit.SortOrder.NONE)
    return (
        timeseries.Panel()
        .unit(unit_id(shown.selected[0].unit))
        .axis_soft_min(0)
        .draw_style(kit.GraphDrawStyle.BARS)
        .bar_alignment(kit.BarAlignment.AFTER)
        .fill_opacity(80 if parts else 50)
        .show_points(kit.VisibilityMode.NEVER)
        .span_nulls(False)
        .stacking(common.StackingConfig().mode(stacking).group("A"))
        .legend(_legend(len(shown.selected) > 1))
        .tooltip(tooltip)
    )


def _strips(_shown: Shown) -> Builder:
    """Return one strip per series, a box per stored row, coloured by its share of measured time; no row, no box."""
    steps = [Threshold(low or None, COLOURS[state]) for low, _, state in _STATES]
    return (
        statushistory.Panel()
        .unit(SHARE)
        .min(0)
        .max(1)
        .mappings([_stretch(*state) for state in _STATES])
        .thresholds(ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(steps))
        .color_scheme(FieldColor().mode(FieldColorModeId.THRESHOLDS))
        .show_value(kit.VisibilityMode.NEVER)
        .row_height(0.8)
        .col_width(1)
        .line_width(0)
        .fill_opacity(90)
        .legend(_legend(True))
    )


def _stretch(low: float, high: float, state: State) -> RangeMap:
    return RangeMap(DashboardRangeMapOptions(low, high, ValueMappingResult(both(state.value), COLOURS[state])))


def _legend(needed: bool) -> common.VizLegendOptions:
    mode = kit.LegendDisplayMode.LIST if needed else kit.LegendDisplayMode.HIDDEN
    legend = common.VizLegendOptions().display_mode(mode).placement(kit.LegendPlacement.BOTTOM)
    return legend.show_legend(needed).calcs([])


def _table(shown: Shown) -> Builder:
    return table.Panel().unit(unit_id(shown.selected[0].unit))


def _looks(shown: Shown) -> dict[str, dict[str, object]]:
    """Return how each bar or line looks, by the name of its query."""
    if _DRAWN[shown.panel.mark] is not _bars:
        return {}
    bars = [one for one in shown.selected if one.role != "usual"]
    colour = dict(zip(bars, colours(bars), strict=True))
    return {ref: _usual() if one.role == "usual" else {"color": _fixed(colour[one])} for ref, one in named(shown)}


def _usual() -> dict[str, object]:
    """Return frames of bars: a line of Grafana 9.3 goes on over missing hours, and after the last to the edge."""
    return {"color": _fixed(USUAL), "custom.lineWidth": 2, "custom.fillOpacity": 0}


def _dots() -> dict[str, object]:
    """Return points on an axis of their own: how much of a bar a correction made."""
    return {
        "color": _fixed(STATES["corrected"]),
        "unit": SHARE,
        "min": 0,
        "max": 1,
        "custom.drawStyle": "points",
        "custom.pointSize": 7,
        "custom.showPoints": "always",
        "custom.axisPlacement": "hidden",
        "custom.stacking": {"mode": "none", "group": "corrected"},
    }


def _fixed(colour: str) -> dict[str, str]:
    return {"mode": "fixed", "fixedColor": colour}


def _note(shown: Shown) -> str:
    """Return what the reader of this picture must know."""
    panel = shown.panel
    if panel.mark == "heatmap":
        return _STRIPS_NOTE.format(zh=panel.note_zh, en=panel.note_en)
    hourly = any(one.series.resolution in (HOUR, "") for one in shown.selected)
    return _HOURS_NOTE if hourly else _DAYS_NOTE


_DRAWN: dict[str, Callable[[Shown], Builder]] = {
    "line": _bars,
    "band": _bars,
    "bar": _bars,
    "heatmap": _strips,
    "table": _table,
    "number": _numbers,
}
