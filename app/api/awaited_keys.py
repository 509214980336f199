"""Access tokens under a key that this process has not seen yet: they wait until it was looked for."""

from collections.abc import Awaitable

from starlette.types import ASGIApp, Receive, Scope, Send

from app.api.credentials import CredentialReader
from app.core.published_keys import PublishedKeys


class AwaitedKeysMiddleware:
    """Lets the key of an access token be looked for once more before anybody judges the request.

    For processes that fetch their keys (`app.state.key_source`). It must be around whatever reads credentials, or
    the first requests under a new key would count as those of nobody; all others pass at the cost of a look.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Handle one connection of any type; only http requests bear tokens."""
        if scope["type"] != "http":
            return self._app(scope, receive, send)
        reader: CredentialReader | None = getattr(scope["app"].state, "credentials", None)
        key_id = None if reader is None else reader.read(scope).missing_key
        if reader is None or key_id is None:
            return self._app(scope, receive, send)
        return self._look(key_id, reader, scope, receive, send)

    async def _look(self, key_id: str, reader: CredentialReader, scope: Scope, receive: Receive, send: Send) -> None:
        keys: PublishedKeys = scope["app"].state.key_source
        await keys.look_for(key_id)
        reader.read_again(scope)
        await self._app(scope, receive, send)
