"""Paths that hold a secret, and how they are told of to anybody."""

# What follows is the secret of a calendar feed: whoever knows the path reads somebody's tasks.
_BEGINNING = "/calendar/"


def hide_secrets(text: str) -> str:
    """Return a path, or text with one in it, without what follows where a secret begins."""
    before, beginning, secret = text.partition(_BEGINNING)
    return f"{before}{beginning}hidden" if secret else text
