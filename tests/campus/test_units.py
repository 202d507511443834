"""Units: what a foreign one is worth in the kept one, and that nothing is read in a unit it may not be."""

import pytest

from campus.errors import UnknownUnit
from campus.units import KNOWN_UNITS, QUANTITIES, factor, units_of


@pytest.mark.parametrize(
    ("quantity", "unit", "worth"),
    [
        ("electricity", "J", 1 / 3.6e6),
        ("electricity", "Ws", 1 / 3.6e6),
        ("electricity", "kJ", 1 / 3600),
        ("electricity", "MWh", 1000.0),
        ("heat", "J", 1e-9),
        ("heat", "kWh", 3.6e-3),
        ("heat", "MJ", 1e-3),
        ("water", "mL", 1e-6),
        ("water", "ml", 1e-6),
        ("flow", "m3/s", 3600.0),
        ("flow", "L/min", 0.06),
    ],
)
def test_a_unit_is_worth_its_part_of_the_kept_one(quantity, unit, worth):
    assert factor(unit, QUANTITIES[quantity]) == pytest.approx(worth, rel=1e-12)


@pytest.mark.parametrize(
    ("quantity", "unit"), [("electricity", "mWh"), ("heat", "mJ"), ("water", "ML"), ("water", "kWh")]
)
def test_a_prefix_of_another_size_is_no_spelling_of_this_one(quantity, unit):
    with pytest.raises(UnknownUnit):
        factor(unit, QUANTITIES[quantity])


def test_every_known_unit_measures_something():
    measured = {unit for quantity in QUANTITIES.values() for unit in units_of(quantity)}
    assert measured == set(KNOWN_UNITS)
    assert all(factor(unit, quantity) > 0 for quantity in QUANTITIES.values() for unit in units_of(quantity))
