"""The registry loader: a whole file is taken, and every problem of a broken one is shown with its line."""

import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.registry_toml import load_registry
from app.toml_lines import locate
from campus.registry import Arrival
from campus.results import Price
from campus.tariff import flat
from tests.app.registry_example import FORMATS, SCHOOL, WHOLE, change, meter, only, problems
from tests.sizes import examples

CONFIG = Path(__file__).resolve().parents[2] / "config"


def test_a_whole_file_becomes_a_registry():
    registry, issues = load_registry(WHOLE, "north.toml", FORMATS)
    assert issues == []
    assert registry is not None
    assert registry.school.name == "北校区" and registry.school.timezone.key == "Asia/Shanghai"
    assert registry.school.terms[0].kind == "term"
    assert registry.buildings["teaching"].kind == "teaching"
    assert registry.buildings["teaching"].name_en == "教学楼"  # stands in for the missing English name
    assert registry.accounts["power"].billing == flat(Price(0.555, "kWh", "示例", assumed=True))
    main, teaching = registry.meters["main"], registry.meters["teaching"]
    assert main.interval == timedelta(minutes=15) and main.arrival is Arrival.LIVE and main.ratio == 80
    assert [(r.quantity.key, r.width) for r in main.registers] == [("electricity", 8), ("electricity_export", None)]
    assert teaching.since == datetime(2025, 12, 31, 16, tzinfo=UTC)
    assert teaching.at(datetime(2026, 7, 1, tzinfo=UTC)).ratio == 40
    assert teaching.replacements[0].serial == "B2"


def test_a_version_follows_the_text():
    versions = {load_registry(text, "f", FORMATS)[0].version for text in (WHOLE, WHOLE, WHOLE + "\n# later\n")}
    assert len(versions) == 2


def test_the_shipped_example_is_whole():
    text = (CONFIG / "schools" / "example.toml").read_text(encoding="utf-8")
    assert load_registry(text, "example.toml", FORMATS)[1] == []


def test_broken_toml_is_shown_with_line_and_column():
    assert only(SCHOOL + "[[meter]]\nkey = \n", "key = \n".strip() + " ", 2).startswith("not TOML at column 7: ")


def test_a_text_that_ends_too_early_is_shown_at_its_last_line():
    assert "end of the file" in only(SCHOOL + "terms = [1,\n", "terms")


def test_every_problem_is_shown_at_once():
    text = WHOLE.replace('unit = "kWh"\ninterval', 'unit = "kwhh"\ninterval').replace(
        'parent = "main"', 'parent = "mian"'
    )
    text = text.replace('class = "teaching"', 'class = "teeching"').replace('arrival = "live"', 'arival = "live"')
    found = problems(text)
    assert len(found) == 5
    for sentence in ("did you mean 'kWh'?", "did you mean 'main'?", "did you mean 'teaching'?", "mean 'arrival'?"):
        assert any(sentence in problem for problem in found), found


REGISTER = "[[meter.register]]\n"

SINGLE = [
    # (what is wrong, text, line by a part of it and its count, what the sentence says)
    ("unknown table", SCHOOL + "[[meters]]\n", "[[meters]]", 1, "knows no key 'meters'; did you mean 'meter'?"),
    ("unknown key", SCHOOL + "shool = 1\n", "shool", 1, "knows no key 'shool'"),
    ("no school", meter("a").lstrip(), "[[meter]]", 1, "no table [school]"),
    ("missing key", SCHOOL.replace('region = "CN-SD"\n', ""), "[school]", 1, "has no 'region': add it"),
    ("one bracket", SCHOOL + "[meter]\n", "[meter]", 1, "[[meter]]"),
    ("wrong type", SCHOOL.replace("true", '"yes"'), "boarding =", 1, "must be true or false"),
    ("number as text", SCHOOL + meter("a", ratio="80"), "ratio", 1, "must be a number, without quotes"),
    ("text as number", SCHOOL + meter("a", serial=80), "serial", 1, "must be text"),
    ("not finite", SCHOOL + meter("a", ratio="=inf"), "ratio", 1, "must be a finite number"),
    ("ratio of 0", SCHOOL + meter("a", ratio=0), "ratio", 1, "must be above 0"),
    ("width", SCHOOL + meter("a", width=40), "width", 1, "between 1 and 15"),
    ("empty", SCHOOL + meter("a", serial=""), None, 0, ""),
    ("zone", SCHOOL.replace("Asia/Shanghai", "Asia/Shanghia"), "timezone", 1, "did you mean 'Asia/Shanghai'?"),
    ("interval", SCHOOL + meter("a", interval="15 minutes"), "interval", 1, '"15min"'),
    ("unknown unit", SCHOOL + meter("a", unit="kHw"), "unit", 1, "did you mean 'kWh'?"),
    ("unit of another", SCHOOL + meter("a", unit="m³"), "unit", 1, "measures water, gas; electricity is measured in"),
    ("quantity", SCHOOL + meter("a", quantity="electrcity"), "quantity", 1, "did you mean 'electricity'?"),
    ("format", SCHOOL + meter("a", format="shely"), "format", 1, "did you mean 'shelly'?"),
    ("parent", SCHOOL + meter("a", parent="b"), "parent", 1, "no [[meter]] has the key 'b'"),
    ("building", SCHOOL + meter("a", building="b"), "building", 1, "no [[building]] has the key 'b'"),
    ("account", SCHOOL + meter("a", account="b"), "account", 1, "no [[account]] has the key 'b'"),
    ("item", SCHOOL + meter("a", item="1A"), "item", 1, "分项"),
    ("make-up of electricity", SCHOOL + meter("a", item="makeup"), "item", 1, "only water"),
    ("item of water", SCHOOL + meter("a", quantity="water", unit="L", item="01A00"), "item", 1, "only electricity"),
    ("wildcard", SCHOOL + meter("a", topic="campus/+/x"), "topic", 1, "wildcard"),
    ("dollar", SCHOOL + meter("a", topic="$SYS/x"), "topic", 1, "broker's own"),
    ("no topic", SCHOOL + meter("a", topic=None), "[[meter]]", 1, "has no 'topic'"),
    ("naive", SCHOOL + meter("a", **{"from": "=2026-01-01T00:00:00"}), "from", 1, "write 2026-01-01T00:00:00+08:00"),
    ("a day", SCHOOL + meter("a", **{"from": "=2026-01-01"}), "from", 1, "write 2026-01-01T00:00:00+08:00"),
    (
        "doubled register",
        SCHOOL + meter("a") + REGISTER + 'quantity = "electricity"\nunit = "kWh"\n',
        "quantity",
        2,
        "second register",
    ),
    (
        "register unit",
        SCHOOL + meter("a") + REGISTER + 'quantity = "gas"\nunit = "kWh"\n',
        "unit",
        2,
        "gas is measured in",
    ),
    (
        "register key",
        SCHOOL + meter("a") + REGISTER + 'quantity = "gas"\nunits = "m³"\nunit = "m³"\n',
        "units",
        1,
        "'unit'",
    ),
    (
        "registers",
        SCHOOL + meter("a") + '[meter.register]\nquantity = "gas"\nunit = "m³"\n',
        "[meter.register]",
        1,
        "[[meter.register]]",
    ),
    ("empty change", SCHOOL + meter("a") + change("2026-01-01T00:00:00Z"), "[[meter.change]]", 1, "changes nothing"),
    ("change of what", SCHOOL + meter("a") + change("2026-01-01T00:00:00Z", ratoi=2), "ratoi", 1, "mean 'ratio'?"),
]


