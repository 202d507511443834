"""A letter of the outbox as its reader gets it: subject, plain text, HTML and the pictures in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from alerts import amounts, content
from alerts.content import Section, Site
from alerts.picture import Picture
from alerts.plain import one_line
from alerts.words import WORDS
from campus.ports import Episode, Letter, State

LANGS: Mapping[str, tuple[str, ...]] = {"zh": ("zh",), "en": ("en",), "both": ("zh", "en")}
Draw = Callable[[Episode, str], Picture | None]


@dataclass(frozen=True, slots=True)
class Message:
    """What a letter says; `images` are PNGs by the content id the HTML names them with (cid:…)."""

    subject: str
    text: str
    html: str
    images: Mapping[str, bytes] = field(default_factory=dict)


def subject(letter: Letter, site: Site) -> str:
    """Return a letter's subject line; in both languages the school is named once."""
    langs = LANGS[letter.address.lang]
    school = WORDS["school"].to(langs[0]).format(amounts.school_name(site.registry, langs[0]))
    lines = (content.subject(letter.episode, site, lang) for lang in langs)
    return one_line(school + " / ".join(lines))


def compose(letter: Letter, site: Site, draw: Draw | None = None) -> Message:
    """Return a letter in the language of its reader; `draw` makes its pictures, without it there are none."""
    line = subject(letter, site)
    images: dict[str, bytes] = {}
    sections = []
    for lang in LANGS[letter.address.lang]:
        drawn = draw(letter.episode, lang) if draw and letter.episode.state is not State.WITHDRAWN else None
        sections.append(_with(content.section(letter.episode, site, lang), drawn, images))
    shown = {"subject": line, "sections": sections}
    text = environment().get_template("letter.txt").render(shown)
    return Message(line, text.strip() + "\n", environment().get_template("letter.html").render(shown), images)


def notice(lines: tuple[str, str], sections: tuple[str, str]) -> Message:
    """Return a message of our own in both languages, such as the test of a channel: subjects, then sentences."""
    line = " / ".join(lines)
    html = environment().get_template("notice.html").render(subject=line, sentences=sections)
    return Message(line, "\n\n".join(sections) + "\n", html)


def _with(section: Section, drawn: Picture | None, images: dict[str, bytes]) -> Section:
    if drawn is None:
        return section
    name = f"chart-{section.lang}@campus"
    images[name] = drawn.png
    return replace(section, picture=name, alt=drawn.alt)


@cache
def environment() -> Environment:
    """Return the template environment; HTML is escaped, and a missing name is an error."""
    return Environment(
        loader=PackageLoader("alerts"),
        autoescape=select_autoescape(enabled_extensions=("html",)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
