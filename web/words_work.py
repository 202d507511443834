"""What the pages say about work: who has it, how it goes on, mails and reports. Chinese first, English equal."""

from __future__ import annotations

from campus.ports import Delivery, State
from campus.said import Said

WORK: dict[str, Said] = {
    "pages": Said("页面", "Pages"),
    "tab_now": Said("学校现况", "School now"),
    "tab_ledger": Said("异常台账", "Findings"),
    "tab_plans": Said("计划", "Plans"),
    "tab_mails": Said("邮件", "Mails"),
    "tab_report": Said("年报", "Annual report"),
    "ledger": Said("异常台账", "Findings ledger"),
    "to_ledger": Said("看台账", "The ledger"),
    "open_work": Said("待处理", "Open"),
    "cost_a_day": Said("合计每天约 {} 元", "about {} yuan a day in all"),
    "unpriced": Said("另有 {} 件未设价格", "{} more without a price"),
    "stages": Said("各状态件数", "How many in each state"),
    "nobody": Said("没人负责", "no owner"),
    "overdue": Said("逾期", "overdue"),
    "overdue_days": Said("逾期 {} 天", "overdue by {} d"),
    "undelivered": Said("邮件没送达", "mails not delivered"),
    "what_where": Said("什么事、在哪里", "What and where"),
    "per_day": Said("每天", "A day"),
    "cost_so_far": Said("至今", "So far"),
    "began": Said("开始时间", "Since"),
    "lasted_in_all": Said("持续", "Lasted"),
    "days_long": Said("{} 天", "{} d"),
    "hours_long": Said("{} 小时", "{} h"),
    "owner": Said("负责人", "Owner"),
    "deadline": Said("期限", "Deadline"),
    "no_open_work": Said("没有待处理的事。", "Nothing is open."),
    "closed_lately": Said("近 {} 天关闭的", "Closed in the last {} days"),
    "closed_none": Said("这段时间没有关闭的事。", "Nothing was closed in this time."),
    "stopped": Said(
        "表计确认结束的，结束前合计每天约 {} 元", "those the meter ended had cost about {} yuan a day before"
    ),
    "cost_in_all": Said("共花费", "Cost in all"),
    "how_closed": Said("怎么关闭的", "How it was closed"),
    "from_to": Said("起止", "From, to"),
    "reopened": Said("又出现过的", "Back again"),
    "reopened_note": Said("修好或结束之后，表计又看到了。", "The meter showed them again after an end or a repair."),
    "reopened_none": Said("没有又出现的。", "None came back."),
    "which_time": Said("第 {} 次", "time no. {}"),
    "letters": Said("邮件", "Mails"),
    "letters_waiting": Said("没送达的邮件", "Mails not delivered"),
    "letters_all_sent": Said("没有滞留的邮件。", "No mail is held up."),
    "letters_none": Said("还没有邮件。", "No mails yet."),
    "letters_note": Said("每次状态变化，给每位收件人一封。", "One to each recipient at each change of state."),
    "no_contacts": Said(
        "本校没有登记收件人，谁也收不到邮件：请在学校文件里写 [[contact]]。",
        "No recipient is registered, so nobody gets a mail: write a [[contact]] into the school's file.",
    ),
    "retry": Said("排除原因后重发", "Send again once put right"),
    "to": Said("收件人", "To"),
    "subject": Said("主题", "Subject"),
    "told": Said("告知的状态", "Tells"),
    "delivery": Said("送达", "Delivery"),
    "queued": Said("写成", "Written"),
    "sent_at": Said("{} 送出", "sent {}"),
    "next_try": Said("下次 {}", "next try {}"),
    "tries": Said("已试 {} 次", "tries so far: {}"),
    "error": Said("错误", "Error"),
    "mail_view": Said("邮件原样", "The mail itself"),
    "mail_html": Said("图文部分", "With picture"),
    "mail_text": Said("纯文字部分", "Plain text"),
    "mail_unmade": Said("这封邮件现在排不出来。", "This mail cannot be composed now."),
    "back_mails": Said("回到邮件", "Back to the mails"),
    "see_mail": Said("看原样", "See it"),
    "see_finding": Said("看这件事", "The finding"),
    "next_step": Said("下一步", "Next step"),
    "type_it": Said(
        "还没有账号，本页只看不改。请在装有本程序的机器上输入：",
        "There are no accounts yet, so this page changes nothing. On the machine it runs on, type:",
    ),
    "by_hint": Said(
        "默认记在您的登录名下；用 root 或 campus 登录、替别人记，都要加 --by 姓名。",
        "It is noted under your own login name; logged in as root or campus, or for somebody else, add --by NAME.",
    ),
    "nothing_to_do": Said("不用再做什么。", "Nothing more to do."),
    "wait_for_meter": Said("等表计确认，不用再做什么。", "Wait for the meter; nothing more to do."),
    "history": Said("经过", "What happened"),
    "history_none": Said("还没有记录。", "Nothing is noted yet."),
    "the_meter": Said("表计", "the meter"),
    "figures_now": Said("多用 {} {}", "excess {} {}"),
    "report": Said("年报", "Annual report"),
    "year": Said("年度", "Year"),
    "years": Said("选年度", "Choose a year"),
    "no_years": Said("还没有可以报告的年度：先要有数据。", "No year to report yet: it needs data."),
    "making": Said(
        "正在生成 {} 年的年报，通常几秒钟。做好后本页自动显示。",
        "The report of {} is being made; this takes some seconds. The page shows it when done.",
    ),
    "made_at": Said("生成于 {}", "made {}"),
    "draft": Said("草稿", "Draft"),
    "final": Said("可以定稿", "Ready to be signed"),
    "final_more": Said("没有妨碍定稿的缺项。", "Nothing is missing that would forbid signing it."),
    "limits": Said("本报告的限制，不得定稿", "Limits of this report: not to be signed yet"),
    "notes": Said("另需知道", "Also to be known"),
    "download_pdf": Said("下载 PDF（打印、签字）", "Download the PDF (to print and sign)"),
    "download_xlsx": Said("下载 XLSX（核对数字）", "Download the XLSX (to check the numbers)"),
    "remade": Said(
        "数据变了，过 {} 分钟再打开本页会重新生成。",
        "When data change, opening this page {} minutes later makes it anew.",
    ),
    "no_report": Said("{} 年没有可以报告的数据。", "There is nothing to report for {}."),
}

