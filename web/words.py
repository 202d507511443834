"""What the page says in its own words, Chinese first, English equal."""

from __future__ import annotations

from campus.ports import Reason, State
from web.state import Said
from web.words_work import WORK

LANGS = ("zh", "en")

WORDS: dict[str, Said] = {
    "title": Said("学校现况", "School now"),
    "other_lang": Said("English", "中文"),
    "schools": Said("学校", "Schools"),
    "skip": Said("跳到正文", "Skip to content"),
    "as_of": Said("数据截至", "Data as of"),
    "coverage_yesterday": Said("昨日覆盖率", "Coverage yesterday"),
    "estimated_yesterday": Said("昨日估算占比", "Estimated yesterday"),
    "meters_heard": Said("按时来数的表", "Meters on time"),
    "never": Said("从未", "never"),
    "unknown": Said("未知", "unknown"),
    "lamps": Said("各介质状况", "State by medium"),
    "lamp_green": Said("正常", "fine"),
    "lamp_amber": Said("要看", "look"),
    "lamp_grey": Said("不知道", "unknown"),
    "findings": Said("现在要处理的事", "To be dealt with now"),
    "no_findings": Said("没有要处理的事。", "Nothing to deal with."),
    "no_findings_more": Said(
        "没有发现，不等于没有问题：未知的时段和无法判断的表不在其内。",
        "No finding is no proof: unknown hours and meters that cannot be judged are not in it.",
    ),
    "more_findings": Said("其余", "The others"),
    "finding": Said("发现", "Finding"),
    "since": Said("{} 起", "since {}"),
    "until": Said("止", "until"),
    "lasting": Said("仍在持续", "still going on"),
    "a_day": Said("{}/天", "{}/day"),
    "yuan": Said("元", "yuan"),
    "so_far": Said("至今", "so far"),
    "assumed_price": Said("按假定价格", "at an assumed price of"),
    "assumed": Said("假定", "assumed"),
    "at_price": Said("按价格", "at"),
    "no_price": Said("未设价格", "no price set"),
    "detail": Said("看详情", "Details"),
    "back": Said("回到学校现况", "Back to School now"),
    "where": Said("位置", "Where"),
    "excess": Said("多用", "Excess"),
    "usual": Said("平时", "Usual"),
    "judged_until": Said("数据判断到", "Judged up to"),
    "onset": Said("开始", "Began"),
    "end": Said("结束", "Ended"),
    "state": Said("状态", "State"),
    "price_document": Said("价格依据", "Price from"),
    "sure": Said("把握", "Sure"),
    "today": Said("今天到此刻", "Today so far"),
    "versus_usual": Said("比平时 {}（前 {} 小时）", "{} against the usual (first {} h)"),
    "no_usual": Said("平时用量还不够天数，暂不比较", "Too few days yet to know the usual"),
    "usual_day": Said("平时全天 {}", "usual whole day {}"),
    "missing_hours": Said("缺 {} 小时，至少", "{} h unknown, at least"),
    "hours": Said("近 48 小时与平时", "48 hours against the usual"),
    "hours_note": Said(
        "灰线与灰带为平时；断开为未知；虚线为未结束", "Grey: the usual; a break: unknown; dashed: still open"
    ),
    "days": Said("近 30 天", "30 days"),
    "days_note": Said("浅色为估算；虚框为未结束或缺数", "Pale: estimated; dashed frame: open or partly unknown"),
    "carbon": Said("本月碳排放", "Carbon this month"),
    "carbon_note": Said(
        "位置法；排放 = 用量 × 因子；本月为月初至今", "Location-based; emissions = use × factor; month to date"
    ),
    "carbon_none": Said(
        "还没有碳排放结果：先要有本月用量和适用的排放因子。",
        "No carbon yet: it needs this month's use and a factor that applies.",
    ),
    "last_month": Said("上月", "Last month"),
    "total": Said("合计", "Total"),
    "source": Said("来源", "Source"),
    "factor": Said("因子", "Factor"),
    "document": Said("文件与条款", "Document and clause"),
    "confidence": Said("可信等级", "Confidence"),
    "coverage": Said("覆盖率", "Coverage"),
    "estimated": Said("估算占比", "Estimated"),
    "not_enough": Said("数据不足", "not enough data"),
    "provisional": Said("暂用", "provisional"),
    "explained": Said("怎么算的", "How it is computed"),
    "recent": Said("最近结束的", "Ended lately"),
    "memo": Said("不计入合计", "not in the total"),
    "quality": Said("数据质量", "Data quality"),
    "freshness": Said("各表来数", "When each meter spoke last"),
    "meter": Said("表", "Meter"),
    "arrival": Said("来数方式", "Arrival"),
    "newest": Said("最近读数", "Last reading"),
    "age": Said("距今", "Ago"),
    "quarantine": Said("隔离区", "Quarantine"),
    "quarantine_empty": Said("没有被隔离的消息。", "Nothing is kept in quarantine."),
    "quarantine_note": Said("一条不丢：处理好后可重放。", "Nothing is lost: it can be replayed once put right."),
    "reason": Said("原因", "Reason"),
    "count": Said("条数", "Count"),
    "what_to_do": Said("怎么办", "What to do"),
    "conflicts": Said("同一时刻两个不同读数", "Two different values for one moment"),
    "conflicts_none": Said("没有冲突。", "No conflicts."),
    "stands": Said("后到的 {} 有效，先到的是 {}", "the later one, {}, stands; the earlier was {}"),
    "topics": Said("听到的新表", "New meters heard"),
    "topics_none": Said(
        "没有。新表一发消息，两秒内会出现在这里。",
        "None. A new meter shows here within two seconds of its first message.",
    ),
    "topic": Said("主题", "Topic"),
    "payload": Said("最近一条", "Last message"),
    "read_by": Said("可用格式", "Format that reads it"),
    "read_by_none": Said("没有现成格式能读", "no format reads it"),
    "messages": Said("{} 条消息", "{} messages"),
    "command": Said("登记这块表", "Register this meter"),
    "command_none": Said(
        "主题含看不见的字符，请先用 campus quarantine list 查看来源。",
        "The topic holds invisible characters; look where it comes from: campus quarantine list.",
    ),
    "copy": Said("复制", "Copy"),
    "copied": Said("已复制", "Copied"),
    "lost": Said("连接断开，数字停在", "Connection lost; numbers stand at"),
    "store_lost": Said("暂时读不到数据库，数字停在", "The store cannot be read; numbers stand at"),
    "new_topics_heard": Said("听到 {} 块没登记的表", "{} unregistered meters heard"),
    "bytes": Said("字节", "bytes"),
    "local_only": Said("本页只在本机可看。", "This page can be seen on this machine only."),
    "data_open": Said("数据", "Data"),
    "collection": Said("采集", "Readings"),
    "silent": Said("{} 块表没按时来数", "{} meters not heard in time"),
    "open_findings": Said("{} 件事待处理", "{} to be dealt with"),
    "all_heard": Said("{} 块表都按时来数", "all {} meters on time"),
    "nothing_heard": Said("还没有收到读数", "no reading yet"),
    "not_found": Said("没有这一页。", "There is no such page."),
    "evidence": Said("证据", "Evidence"),
    "refresh_failed": Said("图表画不出来", "The chart cannot be drawn"),
    **WORK,
}

