"""What a chart is drawn from: a panel's rows, its window, and the words and clock to read them by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from campus.panel import Panel, Selected
from campus.schema import HOUR, MONTH
from campus.units import QUANTITIES
from dashboards.rows import Row, State, wall_ms
from dashboards.theme import MEDIUM_COLOURS, PARTS
from dashboards.words import word

# The longest window whose ticks are hours, days, weeks; a longer one has months.
_TICKS = (("hours", timedelta(days=4)), ("days", timedelta(days=20)), ("weeks", timedelta(days=100)))

Window = tuple[datetime, datetime]
Drawn = tuple[Selected, Sequence[Row]]


@dataclass(frozen=True, slots=True)
class Drawing:
    """A panel over [start, end) of `window` with the rows of every selected series; `marks` are windows to shade."""

    panel: Panel
    series: tuple[Drawn, ...]
    window: Window
    zone: ZoneInfo
    now: datetime
    lang: str = "zh"
    marks: tuple[Window, ...] = ()

    def wall(self, instant: datetime) -> int:
        """Return the local wall time of an instant for the time axis [epoch ms]."""
        return wall_ms(instant, self.zone)

    def name(self, of: Selected | Panel) -> str:
        """Return the name in the drawing's language."""
        return (of.en or of.zh) if self.lang == "en" else of.zh

    def of_role(self, *roles: str) -> list[Drawn]:
        """Return the series drawn in these roles."""
        return [(selected, rows) for selected, rows in self.series if selected.role in roles]


@dataclass(frozen=True, slots=True)
class Frame:
    """A drawing without its rows and window: all that the structure of its chart depends on.

    `usual` is how what a value is held against is called.
    """

    mark: str
    lang: str
    names: tuple[str, ...]
    colours: tuple[str, ...]
    unit: str
    ticks: str
    usual: str = ""


def frame_of(drawing: Drawing) -> Frame:
    """Return the frame of a drawing; drawings that differ in numbers and times alone share one."""
    drawn = [selected for selected, _ in drawing.of_role("actual", "part")]
    length = drawing.window[1] - drawing.window[0]
    return Frame(
        mark=drawing.panel.mark,
        lang=drawing.lang,
        names=tuple(drawing.name(selected) for selected in drawn),
        colours=colours(drawn),
        unit=_unit_title(drawing),
        usual=next((drawing.name(selected) for selected, _ in drawing.of_role("usual")), ""),
        ticks=next((ticks for ticks, longest in _TICKS if length <= longest), "months"),
    )


def colours(drawn: Sequence[Selected]) -> tuple[str, ...]:
    """Return each series' colour: its medium's, or by its place where several series share a quantity."""
    quantities = [selected.series.name.rpartition("/")[2] for selected in drawn]
    if len(set(quantities)) < len(drawn):
        return tuple(PARTS[place % len(PARTS)] for place in range(len(drawn)))
    return tuple(
        MEDIUM_COLOURS.get(QUANTITIES[key].medium, PARTS[0]) if key in QUANTITIES else PARTS[0] for key in quantities
    )


def _unit_title(drawing: Drawing) -> str:
    """Return the unit on the value axis; an hourly use is a rate and says so."""
    if not drawing.series:
        return ""
    selected = drawing.series[0][0]
    rate = word("per_hour", drawing.lang) if selected.series.resolution == HOUR else ""
    return selected.unit + rate


def amount(value: float | None, unit: str) -> str:
    """Return a number with its unit, as many digits as a reader can use; absent is a dash."""
    if value is None:
        return "—"
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:,.{digits}f} {unit}"


def when(row: Row, resolution: str, zone: ZoneInfo) -> str:
    """Return the local period of a row in words of digits."""
    start, end = row.start.astimezone(zone), row.end.astimezone(zone)
    if resolution in (HOUR, ""):
        return f"{start:%Y-%m-%d %H:%M}–{end:%H:%M}"
    return f"{start:%Y-%m}" if resolution == MONTH else f"{start:%Y-%m-%d}"


def trust(row: Row, lang: str) -> str:
    """Return how far a row may be trusted, in words, with coverage and shares where it is not simply measured."""
    text = word(row.state.value, lang)
    if row.state in (State.MEASURED, State.HAND) or row.coverage is None:
        return text
    shares = [("coverage", row.coverage)]
    shares += [("estimated", row.estimated or 0.0)] if row.estimated and row.state is not State.ESTIMATED else []
    shares += [("corrected", row.corrected or 0.0)] if row.corrected else []
    return " · ".join([text, *(f"{word(name, lang)} {share:.0%}" for name, share in shares)])


def description(drawing: Drawing) -> str:
    """Return the text that stands for the picture: what it shows and its latest number."""
    title = drawing.name(drawing.panel)
    known = [(s, row) for s, rows in drawing.of_role("actual", "part") for row in rows if row.value is not None]
    if not known:
        return f"{title}: {word('no_data', drawing.lang)}"
    selected, row = max(known, key=lambda pair: pair[1].start)
    latest = amount(row.value, selected.unit)
    period = when(row, selected.series.resolution, drawing.zone)
    return f"{title}: {word('latest', drawing.lang)} {drawing.name(selected)} {latest} ({period})"
