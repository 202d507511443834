"""Carbon explained in a sentence: use × factor = tonnes, where the factor comes from and how good the data is."""

from __future__ import annotations

from analytics.carbon import LEAST_COVERAGE, NATION, Line, Why
from campus.factors import Factor
from campus.units import QUANTITIES

_TEXT: dict[Why, tuple[str, str]] = {
    Why.COUNTED: ("{arithmetic}。{source}。{data}。", "{arithmetic}. {source}. {data}."),
    Why.NO_FACTOR: (
        "地区 {region} 没有可用的{name}排放因子：不借用别处的因子，不出数。要在因子数据里为该地区添加一行。",
        "No {name} factor for region {region}: none is borrowed, so there is no figure. "
        "The factor data want a row for the region.",
    ),
    Why.NOT_ENOUGH_DATA: (
        "数据不足：{data}，低于要求的 {least}，不出数。{source}。",
        "Not enough data: {data}, below the {least} asked for, so there is no figure. {source}.",
    ),
    Why.SELF_USED: (
        "光伏自用 {amount} 按 0 计（发电量减上网电量）。",
        "{amount} of PV used on the spot count as 0 (generation less export).",
    ),
    Why.NOT_DEDUCTED: (
        "上网电量 {amount} 不从学校排放中扣除。",
        "The exported {amount} are not deducted from the school's emissions.",
    ),
    Why.MADE_ON_SITE: (
        "热量 {amount} 由学校自己的锅炉产生，已按燃料计算，这里按 0 计。",
        "The {amount} of heat come from the school's own boiler and are counted as its fuel: 0 here.",
    ),
}

# Silence is not zero: how much it was is unknown, and that it emits nothing is not.
_SELF_USED_UNKNOWN = (
    "光伏自用数据不足：发电或上网电量不全；无论多少，排放按 0 计。",
    "PV used on the spot: not enough data, since generation or export is incomplete; whatever it was counts as 0.",
)


def explain(line: Line, region: str, lang: str) -> str:
    """Return how a line came about, in "zh" or "en": arithmetic, factor row, coverage and share estimated."""
    quantity = QUANTITIES[line.use.name]
    if line.why is Why.SELF_USED and line.use.value is None:
        return _SELF_USED_UNKNOWN[_at(lang)]
    return _TEXT[line.why][_at(lang)].format(
        arithmetic=arithmetic(line, lang),
        source="" if line.chosen is None else source(line, lang),
        data=data(line, lang),
        amount=_amount(line),
        least=_percent(LEAST_COVERAGE),
        name=quantity.zh if lang == "zh" else quantity.en.lower(),
        region=region if not line.level else NATION,
    )


def arithmetic(line: Line, lang: str) -> str:
    """Return "41230.5 kWh × 0.6191 kgCO2/kWh = 25.53 tCO2", or "" when there is no value or no factor."""
    if line.chosen is None or line.figure.value is None:
        return ""
    tonnes = f"{line.figure.value:.2f} {line.figure.unit}"
    name = QUANTITIES[line.use.name]
    return f"{name.zh if lang == 'zh' else name.en} {_amount(line)} × {factor_text(line.chosen.factor)} = {tonnes}"


def factor_text(row: Factor) -> str:
    """Return the factor with its unit, such as "0.6191 kgCO2/kWh"."""
    return f"{row.value:g} {row.unit_out}/{row.unit_in}"


def source(line: Line, lang: str) -> str:
    """Return where the factor of a line comes from; "" without one."""
    if line.chosen is None:
        return ""
    row = line.chosen.factor
    place = " ".join(part for part in (row.document, row.clause) if part)
    if lang == "zh":
        year = f"，{row.data_year} 年数据" if row.data_year else ""
        late = "（当年因子尚未公布，取最近一版，暂定）" if line.chosen.provisional else ""
        return f"因子 {row.id}：{place}{year}{late}，适用 {row.region}，可信度 {row.confidence}"
    year = f", data year {row.data_year}" if row.data_year else ""
    late = " (none for this year yet: newest earlier edition, provisional)" if line.chosen.provisional else ""
    return f"Factor {row.id}: {place}{year}{late}, valid in {row.region}, confidence {row.confidence}"


def data(line: Line, lang: str) -> str:
    """Return coverage, share estimated and, where there is one, share corrected of the use behind a line."""
    covered, estimated, corrected = map(_percent, (line.use.coverage, line.use.estimated, line.use.corrected))
    if lang == "zh":
        return f"覆盖率 {covered}，估算占比 {estimated}" + f"，更正占比 {corrected}" * bool(line.use.corrected)
    said = f"coverage {covered}, estimated share {estimated}"
    return said + f", corrected share {corrected}" * bool(line.use.corrected)


def _amount(line: Line) -> str:
    return "?" if line.use.value is None else f"{line.use.value:,.1f} {line.use.unit}".replace(",", " ")


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _at(lang: str) -> int:
    return 0 if lang == "zh" else 1
