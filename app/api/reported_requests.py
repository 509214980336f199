"""Reports faults in requests, and the course of requests, where reports are on."""

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.paths import OPERATIONS_PATHS
from app.api.route_labels import method_label, route_template
from app.core.error_reports import report_request


class ReportedRequestsMiddleware:
    """Stands ahead of the router, behind what answers from the cache."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection of any type; only http is dealt with here."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        with report_request(
            method_label(scope),
            lambda: route_template(scope),
            ignored=(ClientDisconnect,),
            is_of_interest=scope["path"] not in OPERATIONS_PATHS,
        ) as tell_status:

            async def send_and_tell(message: Message) -> None:
                if message["type"] == "http.response.start":
                    tell_status(message["status"])
                await send(message)

            await self._app(scope, receive, send_and_tell)
