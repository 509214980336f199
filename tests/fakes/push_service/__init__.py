"""A push service with the browsers behind it: checks what RFC 8030 and RFC 8292 demand, and decrypts what it is sent.

`PushService` is the handle; the service is a process of its own on a loopback port.
"""

from tests.fakes.push_service.handle import Behaviour, PushService

__all__ = ["Behaviour", "PushService"]
