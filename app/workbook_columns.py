"""The sheets of the meters workbook and their columns: the survey (users.md, section 6), and what is known ahead."""

from __future__ import annotations

from dataclasses import dataclass

from app import workbook_words as words
from app.registry_fields import CHANGEABLE, MOST_DAYS, MOST_DIGITS
from app.toml_fields import EARLIEST, LATEST
from app.workbook_cells import (
    ANSWER,
    DAY,
    FLAG,
    FORMAT,
    INSTANT,
    ISO_DAY,
    KEY,
    LENGTH,
    LITRES,
    PLAIN,
    SHARE,
    STANDARD,
    TEXT,
    TOPIC,
    UNIT,
    Codec,
    chosen,
    number,
)
from app.workbook_lists import HOURS, KEYS, MOMENT, SEVERAL_MEDIA, SUB_ITEM

# What a workbook says of itself on a hidden sheet. A change that an older reader would take wrongly needs a new one.
VERSION = 1
VERSION_SHEET, WORDS_SHEET, INTRO_SHEET = "_campus", "词表", "说明"
MOST_PEOPLE = 1_000_000
# Read once and never kept: when a change begins, and on what a swapped meter ended and began.
CHANGE_FROM, OLD_END, NEW_START = "change.from", "change.end", "change.start"
PASSING = (CHANGE_FROM, OLD_END, NEW_START)
DATED = frozenset(CHANGEABLE)


