"""Neither logs nor error reports nor answers ever show the secret of a token."""

import asyncio
import json
import sys
from pathlib import Path
from uuid import uuid4

from app.core.personal_tokens import PersonalToken
from app.embedded.mongo import EmbeddedMongo
from tests.integration.tokens import reporting_process


class TestAFaultWhileATokenIsAbout:
    async def test_shows_its_secret_to_nobody(self, mongo: EmbeddedMongo, signing_key_file: Path) -> None:
        token = PersonalToken.mint(uuid4(), uuid4())
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", reporting_process.__name__, mongo.url, str(signing_key_file)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        output, logs = (part.decode() for part in await process.communicate(token.encode().encode()))

        assert process.returncode == 0, logs
        result = json.loads(output)
        # The fault was met, logged and reported, with the token at hand ...
        assert str(token.token_id) in logs
        assert "about_to_fail" in logs
        assert "RuntimeError" in logs
        assert any("a fault that knows" in json.dumps(report) for report in result["reports"])
        assert "/problems/internal-error" in result["answers"][0]
        # ... and no part of the secret got out.
        body = token.encode()[3:-6]
        for text in (logs, output):
            assert token.encode() not in text
            assert body[len(body) // 2 :] not in text
            assert token.secret.hex() not in text
            assert repr(token.secret) not in text
