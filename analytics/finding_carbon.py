"""What a finding emits: its amounts times the factor of what is bought more for it."""

from __future__ import annotations

from dataclasses import replace

from analytics import carbon
from campus.factors import Factor
from campus.results import Finding
from campus.units import QUANTITIES

# What a roof does not give is bought from the grid.
_BOUGHT = {"generation": "electricity"}
_KG_PER_TONNE = 1000.0


def with_carbon(finding: Finding, region: str, rows: tuple[Factor, ...]) -> Finding:
    """Return the finding with the factor [kgCO2 per unit] of its year, and as it is where none is known.

    Location-based, by the nearest level, as the month's carbon is.
    """
    quantity = QUANTITIES.get(_BOUGHT.get(finding.quantity, finding.quantity))
    if quantity is None or finding.per_day is None or finding.unit != quantity.unit:
        return finding
    if quantity.key not in carbon.SHIPPED_IDS:
        return finding
    chosen = carbon.choose(quantity.key, finding.seen_until.year, carbon.Rules(region, rows))
    if chosen is None:
        return finding
    per_unit = carbon.tonnes_per_unit(chosen.factor, quantity) * _KG_PER_TONNE
    return replace(finding, kgco2_per_unit=per_unit, co2_factor=carbon.row_name(chosen.factor))
