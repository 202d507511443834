"""What is said of a silence: where, since when, how many meters, that nothing is lost, and what to look at first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from analytics.silence import COLLECTOR, NAME
from campus.ports import NOT_YET, TELL
from campus.registry import Arrival
from campus.results import Finding
from campus.said import Said
from campus.schema import from_ms
from campus.trades import Trade

# What the class of arrival promises: who looks before it is due looks in vain.
PROMISED: Mapping[str, Said] = {
    str(Arrival.LIVE): Said("", ""),
    str(Arrival.HOURLY): Said("这类表每小时报一次。", " Such meters report once an hour."),
    str(Arrival.DAILY_FROZEN): Said(
        "这类表每天早上报前一天的数。", " Such meters report the day before, once every morning."
    ),
    str(Arrival.MANUAL): Said("", ""),
}
_COUNTS = Said("表还在走，用量不会丢。", " The {meters} counting; no use is lost.")
_BLANK = Said("补传之前，这段用量先空着。", " Until it is sent later, the use of this time stays blank.")
# What to look at first, by what is silent.
_FIRST = {
    "gateway": Said("请先看采集器电源灯和网线。", " Check its power lamp and cable first."),
    "platform": Said("请先问厂家平台。", " Ask the maker's platform first."),
    "part": Said(
        "同一采集器的其他{rest}块表正常，请先看表和接线。",
        " The other {rest} of the same gateway speak: check the meter and its wiring first.",
    ),
    "alone": Said("请先看表、接线和采集器电源。", " Check the meter, its wiring and its gateway's power first."),
    "reader": Said("请抄一次表并录入。", " Please read it and enter the reading."),
    "collector": Said("请先看这台服务器和消息服务器（MQTT）。", " Check this machine and the MQTT broker first."),
}
_FILLED = 0.9  # so much of the readings of a silence, sent later, is called all of them
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True)
class Worded:
    """A rule that judges the clock and not a meter's hours: its names and its sentence, as a detector has them."""

    name: str
    zh: str
    en: str
    message: Callable[[Finding, str], str]
    trade: Trade
    closes: Said


def message(finding: Finding, lang: str) -> str:
    """Return the sentence for whoever looks after the gateways."""
    if finding.end is not None:
        return _over(finding, lang)
    said = _silent(finding, lang) + PROMISED[_class(finding)].to(lang) + _lost(finding, lang)
    if finding.facts[TELL] == NOT_YET:
        back = moment(from_ms(int(float(finding.facts["back"]))), finding, lang)
        more = Said(f"{back}又有数据了，再看一会儿。", f" Heard again at {back}; it is being watched.")
        return said + more.to(lang)
    return said + _first(finding, lang)


def _silent(finding: Finding, lang: str) -> str:
    since, count = moment(finding.start, finding, lang), int(float(finding.facts["count"]))
    place = str(finding.facts[f"place_{lang}"])
    arrival = _class(finding)
    if arrival == Arrival.MANUAL:
        days = (finding.seen_until - finding.start).days
        return Said(f"{place}已{days}天没有抄表数。", f"{place} has not been read for {days} days.").to(lang)
    if finding.subject == COLLECTOR:
        return Said(
            f"收数程序{since}起收不到任何数据，影响全部{count}块表，不是采集器的事。",
            f"The collecting program has taken nothing in since {since} (all {count} meters); "
            "no gateway is to blame.",
        ).to(lang)
    meters = "1 meter" if count == 1 else f"{count} meters"
    if finding.facts["whole"]:
        zh = f"{place}{since}起没数据，影响{count}块表。"
        return zh if lang == "zh" else f"{_capital(place)} has been silent since {since} ({meters})."
    several = f"等{count}块表" if count > 1 else ""
    more = f" and {count - 1} more" if count > 1 else ""
    has = "have" if count > 1 else "has"
    zh = f"{place}{several}{since}起没数据。"
    return zh if lang == "zh" else f"{place}{more} {has} been silent since {since}."


def _lost(finding: Finding, lang: str) -> str:
    if _class(finding) == Arrival.MANUAL:
        return ""
    several = finding.facts["whole"] or float(finding.facts["count"]) > 1
    counts = _COUNTS.to(lang).format(meters="meters keep" if several else "meter keeps")
    return counts if finding.facts["counts"] else _BLANK.to(lang)


def _first(finding: Finding, lang: str) -> str:
    rest = int(float(finding.facts["of"]) - float(finding.facts["count"]))
    if finding.subject == COLLECTOR:
        way = "collector"
    elif _class(finding) == Arrival.MANUAL:
        way = "reader"
    elif finding.facts["whole"]:
        way = "platform" if _class(finding) == Arrival.DAILY_FROZEN else "gateway"
    else:
        way = "part" if rest > 0 else "alone"
    return _FIRST[way].to(lang).format(rest=rest)


def _over(finding: Finding, lang: str) -> str:
    """Return what is said of a silence that has ended, and what became of its readings where that is known."""
    assert finding.end is not None
    place = str(finding.facts[f"place_{lang}"])
    since, until = (date_and_time(time, finding, lang) for time in (finding.start, finding.end))
    said = Said(
        f"{place}又有数据了：{since}到{until}没有数据。",
        f"{_capital(place)} speaks again; it was silent from {since} to {until}.",
    ).to(lang)
    filled = finding.facts.get("filled")
    if filled is None:
        return said
    if float(filled) >= _FILLED:
        return said + Said("这段的读数已补传。", " The readings of that time were sent later.").to(lang)
    if finding.facts["counts"]:
        return said + Said("总量不少，这段每小时的用量是估的。", " No use is lost; its hours are estimated.").to(lang)
    return said + Said("这段用量空着。", " The use of that time stays blank.").to(lang)


def moment(time: datetime, finding: Finding, lang: str) -> str:
    """Return a local time as people say it on the day the finding was judged: "昨天18:05" or "18:05 yesterday"."""
    zone = ZoneInfo(str(finding.facts["zone"]))
    local, today = time.astimezone(zone), finding.seen_until.astimezone(zone).date()
    near = {today: Said("今天", "today"), today - timedelta(days=1): Said("昨天", "yesterday")}
    if local.date() not in near:
        return date_and_time(time, finding, lang)
    day = near[local.date()].to(lang)
    return f"{day}{local:%H:%M}" if lang == "zh" else f"{local:%H:%M} {day}"


def date_and_time(time: datetime, finding: Finding, lang: str) -> str:
    """Return a local time with its date; with the year if it is not that of the newest data."""
    zone = ZoneInfo(str(finding.facts["zone"]))
    local, now = time.astimezone(zone), finding.seen_until.astimezone(zone)
    other = local.year != now.year
    if lang == "zh":
        return f"{local.year}年" * other + f"{local.month}月{local.day}日{local:%H:%M}"
    return f"{local:%H:%M} on {local.day} {_MONTHS[local.month - 1]}" + f" {local.year}" * other


def _class(finding: Finding) -> str:
    return str(finding.facts["arrival"])


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


RULE = Worded(NAME, "没有数据", "No data", message, Trade.IT, Said("又有读数到达。", "Readings arrive again."))