@pytest.mark.parametrize(("text", "part", "nth", "sentence"), [s[1:] for s in SINGLE], ids=[s[0] for s in SINGLE])
def test_one_mistake_is_one_problem_at_its_line(text, part, nth, sentence):
    if part is None:
        assert problems(text) == []
    else:
        assert sentence in only(text, part, nth)


def test_a_price_needs_its_unit_and_its_source():
    account = '[[account]]\nkey = "p"\nmedium = "water"\nnumber = "1"\ntariff = "flat"\nprice_yuan = 4.2\n'
    assert [p.partition(": ")[2][:19] for p in problems(SCHOOL + account)] == [
        "price without sourc",
        "price without unit:",
    ]
    both = SCHOOL + account + 'price_unit = "L"\nprice_document = "x"\n'
    assert "give the price per m³" in only(both, "price_unit")


def test_a_meter_read_by_hand_needs_no_topic():
    assert problems(SCHOOL + meter("a", topic=None, format=None, arrival="manual")) == []


@given(st.text(max_size=40))
@settings(max_examples=examples(150), deadline=None)
def test_no_text_breaks_the_loader(text):
    for whole in (text, SCHOOL + text, WHOLE.replace('"main"', text)):
        _, issues = load_registry(whole, "f", FORMATS)
        assert all(1 <= issue.line <= whole.count("\n") + 1 for issue in issues)


_PATCHES = st.sampled_from(["1", "true", '""', '"x"', "[]", "{}", "[{}]", "2026-01-01", "nan", "[[1]]", "07:30:00"])


@given(st.integers(0, 60), _PATCHES)
@settings(max_examples=examples(300), deadline=None)
def test_no_value_of_any_type_breaks_the_loader(number, patch):
    lines = WHOLE.splitlines()
    keyed = [n for n, line in enumerate(lines) if " = " in line]
    n = keyed[number % len(keyed)]
    lines[n] = f"{lines[n].partition(' = ')[0]} = {patch}"
    _, issues = load_registry("\n".join(lines), "f", FORMATS)
    assert all(issue.text for issue in issues)


def test_lines_survive_strings_comments_and_arrays_over_several_lines():
    text = (
        '# [[meter]] in a comment\na = """\n[[meter]]\nb = 1\n"""\nc = [ # "\n  "]",\n  2,\n]\n[[ meter ]]\n'
        "'key' = '#'\n[meter.\"x y\"]\nz.w = 1\r\n[[meter]]\nkey = 2\n"
    )
    tomllib.loads(text)
    assert locate(text.replace("\r\n", "\n")) == {
        ("a",): 2,
        ("c",): 6,
        ("meter",): 10,
        ("meter", 0): 10,
        ("meter", 0, "key"): 11,
        ("meter", 0, "x y"): 12,
        ("meter", 0, "x y", "z"): 13,
        ("meter", 0, "x y", "z", "w"): 13,
        ("meter", 1): 14,
        ("meter", 1, "key"): 15,
    }