MEDIA: dict[str, Said] = {
    "electricity": Said("电", "Electricity"),
    "water": Said("水", "Water"),
    "gas": Said("气", "Gas"),
    "heat": Said("热", "Heat"),
    "pv": Said("光伏", "PV"),
}

ARRIVALS: dict[str, Said] = {
    "live": Said("实时", "live"),
    "hourly": Said("每小时", "hourly"),
    "daily_frozen": Said("每天一次", "once a day"),
    "manual": Said("人工抄表", "read by hand"),
}

STATES: dict[State, Said] = {
    State.NEW: Said("新", "new"),
    State.ACKNOWLEDGED: Said("已接", "acknowledged"),
    State.IN_WORK: Said("处理中", "in work"),
    State.REPAIRED: Said("待表计确认", "repaired, the meter to confirm"),
    State.REOPENED: Said("又出现", "back again"),
    State.CLOSED_BY_METER: Said("表计已确认恢复", "back to normal by the meter"),
    State.DISMISSED: Said("已说明不处理", "dismissed with a reason"),
    State.WITHDRAWN: Said("数据更正后撤销", "withdrawn: the data were corrected"),
}

# Each reason of quarantine by name; what to do about it stands in `campus.remedies`, for page and terminal alike.
REASONS: dict[Reason, Said] = {
    Reason.UNKNOWN_TOPIC: Said("没登记的表", "Unregistered meter"),
    Reason.UNKNOWN_QUANTITY: Said("没登记的计量项", "Unregistered quantity"),
    Reason.UNKNOWN_UNIT: Said("不认识的单位", "Unknown unit"),
    Reason.UNIT_IN_DOUBT: Said("单位有疑问", "Unit in doubt"),
    Reason.UNDECODABLE: Said("读不懂的消息", "Unreadable message"),
    Reason.NOT_A_NUMBER: Said("数值不是数", "Not a number"),
    Reason.NO_READING: Said("消息里没有读数", "No reading in the message"),
    Reason.NO_TIME_ZONE: Said("时间没有时区", "Time without a zone"),
    Reason.BAD_TIME: Said("时间读不懂", "Unreadable time"),
    Reason.CLOCK_AHEAD: Said("设备时钟超前", "Device clock ahead"),
    Reason.TOO_OLD: Said("时间太旧", "Too old"),
    Reason.TWO_METERS: Said("一条主题对应两块表", "Two meters on one topic"),
    Reason.STORE_REFUSED: Said("数据库不收", "Refused by the store"),
}


def say(words: Said, lang: str) -> str:
    """Return a sentence in one language."""
    return words.en if lang == "en" else words.zh
