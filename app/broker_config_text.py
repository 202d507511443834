"""The files of a broker as text: access lists and configuration of mosquitto and of EMQX 5."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from app.broker_config import Grant
from campus.errors import CampusError

# The first line of what we write; a file without it is somebody else's and stays.
MARK = "campus broker config"
# A day's quarters of fifty meters in one message are half of it; EMQX's own default (mqtt.max_packet_size). The
# shipped mosquitto.conf says the same (max_packet_size).
PACKET_BYTES = 1_048_576
# Of one gateway: a day of 200 meters at 15 minutes, sent after an outage, is through in three minutes.
MESSAGES_PER_S = 100
# Likewise: one message of the largest size a second, or 100 of 10 kB.
BYTES_PER_S = PACKET_BYTES
# A wheel carries the shipped configuration beside this file; a checkout has it where people read it.
_SHIPPED, _CHECKOUT = (
    Path(__file__).parent / "deploy" / "mosquitto",
    Path(__file__).parents[1] / "deploy" / "mosquitto",
)


class NotShipped(CampusError):
    """The configuration this one is made from is not there."""

    def __init__(self) -> None:
        super().__init__(
            "缺少随附的 deploy/mosquitto：请从完整的源代码目录运行 / deploy/mosquitto is missing here: run this from"
            " a checkout of the project"
        )


def shipped() -> Path:
    """Return the folder of the shipped configuration. Raises `NotShipped`."""
    for folder in (_SHIPPED, _CHECKOUT):
        if folder.is_dir():
            return folder
    raise NotShipped


def mosquitto_conf(folder: Path, data: str) -> str:
    """Return the shipped configuration with its files in `folder`, and what it keeps in `data`."""
    text = (shipped() / "mosquitto.conf").read_text(encoding="utf-8")
    for place, ours in (
        ("/mosquitto/tls", f"{folder}/tls"),
        ("/mosquitto/accounts", str(folder)),
        ("/mosquitto/config", str(folder)),
        ("/mosquitto/data/", f"{data.rstrip('/')}/"),
    ):
        text = text.replace(place, ours)
    return f"# {MARK} --for mosquitto\n" + text.replace("listener 1883\n", "listener 1883 127.0.0.1\n")


def mosquitto_acl(collector: str, grants: Iterable[Grant]) -> str:
    """Return mosquitto's access list; whoever stands in no line of it may do nothing."""
    lines = [
        f"# {MARK} --for mosquitto",
        "# 不在此列的账号什么也不能做。3.1.1 协议无法拒绝：越权的发布照样被确认或断开，但不转给任何人。",
        "# Whoever stands in no line may do nothing. MQTT 3.1.1 has no word for a refusal: what is said elsewhere is",
        "# acknowledged, or ends the connection, and passed to nobody; a subscription is granted and hears nothing.",
        "",
        f"user {collector}",
        "topic read #",
        "topic read $SYS/#",
    ]
    for grant in grants:
        lines += ["", f"user {grant.account}", *(f"topic write {one}" for one in grant.filters)]
    return "\n".join(lines) + "\n"


def emqx_acl(collector: str, grants: Iterable[Grant]) -> str:
    """Return EMQX's acl.conf, read from the top: the first rule that fits counts."""
    lines = [
        f"%% {MARK} --for emqx",
        f'{{allow, {{username, "{collector}"}}, subscribe, ["#", "$SYS/#"]}}.',
    ]
    for grant in grants:
        filters = ", ".join(f'"{one}"' for one in grant.filters)
        lines.append(f'{{allow, {{username, "{grant.account}"}}, publish, [{filters}]}}.')
    return "\n".join([*lines, "{deny, all}."]) + "\n"


def emqx_conf() -> str:
    """Return the lines for EMQX's base.hocon (5.x). Written by its documentation, never run against one here."""
    return f"""# {MARK} --for emqx
# 追加到 etc/base.hocon；acl.conf 放到 etc/，users.csv 用下面的命令导入。
# Append to etc/base.hocon; acl.conf belongs in etc/; users.csv is imported by
#   curl -u KEY:SECRET -F filename=@users.csv \\
#     http://127.0.0.1:18083/api/v5/authentication/password_based:built_in_database/import_users
authentication = [{{
  mechanism = password_based, backend = built_in_database, user_id_type = username
  password_hash_algorithm {{ name = sha256, salt_position = prefix }}
}}]
authorization {{
  no_match = deny, deny_action = disconnect
  sources = [{{ type = file, enable = true, path = "etc/acl.conf" }}]
}}
# 采集程序不在时消息留在会话里；EMQX 默认两小时后丢弃，且只在内存里（durable_sessions 自 5.7 起）。
# What waits for an absent collector waits in its session: by default for two hours, in memory alone.
mqtt {{ max_inflight = 2000, max_mqueue_len = infinity, session_expiry_interval = 30d }}
# 报文上限：超过的连接被断开，不确认。
# A larger packet ends the connection, unacknowledged.
mqtt.max_packet_size = {PACKET_BYTES // 2**20}MB
durable_sessions.enable = true
# 网关走 8883：以账号为客户端编号，逐客户端限速（超出时暂缓接收，不丢）：200 块表一天的刻钟数据补传约三分钟。
# Gateways use 8883: the account is the client id, and each client is slowed down, not cut, above these rates: a day
# of 200 meters at 15 minutes, sent after an outage, is through in three minutes.
zones.gateways.mqtt.use_username_as_clientid = true
listeners.ssl.default {{
  bind = "0.0.0.0:8883", zone = gateways
  messages_rate = "{MESSAGES_PER_S}/s", bytes_rate = "{BYTES_PER_S // 2**20}MB/s"
  ssl_options {{ certfile = "etc/certs/server.crt", keyfile = "etc/certs/server.key" }}
}}
listeners.tcp.default {{ bind = "127.0.0.1:1883" }}
listeners.ws.default.enable = false
listeners.wss.default.enable = false
"""
