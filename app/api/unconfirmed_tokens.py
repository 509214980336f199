"""Personal tokens that a request was counted by, and that nobody then confirmed: they are nobody's again."""

from collections.abc import Awaitable

from starlette.types import ASGIApp, Receive, Scope, Send

from app.api.credentials import CredentialReader, find_credentials


class UnconfirmedTokensMiddleware:
    """Forgets a remembered personal token after a request in which neither the cache nor the router confirmed it.

    It may have been revoked, and whoever goes on sending it must not use up its former owner's limit: not on paths
    either at which nobody asks who is calling, or with bodies that are refused ahead of that question. One that is
    alive is confirmed by its next request, at the cost of its first one. `CachedReadsMiddleware` must be around this,
    so that nothing is done for what it answers.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Handle one connection of any type; only requests by remembered personal tokens are dealt with here."""
        credentials = find_credentials(scope)
        if credentials is None or credentials.grant is None or _is_confirmed(scope):
            return self._app(scope, receive, send)
        return self._watch(scope, receive, send)

    async def _watch(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._app(scope, receive, send)
        finally:
            if not _is_confirmed(scope):
                reader: CredentialReader = scope["app"].state.credentials
                reader.forget(scope)


def _is_confirmed(scope: Scope) -> bool:
    """Whether the cache or the router has named the user, who then is more than what the request says."""
    return "user_id" in scope["state"]