SOMEBODY = Said("有人", "Somebody")

# What a state means for the one who reads it; blanks: who, owner, time, round, reason.
SENTENCES: dict[State, Said] = {
    State.NEW: Said("还没有人接。", "Nobody has taken it on yet."),
    State.ACKNOWLEDGED: Said("{who}已接下，还没派人处理。", "{who} has taken note; nobody works on it yet."),
    State.IN_WORK: Said("{owner}正在处理。", "{owner} is working on it."),
    State.REPAIRED: Said(
        "{who} {time} 已报修好，等表计确认后自动关闭。",
        "{who} says it was repaired at {time}; the meter will confirm and close it.",
    ),
    State.REOPENED: Said("表计显示又出现（第 {round} 次），请再看。", "The meter shows it again (time no. {round})."),
    State.CLOSED_BY_METER: Said("表计已恢复平时，自动关闭。", "The meter is back to its usual, which closed it."),
    State.DISMISSED: Said("{who}决定不处理：{reason}", "{who} decided to leave it: {reason}"),
    State.WITHDRAWN: Said("数据更正后不再成立。", "Corrected data made it vanish."),
}

DELIVERIES: dict[Delivery, Said] = {
    Delivery.WAITING: Said("待发", "waiting"),
    Delivery.SENT: Said("已送出", "sent"),
    Delivery.GIVEN_UP: Said("发不出去", "given up"),
}

# What can be typed next, by the verb of `campus ledger`.
STEPS: dict[str, Said] = {
    "ack": Said("接下", "Take it on"),
    "assign": Said("派人，定期限", "Give it an owner and a deadline"),
    "repair": Said("报修好，等表计确认", "Say it is repaired; the meter confirms"),
    "dismiss": Said("不处理，说明原因", "Leave it, with the reason"),
    "note": Said("补一句说明", "Add a note"),
}
