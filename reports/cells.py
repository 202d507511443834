"""Cells: a number with its unit, how far it may be trusted and where it is stored, or the words that stand for it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from campus.quality import LETTERS, NAMES, Code, gravest
from campus.said import Said
from reports.text import GAP, in_words, number, percent
from reports.year import Amount

NOT_MEASURED = Said("未计量", "not metered")
NOT_ENOUGH = Said("数据不足", "not enough data")
NOT_BEGUN = Said("—", "—")


@dataclass(frozen=True, slots=True)
class Cell:
    """A number [unit], or `text` where there is none to print; `measured` is what is known of one that is not enough.

    `source` names the stored figures it stands for or was made from; `note` says more in small print. An `exact`
    number, such as a factor, is printed with all its digits. `code` says how the number came to be known; one that
    nobody measured, such as a factor or a count, has none.
    """

    value: float | None = None
    unit: str = ""
    coverage: float | None = None
    estimated: float | None = None
    source: str = ""
    text: Said | None = None
    measured: float | None = None
    note: Said | None = None
    exact: bool = False
    corrected: float | None = None
    code: Code | None = None

    def printed(self) -> str:
        """Return the number as printed, without its unit; "" where words stand for it."""
        if self.value is None:
            return ""
        return f"{self.value:g}" if self.exact else number(self.value, self.unit)


def words(text: Said, note: Said | None = None) -> Cell:
    """Return a cell of words."""
    return Cell(text=text, note=note)


def cell(amount: Amount | None) -> Cell:
    """Return a stored figure as a cell: a number, "not enough data" with what was measured, or "not metered"."""
    if amount is None:
        return words(NOT_MEASURED)
    if amount.absent is not None:
        return words(amount.absent)
    known = replace(_of(amount), unit=amount.unit, source=amount.source)
    if amount.enough:
        return replace(known, value=amount.value)
    return replace(known, text=NOT_ENOUGH, measured=amount.value)


def _of(amount: Amount) -> Cell:
    """Return a cell without a number that says how far the amount may be trusted."""
    return Cell(coverage=amount.coverage, estimated=amount.estimated, corrected=amount.corrected, code=amount.code)


def like(amount: Amount, value: float, unit: str, source: str) -> Cell:
    """Return a number [unit] made from an amount, to be trusted as far as it."""
    return replace(_of(amount), value=value, unit=unit, source=source)


def trust(of: Cell) -> Said | None:
    """Return code, coverage and shares estimated and corrected in words; None for a cell that has none."""
    if of.coverage is None or of.estimated is None or of.code is None:
        return None
    covered, guessed, named = percent(of.coverage), percent(of.estimated), NAMES[of.code]
    zh = [f"{LETTERS[of.code]} {named.zh}", f"覆盖率 {covered}", f"估算 {guessed}"]
    en = [f"{LETTERS[of.code]} {named.en.lower()}", f"coverage {covered}", f"estimated {guessed}"]
    if of.corrected:
        zh.append(f"更正 {percent(of.corrected)}")
        en.append(f"corrected {percent(of.corrected)}")
    return Said(" · ".join(zh), " · ".join(en))


def brief(of: Cell, unit: bool = False) -> str:
    """Return the small print of a table: what was measured of no total, with `unit` its own, coverage, shares
    estimated and, where there is one, corrected."""
    if of.coverage is None or of.estimated is None:
        return ""
    own = f"{GAP}{in_words(of.unit)}" if unit else ""
    known = "" if of.measured is None else f"其中已计量 {number(of.measured, of.unit)}{own} · "
    touched = f" · {percent(of.corrected)}" if of.corrected else ""
    return f"{known}{percent(of.coverage)} · {percent(of.estimated)}{touched}"


def of_it(of: Cell) -> Said | None:
    """Return what was measured of a total that is not known: "其中已计量 12 345 kWh"."""
    if of.measured is None:
        return None
    amount = f"{number(of.measured, of.unit)}{GAP}{in_words(of.unit)}"
    return Said(f"其中已计量 {amount}", f"{amount} measured")


def change(now: Amount, before: Amount | None, over: bool) -> Cell:
    """Return the change against the year before [%], or why there is none."""
    if now.absent is not None:
        return words(now.absent)
    if before is None or before.value is None:
        return words(Said("无上年数据", "no data of the year before"))
    if not over:
        return words(Said("年度未满", "year not over"))
    if not (now.enough and before.enough):
        return words(NOT_ENOUGH)
    if not before.value:
        return words(Said("上年为 0", "0 in the year before"))
    assert now.value is not None
    made = f"{now.source} ÷ {before.source} − 1"
    return Cell(100 * (now.value / before.value - 1), "%", source=made, code=gravest((now.code, before.code)))


def quotient(amount: Amount | None, divisor: float | None, unit: str, scale: float = 1.0) -> Cell:
    """Return `scale` × amount ÷ divisor [unit]; words where the amount is not enough or there is no divisor."""
    whole = cell(amount)
    if whole.value is None or amount is None:
        return replace(whole, measured=None)
    if not divisor:
        return words(Said("缺分母", "no denominator"))
    made = f"{amount.source} ÷ {divisor:.12g}" + ("" if scale == 1 else f" × {scale:g}")
    return like(amount, scale * whole.value / divisor, unit, made)
