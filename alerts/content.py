"""What a letter says in one language, as data: the templates only lay it out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from alerts import amounts
from alerts.plain import one_line
from alerts.words import FOUND, NEXT, NOTHING, SETTLED, TOLD, WORDS, Told
from campus.ports import Episode, State
from campus.registry import Registry
from campus.results import Finding
from campus.said import Said

# Names are typed by people; a subject line shows so much of one.
LONGEST_NAME = 30


class Wording(Protocol):
    """The rules' own words, in "zh" or "en"."""

    def message(self, finding: Finding, lang: str) -> str:
        """Return the sentence for the one who acts."""

    def title(self, rule: str, lang: str) -> str:
        """Return the rule's name."""

    def trade(self, rule: str) -> Said:
        """Return who acts on what a rule finds, empty where that is not known."""

    def closes(self, rule: str) -> Said:
        """Return what the meter must show for a finding to be over, empty where that is not known."""


@dataclass(frozen=True, slots=True)
class Site:
    """What a letter is written from: the school as registered, the rules' words, where its page is ("" nowhere).

    `several` says that a command must name the school, as there are others beside it; `remark` stands above all;
    `quality` says how the use behind a finding's amounts came to be known, where that can be told.
    """

    registry: Registry
    wording: Wording
    page: str = ""
    several: bool = False
    remark: Said = NOTHING
    quality: Callable[[Finding], Said | None] = lambda _finding: None


@dataclass(frozen=True, slots=True)
class Row:
    """A fact with its name."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Section:
    """A letter in one language. `says` is the news, `beside` stands below it under `beside_name`.

    `todo` and `command` are what to type next, "" where nothing is; `picture` is a content id, "" without a chart.
    """

    lang: str
    state: State
    remark: str
    tag: str
    says: str
    beside_name: str
    beside: str
    rows: tuple[Row, ...]
    todo: str
    command: str
    link: str
    link_name: str
    foot: tuple[str, ...]
    picture: str = ""
    alt: str = ""


def told_of(episode: Episode) -> Told:
    """Return how an episode's state is told."""
    settled = episode.state is State.CLOSED_BY_METER and episode.finding.size is None
    return SETTLED if settled else TOLD[episode.state]


def subject(episode: Episode, site: Site, lang: str) -> str:
    """Return the line of a subject, without the school's name."""
    return told_of(episode).subject.to(lang).format(**_blanks(episode, site, lang))


def section(episode: Episode, site: Site, lang: str) -> Section:
    """Return a letter's content in one language, still without its chart."""
    told = told_of(episode)
    lead = told.lead.to(lang).format(**_blanks(episode, site, lang))
    sentence = one_line(site.wording.message(episode.finding, lang))
    found = episode.state in FOUND
    earlier = "was" if episode.state is State.WITHDRAWN else "the_finding"
    todo, command = _next(episode, site, lang)
    return Section(
        lang=lang,
        state=episode.state,
        remark=site.remark.to(lang),
        tag=told.tag.to(lang),
        says=sentence if found else lead,
        beside_name="" if found else WORDS[earlier].to(lang),
        beside=lead if found else sentence,
        rows=tuple(_rows(episode, site, lang)),
        todo=todo,
        command=command,
        link=f"{site.page.rstrip('/')}/schools/{episode.school}/findings/{episode.id}" if site.page else "",
        link_name=WORDS["details"].to(lang),
        foot=tuple(_foot(episode, site, lang)),
    )


def _blanks(episode: Episode, site: Site, lang: str) -> dict[str, str]:
    finding, zone = episode.finding, site.registry.school.timezone
    somebody = WORDS["somebody"].to(lang)
    until = WORDS["until_day"].to(lang).format(amounts.day(episode.deadline, lang)) if episode.deadline else ""
    return {
        "what": _what(episode, site, lang),
        "cost": _in("about_a_day", _short(finding, finding.yuan_per_day, finding.per_day, lang), lang),
        "total": _in("about_in_all", _short(finding, finding.yuan_to_date, finding.to_date, lang), lang),
        "sum": _in("sum", _costs(finding, finding.yuan_to_date, finding.to_date, lang), lang),
        "who": _name(episode.acted_by) or somebody,
        "owner": _name(episode.owner) or somebody,
        "by": until,
        "time": amounts.moment(episode.repaired or episode.updated, zone, lang),
        "round": str(episode.round),
        "reason": one_line(episode.reason),
    }


def _in(words: str, said: str, lang: str) -> str:
    """Return what is said in its words, nothing where there is nothing to say."""
    return WORDS[words].to(lang).format(said) if said else ""


