"""What is said of a change of balance: its likeliest cause, where, since when, how much, and where to look first."""

from __future__ import annotations

from analytics.balance_cause import Kind
from analytics.meter_words import day, meter
from analytics.wording import number, unit
from campus.results import Finding
from campus.said import Said

# What a sub-meter counts of the truth where one of three phases is lost: two thirds, as loads lie on the phases.
LOST_PHASE = (0.55, 0.75)

_MORE = {
    Kind.STEADY: {
        "electricity": Said(
            "昼夜一样：像是接了没装分表、一直开着的用电。先查总配电柜里没装分表的出线",
            "the same day and night: probably a load without a sub-meter that is never off. Look first at feeders of "
            "the main switchboard without one",
        ),
        "": Said(
            "昼夜一样：像是总表和分表之间在漏。先夜里听管，看阀门井和绿化栓",
            "the same day and night: probably a leak before the sub-meters. Listen at the pipes at night and look "
            "into valve pits and hydrants first",
        ),
    },
    Kind.IN_STEP: {
        "": Said(
            "跟着总用量变：像是总表多计，或有一路没装分表。先核对总表倍率，再找没装分表的一路",
            "in step with the main meter: it counts too much, or a branch has no sub-meter. Check its ratio first, "
            "then look for such a branch",
        )
    },
    Kind.UNCLEAR: {
        "": Said(
            "不像哪一块表单独出错。先问最近新接了什么没装表的，再核对各表读数",
            "as no single meter's error would. Ask first what was connected without a meter, then compare readings",
        )
    },
}
_LESS = {
    Kind.STEADY: {
        "": Said(
            "昼夜一样：像是原来没装表的停用了。先问最近停了什么",
            "the same day and night: something without a meter was probably shut down. Ask first what it was",
        )
    },
    Kind.IN_STEP: {
        "": Said(
            "跟着总用量变：像是总表少计了。先核对总表的倍率、互感器和接线",
            "in step with the main meter: it probably counts too little. Check ratio, transformers and wiring first",
        )
    },
    Kind.UNCLEAR: {
        "": Said(
            "不像哪一块表单独出错。先问最近停了什么，再核对各表读数",
            "as no single meter's error would. Ask first what was shut down, then compare the meters' readings",
        )
    },
}


def said(finding: Finding, lang: str) -> str:
    """Return the sentence of a change that lasts, or of one that is over."""
    kind, name, since = Kind(str(finding.facts["cause"])), meter(finding, lang), day(finding, finding.start, lang)
    if finding.end is not None:
        until = day(finding, finding.end, lang)
        if lang == "zh":
            return f"{name}又对得上了：{since}到{until}总表和分表之间差得和平时不一样。"
        return f"{name} balances again: from {since} to {until} main meter and sub-meters were apart."
    return {Kind.PART: _part, Kind.SWAPPED: _swapped, Kind.CLOCK: _clock}.get(kind, _left_over)(finding, lang)


def _left_over(finding: Finding, lang: str) -> str:
    """Say how much does not balance, before and now, with what the meters' own errors leave open."""
    name, since, facts = meter(finding, lang), day(finding, finding.start, lang), finding.facts
    now, usual, errors = (number(100 * float(facts[key])) for key in ("now", "usual", "uncertain"))
    apart = float(facts["apart"])
    of_kind = (_MORE if apart > 0 else _LESS)[Kind(str(facts["cause"]))]
    why = of_kind.get(finding.quantity, of_kind[""]).to(lang)
    amount = f"{number(abs(apart))}{' ' * (lang == 'en')}{unit(finding, lang)}"
    if lang == "zh":
        more = "多" if apart > 0 else "少"
        return (
            f"{name}下面对不上的量从{since}起每天{more}了{amount}（占{usual}%变{now}%，表计误差±{errors}%），{why}。"
        )
    more = "more" if apart > 0 else "less"
    return (
        f"Below {name} {amount} a day {more} than usual are not accounted for since {since} ({usual} % before, "
        f"{now} % now, meter errors ±{errors} %), {why}."
    )


def _part(finding: Finding, lang: str) -> str:
    name, since = meter(finding, lang), day(finding, finding.start, lang)
    counts = float(finding.facts["counts"])
    phase = finding.quantity == "electricity" and LOST_PHASE[0] <= counts <= LOST_PHASE[1]
    share = number(100 * counts)
    if lang == "zh":
        why = "像是少了一相" if phase else "像是倍率或接线不对"
        return f"{name}从{since}起大约计到实际的{share}%（看总表减去其他分表），{why}。先核对互感器、倍率和接线。"
    why = "one phase is probably lost" if phase else "its ratio or wiring is probably wrong"
    return (
        f"{name} counts about {share} % of what it should since {since} (the main meter less all others); {why}. "
        "Check transformers, ratio and wiring first."
    )


def _swapped(finding: Finding, lang: str) -> str:
    name, since = meter(finding, lang), day(finding, finding.start, lang)
    other = finding.facts[f"other_{lang}"]
    if lang == "zh":
        return f"{name}和{other}从{since}起像是调换了：各自走成对方平时的样子。请到现场核对表号和位置，再改登记。"
    return (
        f"{name} and {other} have probably changed places since {since}: each shows what the other used to. Compare "
        "serial numbers and places on site, then correct the registry."
    )


def _clock(finding: Finding, lang: str) -> str:
    name, since, late = meter(finding, lang), day(finding, finding.start, lang), float(finding.facts["counts"])
    hours = number(abs(late))
    if lang == "zh":
        way = "晚" if late > 0 else "早"
        return f"{name}的时间从{since}起像是{way}了{hours}小时。请校对表和采集器的时钟与时区。"
    way = "late" if late > 0 else "early"
    return (
        f"{name}'s hours are probably {hours} h {way} since {since}. Check the clock and the time zone of meter and "
        "gateway."
    )
