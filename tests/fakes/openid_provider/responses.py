"""JSON answers that can carry any claim, lone surrogates included."""

import json
from typing import Any

from starlette.responses import JSONResponse


class AsciiJSONResponse(JSONResponse):
    """JSON with every other character escaped; Starlette's own cannot encode a lone surrogate."""

    def render(self, content: Any) -> bytes:
        return json.dumps(content).encode("ascii")
