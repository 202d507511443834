"""Energy in standard coal: by the factors a quota prescribes, and by heat content."""

from __future__ import annotations

from campus.factors import Factor, by_id

# Electricity at the coal that power stations burn for it, 0.31 kgce/kWh (DB37/T 2671-2019, table B.1): what quotas
# are in. National statistics take its heat content, 0.1229: 2.52 times less, never to be compared.
QUOTA_IDS = {"electricity": "ce.el.equiv", "gas": "ce.gas", "gas_energy": "ce.gas.kwh", "heat": "ce.heat"}
HEAT_CONTENT_IDS = QUOTA_IDS | {"electricity": "ce.el.cal"}


def quota_factor(rows: tuple[Factor, ...], quantity: str) -> Factor:
    """Return the factor [kgce per unit the quantity is kept in] of an energy in a quota."""
    return _factor(rows, QUOTA_IDS[quantity])


def heat_content(rows: tuple[Factor, ...], quantity: str) -> Factor:
    """Return the factor [kgce per unit the quantity is kept in] of an energy's heat content."""
    return _factor(rows, HEAT_CONTENT_IDS[quantity])


def _factor(rows: tuple[Factor, ...], factor_id: str) -> Factor:
    row = by_id(rows, factor_id)
    assert row is not None, factor_id
    return row
