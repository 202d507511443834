"""What is said of a file: what was understood, its first rows as they were read, and what did not go in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from rich.table import Table

from app.file_meters import Found
from app.file_plan import Plan
from app.file_rows import Refused, Taken
from campus.readings import Kind
from ingest.layout import Labels
from ingest.stamps import DAY_FIRST

_METERS_SHOWN = 30
_REASONS_SHOWN = 40
_RUNS_SHOWN = 20
_RUNS_KEPT = 1000  # runs of rows kept of one reason
_ROLES = {
    "meter": "表号 meter",
    "account": "户号 account",
    "name": "名称 name",
    "time": "时间 time",
    "date": "日期 day",
    "clock": "时刻 time of day",
    "start": "起始 start",
    "end": "截止 end",
    "start_register": "起数 register at start",
    "end_register": "止数 register at end",
    "yuan": "金额 money",
    "register": "表底 register",
    "use": "用量 use",
    "value": "数值 value",
    "unit": "单位 unit",
    "status": "状态 how it was read",
    "who": "抄表人 who",
    "photo": "照片 photo",
}
DOUBTS = {
    "order": (
        "日期里日和月的先后，文件里没有证据：--dates day-first 或 month-first",
        "nothing in the file proves which of day and month comes first: --dates day-first or month-first",
    ),
    "decimal": (
        "1.234 这样的数是小数还是千位，文件里没有证据：--decimal point 或 comma",
        "nothing in the file proves whether 1.234 is a fraction or a thousand: --decimal point or comma",
    ),
    "ends": (
        "时间是时段的开始还是结束，文件里没有证据：--times start 或 end",
        "nothing in the file proves whether a time is the start or the end of its interval: --times start or end",
    ),
    "multiplied": (
        "用量是否已乘倍率，文件里没有证据：--ratio included 或 not-included",
        "nothing in the file tells whether the meters' ratio is in the values: --ratio included or not-included",
    ),
}


def understood(plan: Plan) -> Iterator[str]:
    """Yield lines that say what a file was taken for."""
    table, how, columns = plan.table, plan.how, plan.columns
    where = f"工作表 sheet {table.sheet}" if table.sheet else f"{table.encoding}, {_mark(table.delimiter)}"
    heading = (
        f"表头在第 {columns.row} 行 heading in row {columns.row}" if columns.row else "没有表头 without a heading"
    )
    yield f"{table.path.name}: {where}; {plan.rows} 行数据 rows of data; {heading}"
    if table.others:
        yield f"  其他工作表没有读 other sheets are not read: {', '.join(table.others)} (--sheet)"
    yield f"  布局 layout     {plan.layout.name}: {plan.layout.zh} / {plan.layout.en}"
    for role, places in columns.roles.items():
        yield f"  列 column       {_ROLES[role]} ← {', '.join(map(columns.name, places))}"
    if columns.slots:
        first, last = (columns.name(columns.slots[place][0]) for place in (0, -1))
        yield f"  列 column       {len(columns.slots)} 个时段 parts of the day ← {first} … {last}"
    yield f"  值 values       {_kind(plan)}"
    yield f"  时钟 clock      {how.zone.key}" + (f"; {_labelled(plan)}" if _labelled(plan) else "")
    order = "日在前 day first" if how.order == DAY_FIRST else "月在前 month first"
    yield f"  写法 writing    {order}; 小数点 decimal mark {how.decimal}"


def _mark(delimiter: str) -> str:
    return {"\t": "tab"}.get(delimiter, delimiter)


def _kind(plan: Plan) -> str:
    if plan.layout.name in ("registers", "hand") or plan.how.registers:
        return "表底数（累计） registers, which only grow"
    if plan.layout.bills:
        day = "截止日包含在内 the last day belongs to it" if plan.how.inclusive else "截止日不含 up to the last day"
        return f"账单 bills; {day}"
    return "时段用量 use of intervals"


def _labelled(plan: Plan) -> str:
    if plan.layout.bills or "表底" in _kind(plan) or plan.columns.has("start", "end"):
        return ""
    return (
        "时间是时段的结束 times are the ends of intervals"
        if plan.how.ends
        else "时间是时段的开始 times are the starts"
    )


def meters(plan: Plan) -> Table:
    """Return what the file calls its meters and which registered meters they are."""
    table = Table("文件里 in the file", "登记的表 registered meter", "单位 unit")
    for labels in plan.labels[:_METERS_SHOWN]:
        found = plan.meters.find(labels)
        called = " · ".join(labels[:3]) or "(没写 says none)"
        if isinstance(found, Found):
            meter = found.meter
            ratio = "" if meter.ratio == 1 else f" ×{meter.ratio:g}"
            table.add_row(called, f"{meter.key} {meter.name}", f"{meter.registers[0].unit}{ratio}")
        else:
            table.add_row(called, f"✗ {found.zh} / {found.en}", "")
    if len(plan.labels) > _METERS_SHOWN:
        table.add_row(f"… {len(plan.labels)}", "", "")
    return table


def first_rows(taken: Sequence[Taken], plan: Plan) -> Table:
    """Return the first values as they were read."""
    zone = plan.meters.registry.school.timezone
    table = Table(
        "行 row", "表 meter", "从 from", "到 to", "值 value", "单位 unit", title="读成这样 / as it was read"
    )
    for one in taken:
        start, item = one.item.time, one.item
        assert start is not None
        until = f"{(start + item.duration).astimezone(zone):%Y-%m-%d %H:%M %z}" if item.kind is Kind.INTERVAL else ""
        unit = item.unit or f"{one.meter.registers[0].unit}（登记的 as registered）"
        begin = f"{start.astimezone(zone):%Y-%m-%d %H:%M %z}"
        table.add_row(str(one.row), one.meter.key, begin, until, f"{item.value:.10g}", unit)
    return table


def unknown(plan: Plan) -> list[Labels]:
    """Return what the file calls meters that are not known to be anybody's."""
    return [labels for labels in plan.labels if not isinstance(plan.meters.find(labels), Found)]


