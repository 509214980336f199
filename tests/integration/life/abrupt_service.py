"""One process of the service that ends as uvicorn's own server does: `abrupt_service.py FD`."""

import sys
from typing import Any

import uvicorn

from app import serving


def make_server(config: uvicorn.Config, **_options: Any) -> uvicorn.Server:
    """Return the server without what ours adds to it."""
    return uvicorn.Server(config)


if __name__ == "__main__":
    serving.GracefulServer = make_server
    serving.main(sys.argv[1:])
