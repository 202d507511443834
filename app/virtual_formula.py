"""The formula of a virtual meter: sums and differences of meters, brackets, and numbers to multiply or divide by.

    sum     = [sign] product { ("+" | "-") product }
    product = part { ("*" | "/") part }
    part    = number | meter | "children" "(" meter ")" | "(" sum ")" | sign part

A meter is its key, or key.quantity. Keys may hold a minus, so a minus stands between blanks. Read by hand: a school's
file is text of somebody else, and is never run.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from app.toml_fields import Wrong, text

CHILDREN = "children"
# Longer than any sum a person would write; keeps brackets within brackets from using up the interpreter's stack.
LONGEST = 2_000
DEEPEST = 30
_TOKEN = re.compile(r"\s*(?:(?P<word>[A-Za-z0-9][A-Za-z0-9_.-]*)|(?P<sign>[-+*/()]))")
_NUMBER = re.compile(r"\d+(\.\d+)?")
# What an input method writes where a sign of the grammar is meant.
_ALSO = str.maketrans({"−": "-", "–": "-", "－": "-", "＋": "+", "×": "*", "＊": "*", "÷": "/", "（": "(", "）": ")"})


class _NotAFormula(ValueError):
    """Ends the reading of a formula; its text is the end of a sentence. Never leaves this file."""


@dataclass(frozen=True, slots=True)
class Named:
    """`factor` times the meter that a formula calls `word`, or times all meters directly below it."""

    factor: float
    word: str
    children: bool = False


@dataclass(frozen=True, slots=True)
class _Sum:
    """A linear sum: the meters in it, and what stands without one."""

    named: tuple[Named, ...] = ()
    number: float = 0.0

    def times(self, factor: float) -> _Sum:
        return _Sum(tuple(replace(n, factor=n.factor * factor) for n in self.named), self.number * factor)

    def plus(self, other: _Sum) -> _Sum:
        return _Sum(self.named + other.named, self.number + other.number)


def parse(written: str) -> tuple[Named, ...] | Wrong:
    """Return the meters of a formula with their factors, each once, or what is wrong with it."""
    try:
        if len(written) > LONGEST:
            raise _NotAFormula(f"is longer than {LONGEST} characters")
        reading = _Reading(list(_tokens(written.translate(_ALSO))))
        total = _total(reading, 0)
        if reading.next():
            raise _NotAFormula(f"has {reading.next()!r} where a + or a - should stand")
        _whole(total)
    except _NotAFormula as error:
        return Wrong(str(error))
    return total.named


def formula(value: object) -> str | Wrong:
    """Read a formula as text; what its words mean is not known here."""
    written = text(value)
    if isinstance(written, Wrong):
        return written
    parsed = parse(written)
    return parsed if isinstance(parsed, Wrong) else written


def _whole(total: _Sum) -> None:
    if not total.named:
        raise _NotAFormula("names no meter")
    for named in total.named:
        if not named.factor or not math.isfinite(named.factor):
            raise _NotAFormula(f"multiplies {named.word!r} by {named.factor:g}")
        if sum((n.word, n.children) == (named.word, named.children) for n in total.named) > 1:
            raise _NotAFormula(f"names {named.word!r} twice: write it once, with a factor such as 2 * {named.word}")
    if total.number:
        raise _NotAFormula(
            f"adds the number {total.number:g}: a number can only multiply or divide a meter"
            " (a meter whose key is a number is written with its quantity, such as 101.water)"
        )


@dataclass(slots=True)
class _Reading:
    """The tokens of a formula, and how far they are read."""

    tokens: list[str]
    place: int = field(default=0)

    def next(self) -> str:
        """Return the token that comes, "" at the end."""
        return self.tokens[self.place] if self.place < len(self.tokens) else ""

    def take(self) -> str:
        token = self.next()
        self.place += 1
        return token

    def expect(self, token: str) -> None:
        if (found := self.take()) != token:
            raise _NotAFormula(f"has {found!r} where {token!r} should stand" if found else f"lacks a {token!r}")


def _tokens(written: str) -> Iterator[str]:
    place = 0
    while written[place:].strip():
        found = _TOKEN.match(written, place)
        if found is None:
            raise _NotAFormula(f"holds {written[place:].strip()[0]!r}, which no meter's key and no sum has")
        yield found.group().strip()
        place = found.end()


def _total(reading: _Reading, depth: int) -> _Sum:
    total = _product(reading, depth)
    while reading.next() in ("+", "-"):
        sign = 1.0 if reading.take() == "+" else -1.0
        total = total.plus(_product(reading, depth).times(sign))
    return total


def _product(reading: _Reading, depth: int) -> _Sum:
    product = _part(reading, depth)
    while reading.next() in ("*", "/"):
        divides = reading.take() == "/"
        other = _part(reading, depth)
        if other.named and (divides or product.named):
            raise _NotAFormula(f"{'divides by' if divides else 'multiplies'} a meter: only numbers can be factors")
        if divides and not other.number:
            raise _NotAFormula("divides by 0")
        meter, number = (product, other.number) if product.named or not other.named else (other, product.number)
        product = meter.times(1 / number if divides else number)
    return product


def _part(reading: _Reading, depth: int) -> _Sum:
    if depth > DEEPEST:
        raise _NotAFormula(f"has more than {DEEPEST} brackets within each other")
    token = reading.take()
    if token in ("+", "-"):
        return _part(reading, depth + 1).times(1.0 if token == "+" else -1.0)
    if token == "(":
        inside = _total(reading, depth + 1)
        reading.expect(")")
        return inside
    if token in ("", ")", "*", "/"):
        raise _NotAFormula(
            f"has {token!r} where a meter should stand" if token else "ends where a meter should stand"
        )
    if token == CHILDREN and reading.next() == "(":
        return _Sum((_children(reading),))
    return _Sum(number=float(token)) if _NUMBER.fullmatch(token) else _Sum((Named(1.0, token),))


def _children(reading: _Reading) -> Named:
    reading.expect("(")
    word = reading.take()
    if not word or word in "+-*/()":
        raise _NotAFormula("has no meter in children(…)")
    reading.expect(")")
    return Named(1.0, word, children=True)