def _name(typed: str) -> str:
    name = one_line(typed)
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"


def _what(episode: Episode, site: Site, lang: str) -> str:
    title = site.wording.title(episode.finding.rule, lang)
    if lang == "en" and title[1:2].islower():
        title = title[0].lower() + title[1:]
    where = amounts.place(site.registry, episode.finding.subject, lang)
    return WORDS["what"].to(lang).format(where=where, title=title)


def _short(finding: Finding, money: float | None, amount: float | None, lang: str) -> str:
    """Return the money, or where no price is set the amount: one number, for a subject line; "" for none."""
    if money is not None:
        return amounts.yuan(money, lang)
    return "" if amount is None else amounts.amount(finding, amount, lang)


def _costs(finding: Finding, money: float | None, amount: float | None, lang: str) -> str:
    if amount is None:
        return "" if money is None else amounts.yuan(money, lang)
    said = amounts.amount(finding, amount, lang)
    if money is None:
        return WORDS["unpriced"].to(lang).format(amount=said)
    return WORDS["costs"].to(lang).format(yuan=amounts.yuan(money, lang), amount=said)


def _rows(episode: Episode, site: Site, lang: str) -> list[Row]:
    finding = episode.finding
    where = Row(WORDS["where"].to(lang), amounts.place_exact(site.registry, finding.subject, lang))
    # The numbers of what no longer holds would only be taken for true.
    return [where] if episode.state is State.WITHDRAWN else [where, *_numbers(episode, site, lang)]


def _numbers(episode: Episode, site: Site, lang: str) -> list[Row]:
    finding = episode.finding
    ended = finding.end is not None
    rows = [
        ("from_to" if ended else "since", _time(finding, site, lang)),
        ("more", _more(finding, lang)),
        ("a_day", _costs(finding, finding.yuan_per_day, finding.per_day, lang)),
        ("in_all" if ended else "so_far", _costs(finding, finding.yuan_to_date, finding.to_date, lang)),
        ("carbon", _carbon(finding, lang)),
    ]
    known = site.quality(finding)
    if known is not None and finding.per_day is not None:
        rows.append(("data", known.to(lang)))
    if finding.price is not None:
        rows.append(("price", amounts.price_text(finding.price, amounts.medium(finding), lang)))
    if not ended:
        rows.append(("trade", site.wording.trade(finding.rule).to(lang)))
        rows.append(("closes", site.wording.closes(finding.rule).to(lang)))
    if episode.owner:
        by = f" · {amounts.day(episode.deadline, lang)}" if episode.deadline else ""
        rows.append(("owner", _name(episode.owner) + by))
    return [Row(WORDS[name].to(lang), value) for name, value in rows if value]


def _carbon(finding: Finding, lang: str) -> str:
    """Return what it emits, with the factor's id; "" where no factor or no amount is known."""
    if finding.kgco2_per_day is None or finding.kgco2_to_date is None:
        return ""
    a_day, so_far = amounts.number(finding.kgco2_per_day), amounts.number(finding.kgco2_to_date)
    return WORDS["emits"].to(lang).format(a_day, so_far, finding.co2_factor)


def _more(finding: Finding, lang: str) -> str:
    if finding.size is None or finding.usual is None:
        return ""
    size, usual = (amounts.rate(finding, value, lang) for value in (finding.size, finding.usual))
    return WORDS["usual"].to(lang).format(size, usual)


def _time(finding: Finding, site: Site, lang: str) -> str:
    zone = site.registry.school.timezone
    since = amounts.moment(finding.start, zone, lang)
    span = amounts.length((finding.end or finding.seen_until) - finding.start, lang)
    if finding.end is None:
        return WORDS["lasting"].to(lang).format(since=since, length=span)
    until = amounts.moment(finding.end, zone, lang)
    return WORDS["lasted"].to(lang).format(since=since, until=until, length=span)


def _next(episode: Episode, site: Site, lang: str) -> tuple[str, str]:
    if episode.state not in NEXT:
        return "", ""
    school = f" --school {episode.school}" if site.several else ""
    todo, command = NEXT[episode.state]
    return todo.to(lang), command.to(lang).format(id=episode.id, school=school)


def _foot(episode: Episode, site: Site, lang: str) -> list[str]:
    seen = amounts.moment(episode.finding.seen_until, site.registry.school.timezone, lang)
    return [
        " · ".join((WORDS["number"].to(lang).format(episode.id), WORDS["as_of"].to(lang).format(seen))),
        WORDS["why_you"].to(lang).format(amounts.school_name(site.registry, lang)),
    ]
