"""The fault matrix: whatever happens, what the publishers got acknowledged is stored, a duplicate, or held."""

from __future__ import annotations

import pytest

from tests.e2e import needs
from tests.faults.matrix import MATRIX
from tests.faults.row import FULL, SMALL, Ground

pytestmark = [needs.mosquitto, pytest.mark.timeout(3600)]

# What a broker itself loses, and only there.
BROKER_LOSES = {"broker: killed, stock autosave", "broker: stock limits", "broker: no persistence"}

# It acknowledges before it saves: what came in its very last milliseconds may be missing.
AT_MOST_LOST = {"broker: killed, autosave_on_changes": 5}


@pytest.mark.parametrize("case", MATRIX)
def test_nothing_is_lost_doubled_or_invented(case, tmp_path, size, record_property):
    row = MATRIX[case](Ground(tmp_path, FULL if size == "full" else SMALL))
    record_property("row", str(row))
    assert row.whole and row.sent > 0, row
    ends = row.stored + row.conflict + row.quarantined + row.lost_by_broker
    assert 0 < ends <= row.sent and row.stored + row.quarantined > 0, row
    if case in BROKER_LOSES:
        assert row.lost_by_broker > 0, row
    else:
        assert row.lost_by_broker <= AT_MOST_LOST.get(case, 0), row
