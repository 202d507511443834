"""Accounts of a school's file: prices by date, part and hour are read, and every mistake is told at its line."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from app.registry_toml import load_registry
from campus.registry import Registry
from campus.results import Price
from campus.tariff import Part, Prices, Tariff, windows
from tests.app.registry_example import FORMATS, SCHOOL, meter, only, problems

CONFIG = Path(__file__).resolve().parents[2] / "config"
OCTOBER = datetime(2026, 10, 15, 4, tzinfo=UTC)
SHOP = """
[[account]]
key = "shop"
medium = "electricity"
number = "3700000009"
tariff = "two_part"
contract_demand_kw = 400
power_factor_standard = 0.90

[[account.price]]
since = 2026-01-01
document = "2026年1月代理购电价格表"
timed = { "代理购电" = 0.40, "线损" = 0.02 }
fixed = { "输配电价" = 0.15, "基金" = 0.03 }
windows = "sd-2023-914"
yuan_per_kw = 35.2

[[account.price]]
since = 2026-10-01
document = "2026年10月代理购电价格表"
timed = { "代理购电" = 0.42 }
fixed = { "输配电价" = 0.15 }
windows = "sd-2023-914"
yuan_per_kw = 35.2
assumed = true
"""
FLAT = 'price_yuan = {}\nprice_unit = "kWh"\nprice_document = "{}"\n'
WHOLE = SCHOOL + SHOP + meter("main", account="shop")


def read(text: str) -> Registry:
    registry, issues = load_registry(text, "north.toml", FORMATS)
    assert issues == [] and registry is not None
    return registry


def test_an_account_has_its_prices_by_date_part_and_hour() -> None:
    billing = read(WHOLE).accounts["shop"].billing
    parts = (
        Part("代理购电", 0.40, timed=True),
        Part("线损", 0.02, timed=True),
        Part("输配电价", 0.15),
        Part("基金", 0.03),
    )
    shandong = windows()["sd-2023-914"]
    first = Prices(date(2026, 1, 1), "2026年1月代理购电价格表", parts, shandong, yuan_per_kw=35.2)
    assert billing is not None and billing.prices[0] == first and billing.prices[1].assumed
    assert (billing.unit, billing.by_demand, billing.power_factor, billing.share) == ("kWh", 400, 90, 1.0)
    assert billing.at(date(2025, 12, 31)) is None and billing.at(date(2026, 9, 30)) == first


def test_a_price_by_the_hour_is_told_as_its_months_mean_with_its_document() -> None:
    registry = read(WHOLE)
    price = registry.price(registry.meters["main"], OCTOBER)
    hours = windows()["sd-2023-914"].months[9]
    mean = sum({"S": 2.0, "P": 1.7, "F": 1.0, "V": 0.3, "D": 0.1}[letter] for letter in hours) / 24
    assert price == Price(pytest.approx(0.15 + 0.42 * mean), "kWh", "2026年10月代理购电价格表", True, True)
    assert registry.price(registry.meters["main"], datetime(2025, 6, 1, tzinfo=UTC)) is None


def test_the_flat_keys_of_before_are_a_tariff_of_one_part() -> None:
    flat = SHOP[: SHOP.index("contract")].replace("two_part", "single")
    registry = read(SCHOOL + flat + FLAT.format(0.7, "单") + meter("m", account="shop"))
    assert registry.accounts["shop"].billing == Tariff("kWh", (Prices(date.min, "单", (Part("", 0.7),)),))
    assert registry.price(registry.meters["m"], OCTOBER) == Price(0.7, "kWh", "单")


def test_an_account_without_any_price_has_none() -> None:
    bare = SHOP[: SHOP.index("contract")]
    registry = read(SCHOOL + bare + meter("m", account="shop"))
    assert registry.accounts["shop"].billing is None and registry.price(registry.meters["m"], OCTOBER) is None
    demand = read(SCHOOL + bare + "contract_demand_kw = 400\n").accounts["shop"].billing
    assert demand == Tariff("kWh", (), by_demand=400.0)


def account(key: str, more: str) -> str:
    return f'\n[[account]]\nkey = "{key}"\nmedium = "electricity"\nnumber = "{key}"\ntariff = "single"\n{more}'


def test_a_fixed_share_is_billed_on_one_account_and_the_rest_on_the_other() -> None:
    shops = account("shops", FLAT.format(1.0, "商业") + 'fixed_share = 0.2\nshare_of = "power"\n')
    registry = read(SCHOOL + account("power", FLAT.format(0.5, "合表")) + shops + meter("m", account="power"))
    price = registry.price(registry.meters["m"], OCTOBER)
    assert price is not None and price.yuan == pytest.approx(0.8 * 0.5 + 0.2 * 1.0)
    assert "合表" in price.document and "商业" in price.document
    assert [tariff.share for tariff in registry.tariffs(registry.meters["m"], OCTOBER)] == [0.8, 0.2]


def test_a_share_without_a_price_leaves_the_meter_without_one() -> None:
    shops = account("shops", 'fixed_share = 0.2\nshare_of = "power"\n')
    registry = read(SCHOOL + account("power", FLAT.format(0.5, "合表")) + shops + meter("m", account="power"))
    assert registry.price(registry.meters["m"], OCTOBER) is None


OWN = """
[[windows]]
id = "ours"
document = "本省分时文件"
multiplier = { P = 1.5, F = 1.0, V = 0.5 }
months = { "1-12" = "VVVVVVVVFFPPPPFFFFPPPPFF" }
"""


def test_a_school_may_bring_windows_of_its_own() -> None:
    registry = read(SCHOOL + OWN + SHOP.replace("sd-2023-914", "ours"))
    billing = registry.accounts["shop"].billing
    assert billing is not None
    assert billing.prices[1].by_hour(3)[:11] == pytest.approx([0.15 + 0.21] * 8 + [0.57] * 2 + [0.15 + 0.63])


def replaced(old: str, new: str, text: str = WHOLE) -> str:
    assert old in text
    return text.replace(old, new, 1)


RESIDENT = account("a", "contract_demand_kw = 400\n").replace("single", "resident")
YUAN = "yuan_per_kw = 35.2\n"
TIERS = "tiers = [{ above = 9, yuan = 1 }, { above = 2, yuan = 2 }]\n"
BARE = SCHOOL + account("a", "") + '[[account.price]]\nsince = 2026-01-01\ndocument = "d"\n'
DOCUMENT = 'document = "2026年1月代理购电价格表"\n'
MISTAKES = [
    # (what is wrong, text, a part of its line and which of these, what the sentence says)
    ("no document", replaced(DOCUMENT, ""), "[[account.price]]", 1, "has no 'document'"),
    ("no day", replaced("since = 2026-10-01\n", ""), "[[account.price]]", 2, "has no 'since'"),
    ("an instant", replaced("since = 2026-10-01", 'since = "10月"'), "since =", 2, "must be a day"),
    ("order", replaced("2026-10-01", "2025-10-01"), "since =", 2, "prices out of order: 2025-10-01 stands after"),
    ("key", replaced("yuan_per_kw", "yuan_per_kva"), "yuan_per_kva", 1, "did you mean 'yuan_per_kw'?"),
    ("a part", replaced("0.40,", '"0.40",'), "timed", 1, "its part '代理购电' must be a number"),
    ("parts", replaced('{ "代理购电" = 0.42 }', "0.42"), "timed", 2, "must be parts with their names"),
    ("both", replaced(YUAN, YUAN + "yuan = 0.6\n"), "yuan = 0.6", 1, "leave it out beside parts of it"),
    ("windows", replaced("sd-2023-914", "sd-2023-941"), "windows", 1, "did you mean 'sd-2023-914'?"),
    ("no windows", replaced('windows = "sd-2023-914"\n', ""), "timed", 1, "a timed part without windows"),
    ("nothing timed", replaced('timed = { "代理购电" = 0.42 }\n', ""), "windows", 2, "without a timed part"),
    ("unit", replaced(YUAN, YUAN + 'unit = "度"\n'), "unit =", 1, 'price per "度": give the price per kWh'),
    ("kvarh", replaced(YUAN, YUAN + 'unit = "kvarh"\n'), "unit =", 1, "give the price per kWh"),
    ("standard", replaced("0.90", "0.95"), "power_factor", 1, "must be one of 0.90, 0.85, 0.80"),
    ("standard of 90", replaced("0.90", "90"), "power_factor", 1, "must be one of 0.90, 0.85, 0.80"),
    ("demand", replaced("400", "0"), "contract_demand_kw", 1, "must be above 0"),
    ("both bases", replaced("power_factor", "billed_kva = 630\npower_factor"), "billed_kva", 1, "never by both"),
    ("resident", SCHOOL + RESIDENT, "contract", 1, "pays for its use alone"),
    ("flat too", replaced("contract", FLAT.format(1, "单") + "contract"), "price_yuan", 1, "keep one of the two"),
    ("of whom", WHOLE + account("x", 'share_of = "shop"\n'), "share_of", 1, "add fixed_share"),
    ("whose", replaced("contract", 'fixed_share = 0.2\nshare_of = "shap"\ncontract'), "share_of", 1, "mean 'shop'"),
    ("share", replaced("contract", "fixed_share = 20\ncontract"), "fixed_share", 1, "a fifth is 0.2"),
    ("tiers", replaced(YUAN, YUAN + "tiers = [{ above = 2000 }]\n"), "tiers", 1, "must be tiers such as"),
    ("falling tiers", replaced(YUAN, YUAN + TIERS), "tiers", 1, "the lowest tier first"),
    ("one table", SCHOOL + account("a", "") + "[account.price]\n", "[account.price]", 1, "[[account.price]]"),
    ("no price", BARE, "[[account.price]]", 1, "names no price"),
    ("nobody's", BARE + "yuan_per_kw = 3\n", "yuan_per_kw", 1, "contract_demand_kw or billed_kva"),
    (
        "survey",
        SCHOOL + account("a", "survey.fixed_share = '20%'\n"),
        "survey.",
        1,
        "a number on the [[account]] itself",
    ),
    ("hours", SCHOOL + replaced('FFPPPPFF"', 'FFPPPPF"', OWN), "months", 1, "needs 24 letters"),
    ("months", SCHOOL + replaced("1-12", "1-11", OWN), "months", 1, "every month once"),
    ("letters", SCHOOL + replaced("P = 1.5, ", "", OWN), "multiplier", 1, "the hours name P: say its multiplier"),
    ("doubled id", SCHOOL + OWN + OWN, 'id = "ours"', 2, "ids are unique"),
]


@pytest.mark.parametrize(("text", "part", "nth", "sentence"), [m[1:] for m in MISTAKES], ids=[m[0] for m in MISTAKES])
def test_one_mistake_is_one_problem_at_its_line(text: str, part: str, nth: int, sentence: str) -> None:
    assert sentence in only(text, part, nth)


def test_windows_are_of_electricity_that_has_no_single_price() -> None:
    text = WHOLE.replace('tariff = "two_part"', 'tariff = "resident"').replace("contract_demand_kw = 400\n", "")
    text = text.replace("yuan_per_kw = 35.2\n", "")
    assert [one for one in problems(text) if 'one price at every hour: is tariff = "tou"?' in one] == problems(text)


def test_gas_says_whether_it_is_paid_by_volume_or_by_energy() -> None:
    gas = '\n[[account]]\nkey = "g"\nmedium = "gas"\nnumber = "1"\ntariff = "single"\n[[account.price]]\n'
    text = SCHOOL + gas + 'since = 2026-01-01\ndocument = "d"\nyuan = 3.5\n'
    assert "add unit = m³ or kWh" in only(text, "[[account.price]]")
    assert read(text + 'unit = "m³"\n').accounts["g"].billing == Tariff(
        "m³", (Prices(date(2026, 1, 1), "d", (Part("", 3.5),)),)
    )


def test_shares_leave_something_and_are_of_an_account_with_meters() -> None:
    power = account("power", "")
    half = 'fixed_share = 0.5\nshare_of = "{}"\n'
    two = power + account("a", half.format("power")) + account("b", half.format("power"))
    assert "come to 1 or more" in only(SCHOOL + two, "fixed_share", 2)
    chain = power + account("a", half.format("power")) + account("b", half.format("a"))
    assert "no meters of its own" in only(SCHOOL + chain, "share_of", 2)
    own = account("power", "fixed_share = 0.9\n") + account("a", half.format("power"))
    assert "which keeps the rest: leave it out" in only(SCHOOL + own, "fixed_share", 1)


def test_the_examples_commented_account_is_one_that_is_read() -> None:
    text = (CONFIG / "schools" / "example.toml").read_text(encoding="utf-8")
    begin, end = text.index("# [[account]]\n"), text.index('[[account]]\nkey = "tap"')
    commented = [line.removeprefix("# ").removeprefix("#") for line in text[begin:end].splitlines()]
    lines = [line for line in commented if line[:1] in "[" or " = " in line.partition("#")[0]]
    told = "\n".join(lines)
    registry = read(text[:begin] + told + "\n" + text[end:])
    shops = registry.accounts["shops"].billing
    assert shops is not None and shops.by_demand == 400 and shops.share == 0.2 and shops.prices[0].assumed
    assert [tariff.share for tariff in registry.tariffs(registry.meters["main"], OCTOBER)] == [0.8, 0.2]
    assert "ours" in told and shops.prices[0].tiers
