"""The closed words of the meters workbook: in Chinese, in English, and as the school's file spells them."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.toml_fields import ALIKE
from campus import projects
from campus.plans import KINDS
from campus.units import KNOWN_UNITS


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a drop-down list; `key` is what the school's file says."""

    key: str
    zh: str
    en: str

    @property
    def shown(self) -> str:
        """The word as it stands in a cell."""
        return f"{self.zh} {self.en}"


def _words(**pairs: str) -> tuple[Word, ...]:
    """Return words from `key="中文 English"`."""
    return tuple(Word(key, *pair.split(" ", 1)) for key, pair in pairs.items())


CLASSES = _words(
    administration="行政楼 administration",
    library="图书馆 library",
    teaching="教学楼 teaching",
    research="科研楼 research",
    mixed="综合楼 mixed use",
    hall="礼堂 hall",
    canteen="食堂 canteen",
    bathhouse="浴室 bathhouse",
    dormitory="宿舍 dormitory",
    laboratory="实验楼 laboratory",
    hospital="医院 hospital",
    guesthouse="招待所 guesthouse",
    kindergarten="幼儿园 kindergarten",
    sports="体育馆 sports",
    boiler_room="锅炉房 boiler room",
    pump_room="水泵房 pump room",
    charging="充电站 charging",
    gatehouse="门卫 gatehouse",
    other="其他 other",
)
CATEGORIES = tuple(
    Word(key, zh, en)
    for key, (zh, en) in {
        "staff": ("在编", "staff"),
        "temporary": ("编外", "non-established staff"),
        "pupil": ("走读", "day pupils"),
        "boarder": ("住宿", "boarders"),
        "foreign": ("留学生", "foreign students"),
        "trainee": ("培训", "trainees"),
        "contractor": ("物业", "contractors' people"),
    }.items()
)
MEDIA = _words(
    electricity="电 electricity", pv="光伏 PV", water="水 water", gas="气 gas", heat="热 heat", cold="冷 cooling"
)
TARIFFS = _words(
    resident="居民合表 resident",
    single="单一制 single",
    two_part="两部制 two-part",
    tou="分时 time of use",
    flat="单一价 flat",
    tiered="阶梯 tiered",
    area="按面积 by area",
)
MEASURED = _words(
    electricity="电 electricity",
    electricity_export="上网电 exported electricity",
    reactive="无功 reactive energy",
    generation="光伏发电 PV generation",
    water="水 water",
    gas="气 gas",
    gas_energy="气(热值) gas energy",
    heat="热 heat",
    cold="冷 cooling",
    power="功率 power",
    flow="流量 flow",
    temperature="温度 temperature",
)
ARRIVALS = _words(
    live="实时 live", hourly="小时 hourly", daily_frozen="日冻结 daily frozen", manual="人工 read by hand"
)
PLANS = tuple(Word(str(kind), said.zh, said.en) for kind, said in KINDS.items())
MEASURES = tuple(Word(str(kind), said.zh, said.en) for kind, said in projects.MEASURES.items())
CONTRACTS = _words(own="自有 own", emc="合同能源管理 EMC", cooperation="市校合作 cooperation")
ANSWERS = _words(yes="是 yes", no="否 no")

# What schools write for a unit. 吨 is said of water alone; of steam the registry check refuses m³.
UNITS = {unit.casefold(): unit for unit in KNOWN_UNITS} | {
    "m3": "m³",
    "吨": "m³",
    "方": "m³",
    "立方": "m³",
    "立方米": "m³",
    "升": "L",
    "度": "kWh",
    "千瓦时": "kWh",
    "兆瓦时": "MWh",
    "千乏时": "kvarh",
    "吉焦": "GJ",
    "兆焦": "MJ",
}


def folded(text: str) -> str:
    """Return a text as words are compared: without regard to full-width letters, case and doubled blanks."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def find(said: str, words: Iterable[Word]) -> str | None:
    """Return the key of the word said, in either language, both, or as the file spells it."""
    wanted = folded(said)
    return next((w.key for w in words if wanted in {folded(form) for form in (w.shown, w.zh, w.en, w.key)}), None)


def unit(said: str) -> str | None:
    """Return a unit as the registry knows it."""
    return UNITS.get(said.casefold()) or UNITS.get(folded(said))


def nearest(said: str, known: Sequence[str]) -> str:
    """Return the known text most like what was said, or the empty text."""
    forms = {folded(text): text for text in known}
    close = difflib.get_close_matches(folded(said), forms, 1, ALIKE)
    return forms[close[0]] if close else ""


def nearest_word(said: str, words: Iterable[Word]) -> str:
    """Return the word most like what was said, as a cell shows it, or the empty text."""
    forms = {form: word.shown for word in words for form in (word.shown, word.zh, word.en, word.key)}
    close = nearest(said, list(forms))
    return forms[close] if close else ""
