"""The members of a shared subscription: the ingest processes among whom a broker deals the messages."""

from __future__ import annotations

from collections.abc import Iterable

from app.settings import Settings

MAIN = "main"


def names(count: int) -> tuple[str, ...]:
    """Return the names of so many members; each keeps its own, under which broker and journal know it."""
    return (MAIN, *(str(number) for number in range(2, count + 1)))


def client_id(settings: Settings, name: str) -> str:
    """Return the client id under which the broker keeps a member's session."""
    return settings.broker.client_id if name == MAIN else f"{settings.broker.client_id}-{name}"


def process(name: str) -> tuple[str, tuple[str, ...]]:
    """Return a member as a process: its name, and what is typed for it after `campus`."""
    return ("ingest", ("ingest",)) if name == MAIN else (f"ingest-{name}", ("ingest", "--name", name))


def drain_status(name: str) -> str:
    """Return under which name the drain beside a member says how it is."""
    return "drain" if name == MAIN else f"drain-{name}"


def others(named: Iterable[str]) -> list[str]:
    """Return the names without the first member's, which is always there."""
    return [name for name in named if name != MAIN]
