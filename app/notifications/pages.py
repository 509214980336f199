"""The page of the browser app that shows what somebody is told of, the same by whichever channel."""

from app.notifications.channel import Message
from app.notifications.kinds import kind_of


def find_page(message: Message) -> str:
    """Return the path, with its query, from the root of the app."""
    match kind_of(message.occasion):
        case "reminder":
            return f"/all?task={message.subject}"
        case "digest":
            return "/today"
        case "security":
            return "/settings"
        case "welcome":
            return "/"
