"""Puts a school's dashboard into its own organisation of a Grafana: data source, folder, dashboard, home page."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from grafana_client.model import PersonalPreferences

from campus.errors import CampusError
from dashboards.grafana_organisation import Say, organisation
from dashboards.grafana_series import SOURCE_UID
from dashboards.grafana_server import TRIED, Api, PublishFailed, Server, ask, connected, found, newer, version_of

SOURCE_NAME = "InfluxDB"
FOLDER_UID, FOLDER = "energy", "能耗监测"
# A token for one school reads its results and its registers; one that finds more shows them to every viewer.
OWN_BUCKETS = 2
# What Grafana writes into a dashboard it keeps.
_OF_GRAFANA = ("id", "version")


@dataclass(frozen=True, slots=True)
class Source:
    """An InfluxDB as Grafana reaches it: the school's bucket, read with a token that reads nothing else."""

    url: str
    org: str
    bucket: str
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be in a school's organisation; `before` is the id it was published to, None the first time."""

    organisation: str
    source: Source
    dashboard: Mapping[str, Any]
    before: int | None = None


@dataclass(frozen=True, slots=True)
class Published:
    """Where it is now, what was done for it (Chinese, English), what somebody should look at, and whether Grafana
    could read the school's data: without that the dashboard is there and empty."""

    organisation: int
    name: str
    url: str
    version: str
    done: tuple[tuple[str, str], ...]
    warnings: tuple[tuple[str, str], ...]
    readable: bool


def publish(server: Server, plan: Plan) -> Published:
    """Publish a school's dashboard; done twice, it is as if done once. Raises `PublishFailed` with what to do."""
    done, warnings = list[tuple[str, str]](), list[tuple[str, str]]()

    def say(zh: str, en: str) -> None:
        done.append((zh, en))

    def warn(zh: str, en: str) -> None:
        warnings.append((zh, en))

    _need_token(plan)
    with connected(server) as admin:
        version = _welcome(server, admin, warn)
        place = organisation(server, admin, plan.organisation, plan.before, warn if plan.before is not None else say)
    with connected(server, place.id) as api:
        _source(server, api, plan.source, say)
        readable = _health(server, api, plan.source, warn)
        _folder(server, api, say, warn)
        path = _dashboard(server, api, plan.dashboard, say)
        _home(server, api, str(plan.dashboard["uid"]), say)
    url = f"{server.url.rstrip('/')}{path}?orgId={place.id}"
    return Published(place.id, place.name, url, version, tuple(done), tuple(warnings), readable)


def _need_token(plan: Plan) -> None:
    if not plan.source.token:
        raise PublishFailed(
            f"Grafana 读取 InfluxDB 需要令牌：请建立只读 bucket “{plan.source.bucket}”的令牌，并设置环境变量 "
            "CAMPUS_GRAFANA_INFLUXDB_TOKEN 或 CAMPUS_GRAFANA_INFLUXDB_TOKEN_FILE",
            f'Grafana needs a token for InfluxDB: make one that may only read the bucket "{plan.source.bucket}", and '
            "set CAMPUS_GRAFANA_INFLUXDB_TOKEN or CAMPUS_GRAFANA_INFLUXDB_TOKEN_FILE",
        )


def _welcome(server: Server, api: Api, warn: Say) -> str:
    """Return the server's version once it has taken the password."""
    version = version_of(server, api)
    ask(server, api.organization.get_current_organization, {})
    if newer(version):
        warn(
            f"Grafana {version} 比验证过的 {TRIED} 新，已继续，请看一眼页面",
            f"Grafana {version} is newer than {TRIED}, which was tried; went on, have a look at the page",
        )
    return version


def _source(server: Server, api: Api, source: Source, say: Say) -> None:
    there = found(server, lambda: api.datasource.get_datasource_by_uid(SOURCE_UID), {})
    if there is None:
        _make_source(server, api, source)
        say(f"新建数据源 {SOURCE_NAME}（bucket：{source.bucket}）", f"made the data source {SOURCE_NAME}")
        return
    bucket = there.get("jsonData", {}).get("defaultBucket")
    if bucket not in (None, "", source.bucket):
        raise PublishFailed(
            f"该组织的数据源 {SOURCE_UID} 指向另一所学校（bucket：{bucket}），未改动："
            "请为本校另建组织，或先在 Grafana 中删除该数据源",
            f"the data source {SOURCE_UID} of this organisation shows another school (bucket {bucket}) and was left "
            "alone: give this school an organisation of its own, or remove that data source in Grafana first",
        )
    if there.get("readOnly"):
        say("数据源由 Grafana 的文件管理，未改动", "the data source is kept by a file of Grafana and was left alone")
        return
    ask(server, lambda: api.datasource.update_datasource_by_uid(SOURCE_UID, _source_body(source)), {})
    say(f"更新数据源 {SOURCE_NAME}", f"renewed the data source {SOURCE_NAME}")


