"""What a mail says: in every state, of every rule, with and without a price, in both languages."""

import re
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts import amounts
from alerts.message import compose, notice, subject
from alerts.picture import Picture, picture, shown
from alerts.plain import one_line
from alerts.words import NEXT, TOLD, WORDS
from analytics import wording
from analytics.detector import detectors
from campus.errors import StoreUnavailable
from campus.panel import Panel, Selected
from campus.ports import State
from campus.said import Said
from campus.schema import FIGURE, HOUR, SeriesId
from tests.alerts.made import LANGS, MEASURED, NOW, PAGE, POWER, START, episode, finding, letter, registry, site
from tests.words import BANNED_ZH

STATES = list(State)
RULES = sorted(detectors())
EVERY = [(rule, state, priced) for rule in RULES for state in STATES for priced in (True, False)]
PNG = b"\x89PNG\r\n\x1a\nnot much"


class _Words(HTMLParser):
    """Collects what a reader of the HTML sees, where its links lead, and what it loads."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.links: list[str] = []
        self.sources: list[str] = []
        self.alts: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag, attrs):
        self._hidden += tag in ("title", "style", "script")
        given = dict(attrs)
        self.links += [given["href"]] if tag == "a" else []
        self.sources += [value for name, value in attrs if name in ("src", "background", "srcset")]
        self.alts += [given["alt"]] if tag == "img" else []

    def handle_endtag(self, tag):
        self._hidden -= tag in ("title", "style", "script")

    def handle_data(self, data):
        if not self._hidden and data.strip():
            self.words.append(data.strip())


def read(html: str) -> _Words:
    """Return what an HTML mail shows."""
    words = _Words()
    words.feed(html)
    return words


def drawn(_episode, lang):
    """Draw nothing, with words."""
    return Picture(PNG, f"图 {lang}")


def made(state=State.NEW, rule="night_flow", priced=True, lang="zh", **more):
    """Return the message about an episode."""
    return compose(letter(episode(state, finding(rule, priced)), lang), site(**more), drawn)


@pytest.mark.parametrize(("rule", "state", "priced"), EVERY)
@pytest.mark.parametrize("lang", LANGS)
def test_no_mail_uses_a_word_banned_for_those_who_act(rule, state, priced, lang):
    message = made(state, rule, priced, lang)
    assert message.text and message.html
    for part in (message.subject, message.text, message.html):
        assert not [word for word in BANNED_ZH if word in part]
        assert "{" not in part and "None" not in part


@pytest.mark.parametrize(("rule", "state", "priced"), EVERY)
def test_the_text_carries_everything_the_html_does(rule, state, priced):
    message = made(state, rule, priced, "both")
    seen, text = read(message.html), re.sub(r"\s+", " ", message.text)
    assert len(seen.words) > 10
    assert [words for words in seen.words if words.rstrip("：: ") not in text] == []
    assert seen.links and all(link in text for link in seen.links)
    assert [alt for alt in seen.alts if alt not in text] == []


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("rule", RULES)
def test_the_rule_words_the_finding_itself(rule, state):
    one = episode(state, finding(rule))
    message = made(state, rule, lang="both")
    for lang in ("zh", "en"):
        assert detectors()[rule].message(one.finding, lang) in message.text


def test_each_state_has_its_own_subject_and_says_who_did_what():
    said = {state: made(state).subject for state in STATES}
    assert len(set(said.values())) == len(STATES) == len(TOLD)
    assert "李主任" in said[State.ACKNOWLEDGED] and "王师傅" in said[State.IN_WORK]
    assert "10月9日前完成" in made(State.IN_WORK).text
    assert "王师傅10月5日7点已报修好。表计会确认" in made(State.REPAIRED).text
    assert "第2次" in made(State.REOPENED).text
    assert "李主任决定不处理：绿化浇水，月底结束" in made(State.DISMISSED).text
    assert "表计确认已恢复平时" in made(State.CLOSED_BY_METER).text


def test_the_subject_is_short_and_says_school_place_what_and_cost():
    assert made().subject == "【示范学校】3号宿舍楼夜里水不停，每天约86元"
    assert made(priced=False).subject == "【示范学校】3号宿舍楼夜里水不停，每天约19吨"
    assert made(lang="en").subject == "[Demo School] Dormitory 3: water runs at night, about ¥86 a day"
    assert made(lang="both").subject.startswith(made().subject + " / Dormitory 3: water runs at night")
    closed = made(State.CLOSED_BY_METER).subject
    assert closed == "【示范学校】表计确认已恢复：3号宿舍楼夜里水不停，一共约214元"
    assert all(len(made(state).subject) <= 45 for state in STATES)


def _numbers(text: str) -> list[float]:
    return [float(number) for number in re.findall(r"\d+(?:\.\d+)?", text)]


def _as_said(value: float) -> float:
    return float(f"{value:.2g}" if value < 10 else f"{value:.0f}")


def _row(message, name: str) -> str:
    found = re.search(rf"^{name}(?:：|: )(.*)$", message.text, re.MULTILINE)
    assert found, name
    return found[1]


@pytest.mark.parametrize("rule", MEASURED)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_numbers_of_the_mail_are_those_of_the_finding(rule, lang):
    message, found = made(rule=rule, lang=lang), finding(rule)
    names = {key: WORDS[key].to(lang) for key in ("more", "a_day", "so_far", "price")}
    expected = {
        "more": [found.size, found.usual],
        "a_day": [found.per_day, found.yuan_per_day],
        "so_far": [found.to_date, found.yuan_to_date],
    }
    for key, values in expected.items():
        assert _numbers(_row(message, names[key])) == [_as_said(value) for value in values]
    assert f"{found.price.yuan:g}" in _row(message, names["price"])
    assert _numbers(message.subject)[-1] == _as_said(found.yuan_per_day)


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("state", STATES)
def test_without_a_price_no_money_is_named_and_the_mail_says_so(state, lang):
    message = made(state, priced=False, lang=lang)
    assert "¥" not in message.text and not re.search(r"\d元", message.text)
    if state is not State.WITHDRAWN:
        assert ("没有登记价格" if lang == "zh" else "no price set") in message.text


def test_an_assumed_price_is_called_assumed():
    assert "（假设价）" in _row(made(rule="out_of_hours"), "价格")
    assert "假设" not in _row(made(), "价格")


def test_an_assumed_price_whose_document_says_so_is_not_called_assumed_twice():
    price = replace(POWER, document="示范假设价")
    assert amounts.price_text(price, "electricity", "zh") == "0.555元/度，示范假设价"
    assert amounts.price_text(price, "electricity", "en") == "¥0.555/kWh, 示范假设价 (assumed)"


def test_a_plumber_reads_tonnes_and_the_clock():
    text = made().text
    assert "每小时0.8吨（平时每小时0.3吨）" in text and "10月2日22点起" in text
    assert "m³" not in text and "度" not in text
    assert "度" in made(rule="out_of_hours").text


def test_gas_is_not_counted_in_tonnes():
    gas = replace(finding(), quantity="gas")
    assert amounts.amount(gas, 19.2, "zh") == "19立方米" and amounts.rate(gas, 0.8, "zh") == "每小时0.8立方米"


@pytest.mark.parametrize("state", [state for state in STATES if state in NEXT])
def test_what_to_type_next_is_said_and_names_the_school_only_where_there_are_several(state):
    assert re.search(r"^    campus ledger \w+ 12( --to 姓名)?$", made(state).text, re.MULTILINE)
    assert re.search(r"^    campus ledger \w+ 12.* --school demo$", made(state, several=True).text, re.MULTILINE)


def test_a_link_is_there_only_where_the_page_has_an_address():
    assert f"{PAGE}schools/demo/findings/12" in made().text
    assert "http" not in made(page="").text and read(made(page="").html).links == []


def test_the_footer_names_the_episode_and_how_old_the_data_are():
    assert "第12号 · 数据截至10月5日9点" in made().text


def test_both_languages_stand_one_below_the_other_each_with_its_picture():
    message = made(lang="both")
    zh, en = made(lang="zh").text.strip(), made(lang="en").text.strip()
    assert message.text.index(zh) < message.text.index(en)
    assert list(message.images) == ["chart-zh@campus", "chart-en@campus"]
    assert read(message.html).sources == [f"cid:{name}" for name in message.images]
    assert read(message.html).alts == ["图 zh", "图 en"]


def test_nothing_is_loaded_from_elsewhere():
    html = made(lang="both").html
    assert all(source.startswith("cid:") for source in read(html).sources)
    assert not re.search(r"url\(|@import|<script|<link", html)


def test_a_mail_without_a_picture_says_nothing_of_one():
    message = compose(letter(), site(), lambda _episode, _lang: None)
    assert message.images == {} and read(message.html).sources == [] and "图" not in message.text


def test_what_no_longer_holds_shows_neither_its_numbers_nor_its_picture():
    message = made(State.WITHDRAWN)
    assert message.images == {} and "每天多用" not in message.text and "作废" in message.text


def test_a_remark_stands_above_everything():
    message = made(remark=Said("例子", "Example"), lang="both")
    assert message.text.startswith("例子\n") and "\nExample\n" in message.text
    assert read(message.html).words[0] == "例子"


@pytest.mark.parametrize("evil", ["a\r\nBcc: x@y.example", "<script>alert(1)</script>", "\u202egnp.exe", "x" * 400])
def test_what_people_type_cannot_break_a_mail(evil):
    one = replace(episode(State.DISMISSED), acted_by=evil, reason=evil)
    other = replace(episode(State.IN_WORK), owner=evil)
    for each in (one, other):
        message = compose(letter(each, "both"), site(registry=registry(name=evil)), drawn)
        assert "\n" not in message.subject and "\r" not in message.subject
        assert "<script" not in message.html and "\u202e" not in message.html + message.text + message.subject


def test_a_school_without_english_names_keeps_its_own():
    bare = registry()
    bare = replace(bare, school=replace(bare.school, name_en=""))
    assert subject(letter(lang="en"), site(registry=bare)).startswith("[示范学校] ")


def test_a_subject_costs_no_picture():
    assert subject(letter(lang="both"), site()) == made(lang="both").subject


def test_a_notice_says_its_sentences_in_both_languages():
    message = notice(("测试", "Test"), ("收到就好。", "If you read this, it works."))
    assert message.subject == "测试 / Test"
    assert read(message.html).words == ["收到就好。", "If you read this, it works."]
    assert message.text == "收到就好。\n\nIf you read this, it works.\n"


@given(st.floats(0, 1e9))
def test_numbers_are_rounded_as_the_rules_round_them(value):
    assert amounts.number(value) == wording.number(value)


@given(st.text())
def test_one_line_is_one_line(text):
    assert len(one_line(text).splitlines()) <= 1


def test_half_a_character_from_a_terminal_does_not_stop_a_mail():
    assert one_line("王\udce7师傅") == "王 师傅"


@pytest.mark.parametrize(
    ("hours", "zh", "en"),
    [(0, "0小时", "0 h"), (5, "5小时", "5 h"), (48, "2天", "2 d"), (83, "3天11小时", "3 d 11 h")],
)
def test_a_length_is_said_in_days_and_hours(hours, zh, en):
    assert (amounts.length(timedelta(hours=hours), "zh"), amounts.length(timedelta(hours=hours), "en")) == (zh, en)


def test_minutes_are_said_only_where_there_are_some():
    zone = ZoneInfo("Asia/Shanghai")
    assert amounts.moment(START, zone, "zh") == "10月2日22点"
    assert amounts.moment(START + timedelta(minutes=5), zone, "zh") == "10月2日22点05分"
    assert amounts.moment(START, zone, "en") == "22:00 on 2 Oct"


class _Charts:
    """Charts that note what they are asked for."""

    def __init__(self, error=None):
        self.asked = []
        self.error = error
        selected = [Selected(SeriesId(FIGURE, "meter/w-dorm3", "use/water", HOUR), "水", "water", "m³")]
        panel = Panel(
            "hours_water", "逐时用水", "Water by the hour", "line", timedelta(days=2), lambda _r, _s: selected
        )
        self.panels = {"hours_water": panel}

    def spec(self, panel, subject, window, *, lang="zh", marks=()):
        if self.error:
            raise self.error
        self.asked.append((panel.name, subject, window, lang, marks))
        return {}

    def png(self, _document):
        return PNG


def test_the_picture_shows_the_meter_around_what_was_found_and_says_so():
    charts = _Charts()
    got = picture(charts, registry(), episode(), "zh")
    assert got.png == PNG and got.alt.startswith("图：3号宿舍楼逐时用水，9月29日到10月5日")
    assert charts.asked == [("hours_water", "meter/w-dorm3", (START - timedelta(days=3), NOW), "zh", ((START, NOW),))]


@pytest.mark.parametrize("error", [StoreUnavailable("away"), ValueError("cannot be drawn")])
def test_a_picture_that_cannot_be_had_is_left_out(error):
    assert picture(_Charts(error), registry(), episode(), "zh") is None
    assert picture(_Charts(), registry(), episode(of=finding("out_of_hours")), "zh") is None


@pytest.mark.parametrize(("days", "cut"), [(9, False), (29, False), (31, True)])
def test_the_picture_of_what_goes_on_runs_to_the_present_or_says_that_it_does_not(days, cut):
    start = NOW - timedelta(days=days)
    window = (start - timedelta(days=3), start + timedelta(days=7))
    lasting = replace(finding(), start=start, evidence=(window,))
    assert shown(lasting) == (window if cut else (window[0], NOW))
    alt = picture(_Charts(), registry(), episode(of=lasting), "zh").alt
    assert ("此后仍在持续" in alt) is cut


def test_the_picture_of_what_has_ended_shows_the_return_to_usual():
    ended = episode(State.CLOSED_BY_METER).finding
    start, end = shown(ended)
    assert end >= ended.end + timedelta(days=1) and start < ended.start
    long = replace(ended, start=ended.end - timedelta(days=60))
    assert shown(long)[1] == end and end - shown(long)[0] == timedelta(days=10)
