"""The handle through which a test starts, steers and stops the push service process."""

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

import httpx

REPOSITORY = Path(__file__).resolve().parents[3]
START_SECONDS = 30  # the imports take a second on an idle machine; test machines are busy
CONTROL_SECONDS = 10

Behaviour = Literal["none", "never", "endless", "drip"]


class PushService:
    """A push service on a loopback port, as `async with PushService() as service`; `reset()` before each test."""

    def __init__(self) -> None:
        self.origin = ""
        self._process: Process | None = None
        self._http: httpx.AsyncClient | None = None

    async def __aenter__(self) -> Self:
        self._process = process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", __package__, cwd=REPOSITORY, stdin=PIPE, stdout=PIPE
        )
        assert process.stdout is not None
        async with asyncio.timeout(START_SECONDS):
            line = await process.stdout.readline()
        if not line:
            raise RuntimeError("the push service ended before it listened; its standard error says why")
        self.origin = f"http://127.0.0.1:{int(line)}"
        self._http = httpx.AsyncClient(base_url=self.origin, timeout=CONTROL_SECONDS, trust_env=False)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._http is not None
        assert self._process is not None
        await self._http.aclose()
        self._process.kill()
        await self._process.communicate(b"")

    async def reset(self, now: datetime) -> None:
        """Forget every browser, behave, and go by this clock."""
        await self._control({"reset": True, "now": now.timestamp()})

    async def set_clock(self, now: datetime) -> None:
        """Go by another clock."""
        await self._control({"now": now.timestamp()})

    async def subscribe(self, application_server_key: str) -> dict[str, Any]:
        """Be a browser that subscribes; returns what its `PushSubscription.toJSON()` does."""
        return await self._post("/_control/subscribe", {"application_server_key": application_server_key})

    async def answer(self, status: int, body: Behaviour = "none", **headers: str) -> None:
        """Answer every push so from now on, whatever it is."""
        await self._control({"behaviour": {"status": status, "body": body, "headers": headers}})

    async def behave(self) -> None:
        """Answer pushes as they deserve again."""
        await self._control({"behaviour": {}})

    async def messages(self, endpoint: str) -> list[dict[str, Any]]:
        """Return what a browser has received and decrypted: `{"content", "headers", "size"}`, in order."""
        found: list[dict[str, Any]] = (await self._control({}))["messages"][endpoint]
        return found

    async def request_count(self) -> int:
        """How many pushes there were, refused ones too."""
        count: int = (await self._control({}))["requests"]
        return count

    async def refusals(self) -> list[str]:
        """Why pushes were refused."""
        refusals: list[str] = (await self._control({}))["refusals"]
        return refusals

    async def _control(self, changes: dict[str, Any]) -> dict[str, Any]:
        return await self._post("/_control", changes)

    async def _post(self, path: str, content: dict[str, Any]) -> dict[str, Any]:
        assert self._http is not None
        answer = await self._http.post(path, json=content)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found
