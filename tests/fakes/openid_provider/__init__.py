"""An OpenID provider that runs as a process of its own and misbehaves on request."""

from tests.fakes.openid_provider.controls import (
    GARBAGE,
    INVALID_GRANT,
    SERVER_ERROR,
    Controls,
    EndpointFault,
    IdTokenFault,
    slow,
)
from tests.fakes.openid_provider.handle import OpenIDProvider

__all__ = [
    "GARBAGE",
    "INVALID_GRANT",
    "SERVER_ERROR",
    "Controls",
    "EndpointFault",
    "IdTokenFault",
    "OpenIDProvider",
    "slow",
]
