"""A school's registry in its smallest whole form, and ways to break it."""

from app.registry_toml import load_registry

SCHOOL = """[school]
key = "north"
name = "北校区"
name_en = "North"
type = "secondary_boarding"
timezone = "Asia/Shanghai"
region = "CN-SD"
calendar = "CN"
boarding = true
"""

WHOLE = (
    SCHOOL
    + """
[[term]]
first = 2026-09-01
last = 2027-01-22
kind = "term"
name = "秋季学期"

[[building]]
key = "teaching"
name = "教学楼"
class = "teaching"
floor_area_m2 = 8200
people = 900

[[account]]
key = "power"
medium = "electricity"
number = "3700000001"
tariff = "resident"
price_yuan = 0.555
price_unit = "kWh"
price_document = "示例"
price_assumed = true

[[meter]]
key = "main"
name = "总表"
topic = "campus/north/main"
format = "native"
quantity = "electricity"
unit = "kWh"
interval = "15min"
arrival = "live"
width = 8
ratio = 80
account = "power"
item = "01000"

[[meter.register]]
quantity = "electricity_export"
unit = "kWh"

[[meter]]
key = "teaching"
name = "教学楼电表"
topic = "campus/north/teaching"
format = "native"
quantity = "electricity"
unit = "kWh"
interval = "15min"
parent = "main"
building = "teaching"
from = 2026-01-01T00:00:00+08:00

[[meter.change]]
from = 2026-06-01T00:00:00+08:00
ratio = 40
serial = "B2"

[[meter.replaced]]
at = 2026-06-01T00:00:00+08:00
end = 9123.4
start = 0.2
serial = "B2"
"""
)

FORMATS = ("native", "shelly")


def meter(key: str, **values: object) -> str:
    """Return a [[meter]] table; keyword values are written as TOML, and None leaves a key out."""
    defaults: dict[str, object] = {
        "name": key,
        "topic": f"campus/north/{key}",
        "format": "native",
        "quantity": "electricity",
        "unit": "kWh",
        "interval": "15min",
    }
    rows = {"key": key, **defaults, **values}
    return "\n[[meter]]\n" + "".join(f"{k} = {_toml(v)}\n" for k, v in rows.items() if v is not None)


def change(since: str, **values: object) -> str:
    """Return a [[meter.change]] table."""
    return f"\n[[meter.change]]\nfrom = {since}\n" + "".join(f"{k} = {_toml(v)}\n" for k, v in values.items())


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str) and not value.startswith("="):
        return f'"{value}"'
    return str(value).removeprefix("=")


def problems(text: str) -> list[str]:
    """Return the problems as `line: text`, after checking that a registry comes exactly when there are none."""
    registry, issues = load_registry(text, "north.toml", FORMATS)
    assert (registry is None) == bool(issues)
    assert all(issue.file == "north.toml" for issue in issues)
    return [f"{issue.line}: {issue.text}" for issue in issues]


def line_of(text: str, part: str, nth: int = 1) -> int:
    """Return the line of the nth occurrence of `part`."""
    return [n for n, line in enumerate(text.splitlines(), 1) if part in line][nth - 1]


def only(text: str, part: str, nth: int = 1) -> str:
    """Return the one problem of a text, which stands at the line of the nth `part`."""
    found = problems(text)
    assert len(found) == 1, found
    line, _, sentence = found[0].partition(": ")
    assert int(line) == line_of(text, part, nth), found
    return sentence
