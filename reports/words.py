"""The words of a yearly report that are neither a heading of a table nor made from its data."""

from __future__ import annotations

from campus.quality import legend
from campus.said import Said

ITEM = Said("项目", "Item")
VALUE = Said("数值", "Value")
UNIT = Said("单位", "Unit")
CODE = Said("质量码", "Code")
COVERAGE = Said("覆盖率", "Coverage")
ESTIMATED = Said("估算占比", "Estimated")
CORRECTED = Said("更正占比", "Corrected")
MEASURED = Said("其中已计量", "Measured")
NOTE = Said("说明", "Note")
SOURCE = Said("来源", "Stored as")
LIMITS = Said("四、本报告的限制", "What this report lacks")
VERIFY = Said("重新生成可核对：同一份数据得到同一散列值", "make it again to check: the same data give the same hash")

GLANCE = Said("一、一页看懂", "The year at a glance")
QUOTA = Said("二、与定额相比", "Against the quotas")
NO_QUOTA = Said("没有可与定额相比的指标。", "Nothing can be held against a quota.")
COURSE = Said("三、一年的走势", "The course of the year")
NOT_FINAL = Said("不得定稿", "not to be made final")
UNSIGNED = Said("数据齐全；签字盖章前不得定稿。", "Nothing is missing; final only once signed and sealed.")
MORE_LIMITS = Said("另有 {} 项，见附表五。", "{} more in appendix 5.")
NOT_AMENDED = Said("这一年没有更正。", "Nothing of the year was corrected.")
ALL_LIMITS = Said("附表五 本报告的全部限制", "Appendix 5: all that this report lacks")
NO_PICTURE = Said("这一年没有可画的月份。", "No month of this year can be drawn.")
MORE_PLACES = Said("另有 {} 栋见附表二。", "{} more buildings in appendix 2.")
NO_WEATHER = Said("气温与天数修正本版未含。", "No correction for weather or days in this edition.")
PLAN = Said("八、明年目标与措施", "Aims and measures for next year")
PLAN_HEADS = (Said("目标", "Aim"), Said("措施", "Measure"), Said("责任人", "Responsible"), Said("期限", "By"))
MEMO = Said("不计入合计", "Not in the total")
SIGNED = (
    Said("填表人", "Filled in by"),
    Said("统计负责人(后勤处)", "Statistics (logistics office)"),
    Said("财务核对", "Checked by finance"),
    Said("单位负责人(校长)", "Head of school"),
    Said("(公章)", "(seal)"),
    Said("联系电话", "Telephone"),
)
ISSUED = Said("报出日期 ____年__月__日", "Issued on (year, month, day)")
SMALL_PRINT = Said(
    "数字下的小字：（数据不足时先写其中已计量的数量）覆盖率 · 估算占比 · 更正占比",
    "Small print: (of no total, what was measured) coverage · share estimated · corrected",
)
CODES = Said(
    f"数字旁的字母是质量码：{legend().zh}。没有字母的数不是直接计量的（因子、计数、发现的浪费）。",
    f"The letter beside a number is its code: {legend().en}. Without: not metered (factors, counts, waste found).",
)
INPUTS = Said("输入散列", "hash of inputs")