@dataclass(slots=True)
class Complaints:
    """What did not go in, by reason."""

    rows: dict[tuple[str, str, str], list[tuple[int, int]]] = field(default_factory=dict)
    count: int = 0

    def add(self, refused: Refused) -> None:
        """Note something that did not go in."""
        self.count += 1
        runs = self.rows.setdefault((refused.column, refused.zh, refused.en), [])
        if runs and runs[-1][0] <= refused.row <= runs[-1][1] + 1:
            runs[-1] = runs[-1][0], max(runs[-1][1], refused.row)
        elif len(runs) < _RUNS_KEPT:
            runs.append((refused.row, refused.row))

    def lines(self) -> Iterator[str]:
        """Yield a line for each reason, with the rows it befell, in the order of the file."""
        told = sorted(self.rows.items(), key=lambda pair: pair[1][0])
        for (column, zh, en), runs in told[:_REASONS_SHOWN]:
            at = f" [{column}]" if column else ""
            yield f"  第 {ranges(runs)} 行{at}：{zh} / row {ranges(runs)}{at}: {en}"
        if len(told) > _REASONS_SHOWN:
            rest = len(told) - _REASONS_SHOWN
            yield f"  …另有 {rest} 种原因 / and {rest} more reasons"


def ranges(runs: Sequence[tuple[int, int]]) -> str:
    """Return runs of row numbers in short: 3, 7–12, 40."""
    shown = [str(first) if first == last else f"{first}–{last}" for first, last in sorted(runs)[:_RUNS_SHOWN]]
    return ", ".join(shown) + (" …" if len(runs) > _RUNS_SHOWN else "")


def doubts(names: Iterable[str]) -> list[str]:
    """Return a line for each thing a file does not prove."""
    return [f"  ? {DOUBTS[name][0]} / {DOUBTS[name][1]}" for name in names]


def mapping(pairs: Iterable[str]) -> Mapping[str, str]:
    """Return what was said of labels: `LABEL=KEY`, or `KEY` alone for a file of one meter."""
    found = {}
    for pair in pairs:
        label, given, key = pair.rpartition("=")
        found[label if given else ""] = key
    return found
