"""Rules in the terminal: what each is, and what one would have found."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from rich.table import Table

from analytics.detector import Detector
from analytics.wording import number
from app import ledger_text, rules_try
from app.rules_try import Tried
from campus import trades
from campus.registry import Registry
from campus.results import Finding
from web.names import place
from web.words import STATES


def rules_table(known: Iterable[Detector]) -> Table:
    """Return the rules as a table, both languages in each cell."""
    table = Table("规则 rule", "找什么 finds", "看什么 judges", "谁去 who acts", "怎样算好了 over when")
    for rule in known:
        row = rule_json(rule)
        title, trade, closes = (f"{row[key]['zh']}\n{row[key]['en']}" for key in ("title", "trade", "closes"))
        table.add_row(rule.name, title, ", ".join(row["quantities"]), trade, closes)
    return table


def rule_json(rule: Detector) -> dict[str, Any]:
    """Return a rule as JSON values."""
    trade = trades.NAMES[rule.trade]
    return {
        "rule": rule.name,
        "title": {"zh": rule.zh, "en": rule.en},
        "quantities": sorted(rule.quantities),
        "trade": {"zh": trade.zh, "en": trade.en},
        "closes": {"zh": rule.closes.zh, "en": rule.closes.en},
    }


def tried_table(registries: Mapping[str, Registry], tried: Mapping[str, Tried]) -> Table:
    """Return what a rule would have found, a row each with what the ledger knows of it."""
    table = Table("学校 school", "位置 where", "起 since", "止 until", "多少 size", "一共 in all", "台账 ledger")
    for key, one in tried.items():
        zone = registries[key].school.timezone
        for finding, episode in one.merged:
            where = place(registries[key], finding.subject)
            ended = "仍在持续 still on" if finding.end is None else f"{finding.end.astimezone(zone):%F}"
            known = "-" if episode is None else f"#{episode.id} {STATES[episode.state].zh}"
            since = f"{finding.start.astimezone(zone):%F %H:%M}"
            table.add_row(key, ledger_text.lines(where), since, ended, _size(finding), _in_all(finding), known)
    return table


def tried_lines(tried: Mapping[str, Tried]) -> Iterator[str]:
    """Yield how many meters were judged, why others were not, and the sum in both languages."""
    for key, one in tried.items():
        yield f"{key}: 判断了 {one.judged} 块表 / judged {one.judged} meters"
        for reason, count in one.not_judged:
            yield f"  不能判断 {count} / cannot be judged {count}: {reason.zh} / {reason.en}"
    yield from rules_try.summary(tried)


def _size(finding: Finding) -> str:
    return "-" if finding.size is None else f"{number(finding.size)} {finding.size_unit}"


def _in_all(finding: Finding) -> str:
    return ledger_text.amount(finding, finding.yuan_to_date, finding.to_date)


def tried_json(tried: Mapping[str, Tried]) -> dict[str, Any]:
    """Return what a rule would have found as JSON values: times in UTC, amounts with their unit."""
    schools = {
        key: {
            "found": len(one.every),
            "merged": len(one.merged),
            "confirmed": one.confirmed(),
            "refuted": one.refuted(),
            "judged": one.judged,
            "not_judged": {reason.reason: count for reason, count in one.not_judged},
            "findings": [
                {
                    "subject": finding.subject,
                    "start": finding.start.isoformat(),
                    "end": None if finding.end is None else finding.end.isoformat(),
                    "size": finding.size,
                    "size_unit": finding.size_unit,
                    "to_date": finding.to_date,
                    "unit": finding.unit,
                    "yuan_to_date": finding.yuan_to_date,
                    "episode": None if episode is None else episode.id,
                    "state": None if episode is None else str(episode.state),
                }
                for finding, episode in one.merged
            ],
        }
        for key, one in tried.items()
    }
    zh, en = rules_try.summary(tried)
    return {"schools": schools, "zh": zh, "en": en}
