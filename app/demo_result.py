"""What a demonstration came to: the witness's account of every reading, and the findings against the truth."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from app.demo import Ended
from app.demo_home import SCHOOL
from app.settings import Settings
from app.wiring import open_books
from campus.schema import from_ms
from sim import demo_witness
from sim.faults import healthy
from sim.score import score
from sim.truth import energy

MAIN = "e-main"
# What stored energy may differ from the true one: registers count in whole steps and clocks in quarter hours.
TOLERANCE = 0.005


def reckon(ended: Ended) -> dict[str, Any]:
    """Return the line that `--json` prints."""
    track = ended.track
    seen = _witnessed(ended)
    true_kwh = energy(track, from_ms(track.begin_ms), from_ms(seen.pop("end_ms")))[MAIN, "electricity"]
    books = open_books(Settings(ended.home.layout, ended.home.layout.root / "config"))
    episodes = books.episodes(SCHOOL)
    found = [episode.finding for episode in episodes]
    judged = score(track, found)
    stored_kwh, tonnes = seen.pop("energy_kwh_stored"), seen.pop("tco2e")
    return {
        **seen,
        "findings": len(found),
        "faults_injected": judged.injected,
        "faults_found": judged.found,
        "false_findings": len(judged.false),
        "episodes": len(episodes),
        "energy_kwh_true": round(true_kwh, 3),
        "energy_kwh_stored": round(stored_kwh, 3),
        "tco2e": None if tonnes is None else round(tonnes, 3),
        "seed": track.site.seed,
        "healthy": healthy(track.site.seed),
        "seconds_to_page": round(ended.seconds_to_page, 1),
    }


def _witnessed(ended: Ended) -> dict[str, Any]:
    layout = ended.home.layout
    job = layout.root / "witness.json"
    job.write_text(
        json.dumps(
            {
                "published": str(ended.published),
                "journal": str(layout.journal),
                "store": str(layout.store(SCHOOL)),
                "quarantine": str(layout.quarantine),
                "school": str(ended.home.school_file),
                "main": MAIN,
                "mailbox": str(ended.home.mailbox),
                "begin_ms": ended.track.begin_ms,
            }
        )
    )
    command = [sys.executable, demo_witness.__file__, str(job)]
    said = subprocess.run(command, stdout=subprocess.PIPE, check=True, start_new_session=True)
    result: dict[str, Any] = json.loads(said.stdout)
    return result


def kept(line: dict[str, Any]) -> bool:
    """Whether the pipe kept its promises: nothing lost or told twice, every fault found, a healthy school left in
    peace, energy right."""
    off = abs(line["energy_kwh_stored"] - line["energy_kwh_true"])
    right = off <= TOLERANCE * line["energy_kwh_true"]
    found_all = line["faults_found"] == line["faults_injected"]
    quiet = not (line["healthy"] and (line["findings"] or line["mails"]))
    return not line["lost"] and not line["mails_doubled"] and found_all and right and quiet
