"""What the running processes say is wrong now, a sentence each: for the page and for `campus status`."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from app import health, status
from app.broker_probe import LIMITS_REMEDY, MANY_IN_FLIGHT
from app.floods import floods, together
from campus.registry import Registry
from campus.said import Said, both

# What a trouble of a process means; a receiver's own sentences say it.
_HELD = {
    "drain": Said("入库暂停，数据都留在日志里：", "storing waits, the journal keeps everything: "),
    "derive": Said("计算暂停：", "deriving waits: "),
    "post": Said("邮件暂未发出：", "mails wait: "),
}
SESSION_TOLD_S = 86_400.0  # a day: until somebody has looked


def alarms(folder: Path, registries: Mapping[str, Registry] | None = None) -> list[Said]:
    """Return what is wrong with the processes whose status lies in `folder`, and who floods them by the schools'
    registered intervals; empty where nothing is."""
    told = status.read(folder)
    wrong = [said for name, facts in told.items() if "pid" in facts for said in _of(name, facts)]
    busy = together(facts.get("busy", {}) for facts in told.values() if not facts["silent"])
    return wrong + floods(busy, registries or {})


def _of(name: str, facts: Mapping[str, Any]) -> Iterator[Said]:
    if _gone(name, facts):
        yield _missing(name)
        return
    if facts.get("trouble"):
        yield _waiting(name, both(facts["trouble"]))
    if dropped := facts.get("broker_dropped"):
        yield Said(
            f"代理服务器已丢弃 {dropped} 条消息，请{LIMITS_REMEDY.zh}",
            f"The broker dropped {dropped} messages: {LIMITS_REMEDY.en}",
        )
    if time.time() - facts.get("session_lost_at", 0.0) < SESSION_TOLD_S:
        yield Said(
            "代理服务器忘记了我们的会话，当时为我们保留的消息已丢失：请打开 persistence 和 autosave_on_changes",
            "The broker has forgotten our session, and with it what it had kept for us: set persistence true and "
            "autosave_on_changes true there",
        )
    if 0 < (allowed := facts.get("in_flight", 0)) < MANY_IN_FLIGHT:
        yield Said(
            f"代理服务器未经确认最多发出 {allowed} 条消息，多半仍是出厂设置：采集程序停机时只保留 1000 条，其余丢弃。"
            f"请{LIMITS_REMEDY.zh}",
            f"The broker sends at most {allowed} messages ahead, as stock settings do: it then keeps 1000 for a "
            f"collector that is away and drops the rest. {LIMITS_REMEDY.en}",
        )


def _gone(name: str, facts: Mapping[str, Any]) -> bool:
    """Whether a process is gone; a drain waits in its store for longer than others, and is started again by its
    receiver; a finished job and the post are nobody's alarm."""
    if name.partition("-")[0] == "drain":
        return bool(time.time() - facts["at"] > health.DRAIN_SILENT_S)
    return bool(facts["silent"]) and name.startswith((status.RECEIVER, "derive"))


def _waiting(name: str, trouble: Said) -> Said:
    held = _HELD.get(name.partition("-")[0], Said("", ""))
    return Said(f"{name}：{held.zh}{trouble.zh}", f"{name}: {held.en}{trouble.en}")


def _missing(name: str) -> Said:
    member = name.removeprefix(status.RECEIVER)
    if member in (name, "main"):
        return Said(f"{name} 没有在运行，数字停在它停下的时刻", f"{name} is not running: figures stand still")
    return Said(
        f"{name} 没有在运行，而代理服务器仍在分给它消息：请用原名重新启动 campus ingest --name {member}；"
        f"不再需要它时运行 campus ingest --retire {member}",
        f"{name} is not running, and the broker goes on dealing it messages: start it again under its own name, "
        f"campus ingest --name {member}; or, where it is to stay away, campus ingest --retire {member}",
    )