def _make_source(server: Server, api: Api, source: Source) -> None:
    taken = (
        f"该组织已有名为 {SOURCE_NAME} 的数据源，但不是本程序建立的：请在 Grafana 中改名或删除后再运行",
        f"this organisation has a data source called {SOURCE_NAME} that is not ours: rename or remove it in Grafana, "
        "then run this again",
    )
    ask(server, lambda: api.datasource.create_datasource(_source_body(source)), {409: taken})


def _source_body(source: Source) -> dict[str, Any]:
    return {
        "name": SOURCE_NAME,
        "uid": SOURCE_UID,
        "type": "influxdb",
        "access": "proxy",
        "url": source.url,
        "isDefault": True,
        "jsonData": {
            "version": "Flux",
            "organization": source.org,
            "defaultBucket": source.bucket,
            "httpMode": "POST",
        },
        "secureJsonData": {"token": source.token},
    }


def _health(server: Server, api: Api, source: Source, warn: Say) -> bool:
    """Return whether Grafana reads InfluxDB; warn where it does not, or sees more of it than the school."""
    try:
        told = ask(server, lambda: api.datasource.health(SOURCE_UID), {})
    except CampusError as error:
        zh, _, en = str(error).partition("\n")
        warn(
            f"Grafana 读不到 {source.url} 的 InfluxDB：请核对 [grafana] influxdb_url 与令牌。{zh}",
            f"Grafana does not reach InfluxDB at {source.url}: correct influxdb_url in [grafana], or the token. {en}",
        )
        return False
    seen = re.search(r"(\d+) buckets? found", str(told.get("message")))
    if seen and int(seen[1]) == 0:  # InfluxDB lists what the token may read, and refuses nothing
        warn(
            f"令牌读不到任何 bucket：请建立可读“{source.bucket}”的令牌，并设置 CAMPUS_GRAFANA_INFLUXDB_TOKEN",
            f'the token reads no bucket: make one that may read "{source.bucket}", and set '
            "CAMPUS_GRAFANA_INFLUXDB_TOKEN",
        )
        return False
    if seen and int(seen[1]) > OWN_BUCKETS:
        warn(
            f"令牌可读 {seen[1]} 个 bucket，该组织的每个用户都能看到它们：请改用只读“{source.bucket}”的令牌",
            f"the token reads {seen[1]} buckets, and so can every user of the organisation: use one that reads "
            f'"{source.bucket}" alone',
        )
    return True


def _folder(server: Server, api: Api, say: Say, warn: Say) -> None:
    there = found(server, lambda: api.folder.get_folder(FOLDER_UID), {})
    if there is None:
        taken = (
            f"文件夹“{FOLDER}”不能建立：有人刚改动它，或已有同名的文件夹；请在 Grafana 中查看后再运行",
            f'the folder "{FOLDER}" cannot be made: somebody just changed it, or another has its name; look in '
            "Grafana, then run this again",
        )
        ask(server, lambda: api.folder.create_folder(FOLDER, FOLDER_UID), {409: taken, 412: taken})
        say(f"新建文件夹“{FOLDER}”", f'made the folder "{FOLDER}"')
    elif there["title"] != FOLDER:
        warn(
            f"文件夹已更名为“{there['title']}”，按原样使用",
            f'the folder is called "{there["title"]}" now; used as it is',
        )


def _dashboard(server: Server, api: Api, body: Mapping[str, Any], say: Say) -> str:
    """Save the dashboard where it differs from what is there, and return its path."""
    there = found(server, lambda: api.dashboard.get_dashboard(body["uid"]), {})
    if there is not None and _same(there, body):
        say("仪表板没有变化", "the dashboard is as it was")
        return str(there["meta"]["url"])
    changed = (
        f"文件夹中另有同名的仪表板“{body['title']}”：请在 Grafana 中改名或删除后再运行",
        f'another dashboard of the folder is called "{body["title"]}": rename or remove it in Grafana, '
        "then run this again",
    )
    wanted = {"dashboard": dict(body), "folderUid": FOLDER_UID, "overwrite": True, "message": "campus"}
    told = ask(server, lambda: api.dashboard.update_dashboard(wanted), {412: changed})
    say(f"保存仪表板“{body['title']}”", f'saved the dashboard "{body["title"]}"')
    return str(told["url"])


def _same(there: Mapping[str, Any], body: Mapping[str, Any]) -> bool:
    kept = {name: value for name, value in there["dashboard"].items() if name not in _OF_GRAFANA}
    return there["meta"].get("folderUid") == FOLDER_UID and kept == dict(body)


def _home(server: Server, api: Api, uid: str, say: Say) -> None:
    ask(server, lambda: api.organization.patch_preferences(PersonalPreferences(homeDashboardUID=uid)), {})
    say("设为该组织的首页", "made it the home page of the organisation")
