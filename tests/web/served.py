"""A site being served, and how tests ask it."""

from __future__ import annotations

import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from web.app import create_app
from web.server import bind, server
from web.state import View


@dataclass
class Answer:
    """What the site answered."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def json(self) -> Any:
        """The answer's text read as JSON."""
        return json.loads(self.text)


@dataclass
class Site:
    """A running site."""

    url: str

    def get(self, path: str, **headers: str) -> Answer:
        """Ask for a path."""
        request = urllib.request.Request(
            self.url + path, headers={k.replace("_", "-"): v for k, v in headers.items()}
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _Stay())
        try:
            with opener.open(request, timeout=60) as answer:
                return Answer(answer.status, dict(answer.headers), answer.read().decode())
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, dict(error.headers), error.read().decode())

    @contextmanager
    def events(self, path: str) -> Iterator[Callable[[], tuple[str, Any]]]:
        """Open a stream; the callable gives the next event's name and data."""
        with urllib.request.urlopen(self.url + path, timeout=60) as stream:

            def following() -> tuple[str, Any]:
                name, data = "", ""
                for raw in stream:
                    line = raw.decode().rstrip("\n")
                    name = line[7:] if line.startswith("event: ") else name
                    data = line[6:] if line.startswith("data: ") else data
                    if not line and name:
                        return name, json.loads(data)
                raise AssertionError("the stream ended")

            yield following


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


@contextmanager
def serving(views: dict[str, View]) -> Iterator[Site]:
    """Serve views on a free port until the block ends."""
    listener = bind("127.0.0.1", 0)
    port = listener.getsockname()[1]
    running = server(create_app(views))
    thread = threading.Thread(target=running.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        deadline = time.monotonic() + 60
        while not running.started:
            assert time.monotonic() < deadline, "the server did not start"
            time.sleep(0.02)
        yield Site(f"http://127.0.0.1:{port}")
    finally:
        running.should_exit = True
        thread.join(60)
        listener.close()
        assert not thread.is_alive(), "the server did not end"
