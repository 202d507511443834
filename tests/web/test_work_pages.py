"""The pages of work over HTTP: the ledger, a finding's way through people, the mails as their readers get them."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import click
import pytest

from app.cli import main
from app.wording import Wording
from campus.errors import CampusError
from campus.ports import OPEN_STATES, Act, Delivery, Episode, NotPossible, State, Verb
from ledger import open_ledger
from ledger.acts import WAYS
from tests.web import busy, lively
from tests.web.served import Site, serving
from web.findings import item
from web.history import reached, timeline
from web.ledger import desk
from web.mails import BODY_POLICY
from web.snapshot import take
from web.steps import steps

TODAY = busy.NOW.date()
PAGES = ("", "/ledger", "/findings/4", "/mails", "/mails/1", "/report/2025")


def _words(html: str) -> str:
    """Return what one reads."""
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())


def _row(page: str, number: int) -> str:
    """Return the words of the table row about an episode."""
    rows = [row for row in page.split("<tr>") if f'/findings/{number}"' in row]
    assert rows
    return _words(rows[0].partition("</tr>")[0])


def test_open_episodes_stand_dearest_first_with_state_owner_cost_and_age(office: Site) -> None:
    page = office.get("/schools/demo/ledger").text
    numbers = [int(number) for number in re.findall(r"/findings/(\d+)", page.partition("近 30 天")[0])]
    assert numbers == [4, 1, 6, 3, 2, 5]
    dearest = _row(page, 4)
    for part in ("处理中", "126", "1,512 元", "11-08 09:00", "12 天", "李师傅", "2026-11-17"):
        assert part in dearest
    assert "304 kWh" in _row(page, 2) and "未设价格" in _row(page, 2)


def test_the_number_mails_and_commands_use_stands_in_the_table_and_on_the_page(office: Site) -> None:
    page = office.get("/schools/demo/ledger").text
    assert "<th>编号</th>" in page and _row(page, 4).startswith("4 ") and _row(page, 7).startswith("7 ")
    assert "第4号" in _words(office.get("/schools/demo/findings/4").text.partition("<main")[0])


def test_an_assumed_price_is_said_once_and_by_one_name(working: lively.World) -> None:
    view = busy.view(working)
    for document in ("示范假设价", "居民合表"):
        row = working.ledger.rows[0]
        price = replace(lively.WATER_PRICE, document=document)
        rows = [replace(row, finding=replace(row.finding, price=price))]
        ledger = _Hiding(working.ledger, replace(row, id=0), [])
        ledger.episodes = lambda *_, rows=rows, **__: rows  # type: ignore[method-assign]
        ledger.history = lambda *_: []  # type: ignore[method-assign]
        with serving({"demo": replace(view, ledger=ledger)}) as site:  # type: ignore[arg-type]
            page = site.get(f"/schools/demo/findings/{row.id}").text
        # Once below the cost, once in the row of the price.
        main = _words(page.partition("下一步")[0] + page.partition("价格依据")[2].partition("</tr>")[0])
        assert main.count("假设价") == 2 and "假定" not in main


def test_a_finding_of_a_rule_this_release_lacks_has_its_page(working: lively.World) -> None:
    row = working.ledger.rows[0]
    rows = [replace(row, finding=replace(row.finding, rule="tomorrow"))]
    ledger = _Hiding(working.ledger, row, [])
    ledger.episodes = lambda *_, **__: rows  # type: ignore[method-assign]
    words = Wording()
    view = replace(busy.view(working), ledger=ledger, message=words.message, title=words.title)  # type: ignore[arg-type]
    with serving({"demo": view}) as site:
        answers = [site.get(f"/schools/demo{path}") for path in ("", "/ledger", f"/findings/{row.id}")]
    assert [answer.status for answer in answers] == [200, 200, 200]
    assert "没有名为 tomorrow 的规则" in answers[2].text


@pytest.mark.parametrize(("attempts", "offered"), [(0, False), (2, True)])
def test_sending_again_is_offered_for_mails_put_off_too(working: lively.World, attempts: int, offered: bool) -> None:
    view = busy.view(working)
    letters = [replace(one, delivery=Delivery.WAITING, attempts=attempts) for one in view.letters()]
    with serving({"demo": replace(view, letters=lambda: letters)}) as site:
        assert ("campus alerts retry" in site.get("/schools/demo/ledger").text) is offered


def test_an_overdue_deadline_is_said_in_words(office: Site) -> None:
    assert "逾期 3 天" in _row(office.get("/schools/demo/ledger").text, 4)
    assert "overdue by 3 d" in office.get("/schools/demo/findings/4?lang=en").text


@pytest.mark.parametrize(("days", "overdue"), [(-1, 1), (0, 0), (1, 0)])
def test_a_deadline_ends_with_its_local_day(working: lively.World, days: int, overdue: int) -> None:
    episode = replace(working.ledger.rows[0], deadline=TODAY + timedelta(days=days))
    assert item(working.view(), episode).overdue == overdue


@pytest.mark.parametrize("state", [*sorted(set(State) - OPEN_STATES), State.REPAIRED])
def test_what_nobody_can_hurry_is_not_overdue(working: lively.World, state: State) -> None:
    episode = replace(working.ledger.rows[0], state=state, deadline=TODAY - timedelta(days=9))
    assert item(working.view(), episode).overdue == 0


def test_the_ledger_counts_states_overdue_unowned_and_mails_held_up(working: lively.World) -> None:
    shown = desk(busy.view(working))
    assert [stage.count for stage in shown.stages] == [2, 1, 1, 1]
    assert (shown.back.count, shown.overdue, shown.unowned) == (1, 1, 3)
    assert shown.yuan_per_day == pytest.approx(126 + 80.6 + 52 + 31.5) and shown.unpriced == 2
    assert [post.id for post in shown.undelivered] == [3, 4]


def test_what_was_closed_lately_says_how_and_what_it_cost(office: Site, working: lively.World) -> None:
    shown = desk(busy.view(working))
    assert [came.item.id for came in shown.closed] == [7, 8]
    assert shown.stopped_yuan_per_day == 80.5
    page = office.get("/schools/demo/ledger").text
    assert "483 元" in _row(page, 7) and "6 天" in _row(page, 7)
    assert "张主任决定不处理：实验楼恒温箱，整夜要开 仍在持续" in _row(page, 8)


def test_what_came_back_is_named_with_the_time(working: lively.World) -> None:
    (came,) = desk(busy.view(working)).reopened
    entries = working.ledger.entries[6]
    assert came.item.id == 6 and came.item.round == 2
    assert came.at == reached(entries, State.REOPENED) == entries[-1].at


def test_a_dismissed_episode_that_goes_on_is_not_among_what_is_to_be_done(working: lively.World) -> None:
    assert 8 not in [one.id for one in take(working.view()).findings]


def test_an_empty_ledger_says_that_silence_is_no_proof(world: lively.World) -> None:
    world.ledger.rows.clear()
    with serving({"demo": world.view()}) as site:
        page = site.get("/schools/demo/ledger").text
        mails = site.get("/schools/demo/mails").text
    assert "没有待处理的事" in page and "不等于没有问题" in page
    assert "没有登记收件人" in page and "没有登记收件人" in mails


def test_the_finding_says_who_did_what_and_when_the_meter_among_them(office: Site) -> None:
    page = office.get("/schools/demo/findings/6").text
    told = _words(page.partition("经过")[2])
    order = [told.index(part) for part in ("表计 · 新", "李师傅 · 待表计确认", "换了水箱浮球", "表计 · 又出现")]
    assert order == sorted(order)


def test_the_finding_names_its_mails_and_what_became_of_them(office: Site) -> None:
    page = office.get("/schools/demo/findings/4").text
    assert "plumber@school.example" in page and "发不出去" in page
    assert "no such user &lt;b&gt;here&lt;/b&gt;" in page and "11-18 09:38 送出" in page


@pytest.mark.parametrize("state", State)
def test_every_state_has_a_sentence_and_steps_the_ledger_allows(working: lively.World, state: State) -> None:
    episode = replace(working.ledger.rows[0], id=12, state=state, acted_by="", owner="", reason="备用")
    shown = item(working.view(), episode)
    assert "{" not in shown.sentence.zh + shown.sentence.en
    verbs = {"ack": Verb.ACKNOWLEDGE, **{verb.value: verb for verb in Verb}}
    for step in steps(episode, TODAY):
        words = shlex.split(step.command.en)
        assert words[:2] == ["campus", "ledger"] and words[3] == "12"
        verb = verbs[words[2]]
        assert verb is Verb.NOTE or state in WAYS[verb][0]


@pytest.mark.parametrize("state", State)
def test_the_commands_given_are_commands_there_are(working: lively.World, state: State) -> None:
    episode = replace(working.ledger.rows[0], state=state)
    for school in ("", "demo"):
        for step in steps(episode, TODAY, school):
            for typed in (step.command.zh, step.command.en):
                words = shlex.split(typed)[1:]
                group = main.get_command(click.Context(main), words[0])
                assert isinstance(group, click.Group)
                assert group.commands[words[1]].make_context(words[1], words[2:]).params["school"] == school


def test_what_the_ledger_itself_keeps_reads_as_who_did_what(working: lively.World, tmp_path: Path) -> None:
    now = [busy.NOW]
    books = open_ledger(f"sqlite:///{tmp_path / 'ledger.sqlite'}", lambda: now[0])
    finding = lively.findings()[0]
    window = (finding.start - timedelta(days=9), finding.seen_until)
    (episode,) = books.record("demo", finding.rule, finding.subject, [finding], window)
    for act in (
        Act(Verb.ACKNOWLEDGE, "王师傅"),
        Act(Verb.NOTE, "王师傅", "已关楼前阀"),
        Act(Verb.ASSIGN, "王师傅", owner="李师傅", deadline=TODAY),
    ):
        now[0] += timedelta(minutes=5)
        episode = books.act("demo", episode.id, act)
    lines = timeline(replace(busy.view(working), ledger=books), episode)
    books.close()
    assert [(line.who.zh, line.state.zh if line.state else "") for line in lines] == [
        ("表计", "新"),
        ("王师傅", "已接"),
        ("王师傅", ""),
        ("王师傅", "处理中"),
    ]
    assert lines[0].size == 0.8 and lines[2].text == "已关楼前阀" and "李师傅" in lines[3].text


def test_the_command_names_the_school_only_where_there_are_several(working: lively.World) -> None:
    second = replace(working, registry=lively.registry("second", "第二中学", "Second school"))
    with serving({"demo": busy.view(working), "second": second.view()}) as both:
        assert "campus ledger ack 1 --school demo" in both.get("/schools/demo/findings/1").text
    assert steps(working.ledger.rows[0], TODAY)[0].command.zh.endswith("4")


def test_a_withdrawn_finding_a_mail_told_of_still_has_its_page(working: lively.World) -> None:
    row = next(one for one in working.ledger.rows if one.id == 1)
    entries = [*working.ledger.entries[1], replace(working.ledger.entries[1][0], state=State.WITHDRAWN)]
    hiding = _Hiding(working.ledger, row, entries)
    with serving({"demo": replace(busy.view(working), ledger=hiding)}) as site:
        answer = site.get("/schools/demo/findings/1")
        assert site.get("/schools/demo/findings/77").status == 404
    assert answer.status == 200 and "数据更正后不再成立" in answer.text


class _Hiding:
    """A ledger that keeps a withdrawn episode out of its lists, and refuses numbers it does not know."""

    def __init__(self, ledger, row, entries) -> None:  # type: ignore[no-untyped-def]
        self.ledger, self.row, self.entries = ledger, row, entries

    def episodes(self, school: str, open_only: bool = False) -> list[Episode]:
        return [one for one in self.ledger.episodes(school, open_only) if one.id != self.row.id]

    def history(self, school: str, episode: int):  # type: ignore[no-untyped-def]
        if episode == self.row.id:
            return self.entries
        raise NotPossible(f"no finding {episode} in {school}")


def test_mails_are_listed_newest_first_with_their_own_subject_where_there_is_one(office: Site) -> None:
    page = office.get("/schools/demo/mails").text
    numbers = [int(number) for number in re.findall(r"/mails/(\d+)\"", page)]
    assert numbers == [4, 3, 2, 1]
    assert "【示范学校】第 1 件" in page and "夜间持续流水 · 总水表" in page


def test_a_mail_is_shown_with_its_text_and_in_a_frame_of_its_own(office: Site) -> None:
    page = office.get("/schools/demo/mails/1").text
    assert "【示范学校】宿舍楼夜里水不停，每天约81元" in page and "第 1 封" in page
    assert 'sandbox="allow-same-origin allow-popups allow-popups-to-escape-sandbox"' in page
    assert "allow-scripts" not in page and "<script>parent" not in page


def test_the_mails_body_may_style_itself_and_show_what_it_carries_and_nothing_else(office: Site) -> None:
    answer = office.get("/schools/demo/mails/1/body.html")
    assert answer.headers["content-security-policy"] == BODY_POLICY
    assert "script-src" not in BODY_POLICY and "default-src 'none'" in BODY_POLICY
    assert "data:image/png;base64,iVBOR" in answer.text and "cid:" not in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_mail_that_cannot_be_composed_says_why(working: lively.World) -> None:
    def refuse(_letter: object) -> None:
        raise CampusError("no rule is named tomorrow: upgrade")

    view = replace(busy.view(working), mail=refuse, subject=refuse)  # type: ignore[arg-type]
    with serving({"demo": view}) as site:
        page, body, listed = (site.get(f"/schools/demo/mails{path}") for path in ("/1", "/1/body.html", ""))
    assert page.status == 200 and "no rule is named tomorrow" in page.text
    assert body.status == 404
    assert listed.status == 200 and "夜间持续流水" in listed.text


def test_a_mail_there_is_not_is_said_so(office: Site) -> None:
    assert {office.get(f"/schools/demo/mails/{path}").status for path in ("77", "77/body.html", "x")} == {404}


def test_a_ledger_that_cannot_be_read_gives_a_sentence_not_a_trace(working: lively.World) -> None:
    view = replace(busy.view(working), ledger=_Locked(), letters=_Locked().letters)
    with serving({"demo": view}) as site:
        answers = [site.get(f"/schools/demo{path}") for path in ("", "/ledger", "/findings/1", "/mails", "/mails/1")]
    assert all(answer.status == 503 and "the database is locked" in answer.text for answer in answers)


class _Locked:
    """A ledger whose database does not answer."""

    def __getattr__(self, _name: str) -> Callable[..., object]:
        def fail(*_: object) -> object:
            raise CampusError("the database is locked: try again in a minute")

        return fail


def test_every_page_leads_to_the_others_and_marks_where_one_is(office: Site) -> None:
    for path in PAGES:
        page = office.get(f"/schools/demo{path}").text
        tabs = page.partition('<nav class="tabs"')[2].partition("</nav>")[0]
        leads_to = re.findall(r'href="/schools/demo([^"]*)"', tabs)
        assert leads_to == ["", "/ledger", "/plans", "/mails", "/report"], path
        assert tabs.count('aria-current="page"') == 1, path


def test_an_english_page_has_no_chinese_of_our_own(office: Site) -> None:
    for path in PAGES:
        main = office.get(f"/schools/demo{path}?lang=en").text.partition("<main")[2]
        ours = re.findall(r"<(?:h2|dt|th)>(.*?)</", main, re.DOTALL) + re.findall(r'data-label="([^"]*)"', main)
        assert not [text for text in ours if re.search("[\u4e00-\u9fff]", text)], path


def test_a_page_is_light_and_brings_nothing_from_elsewhere(office: Site) -> None:
    for path in PAGES:
        answer = office.get(f"/schools/demo{path}")
        assert answer.status == 200 and len(answer.text) < 60_000 and "://" not in answer.text, path


def test_what_has_no_amount_is_shown_without_one_and_not_as_unpriced(working: lively.World) -> None:
    row = working.ledger.rows[0]
    nothing = {"size": None, "usual": None, "per_day": None, "to_date": None, "yuan_per_day": None, "price": None}
    bare = replace(row, finding=replace(row.finding, **nothing))  # type: ignore[arg-type]
    working.ledger.rows[0] = bare
    view = busy.view(working)
    assert desk(view).unpriced == 2
    with serving({"demo": view}) as site:
        page = site.get(f"/schools/demo/findings/{bare.id}").text.partition("<main")[2].partition("</section>")[0]
        start, ledger = (site.get(f"/schools/demo{path}").text for path in ("", "/ledger"))
    assert "None" not in page and "多用" not in page and "价格依据" not in page and "未设价格" not in page
    assert "None" not in start and "—" in _row(ledger, bare.id) and "未设价格" not in _row(ledger, bare.id)
