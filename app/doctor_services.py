"""Ledger, mail server and Grafana, as `campus doctor` tries them: nothing is sent, made or published."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace

from app.letters import server_of
from app.machine import Check, Verdict
from app.settings import MailSettings, Settings
from app.wiring import open_books

# Somebody waits in front of the terminal; the post itself is more patient [s].
MAIL_TIMEOUT_S = 10.0


def ledger(settings: Settings) -> Check:
    """Can the ledger be opened? A file that is not there yet is left unmade. Raises `LedgerUnavailable`."""
    file = settings.data.ledger
    if not settings.ledger.url and not file.exists():
        return Check("ledger", Verdict.OK, f"{file} is made when it is first needed")
    with closing(open_books(settings)):
        return Check("ledger", Verdict.OK, f"opened {'as [ledger] says' if settings.ledger.url else file}")


def mail(settings: MailSettings) -> Check:
    """Does the mail server let us in? Raises what the post would be held by."""
    from alerts.server import open_connection

    server, sender = server_of(settings)
    with closing(open_connection(replace(server, timeout_s=MAIL_TIMEOUT_S))):
        how = f"as {server.username}" if server.username else "without an account"
        return Check("mail", Verdict.OK, f"{server} lets us in {how}, to write as {sender}")


def grafana(settings: Settings) -> Check:
    """Does Grafana answer, and know the administrator? Raises `PublishFailed`."""
    from dashboards.grafana_server import Server, ask, connected, version_of

    where = settings.grafana
    server = Server(where.url, where.username, where.password)
    with connected(server) as api:
        version = version_of(server, api)
        ask(server, api.organization.get_current_organization, {})
    return Check("grafana", Verdict.OK, f"{server}: Grafana {version}".rstrip())
