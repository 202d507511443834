"""What to do about each reason something is in quarantine: one sentence in each language, for terminal and page."""

from __future__ import annotations

from typing import NamedTuple

from campus.ports import Reason


class Remedy(NamedTuple):
    """A sentence in Chinese and in English."""

    zh: str
    en: str


REMEDIES: dict[Reason, Remedy] = {
    Reason.UNKNOWN_TOPIC: Remedy(
        "这个主题没有登记表计：运行 campus meters add <主题>，登记后自动补录。",
        "No meter is registered on this topic: run campus meters add <topic>; what waited is then replayed.",
    ),
    Reason.UNKNOWN_QUANTITY: Remedy(
        "该表没有登记这个量：在学校配置里加一个 [[meter.register]]，再重放。",
        "The meter has no register of this quantity: add a [[meter.register]] in the school's file, then replay.",
    ),
    Reason.UNKNOWN_UNIT: Remedy(
        "单位不认识或与所测的量不符：改正设备发送的单位，或改正登记的量，再重放。",
        "The unit is unknown or belongs to another quantity: correct the device, or the registered quantity; replay.",
    ),
    Reason.UNIT_IN_DOUBT: Remedy(
        "这个值像是换了单位：对照表盘读数，确认单位后再重放。",
        "The unit seems to have changed: compare the value with the meter's display, settle the unit, then replay.",
    ),
    Reason.UNDECODABLE: Remedy(
        "报文读不懂：核对登记的格式；若设备发错，请厂家修正。原文保留着。",
        "The payload cannot be read: check the registered format, or have the device mended. The original is kept.",
    ),
    Reason.NOT_A_NUMBER: Remedy(
        "值不是数字（常见于断线的传感器）：检查设备接线；这一条没有读数可补。",
        "The value is no number, often a loose sensor: check its wiring; this message holds no reading to recover.",
    ),
    Reason.NO_READING: Remedy(
        "报文里没有读数：核对登记的格式，以及设备是否选了要发送的寄存器。",
        "The message holds no reading: check the registered format, and which registers the device is set to send.",
    ),
    Reason.NO_TIME_ZONE: Remedy(
        "时间没有时区：请让设备发送 +08:00 或 Z；猜测时区会错开几小时。",
        "The time has no offset: have the device send +08:00 or Z; a guess would be hours off.",
    ),
    Reason.BAD_TIME: Remedy(
        "时间读不懂或不可信：让设备按 ISO 8601 发送采集时间。",
        "The time cannot be read or trusted: have the device send the time of reading as ISO 8601.",
    ),
    Reason.CLOCK_AHEAD: Remedy(
        "设备时钟快了：校准设备时钟；到了那个时间之后可以重放。",
        "The device's clock runs ahead: set it; once that time has passed the message may be replayed.",
    ),
    Reason.TOO_OLD: Remedy(
        "时间早于 2000 年，设备丢了时钟：更换电池或校时；读数要人工补录。",
        "The time lies before 2000: the device lost its clock. Change its battery, set it, enter readings by hand.",
    ),
    Reason.TWO_METERS: Remedy(
        "同一主题同一通道登记了两块表：运行 campus check，给每块表各自的通道，再重放。",
        "Two meters claim the same topic and channel: run campus check, give each its channel, then replay.",
    ),
    Reason.BIRTH_MISSING: Remedy(
        "数据用了别名，而说明它的出生消息没有收到：运行 campus sparkplug rebirth <主题>，节点重新上报后再重放。",
        "The data goes by aliases, and the birth that explains them was not heard: campus sparkplug rebirth <topic>"
        " asks for it; replay once the node has been born again.",
    ),
    Reason.STORE_REFUSED: Remedy(
        "数据库拒收这一条，原因写在后面：按它改正后重放，其余读数不受影响。",
        "The store refused this one and says why: put that right, then replay; other readings are not affected.",
    ),
}
