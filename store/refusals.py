"""Which lines of a declined write are at fault: named by the message where possible, else found by halving."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

_UNPARSED = "unable to parse '{line}': "
_DROPPED = re.compile(r"\bdropped=(\d+)")


@dataclass(frozen=True, slots=True)
class Declined:
    """The server's answer to lines it did not all take: 400 none stored, 413 too many, 422 only some stored."""

    status: int
    message: str


Numbered = list[tuple[int, str]]


def deliver(lines: Sequence[str], post: Callable[[list[str]], Declined | None]) -> dict[int, str]:
    """Post lines until every one is stored or refused; return the reasons by the index of the refused line.

    The good lines of a 422 are posted again while its bad ones are sought: writing twice is writing once.
    """
    refused: dict[int, str] = {}
    work: list[Numbered] = [list(enumerate(lines))]
    while work:
        part = work.pop()
        declined = post([line for _, line in part]) if part else None
        if declined is None:
            continue
        bad = _at_fault(part, declined)
        refused |= bad
        work += [[one for one in part if one[0] not in bad]] if bad else _halves(part)
    return refused


def _at_fault(part: Numbered, declined: Declined) -> dict[int, str]:
    dropped = _DROPPED.search(declined.message)
    if len(part) == 1 or (dropped and int(dropped[1]) == len(part)):
        return {index: declined.message for index, _ in part}
    if declined.status != 400:
        return {}
    reasons = ((index, _reason(line, declined.message)) for index, line in part)
    return {index: reason for index, reason in reasons if reason}


def _reason(line: str, message: str) -> str:
    """Return what the message says about a line, up to where it names the next one."""
    _, named, rest = message.partition(_UNPARSED.format(line=line))
    return rest.split("\nunable to parse '")[0] if named else ""


def _halves(part: Numbered) -> list[Numbered]:
    middle = len(part) // 2
    return [part[:middle], part[middle:]]
