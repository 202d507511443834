"""What every answer carries, and who may ask: nothing from elsewhere runs here, nobody elsewhere reads here."""

from __future__ import annotations

import ipaddress

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "frame-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def is_loopback(host: str) -> bool:
    """Whether a host name or address means this machine alone."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def guarded(app: ASGIApp) -> ASGIApp:
    """Wrap an application: refuse foreign host names (DNS rebinding), add the headers above."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                # A page may bring a policy of its own, such as a mail's body, which styles itself and runs nothing.
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        if is_loopback(_host(Headers(scope=scope).get("host", ""))):
            await app(scope, receive, send_guarded)
        else:
            refusal = PlainTextResponse("This page answers on the loopback address only.\n", status_code=421)
            await refusal(scope, receive, send_guarded)

    return answer


def _host(header: str) -> str:
    """Return the host of a Host header without its port."""
    return header.rpartition("]")[0] + "]" if header.startswith("[") else header.partition(":")[0]
