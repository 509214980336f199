"""What can go wrong with notifications."""

from app.core.errors import NotFoundError


class OutboxEntryNotFoundError(NotFoundError):
    """No entry of that id has been given up; it may have been tried again and be done."""

    def __init__(self) -> None:
        super().__init__("There is no such entry among those that were given up.")
