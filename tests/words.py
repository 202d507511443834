"""Words that help nobody with a spanner in his hand."""

# In mails to hands-on people (users.md, section 3), and what they are in English.
BANNED_ZH = ("阈值", "置信度", "偏差率", "基线", "异常指数")
BANNED = (*BANNED_ZH, "threshold", "confidence", "baseline", "anomaly")
# And what a number that is missing looks like.
NOT_SAID = (*BANNED, "none", "nan")
