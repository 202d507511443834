"""What the pages say about plans and what became of them. Chinese first, English equal."""

from __future__ import annotations

from campus.said import Said

PLANS: dict[str, Said] = {
    "tomorrow": Said("明天", "Tomorrow"),
    "kind_assumed": Said("（推定）", "(assumed)"),
    "heated": Said("供暖", "heated"),
    "not_heated": Said("不供暖", "not heated"),
    "plans": Said("计划与关停清单", "Plans and what became of them"),
    "plans_none": Said(
        "没有登记计划。假期用能方案、停电停水、熄灯和活动写在学校文件的 [[plan]] 里。",
        "No plan is registered. Holidays, outages, lights-out and events stand as [[plan]] in the school's file.",
    ),
    "plan": Said("计划", "Plan"),
    "plan_kind": Said("种类", "Kind"),
    "plan_where": Said("地点", "Where"),
    "plan_stage": Said("状态", "Stage"),
    "keeps": Said("留用", "Kept on"),
    "lines": Said("{} 项", "{} lines"),
    "seasons": Said("供暖期", "Heating seasons"),
    "seasons_none": Said(
        "没有登记供暖期：按供暖期判断的规则不判断。",
        "No heating season is registered: rules that need it judge nothing.",
    ),
    "days_heated": Said("{} 至 {}，两天都供", "{} to {}, both heated"),
    "checklist": Said("关停清单", "Checklist"),
    "checklist_none": Said(
        "方案还没有开始，开始后在这里逐项核对。", "Not begun yet: its lines are checked here then."
    ),
    "whole_school": Said("全校", "The whole school"),
    "kept_item": Said("留用项", "Kept on"),
    "allowed": Said("允许", "Allowed"),
    "shown": Said("表计显示（低·中·高）", "Meters showed (low · median · high)"),
    "verdict": Said("结论", "Verdict"),
    "was_kept": Said("已做到", "kept"),
    "not_kept": Said("没做到", "not kept"),
    "not_judged": Said("无法判断", "cannot be judged"),
    "by_day": Said("按天", "by the day"),
    "too_much": Said("多用", "Too much"),
    "setback": Said("室温调到 {}℃", "rooms set back to {} °C"),
    "to_all_plans": Said("所有计划", "All plans"),
    "summary": Said("{} 项做到，{} 项没做到，{} 项无法判断", "{} kept, {} not kept, {} cannot be judged"),
    "sign_here": Said("检查人 ________　日期 ________", "Checked by ________  Date ________"),
    "print_hint": Said("本页可直接打印。", "This page can be printed as it is."),
}
