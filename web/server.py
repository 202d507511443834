"""Listening: on the loopback address alone unless told otherwise, at a port that is free, ended cleanly."""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable

import uvicorn
from starlette.applications import Starlette

from campus.errors import CampusError
from web.guard import is_loopback

PORTS_TRIED = 100

Allowed = Callable[[str], bool]


class NotLoopback(CampusError):
    """Somebody asked for an address other people could reach."""

    def __init__(self, host: str) -> None:
        super().__init__(
            f"the page listens on 127.0.0.1 only, not on {host!r}: accounts do not exist yet, so anyone who can "
            "reach the address could read everything (还没有账号，页面只在本机开放)"
        )
        self.host = host


class PortTaken(CampusError):
    """Another program listens at the port."""

    def __init__(self, host: str, port: int, free: int | None) -> None:
        advice = f"port {free} is free" if free else "none of the ports after it is free"
        super().__init__(f"port {port} on {host} is taken by another program; {advice} (端口 {port} 已被占用)")
        self.port = port
        self.free = free


def anywhere(_host: str) -> bool:
    """Allow every address: for a container, whose port is published on the loopback address of its machine alone."""
    return True


def bind(host: str, port: int, allowed: Allowed = is_loopback) -> socket.socket:
    """Return a socket bound to an allowed `host`. Raises `NotLoopback`, or `PortTaken` with the next free port."""
    if not allowed(host):
        raise NotLoopback(host)
    try:
        return _bound(host, port)
    except OSError as error:
        if error.errno not in (errno.EADDRINUSE, errno.EACCES):
            raise
        raise PortTaken(host, port, next_free(host, port + 1)) from error


def next_free(host: str, first: int) -> int | None:
    """Return the first port from `first` on at which one could listen now."""
    for port in range(first, min(first + PORTS_TRIED, 65_536)):
        try:
            _bound(host, port).close()
        except OSError:
            continue
        return port
    return None


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        # A port in its last minutes after an earlier run may be used again; one somebody listens at may not.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host.strip("[]"), port))
        listener.listen()
    except OSError:
        listener.close()
        raise
    return listener


def server(app: Starlette) -> uvicorn.Server:
    """Return a server of the application; open streams end when it is told to."""
    config = uvicorn.Config(app, log_level="warning", access_log=False, ws="none", timeout_graceful_shutdown=3)
    running = uvicorn.Server(config)
    app.state.stopping = lambda: running.should_exit
    return running


def serve(app: Starlette, host: str, port: int, allowed: Allowed = is_loopback) -> None:
    """Serve until interrupted. Raises `NotLoopback` or `PortTaken` before anything starts."""
    listener = bind(host, port, allowed)
    try:
        server(app).run(sockets=[listener])
    finally:
        listener.close()
