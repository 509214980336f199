"""What the OpenAPI document does not tell of single operations, and a run of the Postman collection needs."""

from collections.abc import Mapping
from dataclasses import dataclass, field

# Why these are left to people.
BY_HAND: Mapping[str, str] = {
    "streamEvents": "The answer never ends; `curl -N` shows it better.",
    "beginLogin": "Redirects to the sign-in provider: open it in a browser.",
    "finishLogin": "The provider sends the browser here.",
}

# Whoever calls these has to sign in again, so they come last; every request signs in when it must.
ENDS_THE_SESSION = frozenset({"endSession", "endSessionsOfUser", "logOut", "logOutEverywhere", "eraseAccount"})


@dataclass(frozen=True, slots=True)
class Special:
    """How one operation differs from the rest."""

    # Below 0: ahead of its folder; above: behind it.
    order: int = 0
    body: str | None = None
    query: Mapping[str, str] = field(default_factory=dict)
    # By the variable's name, the script's expression for its value.
    captures: Mapping[str, str] = field(default_factory=dict)
    # A script that runs ahead of the request.
    before: str | None = None


_SIGNED_IN = {
    "access_token": "pm.response.json().access_token",
    "refresh_token": "pm.response.json().refresh_token",
}

_SPECIAL: Mapping[str, Special] = {
    "devLogin": Special(order=-1, body='{"email": "{{email}}"}', captures=_SIGNED_IN),
    "refreshSession": Special(body='{"refresh_token": "{{refresh_token}}"}', captures=_SIGNED_IN),
    "logOut": Special(body='{"refresh_token": "{{refresh_token}}"}'),
    "logOutEverywhere": Special(body="{}"),
    "endSession": Special(order=-1),  # of those that `listSessions` told, while they live
    "restoreTask": Special(order=1),  # of the task that was just deleted
    "eraseAccount": Special(order=1),
    "importFile": Special(captures={"import_id": "pm.response.json().id"}),
    "renewCalendarFeed": Special(captures={"secret": 'pm.response.json().url.split("/").pop().replace(".ics", "")'}),
    "readNotifications": Special(body='{"all": true}'),  # or some, by their ids
    "updateUser": Special(body='{"disabled": false}'),  # of the newest one, who may be the last administrator
}

_PLAIN = Special()


def special_of(operation_id: str) -> Special:
    """Return how an operation differs; most do not."""
    return _SPECIAL.get(operation_id, _PLAIN)


def special_operations() -> frozenset[str]:
    """The operations that are named here; a test compares them with those that there are."""
    return frozenset(_SPECIAL) | frozenset(BY_HAND) | ENDS_THE_SESSION
