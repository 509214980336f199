"""What users are told of, and by which channels they are unless they say otherwise."""

from collections.abc import Mapping
from typing import Literal, get_args

Kind = Literal["reminder", "digest", "security", "welcome"]
ChannelName = Literal["in_app", "email", "push"]

KINDS: tuple[Kind, ...] = get_args(Kind)
CHANNELS: tuple[ChannelName, ...] = get_args(ChannelName)

# Kinds that users choose channels for. A welcome comes before anybody could have chosen.
CHOSEN_KINDS: tuple[Kind, ...] = ("reminder", "digest", "security")

DEFAULT_CHANNELS: Mapping[Kind, frozenset[ChannelName]] = {
    "reminder": frozenset({"in_app", "push"}),
    "digest": frozenset({"email"}),
    "security": frozenset({"in_app", "email"}),
    "welcome": frozenset({"email"}),
}

# Whoever has got hold of an account must not be able to keep its owner from hearing of it.
REQUIRED_CHANNELS: Mapping[Kind, frozenset[ChannelName]] = {"security": frozenset({"email"})}

# What cannot wait for the morning.
URGENT_KINDS: frozenset[Kind] = frozenset({"security", "welcome"})


def kind_of(occasion: str) -> Kind:
    """Return the kind of an outbox entry's occasion: what stands before the dot, as in `security.new-device`.

    Raises `ValueError` for one that this version does not know.
    """
    head = occasion.partition(".")[0]
    for kind in KINDS:
        if head == kind:
            return kind
    raise ValueError(f"unknown kind {occasion!r}")
