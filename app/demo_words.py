"""What the demonstration says on the terminal: plain words, Chinese first, English below, equal."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from sim.visitor import TOPIC

RULE = "─" * 72


class Place(NamedTuple):
    """Where the demonstration can be looked at and played with."""

    page: str
    folder: Path
    kept: bool
    port_taken: int | None
    broker_notice: tuple[str, str] | None


def beginning(place: Place, weeks: float) -> str:
    """Say what is being started and where the page is."""
    taken_zh, taken_en = "", ""
    if place.port_taken is not None:
        taken_zh = f"\n端口 {place.port_taken} 已被别的程序占用，改用下一个空闲端口。"
        taken_en = f"\nPort {place.port_taken} is taken by another program: the next free one is used."
    notice_zh, notice_en = (f"\n{notice}" for notice in place.broker_notice) if place.broker_notice else ("", "")
    return (
        f"{RULE}\n"
        f"示范学校：{weeks:g} 周的模拟读数走完整条流水线，\n"
        "从 MQTT 到日志、存储、用量、发现和碳排放。\n"
        f"网页：{place.page}（现在就能打开）{taken_zh}{notice_zh}\n\n"
        f"Demo School: {weeks:g} weeks of simulated readings go through the whole pipeline,\n"
        "from MQTT to journal, store, consumption, findings and carbon.\n"
        f"Page: {place.page} (open it now; it fills as readings arrive)"
        f"{taken_en}{notice_en}\n{RULE}"
    )


def ready(place: Place, seconds: float, lasting_s: float | None) -> str:
    """Say that the history is in, what there is to see and to try, and how it ends."""
    (end_zh, end_en), (kept_zh, kept_en) = _end(lasting_s), _kept(place)
    return (
        f"{RULE}\n"
        f"好了，用了 {seconds:.0f} 秒。打开 {place.page}\n"
        "看：  此刻的用电用水，和平时比；\n"
        "      发现的问题，每天花多少钱（示范假设价）；\n"
        "      本月碳排放，写明因子和条款；每块表的数据质量；\n"
        f"台账：{place.page}/ledger  （campus ledger ack … 在下面的目录里也能接下任务）\n"
        f"邮件：{place.page}/mails  （真的发过了：{place.folder}/mailbox）\n"
        f"年报：{place.page}/report  （PDF 和 XLSX）\n"
        f"试：  一块没登记的表正在发数据（主题 {TOPIC}），\n"
        "      页面的“听到的新表”里有它。在另一个终端登记：\n"
        f"{_register(place.folder)}\n"
        f"结束：{end_zh}。{kept_zh}。\n\n"
        f"Ready after {seconds:.0f} s. Open {place.page}\n"
        "See:  electricity and water now, against the usual;\n"
        "      findings, and what they cost a day (at an assumed price);\n"
        "      the month's carbon with factor and clause; each meter's data quality;\n"
        f"      {place.page}/ledger, what people work on;\n"
        f"      {place.page}/mails, as sent to a mail server of its own;\n"
        f"      {place.page}/report, the year as PDF and XLSX.\n"
        f"Try:  an unregistered meter sends data on {TOPIC};\n"
        "      register it in another terminal with the command above.\n"
        f"End:  {end_en}. {kept_en}.\n{RULE}"
    )


def _end(lasting_s: float | None) -> tuple[str, str]:
    if lasting_s is None:
        return "按 Ctrl-C", "Ctrl-C"
    return (
        f"到 {lasting_s:g} 秒时自己结束，Ctrl-C 提前结束",
        f"by itself at {lasting_s:g} s, or Ctrl-C before that",
    )


def _kept(place: Place) -> tuple[str, str]:
    if place.kept:
        return f"数据留在 {place.folder}", f"The data stay in {place.folder}"
    return "数据随后删除，想留下就用 --keep 目录", "The data are then removed; --keep DIR keeps them"


def _register(folder: Path) -> str:
    """Return the command that registers the unregistered device, as it is to be typed."""
    return (
        f"  CAMPUS_DATA={shlex.quote(str(folder))} CAMPUS_CONFIG={shlex.quote(str(folder / 'config'))} \\\n"
        f"  {_campus()} meters add {TOPIC} \\\n"
        "  --parent e-teaching --building teaching --account electricity"
    )


def _campus() -> str:
    """Return how `campus` is typed here: by its path, unless it is on the search path."""
    beside = Path(sys.executable).with_name("campus")
    if str(beside.parent) in os.environ.get("PATH", "").split(os.pathsep):
        return "campus"
    return shlex.quote(str(beside.relative_to(Path.cwd()) if beside.is_relative_to(Path.cwd()) else beside))


def ended(kept: Path | None) -> str:
    """Say that everything has ended."""
    if kept is not None:
        return f"已结束，数据在 {kept}。\nEnded; the data are in {kept}."
    return "已结束，没有留下进程和数据。\nEnded; no process and no data are left."


def result(line: Mapping[str, Any]) -> str:
    """Say what the pipe made of the simulated school, held against the truth."""
    n = {key: f"{value:,}" for key, value in line.items() if isinstance(value, int | float)}
    stored, true = f"{line['energy_kwh_stored']:,.0f}", f"{line['energy_kwh_true']:,.0f}"
    return (
        f"发出读数 {n['published']}，丢失 {n['lost']}；故障 {n['faults_injected']} 个，找到 {n['faults_found']} 个，"
        f"误报 {n['false_findings']} 个；用电 {stored} kWh，真实值 {true} kWh。\n"
        f"Readings published {n['published']}, lost {n['lost']}; faults {n['faults_injected']}, found "
        f"{n['faults_found']}, false findings {n['false_findings']}; electricity {stored} kWh, in truth {true} kWh."
    )
