"""The handle through which a test starts, steers and stops the provider process."""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from tests.fakes.openid_provider.controls import (
    CLIENT_ID,
    CLIENT_SECRET,
    Controls,
    Endpoint,
    EndpointFault,
    IdTokenFault,
)

REPOSITORY = Path(__file__).resolve().parents[3]
START_SECONDS = 30  # the imports take one second on an idle machine; test machines are busy
CONTROL_SECONDS = 10


class OpenIDProvider:
    """A real OpenID provider on a loopback port.

    Use it as `async with OpenIDProvider() as provider`, and call `start()` and `reset()` before each test that
    shares it. Port, signing keys and controls survive `stop()` and `start()`; authorization codes and access
    tokens do not.
    """

    client_id = CLIENT_ID
    client_secret = CLIENT_SECRET

    def __init__(self) -> None:
        self._port: int | None = None
        self._snapshot: dict[str, Any] = {}
        self._process: Process | None = None
        self._http: httpx.AsyncClient | None = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    @property
    def issuer(self) -> str:
        """The issuer identifier; the same after a restart."""
        if self._port is None:
            raise RuntimeError("the provider has not been started yet")
        return f"http://127.0.0.1:{self._port}"

    async def start(self) -> None:
        """Start the process unless it runs, and return when it answers."""
        if self._process is not None and self._process.returncode is None:
            return
        await self.stop()
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", __package__, cwd=REPOSITORY, stdin=PIPE, stdout=PIPE
        )
        try:
            self._port = await self._await_port(self._process)
        except BaseException:
            await self.stop()
            raise
        self._http = httpx.AsyncClient(base_url=self.issuer, timeout=CONTROL_SECONDS, trust_env=False)
        await self._control("GET", "state")

    async def _await_port(self, process: Process) -> int:
        assert process.stdin is not None
        assert process.stdout is not None
        start = {"port": self._port, "snapshot": self._snapshot}
        process.stdin.write(f"{json.dumps(start)}\n".encode())
        async with asyncio.timeout(START_SECONDS):
            line = await process.stdout.readline()
        if not line:
            raise RuntimeError("the OpenID provider ended before it listened; its standard error says why")
        return int(line)

    async def stop(self) -> None:
        """Kill the process, as a crash would: connections break and new ones are refused."""
        if self._http is not None:
            await self._http.aclose()
            self._http = None
        if self._process is not None:
            if self._process.returncode is None:
                self._process.kill()
            await self._process.communicate(b"")
            self._process = None

    async def restart(self) -> None:
        """Stop and start on the same port."""
        await self.stop()
        await self.start()

    async def follow(self, authorize_url: str) -> str:
        """Play the user's browser at the provider: open the URL, return the callback URL it redirects to."""
        answer = await self._client.get(authorize_url)
        if not answer.has_redirect_location:
            raise RuntimeError(f"the provider does not redirect: {answer.status_code} {answer.text}")
        return answer.headers["Location"]

    async def configure(self, **changes: Any) -> None:
        """Change the named `Controls` fields; the others stay."""
        named = Controls.model_validate(changes).model_dump(mode="json", include=set(changes))
        await self._control("PATCH", "controls", named)

    async def reset(self) -> None:
        """Be honest again, for the default user, with no request counted."""
        await self._control("POST", "reset")

    async def sign_in_as(self, **claims: Any) -> None:
        """Let the next authorizations sign in a user with exactly these claims."""
        await self.configure(claims=claims)

    async def refuse_sign_in(self, error: str = "access_denied") -> None:
        """Redirect the next authorizations back with an error instead of a code."""
        await self.configure(authorization_error=error)

    async def spoil_id_token(self, fault: IdTokenFault) -> None:
        """Issue ID tokens that a client has to refuse."""
        await self.configure(id_token_fault=fault)

    async def break_endpoint(self, endpoint: Endpoint, fault: EndpointFault) -> None:
        """Let this endpoint alone answer wrongly or late."""
        await self.configure(endpoint_faults={endpoint: fault})

    async def rotate_keys(self) -> None:
        """Sign with new keys under new `kid`s; the old ones are no longer published."""
        await self._control("POST", "rotate-keys")

    async def request_count(self, endpoint: Endpoint) -> int:
        """How often the endpoint was asked since the last reset or start."""
        await self._control("GET", "state")
        return self._snapshot["request_counts"].get(endpoint, 0)

    @property
    def _client(self) -> httpx.AsyncClient:
        if self._http is None:
            raise RuntimeError("the provider is stopped")
        return self._http

    async def _control(self, method: str, path: str, changes: dict[str, Any] | None = None) -> None:
        answer = await self._client.request(method, f"/_control/{path}", content=json.dumps(changes))
        if answer.is_error:
            raise RuntimeError(f"the provider refused {method} {path}: {answer.status_code} {answer.text}")
        self._snapshot = answer.json()
