"""The series of a Grafana panel: one Flux query each, under the name and in the unit the page gives them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import count, product
from string import ascii_uppercase

from grafana_foundation_sdk.builders import stat, statushistory, table, timeseries
from grafana_foundation_sdk.cog.builder import Builder as OfTheKit
from grafana_foundation_sdk.cog.variants import Dataquery
from grafana_foundation_sdk.models.dashboard import DataSourceRef, DynamicConfigValue

from campus.calendar import HOUR
from campus.panel import Panel, Selected
from dashboards.flux import Buckets, rows_query
from dashboards.words import word

SOURCE_UID = "influxdb"
SOURCE = DataSourceRef("influxdb", SOURCE_UID)

# Grafana's own names of units (grafana/data, valueFormats/categories.ts); another stands behind the number as it is.
_UNITS = {"kWh": "kwatth", "m³": "m3"}

Builder = timeseries.Panel | statushistory.Panel | table.Panel | stat.Panel


class FluxTarget(Dataquery):
    """A query of a panel; the dashboard kit has no class for Flux."""

    def __init__(self, ref: str, query: str) -> None:
        self.ref_id, self.query = ref, query

    def to_json(self) -> dict[str, object]:
        """Return what stands in the dashboard."""
        return {"refId": self.ref_id, "datasource": SOURCE, "query": self.query}


class _Made(OfTheKit[Dataquery]):
    """A target as the kit takes it: something that builds one."""

    def __init__(self, target: FluxTarget) -> None:
        self.target = target

    def build(self) -> Dataquery:
        return self.target


@dataclass(frozen=True, slots=True)
class Shown:
    """A panel, what it selects for a school, where that is kept, and which stored field of it is read."""

    panel: Panel
    selected: Sequence[Selected]
    buckets: Buckets
    field: str = "value"

    @property
    def title(self) -> str:
        """The title, Chinese first."""
        return f"{self.panel.zh} {self.panel.en}"


def give_series(builder: Builder, shown: Shown, looks: Mapping[str, Mapping[str, object]]) -> None:
    """Give a panel its queries and each series its name; `looks` are further properties by query name."""
    builder.datasource(SOURCE)
    for ref, selected in named(shown):
        builder.with_target(_Made(FluxTarget(ref, rows_query(shown.buckets, selected.series, shown.field))))
        properties = {"displayName": series_name(selected), **looks.get(ref, {})}
        builder.override_by_query(ref, [DynamicConfigValue(key, value) for key, value in properties.items()])


def give_corrected(builder: Builder, shown: Shown, look: Mapping[str, object]) -> None:
    """Give a panel the corrected share of each of its series, stored only where somebody corrected anything."""
    for ref, selected in named(shown):
        if selected.role == "usual":
            continue
        mark = f"{ref}_corrected"
        builder.with_target(_Made(FluxTarget(mark, rows_query(shown.buckets, selected.series, "corrected"))))
        properties = {"displayName": f"{series_name(selected)} · {both('corrected')}", **look}
        builder.override_by_query(mark, [DynamicConfigValue(key, value) for key, value in properties.items()])


def named(shown: Shown) -> Iterator[tuple[str, Selected]]:
    """Yield each series with the name of its query: A to Z, AA, AB and so on."""
    letters = ("".join(word_) for length in count(1) for word_ in product(ascii_uppercase, repeat=length))
    return zip(letters, shown.selected, strict=False)


def series_name(selected: Selected) -> str:
    """Return the name in the legend: Chinese first, and the English one where it says something else."""
    return " · ".join(dict.fromkeys(name for name in (selected.zh, selected.en) if name))


def unit_id(unit: str) -> str:
    """Return Grafana's name of a unit."""
    return _UNITS.get(unit, f"suffix: {unit}")


def window_text(window: timedelta) -> str:
    """Return a panel's own range as Grafana writes it, up to now: the rows that begin in it are the page's."""
    hours = window // HOUR
    return f"{hours}h" if hours % 24 or hours <= 48 else f"{hours // 24}d"


def both(key: str) -> str:
    """Return a word in both languages."""
    return f"{word(key, 'zh')} {word(key, 'en')}"
