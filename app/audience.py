"""Who is told of an episode: the contacts its school registered, as each of them wishes."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from analytics.silence import NAME as SILENCE
from app.wording import rules
from campus.gateways import COLLECTION
from campus.ports import ON_PAGE, TELL, Address, Episode, State
from campus.registry import Contact, Registry
from campus.units import QUANTITIES

MAIL = "mail"


def audience(registries: Callable[[], Mapping[str, Registry]]) -> Callable[[Episode], list[Address]]:
    """Return whom to tell of an episode, by the schools as they are registered at that moment."""

    def told(episode: Episode) -> list[Address]:
        registry = registries().get(episode.school)
        contacts = registry.school.contacts if registry else ()
        return [Address(MAIL, one.mail, one.lang) for one in contacts if wants(one, episode)]

    return told


def wants(contact: Contact, episode: Episode) -> bool:
    """Whether somebody wants to hear of an episode's medium, trade and state; a silence is one of the collection.

    What is for the page alone is mailed to nobody. Whoever was told of what corrected data made vanish is told that
    too: it can be chosen by nobody.
    """
    if episode.finding.facts.get(TELL) == ON_PAGE:
        return False
    known = rules().get(episode.finding.rule)
    if contact.trades and known is not None and known.trade not in contact.trades:
        return False
    quantity = QUANTITIES.get(episode.finding.quantity)
    medium = COLLECTION if episode.finding.rule == SILENCE else quantity.medium if quantity else ""
    states = (*contact.states, State.WITHDRAWN)
    return (not contact.media or medium in contact.media) and (not contact.states or episode.state in states)
