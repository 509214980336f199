"""Logins through all configured providers: begin, and finish with a proven identity."""

from collections.abc import Mapping
from dataclasses import dataclass

from app.auth.errors import SignInRefusedError, UnknownProviderError
from app.auth.oidc.login_state import LoginState, LoginStateCodec
from app.auth.oidc.provider import OidcClient
from app.auth.sign_in import ProvenIdentity
from app.core.clock import Clock


@dataclass(frozen=True, slots=True)
class BegunLogin:
    """Where the browser goes, and the cookie that it takes along."""

    url: str
    cookie_name: str
    cookie: str


@dataclass(frozen=True, slots=True)
class Callback:
    """What the browser brings back from the provider, with its cookie for that state."""

    state: str
    cookie: str | None
    code: str | None
    error: str | None


@dataclass(frozen=True, slots=True)
class FinishedLogin:
    """Who came back, and where the browser wanted to go."""

    identity: ProvenIdentity
    next_path: str
    cookie_name: str


class OidcLogins:
    """The logins of all browsers; nothing is kept here between begin and finish."""

    def __init__(self, clients: Mapping[str, OidcClient], states: LoginStateCodec, clock: Clock) -> None:
        self._clients = clients
        self._states = states
        self._clock = clock

    @property
    def titles(self) -> Mapping[str, str]:
        """The configured providers' titles by their names."""
        return {name: client.provider.title for name, client in self._clients.items()}

    async def begin(self, provider: str, next_path: str) -> BegunLogin:
        """Begin a login that ends at `next_path`.

        Raises `UnknownProviderError`, `ProviderAwayError` or `UnusableProviderAnswerError`.
        """
        client = self._find(provider)
        login = LoginState.begin(provider, next_path, self._clock.now())
        return BegunLogin(await client.authorization_url(login), login.cookie_name, self._states.encode(login))

    async def finish(self, provider: str, callback: Callback) -> FinishedLogin:
        """Finish a login. Raises `InvalidLoginStateError` before anything else is looked at.

        Raises `UnknownProviderError`, `SignInRefusedError`, `ProviderAwayError` or
        `UnusableProviderAnswerError`.
        """
        client = self._find(provider)
        login = self._states.decode(callback.cookie, provider, callback.state, self._clock.now())
        if callback.error is not None or callback.code is None:
            raise SignInRefusedError("The sign-in was cancelled or refused at the provider.")
        return FinishedLogin(await client.prove(callback.code, login), login.next, login.cookie_name)

    def _find(self, provider: str) -> OidcClient:
        try:
            return self._clients[provider]
        except KeyError:
            raise UnknownProviderError from None
