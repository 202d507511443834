"""What the heading of a column says: its role, its unit, and the time of day it stands for."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from campus.units import KNOWN_UNITS
from ingest.stamps import minutes_of

_ROLES: dict[str, str] = {
    "meter": (
        "mpan mpr mprn mpxn msn pod pdr ean meter meterid meternumber meterno meterserial "
        "meterserialnumber meterref meterreference meterpoint serial serialnumber serialno deviceid "
        "device devid m1code1 m1code2 id zähler zählernummer compteur 表号 表计 表计编号 表计号 电表号 "
        "水表号 气表号 热表号 电能表编号 资产编号 资产号 编号 设备号 设备编号 设备地址 通讯地址 表地址 "
        "测点 测点编号 计量点 计量点编号 终端地址 序列号"
    ),
    "account": (
        "account accountno accountnumber accountid customerno customernumber contract contractno 户号 "
        "用户编号 客户编号 客户号 用户号 账号 用电户号 用水户号 缴费户号"
    ),
    "name": (
        "name metername onlinemetername site sitename siteref siteid siteno location building address "
        "room 名称 表名 表计名称 电表名称 水表名称 设备名称 安装点 安装位置 位置 地址 用户名称 户名 "
        "客户名称 楼栋 建筑 房间 房间号"
    ),
    "time": (
        "time datetime timestamp readdatetime readingdatetime readtime readingtime datetimeutc localtime "
        "时间 日期时间 抄表时间 采集时间 数据时间 读数时间 冻结时间 上报时间 zeit zeitstempel "
        "datumuhrzeit horodate"
    ),
    "date": (
        "date day readdate readingdate consumptiondate settlementdate usagedate datum fecha jour 日期 "
        "抄表日期 数据日期 冻结日期 采集日期 用电日期 用水日期 日 年月日"
    ),
    "clock": "clock hour timeofday uhrzeit heure 时刻 时分 钟点 小时",
    "start": (
        "start from startdate starttime fromdate datefrom periodstart previousdate previousreaddate "
        "lastreadingdate begin begindate intervalstart 起始日期 开始日期 起始时间 开始时间 上次抄表日 "
        "上次抄表日期 上次抄表时间 上期抄表日 上期抄表日期 起日 计费起始日"
    ),
    "end": (
        "end to enddate endtime todate dateto periodend currentdate currentreaddate thisreadingdate "
        "until intervalend 截止日期 结束日期 终止日期 截止时间 结束时间 本次抄表日 本次抄表日期 "
        "本次抄表时间 本期抄表日 本期抄表日期 止日 计费截止日"
    ),
    "start_register": (
        "startregister startreading previousreading previousread openingread openingreading 起数 起码 "
        "起度 起始示数 上次示数 上次读数 上期示数 上期读数 上次表底 上月示数 期初示数"
    ),
    "end_register": (
        "endregister endreading currentreading currentread presentreading closingread closingreading "
        "止数 止码 止度 终止示数 本次示数 本次读数 本期示数 本期读数 本次表底 本月示数 期末示数"
    ),
    "register": (
        "register registerreading meterreading index cumulative totalreading totalizer counter "
        "zählerstand indexkwh 示数 表底 表底数 表码 表码值 底数 底码 累计 累计量 累计值 累计用量 "
        "累计电量 累计水量 总示数 正向有功总 正向有功总示数 正向有功总电能 正向累计流量 当前示数 "
        "冻结示数 抄表示数"
    ),
    "use": (
        "use used usage consumption kwh m3 m³ delta units kwhconsumption energy verbrauch consommation "
        "consumo 用量 电量 用电量 水量 用水量 气量 用气量 热量 用热量 能耗 计费量 计费电量 计费水量 "
        "抄见量 抄见电量 抄见水量 表计量 消耗量"
    ),
    "yuan": (
        "yuan yuanbilled billamount amountdue amountyuan totalcharge charge cost money 金额 总金额 合计金额 账单金额 "
        "应付金额 应收金额 实付金额 缴费金额 应缴金额 电费 水费 气费 热费 电费金额 水费金额 气费金额 总电费 总水费"
    ),
    "value": "value reading read wert valeur valor 数值 值 读数 数据 抄表值",
    "unit": "unit units uom einheit unité 单位 计量单位",
    "status": (
        "status readtype readingtype est estimated quality flag estimate 状态 抄表方式 读数类型 抄表类型 数据质量"
    ),
    "who": "who reader readby by takenby 抄表人 抄表员 记录人 读表人 经办人",
    "photo": "photo picture image photofile 照片 图片 附件 照片文件",
}
ROLES: Mapping[str, str] = {word: role for role, words in _ROLES.items() for word in words.split()}
_BRACKETED = re.compile(r"[(（\[【]([^()（）\[\]【】]*)[)）\]】]")
_UNITS = {unit.casefold(): unit for unit in KNOWN_UNITS} | {
    "千瓦时": "kWh",
    "度": "kWh",
    "兆瓦时": "MWh",
    "吨": "m³",
    "立方米": "m³",
    "方": "m³",
    "升": "L",
    "吉焦": "GJ",
}
_NUMBERED = re.compile(r"(kwh|wh|m3|m³|hh|halfhour|period|sp|p|hour|h|v|value|时段|第)[ _-]?(\d{1,3})(时段)?")
_HOUR = re.compile(r"(\d{1,2}) ?(时|点|h)")
_RANGE = re.compile(r"(\d{1,2}:\d{2}) ?(?:-|~|–|至|到|to) ?(\d{1,2}:\d{2})")
_FOUR = re.compile(r"(\d{2})([0-5]\d)")


class Slot(NamedTuple):
    """A column of a part of a day: the minute it names (a range: its first), or only its number from 1."""

    minutes: int = -1
    number: int = 0
    begins: bool = False


@lru_cache(maxsize=1000)
def unit_of(text: str) -> str:
    """Return the unit a text spells, as the registry knows it, or the empty string."""
    plain = text.strip()
    return plain if plain in KNOWN_UNITS else _UNITS.get(plain.casefold(), "")


def role_and_unit(heading: str) -> tuple[str, str]:
    """Return the role of a heading ("" where it has none) and the unit it names."""
    plain = unicodedata.normalize("NFKC", heading).strip()
    units = [unit for part in _BRACKETED.findall(plain) if (unit := unit_of(part))]
    bare = _BRACKETED.sub("", plain)
    word = re.sub(r"[\W_]+", "", bare.casefold())
    unit = units[0] if units else unit_of(bare)
    if not unit and "_" in bare:
        unit = unit_of(bare.rpartition("_")[2])
    return ROLES.get(word, ""), unit


@lru_cache(maxsize=1000)
def names_in(heading: str) -> tuple[str, ...]:
    """Return the names a meter may go by in a heading such as `Grey Water [m³] [Grey]`, the fullest first."""
    plain = unicodedata.normalize("NFKC", heading).strip()
    inner = [part.strip() for part in _BRACKETED.findall(plain) if not unit_of(part)]
    bare = " ".join(_BRACKETED.sub(" ", plain).split())
    return tuple(dict.fromkeys(name for name in (plain, bare, *inner) if name))


def slot(heading: str) -> Slot | None:
    """Return which part of a day a heading stands for: 00:30, [24:00], 7时, 00:00-00:30, kWh_17; None for others."""
    plain = unicodedata.normalize("NFKC", heading).strip().strip("[]【】'").strip().casefold()
    plain = _BRACKETED.sub("", plain).strip()
    if found := _RANGE.fullmatch(plain):
        first = minutes_of(found[1])
        return None if first is None else Slot(first, begins=True)
    if found := _HOUR.fullmatch(plain):
        return Slot(int(found[1]) * 60) if int(found[1]) <= 24 else None
    if found := _NUMBERED.fullmatch(plain):
        return Slot(number=int(found[2]))
    minutes = minutes_of(plain) if ":" in plain else None
    if minutes is None and (found := _FOUR.fullmatch(plain)) and int(found[1]) <= 24:
        minutes = int(found[1]) * 60 + int(found[2])
    return None if minutes is None else Slot(minutes)
