"""Which of the codings that there are a client would rather have (RFC 9110, section 12.5.3)."""

import re
from collections.abc import Sequence

_WEIGHTED = re.compile(r"([a-z0-9!#$%&'*+.^_`|~-]+)(?:[ \t]*;[ \t]*q=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?))?")


def choose_coding(accept_encoding: str, available: Sequence[str]) -> str | None:
    """Return the coding to send of those `available` (the best first), or None to send the thing as it is.

    `accept_encoding` is the value of the header, empty if there is none. What is malformed in it is not accepted.
    """
    weights: dict[str, float] = {}
    for part in accept_encoding.lower().split(","):
        if match := _WEIGHTED.fullmatch(part.strip()):
            weights[match[1]] = float(match[2] or 1)
    others = weights.get("*", 0.0)
    best = max(available, key=lambda coding: weights.get(coding, others), default=None)
    if best is None:
        return None
    weight = weights.get(best, others)
    return best if weight > 0 and weight >= weights.get("identity", 0.0) else None