@dataclass(frozen=True, slots=True)
class Column:
    """A column: both headings, its key in the school's file (`survey.` before those of the survey), its codec.

    `refers` names the table whose rows it names. `group` begins a group of columns. A column with a `formula` is
    computed by the spreadsheet and never read.
    """

    zh: str
    en: str
    key: str
    codec: Codec = TEXT
    required: bool = False
    refers: str = ""
    width: int = 12
    group: tuple[str, str] | None = None
    formula: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet: its title, the table of the school's file it describes, how to fill it in, and its columns.

    `room` is how many rows are prepared at least. A workbook may do without an `optional` one: older ones had none.
    `named_by` is the column that tells a row from the others.
    """

    zh: str
    en: str
    table: str
    how_zh: str
    how_en: str
    room: int
    columns: tuple[Column, ...]
    optional: bool = False
    named_by: str = "key"

    def column(self, key: str) -> Column:
        """Return the column of a key."""
        return next(column for column in self.columns if column.key == key)


_AREA = number(0)
_SOURCE = (
    Column("来源", "source", "survey.source", width=14, group=("填报", "Filled in by")),
    Column("责任人", "responsible", "survey.responsible"),
    Column("联系电话", "phone", "survey.phone", width=14),
)
_KEY = Column("编号", "key", "key", KEY, required=True, width=16)

BUILDINGS = Sheet(
    "楼栋",
    "Buildings",
    "building",
    "每栋楼一行。编号起名后不再改；类别从下拉列表选；面积单位 m²。",
    "One row per building. A key is for ever; pick the class from the list; areas in m².",
    60,
    (
        _KEY,
        Column("名称", "name", "name", required=True, width=20),
        Column("类别", "class", "class", chosen(words.CLASSES), required=True, width=18),
        Column("建成年", "built in", "survey.built_year", PLAIN),
        Column("面积", "floor area m²", "floor_area_m2", number(0, above=True), width=13),
        Column("采暖面积", "heated area m²", "heated_area_m2", _AREA, width=14),
        Column("特殊区域面积(厨房/机房/大型实验)", "special areas m²", "special_area_m2", _AREA, width=18),
        Column("层数", "floors", "survey.floors", PLAIN, width=8),
        Column("改造年与内容", "retrofits: year, what", "survey.retrofit", width=20),
        Column("使用单位及比例", "used by, shares", "survey.units", width=20),
        Column("假期是否停用", "closed in holidays", "survey.closed_in_holidays", ANSWER, width=12),
        Column("人数", "people", "people", number(0, MOST_PEOPLE, whole=True), width=9),
        Column("英文名称", "English name", "name_en", width=20),
        *_SOURCE,
    ),
)

# φ and P of DB37/T 2671-2019, 6.7, by the days of the row's year.
_YEAR_DAYS = 'IF({year}{row}="",365,DATE({year}{row}+1,1,1)-DATE({year}{row},1,1))'
PEOPLE = Sheet(
    "人员",
    "People",
    "people",
    "每类人员一行（编号如 pupils-2026）。平均人数按全年平均；在校天数是这类人一年里到校的天数；"
    "年度空着表示每年都一样。",
    "A row per category, with a key such as pupils-2026: the year's mean number and on how many days of it they are"
    " there. Without a year it holds for every year.",
    20,
    (
        _KEY,
        Column("类别", "category", "category", chosen(words.CATEGORIES), required=True, width=20),
        Column("平均人数", "mean number", "heads", number(0), required=True, width=13),
        Column("在校天数", "days present", "days", number(0, MOST_DAYS), width=13),
        Column("年度", "year", "year", number(EARLIEST, LATEST, whole=True), width=10),
        Column("依据", "basis", "basis", width=24),
        *_SOURCE,
        Column(
            "φ(算)",
            "share of the year",
            "",
            width=12,
            group=("核对", "To check"),
            formula=f'=IF({{days}}{{row}}="","",{{days}}{{row}}/{_YEAR_DAYS})',
        ),
        Column(
            "P(算)",
            "persons P",
            "",
            width=12,
            formula=f'=IF({{days}}{{row}}="","",{{heads}}{{row}}*{{days}}{{row}}/{_YEAR_DAYS})',
        ),
    ),
    optional=True,
)

ACCOUNTS = Sheet(
    "户号",
    "Accounts",
    "account",
    "供电、供水、供气、供热公司的每个户号一行。编号可空，空则用户号。没有单价就不填，绝不估价。"
    "分时、分项或按日期变的价格写在学校文件的 [[account.price]] 里，本表不改它。",
    "One row per utility account. Without a key the account number is it. Leave an unknown price empty."
    " Prices by hour, part or date stand in the school's file, [[account.price]]; this sheet leaves them.",
    40,
    (
        Column("编号", "key", "key", KEY, width=16),
        Column("户号", "account number", "number", required=True, width=18),
        Column("介质", "medium", "medium", chosen(words.MEDIA), required=True, width=14),
        Column("供应单位", "supplier", "survey.supplier", width=18),
        Column("用电类别/水类别", "category", "survey.category", width=16),
        Column("计费方式", "billing", "tariff", chosen(words.TARIFFS), required=True, width=18),
        Column("电压", "voltage", "survey.voltage", PLAIN),
        Column("计量方式", "metering", "survey.metering"),
        Column("倍率", "ratio", "survey.ratio", PLAIN, width=8),
        Column("变压器kVA", "transformer kVA", "survey.transformer_kva", PLAIN, width=14),
        Column("计费容量kVA", "billed capacity kVA", "billed_kva", number(0, above=True), width=14),
        Column("合同需量", "contract demand kW", "contract_demand_kw", number(0, above=True), width=16),
        Column("力调标准", "power factor standard", "power_factor_standard", STANDARD, width=16),
        Column("定比", "fixed share", "fixed_share", SHARE),
        Column("定比所属户号", "share of account", "share_of", refers="account", width=16),
        Column("抄表日", "reading day", "survey.reading_day", PLAIN),
        Column("价格文件", "price document", "price_document", width=24),
        Column("单价", "price, yuan per unit", "price_yuan", number(0), width=14),
        Column("计价单位", "priced per", "price_unit", UNIT),
        Column("是否假设价", "assumed price?", "price_assumed", FLAG),
        *_SOURCE,
    ),
)

METERS = Sheet(
    "表计",
    "Meters",
    "meter",
    "每块表一行。上级表、楼栋、户号填编号。已有读数的表改倍率、上级表、楼栋、户号、主题：填变更生效日；"
    "换表：填新表号、变更生效日、旧表止数、新表起数。",
    "One row per meter; parent, building and account by their keys. For a meter with readings a new ratio, parent,"
    " building, account or topic needs the day it begins; a swapped meter that, new serial, old end, new start.",
    300,
    (
        _KEY,
        Column("名称", "name", "name", required=True, width=22),
        Column("表号", "serial", "serial", width=16),
        Column("介质", "measures", "quantity", chosen(words.MEASURED), required=True, width=16),
        Column("安装点", "where it is fitted", "survey.spot", width=18),
        Column("楼栋", "building", "building", refers="building", width=14),
        Column("分项", "sub-item", "item", SUB_ITEM, width=10),
        Column("上级表", "parent meter", "parent", refers="meter", width=14),
        Column("户号", "account", "account", refers="account", width=16),
        Column("型号", "model", "survey.model", width=14),
        Column("位数", "digits", "width", number(1, MOST_DIGITS, whole=True), width=8),
        Column("倍率", "ratio", "ratio", number(0, above=True), width=8),
        Column("脉冲L", "litres per pulse", "pulse", LITRES, width=13),
        Column("精度", "accuracy class", "survey.accuracy", PLAIN, width=13),
        Column("通信", "arrival", "arrival", chosen(words.ARRIVALS), width=18),
        Column("厂家", "maker", "survey.maker", width=14),
        Column("检定到期", "calibration due", "survey.calibration_due", ISO_DAY, width=14),
        Column("起用日", "in use from", "from", INSTANT, width=12),
        Column("起数", "first register", "survey.start_register", PLAIN, width=13),
        Column("停用日", "in use until", "to", INSTANT, width=12),
        Column("止数", "last register", "survey.end_register", PLAIN, width=13),
        Column("照片", "photo", "survey.photo", width=16),
        Column("英文名称", "English name", "name_en", width=22),
        *_SOURCE,
        Column("单位", "unit sent", "unit", UNIT, width=10, group=("接入", "Connection")),
        Column("间隔", "sent every", "interval", LENGTH, required=True, width=10),
        Column("主题", "MQTT topic", "topic", TOPIC, width=28),
        Column("格式", "format", "format", FORMAT, width=12),
        Column("通道", "channel", "channel", width=12),
        Column("采集器", "gateway", "gateway", width=14),
        Column("变更生效日", "change begins on", CHANGE_FROM, INSTANT, width=14, group=("变更", "Changes")),
        Column("旧表止数", "old meter's end", OLD_END, number(0), width=14),
        Column("新表起数", "new meter's start", NEW_START, number(0), width=15),
        Column(
            "楼栋名称(算)",
            "building's name",
            "",
            width=18,
            group=("核对", "To check"),
            formula="=IFERROR(VLOOKUP({building}{row},'楼栋'!$A:$B,2,FALSE),\"\")",
        ),
        Column(
            "上级表名称(算)",
            "parent's name",
            "",
            width=18,
            formula='=IFERROR(VLOOKUP({parent}{row},$A:$B,2,FALSE),"")',
        ),
    ),
)

HEATING = Sheet(
    "供暖期",
    "Heating seasons",
    "heating",
    "每个供暖季一行。首日、末日两天都供热；公告里说末日不供的，填前一天。没有供暖期，按供暖期判断的规则不判断。",
    "One row per winter; both days are heated: where the last day is said not to be, enter the one before. Without a"
    " row no rule judges heat by the season.",
    10,
    (
        Column("首日", "first day", "first", DAY, required=True, width=14),
        Column("末日", "last day", "last", DAY, required=True, width=14),
        Column("依据文件", "document", "document", required=True, width=40),
    ),
    optional=True,
    named_by="first",
)

PLANS = Sheet(
    "计划",
    "Plans",
    "plan",
    "假期用能方案、停电停水、熄灯、活动每件一行。起止可写到分钟，如 2027-01-24 08:00；楼栋、表计填编号，"
    "几个之间用顿号；楼栋空着是全校，介质空着是全部。留用清单写在学校文件的 [[plan.keep]] 里，本表不改它。",
    "One row per closed holiday, outage, lights-out or event. From and to may tell the minute, 2027-01-24 08:00;"
    " several buildings or meters by their keys with commas; no building is the whole school, no medium all of them."
    " What is kept on stands in the school's file, [[plan.keep]]; this sheet leaves it.",
    30,
    (
        _KEY,
        Column("种类", "kind", "kind", chosen(words.PLANS), required=True, width=18),
        Column("名称", "name", "name", width=22),
        Column("起", "from", "from", MOMENT, required=True, width=18),
        Column("止", "to", "to", MOMENT, required=True, width=18),
        Column("楼栋", "buildings", "buildings", KEYS, width=22),
        Column("介质", "media", "media", SEVERAL_MEDIA, width=14),
        Column("表计", "meters", "meters", KEYS, width=18),
        Column("每天时段", "hours of each day", "daily", HOURS, width=16),
        Column("室温调到℃", "set back to °C", "setback_c", number(0), width=14),
        Column("文件", "document", "document", width=24),
    ),
    optional=True,
)

PROJECTS = Sheet(
    "项目",
    "Projects",
    "project",
    "每个节能改造项目一行。表计填编号（几个介质的表填 编号.介质），几块之间用顿号；开工日以前的用量可作基准，"
    "投用日是全部投用的第一天，还没有就空着。其他变动写在学校文件的 [[project.adjustment]] 里，本表不改它。",
    "One row per retrofit. Meters by their keys (KEY.quantity where a meter has several) with commas; a baseline may"
    " reach to the day works began; in service is the first day with all of it. Other changes stand in the school's"
    " file, [[project.adjustment]]; this sheet leaves them.",
    20,
    (
        _KEY,
        Column("名称", "name", "name", required=True, width=24),
        Column("种类", "measure", "measure", chosen(words.MEASURES), required=True, width=20),
        Column("表计", "meters", "meters", KEYS, required=True, width=24),
        Column("开工日", "works began", "started", DAY, required=True, width=14),
        Column("投用日", "in service from", "finished", DAY, width=14),
        Column("合作方式", "contract", "contract", chosen(words.CONTRACTS), width=20),
        Column("承诺年节约量", "promised a year", "expected_per_year", number(0, above=True), width=16),
        Column("投资(元)", "investment, yuan", "investment_yuan", number(0), width=14),
        Column("补助(元)", "subsidy, yuan", "subsidy_yuan", number(0), width=14),
        Column("基准编号", "baselines", "baselines", KEYS, width=22),
        Column("依据文件", "document", "document", width=24),
        Column("英文名称", "English name", "name_en", width=24),
    ),
    optional=True,
)

SHEETS = (BUILDINGS, PEOPLE, ACCOUNTS, METERS, HEATING, PLANS, PROJECTS)
