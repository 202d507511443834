"""`campus health`: alive while it turns and says what it waits for; ill when its process is gone or silent."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from click.testing import CliRunner

from app import status
from app.cli import main
from app.commands.run import PROCESSES
from app.health import SERVICES, Part, page, service
from app.settings import WebSettings
from tests.ports import free_port

PART = Part("derive", 15.0)


def said(folder, ago_s=0.0, pid=None, **facts):
    """Leave the status of a process that spoke so long ago."""
    body = {"pid": pid or os.getpid(), "at": time.time() - ago_s, **facts}
    (folder / "derive.json").write_text(json.dumps(body), encoding="utf-8")


def health(folder):
    return service(folder, [PART], time.time())


def test_a_process_that_spoke_lately_is_alive(tmp_path):
    status.write(tmp_path, "derive", {"trouble": ""})
    assert health(tmp_path).alive and "正常 / runs" in health(tmp_path).text


def test_one_that_waits_is_alive_and_says_what_for(tmp_path):
    said(tmp_path, trouble="no broker at mosquitto:1883; waiting for it", connected=False)
    assert health(tmp_path).alive and "no broker at mosquitto:1883" in health(tmp_path).text
    said(tmp_path, trouble="", connected=False)
    assert health(tmp_path).alive and "waits: no broker yet" in health(tmp_path).text


def test_one_that_never_ran_is_silent_too_long_or_is_gone_is_ill(tmp_path):
    assert not health(tmp_path).alive and "has not run yet" in health(tmp_path).text
    said(tmp_path, ago_s=16)
    assert not health(tmp_path).alive and "is stuck" in health(tmp_path).text
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    said(tmp_path, pid=ended.pid)
    assert not health(tmp_path).alive and "is not running" in health(tmp_path).text


def test_a_process_that_ended_and_is_not_yet_buried_is_ill(tmp_path):
    ended = subprocess.Popen([sys.executable, "-c", ""], stdout=subprocess.PIPE)
    assert ended.stdout is not None and ended.stdout.read() == b""
    os.waitid(os.P_PID, ended.pid, os.WEXITED | os.WNOWAIT)
    said(tmp_path, pid=ended.pid)
    assert not health(tmp_path).alive
    ended.communicate()


def test_one_ill_part_makes_the_service_ill(tmp_path):
    status.write(tmp_path, "derive", {})
    both = service(tmp_path, [PART, Part("post", 15.0)], time.time())
    assert not both.alive and "derive 正常" in both.text and "post 还没有运行" in both.text


@contextmanager
def answering(code, body):
    """A page that answers so to everything."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(code)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Page) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield WebSettings("0.0.0.0", server.server_address[1])
        server.shutdown()
        thread.join()


def test_a_page_that_answers_is_alive_also_where_a_store_does_not():
    with answering(200, b'{"ok": true, "schools": {"ours": "ok"}}') as settings:
        assert page(settings).alive and "正常" in page(settings).text
    with answering(503, b'{"ok": false, "schools": {"ours": "the disk is full"}}') as settings:
        assert page(settings).alive and "waits: ours: the disk is full" in page(settings).text


@pytest.mark.parametrize(("code", "body"), [(500, b"no"), (200, b"something else"), (404, b"{}")])
def test_another_program_at_its_port_is_not_the_page(code, body):
    with answering(code, body) as settings:
        assert not page(settings).alive


def test_a_page_that_is_not_there_is_ill_by_its_exit_code_and_a_sentence(tmp_path, monkeypatch):
    (tmp_path / "settings.toml").write_text(f"[web]\nport = {free_port()}\n", encoding="utf-8")
    monkeypatch.setenv("CAMPUS_CONFIG", str(tmp_path))
    ran = CliRunner().invoke(main, ["health", "web"])
    assert ran.exit_code == 1 and "没有应答" in ran.output


def test_every_process_that_campus_run_starts_is_looked_after():
    parts = {part.name for parts in SERVICES.values() for part in parts} | {"web"}
    assert {"ingest": "ingest-main"}.keys() <= dict(PROCESSES).keys()
    assert {{"ingest": "ingest-main"}.get(name, name) for name, _ in PROCESSES} <= parts
