"""The demonstration's own installation: its files, its broker and its processes."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from app import broker, rest
from app.demo_words import Place
from app.processes import Children
from app.settings import Layout
from campus.errors import CampusError
from web.server import next_free

SCHOOL = "demo"
MAILBOX = "mailbox"
SENDER = "能耗提醒 <campus@demo-school.example>"
LOOPBACK = "127.0.0.1"
START_S = 60.0

_AMQTT = (
    "没有安装 mosquitto，由 amqtt 代替：只供试用，正式使用请安装 mosquitto（apt-get install mosquitto）。",
    f"Note: {broker.AMQTT_NOTICE}.",
)
_SIMULATED = ("演示：这是一所模拟的学校，价格是假设的。", "Demonstration: a simulated school at assumed prices.")


class FolderInUse(CampusError):
    """The folder to keep the demonstration in holds something already."""

    def __init__(self, folder: Path) -> None:
        super().__init__(f"{folder} is not empty: a demonstration needs a folder of its own, name a new one")


class NoPort(CampusError):
    """No port for the page."""

    def __init__(self, port: int) -> None:
        super().__init__(f"neither port {port} nor one of those after it is free: name another with --port")


@dataclass(frozen=True, slots=True)
class Home:
    """A running installation: where its files lie, its processes, its broker's port, and where the page is."""

    layout: Layout
    children: Children
    broker_port: int
    web_port: int
    mail_port: int
    place: Place

    @property
    def mailbox(self) -> Path:
        """The Maildir every mail ends up in."""
        return self.layout.root / MAILBOX

    @property
    def school_file(self) -> Path:
        """The school's TOML."""
        return self.layout.root / "config" / "schools" / f"{SCHOOL}.toml"


def begin(stack: ExitStack, folder: Path, wanted_port: int, kept: bool) -> Home:
    """Start a broker in an empty folder, and find the page a port; what was started ends with the stack."""
    folder = folder.absolute()
    if folder.exists() and any(folder.iterdir()):
        raise FolderInUse(folder)
    web_port = next_free(LOOPBACK, wanted_port)
    if web_port is None:
        raise NoPort(wanted_port)
    config = folder / "config"
    (config / "schools").mkdir(parents=True)
    local = broker.start(folder / "broker")
    stack.callback(local.stop)
    mail_port = broker.free_port()
    page = f"http://{LOOPBACK}:{web_port}/schools/{SCHOOL}"
    mail = f'host = "{LOOPBACK}"\nport = {mail_port}\nsecurity = "none"\nsender = "{SENDER}"'
    link = f'page = "http://{LOOPBACK}:{web_port}/"'
    settings = f"[broker]\nport = {local.port}\n\n[web]\nport = {web_port}\n\n[mail]\n{mail}\n{link}\n"
    (config / "settings.toml").write_text(settings, encoding="utf-8")
    environment = {"CAMPUS_DATA": str(folder), "CAMPUS_CONFIG": str(config)}
    children = stack.enter_context(Children(environment, folder / "log"))
    taken = None if web_port == wanted_port else wanted_port
    place = Place(page, folder, kept, taken, _AMQTT if local.notice else None)
    return Home(Layout(folder), children, local.port, web_port, mail_port, place)


def start(home: Home, school_toml: str) -> None:
    """Write the school's file and start collecting, deriving, the post and the page."""
    home.school_file.write_text(school_toml, encoding="utf-8")
    home.children.start("ingest", "ingest")
    home.children.start("derive", "derive")
    # A real mail server, on this machine alone: what it is given it files into a Maildir.
    home.children.start("mailbox", "alerts", "mailbox", str(home.mailbox), "--port", str(home.mail_port))
    home.children.start("post", "alerts", "send", "--follow")
    notices = [_SIMULATED, *([home.place.broker_notice] if home.place.broker_notice else [])]
    home.children.start("web", "web", *(word for notice in notices for word in ("--notice", *notice)))


def await_collector(home: Home, stop: Event) -> None:
    """Wait until the collector has its session with the broker."""
    rest.wait_for(lambda: rest.connected(home.layout), stop, home.children, START_S)
