"""An installation in a folder, with messages waiting in its quarantine."""

import shlex
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from click.testing import CliRunner, Result

from app.cli import main
from campus.ports import Reason
from ingest import journal
from ingest.journal import Position
from ingest.payload import Message, formats
from ingest.quarantine import Held, QuarantineFile

BEGIN = datetime(2026, 11, 22, 1, tzinfo=UTC)


def run(home: Path, command: str, answers: Sequence[str] = ()) -> Result:
    """Run a command, written as in a shell, in an installation, answering its questions."""
    env = {"CAMPUS_CONFIG": str(home / "config"), "CAMPUS_DATA": str(home / "data")}
    return CliRunner().invoke(main, shlex.split(command), input="".join(f"{a}\n" for a in answers), env=env)


def school_file(home: Path, text: str, key: str = "north") -> Path:
    """Write a school's file."""
    path = home / "config" / "schools" / f"{key}.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def begun(home: Path, folder: str = "journal") -> None:
    """Make the data folder of an installation that has run, and taken nothing in."""
    (home / "data" / folder).mkdir(parents=True, exist_ok=True)


def hold(home: Path, topic: str, *payloads: bytes, reason: Reason = Reason.UNKNOWN_TOPIC, segment: int = 1) -> None:
    """Put messages into quarantine, a minute apart."""
    held = [
        Held(Position(segment, n), 0, Message(topic, payload, BEGIN + timedelta(minutes=n)), reason, "why")
        for n, payload in enumerate(payloads)
    ]
    with closing(QuarantineFile(home / "data" / "quarantine.sqlite", formats())) as quarantine:
        quarantine.add("ingest", held)


def journaled(home: Path) -> list[tuple[str, bytes]]:
    """Return the messages that commands have put into the journal."""
    folder = home / "data" / "journal" / "desk"
    entries = journal.read(folder, Position()) if folder.exists() else []
    return [(entry.record.topic, entry.record.payload) for entry in entries]
