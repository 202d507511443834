"""What the page says of quotas and of what is ahead."""

from __future__ import annotations

from campus.said import Said

QUOTA: dict[str, Said] = {
    "quotas": Said("定额与用能水平", "Quotas and level of use"),
    "will_end": Said("{0} 年末预计 {1}（{2}–{3}）{4}", "{0} expected to end at {1} ({2}–{3}) {4}"),
    "chance_above": Said("超过{}的可能 {}", "chance to exceed the {} value {}"),
    "ahead": Said("预计用量", "Expected use"),
    "ahead_note": Said("小字为八成把握的范围", "small: holds four times in five"),
    "water_plan": Said("计划用水（季）", "Water plan by quarter"),
    "plan_of": Said("计划 {} m³", "plan {} m³"),
    "quarter_ends": Said("预计 {}（{}–{}）", "expected {} ({}–{})"),
    "quarter_used": Said("用了 {} m³", "{} m³ used"),
    "quarter_metered": Said("已计量 {} m³", "{} m³ metered"),
    "quarter_lacks": Said("{1} 天里有 {0} 天没有数", "{0} of its {1} days are unknown"),
    "quarter_unknown": Said("没有数", "not known"),
    "of_year": Said("{} 年全年", "all of {}"),
    "of_season": Said("{} 年采暖期", "heating season of {}"),
    "year_lacks": Said("{} 年：{}", "{}: {}"),
    "chance_plan": Said("超计划的可能 {}", "chance to exceed {}"),
    "plan_over": Said("超了", "exceeded"),
    "plan_kept": Said("未超", "kept"),
    "cannot_tell": Said("推不出来", "cannot be told"),
    "shares": Said("电气化与清洁能源", "Electrification and clean energy"),
    "shares_note": Said("年初至今", "year to date"),
    "like_buildings": Said("同类楼栋", "Like buildings"),
    "like_note": Said("L0 账单，L1 总表，L2 分表", "L0 bills, L1 main meter, L2 sub-meters"),
    "too_few_peers": Said("同类不足三栋，不排名", "fewer than three alike: not ranked"),
}
