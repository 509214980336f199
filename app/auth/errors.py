"""What can go wrong with signing in, sessions and accounts."""

from app.core.errors import ForbiddenError, NotFoundError, ProblemError, ServiceUnavailableError


class AccountDisabledError(ForbiddenError):
    """An administrator has disabled the account."""

    slug = "account-disabled"
    title = "Account disabled"

    def __init__(self) -> None:
        super().__init__("This account has been disabled.")


class EmailTakenError(ProblemError):
    """The e-mail address belongs to another account; accounts are never merged by e-mail."""

    slug = "email-taken"
    title = "E-mail address taken"
    status = 409

    def __init__(self) -> None:
        super().__init__("Another account has this e-mail address. Sign in the way you did the first time.")


class LastAdminError(ProblemError):
    """Without this administrator nobody could administer the installation any more."""

    slug = "last-admin"
    title = "Last administrator"
    status = 409

    def __init__(self) -> None:
        super().__init__("This is the last administrator who is not disabled. Make somebody else one first.")


class UserNotFoundError(NotFoundError):
    """There is no such user, or the account is being erased."""

    def __init__(self, detail: str = "There is no such user.") -> None:
        super().__init__(detail)


class SessionNotFoundError(NotFoundError):
    """There is no such session, or it is somebody else's."""

    def __init__(self) -> None:
        super().__init__("There is no such session.")


class TokenNotFoundError(NotFoundError):
    """There is no such personal token, or it is somebody else's."""

    def __init__(self) -> None:
        super().__init__("There is no such personal token.")


class TokenQuotaExceededError(ProblemError):
    """The account has as many personal tokens as it may."""

    slug = "quota-exceeded"
    title = "Quota exceeded"
    status = 409

    def __init__(self, quota: int) -> None:
        super().__init__(f"An account has at most {quota} personal tokens; revoke one that is not used any more.")


class UnknownProviderError(NotFoundError):
    """No sign-in provider of that name is configured."""

    def __init__(self) -> None:
        super().__init__("There is no such sign-in provider.")


class InvalidLoginStateError(ProblemError):
    """The callback does not belong to a login that this browser began a short time ago."""

    slug = "invalid-login-state"
    title = "Invalid login state"
    status = 400

    def __init__(self) -> None:
        super().__init__("This sign-in was not begun in this browser, or too long ago. Begin again.")


class SignInRefusedError(ProblemError):
    """The provider, or its answer's content, refuses this sign-in."""

    slug = "sign-in-refused"
    title = "Sign-in refused"
    status = 400


class UnusableProviderAnswerError(ProblemError):
    """The provider answered with something that no sign-in can rest on."""

    slug = "provider-answer-unusable"
    title = "Unusable answer of the sign-in provider"
    status = 502


class ProviderAwayError(ServiceUnavailableError):
    """The provider did not answer in time; the rest of the service is unaffected."""

    slug = "provider-unavailable"
    title = "Sign-in provider unavailable"

    def __init__(self) -> None:
        super().__init__("The sign-in provider does not answer. Try again in a moment.")
