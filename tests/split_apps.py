"""The service as three apps beside each other, and the way of each request to the one that has its path."""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import httpx
from fastapi import FastAPI

from app.core.access_tokens import SigningKey
from app.core.settings import MODULES, JwtSettings, RuntimeSettings, Settings
from app.core.signing_keys import load_signing_key
from app.data.database import CommandListeners
from app.embedded.nginx import TEMPLATES
from app.main import create_app
from tests.fakes.clock import FakeClock
from tests.fakes.key_publisher import publish_keys

# As the gateway has it.
_PATTERN = re.compile(r"^    ~(\S+) (\w+);$", re.MULTILINE)


class SplitTransport(httpx.AsyncBaseTransport):
    """Leads requests to the app of their module, as `nginx/modules.conf.template` does."""

    def __init__(self, apps: Mapping[str, FastAPI]) -> None:
        text = (TEMPLATES / "modules.conf.template").read_text(encoding="utf-8")
        self._patterns = [(re.compile(pattern), module) for pattern, module in _PATTERN.findall(text)]
        self._transports = {module: httpx.ASGITransport(app) for module, app in apps.items()}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Hand the request on."""
        path = request.url.path
        module = next((module for pattern, module in self._patterns if pattern.search(path)), "tasks")
        return await self._transports[module].handle_async_request(request)


@asynccontextmanager
async def run_apart(
    settings: Settings, signing_key_file: Path, clock: FakeClock, listeners: CommandListeners
) -> AsyncIterator[dict[str, FastAPI]]:
    """Run an app for each module; only that of `auth` has the private key, whose public half is fetched."""
    async with AsyncExitStack() as stack:
        publisher = await stack.enter_async_context(publish_keys(SigningKey(load_signing_key(signing_key_file))))
        apps = {}
        for module in MODULES:
            runtime = RuntimeSettings(profile="local", enabled_modules=frozenset({module}))
            jwt = settings.jwt if module == "auth" else JwtSettings(jwks_url=publisher.url)
            app = create_app(
                settings.model_copy(update={"runtime": runtime, "jwt": jwt}), clock=clock, listeners=listeners
            )
            await stack.enter_async_context(app.router.lifespan_context(app))
            apps[module] = app
        yield apps
