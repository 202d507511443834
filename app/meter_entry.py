"""The questions of `campus meters add`: only what the device's messages and the school's file do not tell."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import click

from app import heard
from app.heard import Device
from app.toml_fields import Wrong, interval, nearest
from campus.registry import Arrival, Registry
from campus.units import QUANTITIES, units_of
from ingest.payload import Format, Item, Message


@dataclass(frozen=True, slots=True)
class Asked:
    """What is known before the first question; `given` are the answers that came as options."""

    topic: str
    format: Format
    messages: Sequence[Message]
    registry: Registry
    given: Mapping[str, str | None]

    def answer(self, name: str, question: str, default: str, choices: Iterable[str] = ()) -> str:
        """Return the answer given as an option, else ask; a closed list of choices is shown and enforced."""
        options = list(choices)
        if (given := self.given.get(name)) is not None:
            return given
        kind = click.Choice(options) if options else None
        return str(click.prompt(question, default=default, type=kind, show_default=bool(default)))


def choose_device(
    topic: str, format_name: str | None, devices: Iterable[Device], formats: Mapping[str, Format]
) -> tuple[str, Format]:
    """Return the topic to register and its format: of what was heard there, or of what is to speak there."""
    if format_name is not None and format_name not in formats:
        raise click.BadParameter(f"{format_name!r} is no format{nearest(format_name, formats)}")
    known = list(devices)
    device = next((d for d in known if topic == d.topic or topic in d.spoken_on), None)
    name = format_name or (device.format if device else "")
    if device is None and not name:
        raise click.ClickException(
            f"nothing unregistered was heard on {topic!r}{nearest(topic, [d.topic for d in known])}"
            " (to register a meter before it speaks, give its --format)"
        )
    if not name:
        name = click.prompt("No format reads its payload as it is. Format", type=click.Choice(list(formats)))
    return heard.registered_topic(device.spoken_on[0] if device else topic, name, formats), formats[name]


def ask(asked: Asked) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the values of the new [[meter]] and of its further registers."""
    every = heard.items_of(asked.messages, asked.format)
    channel = _channel(asked, every)
    items = [item for item in every if item.channel == channel]
    named = list(dict.fromkeys(item.quantity for item in items if item.quantity))
    own = [item for item in items if not item.quantity] or items
    key = asked.answer("key", "Key (for ever)", free_key(asked.topic, asked.registry))
    name = asked.answer("name", "Name", key)
    quantity, unit = _quantity(asked, own)
    every_s = _interval(asked, items)
    values = {
        "key": key,
        "name": name,
        "name_en": asked.given.get("name_en"),
        "topic": asked.topic,
        "format": asked.format.name,
        "channel": channel,
        "quantity": quantity,
        "unit": unit,
        "interval": every_s,
        "arrival": asked.given.get("arrival") or arrival_of(every_s),
        "parent": _parent(asked, quantity),
        "building": _one_of(asked, "building", asked.registry.buildings),
        "account": _account(asked, quantity),
        "serial": heard.only(item.serial for item in items),
    }
    further = [q for q in named if q in QUANTITIES and q != quantity]
    return values, [{"quantity": q, "unit": _unit_said(items, q) or QUANTITIES[q].unit} for q in further]


def _channel(asked: Asked, items: Sequence[Item]) -> str:
    """Return the channel to register: asked for only where several speak that are not registered yet."""
    if (given := asked.given.get("channel")) is not None:
        return given
    taken = {m.channel for m in asked.registry.meters.values() if m.topic == asked.topic}
    free = [channel for channel in heard.channels(items) if channel not in taken]
    return asked.answer("channel", "Channel", free[0], free) if len(free) > 1 else "".join(free)


def _quantity(asked: Asked, items: Sequence[Item]) -> tuple[str, str]:
    """Return what the first register measures and the unit it is sent in."""
    said = list(dict.fromkeys(item.quantity for item in items if item.quantity in QUANTITIES))
    unit = heard.only(item.unit for item in items if item.quantity in ("", *said[:1]))
    choices = heard.quantities_for(unit, heard.speaks_gauge(items))
    known = said[0] if said and asked.given.get("quantity") is None else ""
    quantity = known or asked.answer("quantity", "What it measures", choices[0], choices)
    if quantity not in QUANTITIES:
        raise click.BadParameter(f"{quantity!r} is no quantity{nearest(quantity, QUANTITIES)}")
    if heard.fits(unit, quantity) and asked.given.get("unit") is None:
        return quantity, unit
    return quantity, asked.answer("unit", "Unit it sends", QUANTITIES[quantity].unit, units_of(QUANTITIES[quantity]))


def _unit_said(items: Iterable[Item], quantity: str) -> str:
    return heard.only(item.unit for item in items if item.quantity == quantity)


def _interval(asked: Asked, items: Sequence[Item]) -> str:
    text = asked.answer("interval", "How often it speaks", heard.rhythm(items, asked.messages))
    while isinstance(wrong := interval(text), Wrong):
        if asked.given.get("interval") is not None:
            raise click.BadParameter(f"interval {text!r} {wrong.text}")
        click.echo(f"{text!r} {wrong.text}")
        text = click.prompt("How often it speaks")
    return text


def arrival_of(interval_text: str) -> str:
    """Return the class of arrival that goes with an interval."""
    length = interval(interval_text)
    assert not isinstance(length, Wrong)
    hours = length.total_seconds() / 3600
    return Arrival.DAILY_FROZEN.value if hours >= 24 else Arrival.HOURLY.value if hours >= 1 else Arrival.LIVE.value


def _parent(asked: Asked, quantity: str) -> str:
    medium = QUANTITIES[quantity].medium
    fitting = [k for k, m in asked.registry.meters.items() if any(r.quantity.medium == medium for r in m.registers)]
    return _one_of(asked, "parent", fitting)


def _account(asked: Asked, quantity: str) -> str:
    medium = QUANTITIES[quantity].medium
    return _one_of(asked, "account", [k for k, a in asked.registry.accounts.items() if a.medium == medium])


def _one_of(asked: Asked, what: str, keys: Iterable[str]) -> str:
    """Ask for one of the school's own keys; `-` stands for none."""
    known = list(keys)
    if asked.given.get(what) is None and not known:
        return ""
    answer = asked.answer(what, f"{what.capitalize()} (- for none)", "-", [*known, "-"])
    return "" if answer == "-" else answer


def free_key(topic: str, registry: Registry) -> str:
    """Return a key made of a topic's last part that no meter of the school has."""
    word = re.sub(r"[^A-Za-z0-9_.-]+", "-", topic.rpartition("/")[2]).strip("-._") or "meter"
    number = 2
    key = word
    while key in registry.meters:
        key, number = f"{word}-{number}", number + 1
    return key
