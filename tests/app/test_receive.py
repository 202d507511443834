"""The receiver is a small process: it is there before a store or a library is."""

from __future__ import annotations

import json
import subprocess
import sys

LOADED = "import json, sys; import app.commands.ingest; print(json.dumps(sorted(sys.modules)))"


def test_a_receiver_loads_neither_stores_nor_registry_nor_numpy():
    said = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, check=True).stdout
    loaded = set(json.loads(said))
    assert "ingest.source" in loaded
    assert not {"numpy", "sqlalchemy", "app.wiring", "campus.registry", "store"} & loaded
