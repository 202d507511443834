"""The words of a yearly report that are neither a heading of a table nor made from its data."""

from __future__ import annotations

from reports.text import Two

ITEM = Two("项目", "Item")
VALUE = Two("数值", "Value")
UNIT = Two("单位", "Unit")
COVERAGE = Two("覆盖率", "Coverage")
ESTIMATED = Two("估算占比", "Estimated")
MEASURED = Two("其中已计量", "Measured")
NOTE = Two("说明", "Note")
SOURCE = Two("来源", "Stored as")
LIMITS = Two("四、本报告的限制", "What this report lacks")
VERIFY = Two("重新生成可核对：同一份数据得到同一散列值", "make it again to check: the same data give the same hash")

GLANCE = Two("一、一页看懂", "The year at a glance")
QUOTA = Two("二、与定额相比", "Against the quotas")
NO_QUOTA = Two(
    "本版未含定额比较：只列强度，不评档次。", "No quota is compared in this edition: intensities only, no band."
)
COURSE = Two("三、一年的走势", "The course of the year")
NOT_FINAL = Two("不得定稿", "not to be made final")
UNSIGNED = Two("数据齐全；签字盖章前不得定稿。", "Nothing is missing; final only once signed and sealed.")
MORE_LIMITS = Two("另有 {} 项，见附表五。", "{} more in appendix 5.")
ALL_LIMITS = Two("附表五 本报告的全部限制", "Appendix 5: all that this report lacks")
NO_PICTURE = Two("这一年没有可画的月份。", "No month of this year can be drawn.")
MORE_PLACES = Two("另有 {} 栋见附表二。", "{} more buildings in appendix 2.")
NO_WEATHER = Two("气温与天数修正本版未含。", "No correction for weather or days in this edition.")
PLAN = Two("八、明年目标与措施", "Aims and measures for next year")
PLAN_HEADS = (Two("目标", "Aim"), Two("措施", "Measure"), Two("责任人", "Responsible"), Two("期限", "By"))
MEMO = Two("不计入合计", "Not in the total")
SIGNED = (
    Two("填表人", "Filled in by"),
    Two("统计负责人(后勤处)", "Statistics (logistics office)"),
    Two("财务核对", "Checked by finance"),
    Two("单位负责人(校长)", "Head of school"),
    Two("(公章)", "(seal)"),
    Two("联系电话", "Telephone"),
)
ISSUED = Two("报出日期 ____年__月__日", "Issued on (year, month, day)")
SMALL_PRINT = Two(
    "数字下的小字：（数据不足时先写其中已计量的数量）覆盖率 · 估算占比",
    "Small print: (of no total, what was measured) coverage · share estimated",
)
INPUTS = Two("输入散列", "hash of inputs")
