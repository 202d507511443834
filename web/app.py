"""The application: its addresses, and the state they share."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Route

from web import pages, papers, pictures, plans, work
from web.assets import serve_asset
from web.guard import guarded
from web.hub import Hub
from web.press import Press
from web.state import Charts, View


def create_app(views: Mapping[str, View]) -> Starlette:
    """Return the page of each school, by its key, and the list of them at `/`."""
    school = "/schools/{key}"
    routes = [
        Route("/", pages.index),
        Route("/health", pages.health),
        Route("/assets/{version}/{name}", serve_asset),
        Route(school, pages.school),
        Route(f"{school}/events", pages.stream),
        Route(f"{school}/now.json", pages.now),
        Route(f"{school}/panels/{{name}}.{{form}}", pictures.panel),
        Route(f"{school}/savings/{{project}}/{{quantity}}.{{form}}", pictures.saving),
        Route(f"{school}/ledger", work.ledger),
        Route(f"{school}/findings/{{id:int}}", work.finding),
        Route(f"{school}/findings/{{id:int}}/evidence.{{form}}", pictures.evidence_of),
        Route(f"{school}/mails", work.mails),
        Route(f"{school}/mails/{{id:int}}", work.mail),
        Route(f"{school}/mails/{{id:int}}/body.html", work.mail_body),
        Route(f"{school}/plans", plans.listed),
        Route(f"{school}/plans/{{plan}}", plans.audit),
        Route(f"{school}/report", papers.years),
        Route(f"{school}/report/{{year:int}}", papers.report),
        Route(f"{school}/report/{{year:int}}/annual.{{form}}", papers.download),
    ]
    app = Starlette(routes=routes, middleware=[Middleware(guarded)], lifespan=_warm)
    app.state.hubs = {key: Hub(key, view) for key, view in views.items()}
    app.state.presses = {key: Press(view) for key, view in views.items()}
    app.state.charts = next((view.charts for view in views.values()), None)
    app.state.stopping = lambda: False
    app.exception_handlers[404] = pages.not_found
    return app


@asynccontextmanager
async def _warm(app: Starlette) -> AsyncIterator[None]:
    """Make the script of the charts while the first page is on its way."""
    charts: Charts | None = app.state.charts
    making = asyncio.create_task(asyncio.to_thread(charts.script)) if charts else None
    yield
    if making:
        await making
