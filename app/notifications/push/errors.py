"""What can go wrong with subscriptions to pushes."""

from app.core.errors import NotFoundError, ProblemError


class PushNotConfiguredError(ProblemError):
    """There is no key for web pushes."""

    slug = "push-not-configured"
    title = "Web push not set up"
    status = 404

    def __init__(self) -> None:
        super().__init__("This installation sends no web pushes.")


class SubscriptionNotFoundError(NotFoundError):
    """There is no such subscription, or it is somebody else's."""

    def __init__(self) -> None:
        super().__init__("There is no such push subscription.")


class SubscriptionQuotaExceededError(ProblemError):
    """The account has as many subscriptions as it may."""

    slug = "quota-exceeded"
    title = "Quota exceeded"
    status = 409

    def __init__(self, quota: int) -> None:
        super().__init__(f"An account has at most {quota} push subscriptions; remove one that is not used any more.")
