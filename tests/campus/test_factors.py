"""The shipped factor table: complete, well-formed, and recomputing where it says how."""

from campus.factors import Factor, by_id, parse, same_year, shipped

CONFIDENCES = {"S1", "S2", "C", "M", "U"}


def value(factor_id: str, year: int | None = None) -> float:
    row = by_id(shipped(), factor_id, year)
    assert row is not None, factor_id
    return row.value


def test_there_are_rows_and_none_is_doubled() -> None:
    keys = [(row.id, row.data_year) for row in shipped()]
    assert len(keys) > 50
    assert len(keys) == len(set(keys))


def test_every_row_says_what_it_is_and_where_it_comes_from() -> None:
    for row in shipped():
        assert row.what and row.unit_in and row.unit_out and row.region, row
        assert row.confidence in CONFIDENCES, row
        assert row.document or row.confidence in {"M", "U"}, row


def test_grid_factors_have_the_published_values() -> None:
    assert [value("el.sd.avg", year) for year in (2021, 2022, 2023)] == [0.6838, 0.6410, 0.6191]
    assert [value("el.cn.avg", year) for year in (2021, 2022, 2023)] == [0.5568, 0.5366, 0.5306]


def test_derived_rows_recompute() -> None:
    carbon_per_m3 = 0.038931 * 15.3 * 44 / 12  # GJ/m³ × kgC/GJ × CO2/C
    assert abs(value("gas.js303") - carbon_per_m3) < 0.0005
    assert abs(value("gas.2015") - carbon_per_m3 * 0.99) < 0.0005
    assert abs(value("gas.ox995") - carbon_per_m3 * 0.995) < 0.0005
    assert value("gas.51366.kwh") == round(value("gas.51366") * 3.6e-3, 6)
    assert abs(value("memo.car.petrol") - 0.08 * value("gasoline.js303")) < 0.0005
    assert abs(value("memo.car.electric") - 0.15 * value("el.sd.avg", 2023)) < 0.0005
    assert abs(value("ce.heat") - 1000 / 29.3076) < 0.01


def test_heat_coal_is_kept_per_gigajoule_not_per_megajoule() -> None:
    row = by_id(shipped(), "ce.heat")
    assert row is not None and (row.value, row.unit_out, row.unit_in) == (34.12, "kgce", "GJ")


def test_a_year_without_edition_takes_the_newest_earlier_one_and_says_so() -> None:
    chosen = same_year(shipped(), "el.sd.avg", 2026)
    assert chosen is not None and chosen.factor.data_year == 2023 and chosen.provisional
    exact = same_year(shipped(), "el.sd.avg", 2022)
    assert exact is not None and exact.factor.value == 0.6410 and not exact.provisional
    assert same_year(shipped(), "el.sd.avg", 2019) is None


def test_a_school_can_bring_its_own_rows() -> None:
    text = """
    [[factor]]
    id = "el.gb.grid"
    what = "UK grid"
    value = 0.2
    unit_out = "kgCO2e"
    unit_in = "kWh"
    region = "GB"
    document = "a supplier's letter"
    clause = ""
    confidence = "M"
    status_checked_on = 2026-11-22
    """
    (row,) = parse(text)
    assert isinstance(row, Factor) and row.data_year is None and row.region == "GB"
