"""A panel and its data as one Vega-Lite specification, and that as SVG without a browser."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, lru_cache
from importlib.metadata import version
from typing import Any

import altair as alt
import vl_convert

from dashboards import bars, foot, lines, strips
from dashboards.axes import END, START, along, time_axis
from dashboards.drawing import Drawing, Frame, description, frame_of
from dashboards.theme import ALERT, CONFIG, QUIET
from dashboards.words import word

Spec = dict[str, Any]
Datasets = dict[str, list[dict[str, Any]]]

_ROWS: dict[str, Callable[[Drawing], Datasets]] = {
    "line": lines.line_rows,
    "bar": bars.bar_rows,
    "heatmap": strips.strip_rows,
}
_LAYERS: dict[str, Callable[[Frame], list[alt.Chart]]] = {
    "line": lines.line_layers,
    "bar": bars.bar_layers,
    "heatmap": strips.strip_layers,
}


def spec(drawing: Drawing) -> Spec:
    """Return the Vega-Lite specification of a drawing, as wide as its container; its text says what it shows.

    Numbers and times are in `datasets` and `params` alone, so that a page can renew them in place.
    """
    start, end = (drawing.wall(instant) for instant in drawing.window)
    return {
        **_structure(frame_of(drawing)),
        "description": description(drawing),
        "params": [{"name": START, "value": start}, {"name": END, "value": end}],
        "datasets": {**_ROWS[drawing.panel.mark](drawing), **_remarks(drawing), **_foot(drawing)},
    }


def svg(document: Spec, width: int = 720) -> str:
    """Return a specification as SVG, `width` pixels wide; needs no browser and no network."""
    # A file's image has no page behind it, so it brings its own ground.
    config = {**document["config"], "background": "white"}
    return vl_convert.vegalite_to_svg({**document, "width": width, "config": config}, allowed_base_urls=[])


def png(document: Spec, width: int = 440, scale: float = 2.0) -> bytes:
    """Return a specification as a PNG for a mail, `width` pixels wide times `scale`.

    Narrow, so that its type is still legible on a phone, and scaled up, so that it is sharp on a desk.
    """
    return vl_convert.svg_to_png(svg(document, width), scale=scale)


@cache
def script() -> str:
    """Return vega-embed, vega-lite and vega as one script that defines `vegaEmbed` and `vega`; needs no network."""
    return vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed; window.vega = vega;")


def script_version() -> str:
    """Return the version of the package that carries the script."""
    return version("vl-convert-python")


@lru_cache(maxsize=256)
def _structure(frame: Frame) -> Spec:
    """Return the specification without numbers; kept, since validating it takes 0.1 s."""
    feet = [] if frame.mark == "heatmap" else foot.foot_layers(_height(frame))
    layers = [_shade(), *_LAYERS[frame.mark](frame), *feet, _rule(frame), _label(), _nothing(frame)]
    document: Spec = alt.layer(*layers).properties(width="container", height=_height(frame)).to_dict()
    padding = {"left": 2, "right": 8, "top": 4, "bottom": 2}
    return {**document, "config": CONFIG, "padding": padding, "autosize": {"type": "fit-x", "contains": "padding"}}


def _height(frame: Frame) -> int:
    return {"line": lines.HEIGHT, "bar": bars.HEIGHT}.get(frame.mark) or strips.height(frame)


def _remarks(drawing: Drawing) -> Datasets:
    """Return the shaded windows, the moment they begin, and the word for an empty chart."""
    shades = [{"t": drawing.wall(start), "end": drawing.wall(end)} for start, end in drawing.marks]
    since = [{"t": shades[0]["t"], "label": _since(drawing)}] if shades else []
    middle = sum(drawing.wall(instant) for instant in drawing.window) // 2
    nothing = [] if _has_values(drawing) else [{"t": middle, "label": word("no_data", drawing.lang)}]
    return {"shades": shades, "since": since, "nothing": nothing}


def _foot(drawing: Drawing) -> Datasets:
    """Return what stands at the foot; a strip panel says it all by its colours."""
    return {} if drawing.panel.mark == "heatmap" else {"foot": foot.foot_rows(drawing)}


def _has_values(drawing: Drawing) -> bool:
    return any(row.value is not None for _, rows in drawing.of_role("actual", "part") for row in rows)


def _since(drawing: Drawing) -> str:
    start = drawing.marks[0][0].astimezone(drawing.zone)
    since = word("since", drawing.lang)
    return f"{since} {start:%m-%d %H:%M}" if drawing.lang == "en" else f"{start:%m-%d %H:%M} {since}"


def _shade() -> alt.Chart:
    mark = alt.Chart(alt.NamedData(name="shades")).mark_rect(color=ALERT, opacity=0.08, clip=True)
    layer: alt.Chart = mark.encode(x=along("t:T"), x2="end:T")
    return layer


def _rule(frame: Frame) -> alt.Chart:
    mark = alt.Chart(alt.NamedData(name="since")).mark_rule(color=ALERT, strokeWidth=1, clip=True)
    # This layer brings the time axis: one with an x alone, for a span's two ends would each bring a domain.
    layer: alt.Chart = mark.encode(x=time_axis(frame, "t:T"))
    return layer


def _label() -> alt.Chart:
    mark = alt.Chart(alt.NamedData(name="since")).mark_text(
        color=ALERT, align="left", baseline="top", dx=4, dy=1, fontSize=11, clip=True
    )
    layer: alt.Chart = mark.encode(x=along("t:T"), y=alt.value(0), text="label:N")
    return layer


def _nothing(frame: Frame) -> alt.Chart:
    mark = alt.Chart(alt.NamedData(name="nothing")).mark_text(color=QUIET, fontSize=13)
    layer: alt.Chart = mark.encode(x=along("t:T"), y=alt.value(_height(frame) / 2), text=alt.Text("label:N"))
    return layer
