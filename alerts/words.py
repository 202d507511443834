"""What a mail says in its own words, Chinese first, English equal; the finding itself is worded by its rule.

Blanks: what (place and rule), cost (", so much a day"), total (", so much in all"), sum (a sentence), who, owner,
by (", until a day"), time, round, reason. What is not known leaves its blank empty.
"""

from __future__ import annotations

from typing import NamedTuple

from campus.ports import State
from campus.said import Said

NOTHING = Said("", "")


class Told(NamedTuple):
    """How a change of state is told: its name, the line of the subject, and what it means for the reader."""

    tag: Said
    subject: Said
    lead: Said


TOLD: dict[State, Told] = {
    State.NEW: Told(
        Said("新发现", "New"),
        Said("{what}{cost}", "{what}{cost}"),
        Said("还没有人接。", "Nobody has taken it on yet."),
    ),
    State.ACKNOWLEDGED: Told(
        Said("已接", "Taken on"),
        Said("{who}已接：{what}", "{who} has taken it on: {what}"),
        Said("{who}已接下这件事，还没派人处理。", "{who} has taken it on; nobody works on it yet."),
    ),
    State.IN_WORK: Told(
        Said("处理中", "In work"),
        Said("{owner}在处理：{what}", "{owner} works on it: {what}"),
        Said("{owner}在处理这件事{by}。", "{owner} is working on it{by}."),
    ),
    State.REPAIRED: Told(
        Said("等表计确认", "The meter to confirm"),
        Said("已报修好，等表计确认：{what}", "Said to be repaired: {what}"),
        Said(
            "{who}{time}已报修好。表计会确认：恢复平时就自动关闭；没有恢复，会再来信。",
            "{who} says it was repaired at {time}. The meter will confirm: back to its usual, it is closed by "
            "itself; if not, another mail comes.",
        ),
    ),
    State.REOPENED: Told(
        Said("又出现", "Back again"),
        Said("又出现：{what}{cost}", "Back again: {what}{cost}"),
        Said(
            "表计显示又出现了（第{round}次），请再看。", "The meter shows it again (time no. {round}): please look."
        ),
    ),
    State.CLOSED_BY_METER: Told(
        Said("已恢复", "Back to usual"),
        Said("表计确认已恢复：{what}{total}", "Back to usual, says the meter: {what}{total}"),
        Said(
            "表计确认已恢复平时，自动关闭，不用再做什么。{sum}",
            "The meter confirms that it is back to usual, which closed it; nothing more to do.{sum}",
        ),
    ),
    State.DISMISSED: Told(
        Said("不处理", "Left as it is"),
        Said("决定不处理：{what}", "Left as it is: {what}"),
        Said("{who}决定不处理：{reason}", "{who} decided to leave it: {reason}"),
    ),
    State.WITHDRAWN: Told(
        Said("撤销", "Withdrawn"),
        Said("撤销提醒：{what}", "Withdrawn: {what}"),
        Said(
            "数据更正后不再成立，之前的提醒作废，不用再做什么。",
            "Corrected data made it vanish: the earlier mail no longer holds, nothing to do.",
        ),
    ),
}
# A finding without an amount, such as a replaced meter, is not back to usual but settled.
SETTLED = Told(
    Said("已对上", "Settled"),
    Said("已对上：{what}", "Settled: {what}"),
    Said("数据已对上，自动关闭，不用再做什么。", "The data fit again, which closed it; nothing more to do."),
)
# In these states what was found is the news; in the others what somebody did about it is.
FOUND = frozenset({State.NEW, State.REOPENED})

# What to type next, by state; blanks: id, school (" --school KEY" where there are several).
NEXT: dict[State, tuple[Said, Said]] = {
    State.NEW: (
        Said("接下这件事，在装有本程序的机器上输入", "To take it on, type where this program runs"),
        Said("campus ledger ack {id}{school}", "campus ledger ack {id}{school}"),
    ),
    State.ACKNOWLEDGED: (
        Said("派人处理，输入", "To give it to somebody, type"),
        Said("campus ledger assign {id} --to 姓名{school}", "campus ledger assign {id} --to NAME{school}"),
    ),
    State.IN_WORK: (
        Said("修好后，输入", "Once repaired, type"),
        Said("campus ledger repair {id}{school}", "campus ledger repair {id}{school}"),
    ),
    State.REOPENED: (
        Said("接下这件事，输入", "To take it on, type"),
        Said("campus ledger ack {id}{school}", "campus ledger ack {id}{school}"),
    ),
}

WORDS: dict[str, Said] = {
    "school": Said("【{}】", "[{}] "),
    "what": Said("{where}{title}", "{where}: {title}"),
    "about_a_day": Said("，每天约{}", ", about {} a day"),
    "about_in_all": Said("，一共约{}", ", about {} in all"),
    "sum": Said("一共多用{}。", " Too much in all: {}."),
    "somebody": Said("有人", "Somebody"),
    "until_day": Said("，{}前完成", ", to be done by {}"),
    "where": Said("位置", "Where"),
    "since": Said("时间", "Since"),
    "from_to": Said("时间", "When"),
    "lasting": Said("{since}起，已{length}", "{since}, for {length} now"),
    "lasted": Said("{since}到{until}，{length}", "{since} to {until}, {length}"),
    "more": Said("比平时多", "Above the usual"),
    "usual": Said("{}（平时{}）", "{} (usually {})"),
    "a_day": Said("每天多用", "Too much a day"),
    "so_far": Said("至今多用", "So far"),
    "in_all": Said("一共多用", "In all"),
    "costs": Said("约{amount}，{yuan}", "about {amount}, {yuan}"),
    "unpriced": Said("约{amount}（没有登记价格，不算钱）", "about {amount} (no price set, so no money is named)"),
    "carbon": Said("碳排放", "Carbon"),
    "emits": Said("每天约{}千克CO₂，合计约{}千克（因子{}）", "about {} kg CO₂ a day, {} kg in all (factor {})"),
    "trade": Said("谁去处理", "Who acts"),
    "closes": Said("怎样算好了", "Over when"),
    "data": Said("数据", "Data"),
    "price": Said("价格", "Price"),
    "owner": Said("负责人", "Owner"),
    "note": Said("说明", "Note"),
    "the_finding": Said("这件事", "The finding"),
    "was": Said("原来的提醒", "The earlier mail"),
    "picture": Said(
        "图：{where}{panel}，{start}到{end}。粗线是实际，细灰线是平时；浅红底是多用的时段，从{since}起。",
        "Picture: {where}, {panel}, {start} to {end}. The thick line is what was used, the thin grey one the usual; "
        "shaded red is the time of too much use, from {since}.",
    ),
    "picture_bare": Said(
        "图：{where}{panel}，{start}到{end}。粗线是实际，细灰线是平时；浅红底从{since}起。",
        "Picture: {where}, {panel}, {start} to {end}. The thick line is what was used, the thin grey one the usual; "
        "shaded red from {since} on.",
    ),
    "picture_cut": Said("此后仍在持续，图里没有画。", " It still goes on after the picture ends."),
    "number": Said("第{}号", "No. {}"),
    "as_of": Said("数据截至{}", "Data as of {}"),
    "details": Said("看详情", "Details"),
    "why_you": Said(
        "自动发送，不用回复。您在{}的收件人名单里。",
        "Sent automatically, no reply needed. You are on the list of {}.",
    ),
}
