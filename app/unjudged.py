"""What the rules could not judge when they judged last, by rule and reason."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from app import status
from app.wording import Wording
from campus.registry import Registry
from campus.said import Said
from campus.schema import meter_subject
from web.names import place
from web.state import Unjudged

PREFIX = "judged-"


def unjudged(folder: Path, registry: Registry) -> list[Unjudged]:
    """Return what could not be judged at a school's meters, by rule, from what the judging process said of itself.

    A meter that is no longer registered is left out.
    """
    facts = status.read(folder).get(f"{PREFIX}{registry.school.key}", {})
    meters: dict[tuple[str, str, str], list[Said]] = {}
    for row in facts.get("not_judged", ()):
        if row["meter"] in registry.meters:
            where = place(registry, meter_subject(row["meter"]))
            meters.setdefault((row["rule"], row["zh"], row["en"]), []).append(where)
    words = Wording()
    return [
        Unjudged(Said(words.title(rule, "zh"), words.title(rule, "en")), Said(zh, en), tuple(dict.fromkeys(at)))
        for (rule, zh, en), at in sorted(meters.items())
    ]


def lines(folder: Path, registries: Mapping[str, Registry]) -> list[str]:
    """Return a line for each rule and reason of every school, as the terminal shows them."""
    return [
        f"{school}: {row.rule.zh} {row.rule.en}: {len(row.meters)} × {row.reason.zh} / {row.reason.en}"
        for school, registry in registries.items()
        for row in unjudged(folder, registry)
    ]
