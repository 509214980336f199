"""What a request says of its sender: found once, verified once, remembered until it expires."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from app.api import credentials as credentials_module
from app.api.cookies import SessionCookies
from app.api.credentials import CredentialReader
from app.core.access_tokens import AccessClaims, InvalidTokenError
from app.core.identity import TokenGrant
from app.core.personal_tokens import PersonalToken

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
USER, SESSION = UUID(int=1), UUID(int=2)
TOKEN = PersonalToken.mint(USER, UUID(int=3))
GRANT = TokenGrant(frozenset({"tasks:read"}), (NOW + timedelta(hours=1)).timestamp())


class Verifier:
    """Takes `token-<number>` for valid, and counts."""

    def __init__(self) -> None:
        self.count = 0

    def verify(self, token: str) -> AccessClaims:
        self.count += 1
        if not token.startswith("token-"):
            raise InvalidTokenError("the token is not valid")
        return AccessClaims(USER, SESSION, "user", NOW + timedelta(minutes=10))


class Hands:
    def __init__(self) -> None:
        self.now = NOW.timestamp()
        self.verifier = Verifier()
        unused: Any = self.verifier
        self.uses: list[tuple[UUID, UUID, float]] = []
        self.reader = CredentialReader(
            unused, SessionCookies(is_secure=False), lambda: self.now, lambda *use: self.uses.append(use)
        )


@pytest.fixture
def hands() -> Hands:
    return Hands()


def scope(**headers: str) -> dict[str, Any]:
    return {"type": "http", "headers": [(name.encode(), value.encode()) for name, value in headers.items()]}


class TestTheAuthorizationHeader:
    @pytest.mark.parametrize("header", ["Bearer token-1", "bearer token-1", "BEARER  token-1 "])
    def test_holds_a_token(self, header: str, hands: Hands) -> None:
        found = hands.reader.read(scope(authorization=header))

        assert found.claims is not None
        assert (found.user_name, found.is_cookie) == (str(USER), False)

    @pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic token-1", "token-1", "Bearertoken-1"])
    def test_is_refused_when_it_is_something_else(self, header: str, hands: Hands) -> None:
        found = hands.reader.read(scope(authorization=header, cookie="access=token-1"))

        assert found.claims is None
        assert found.refusal is not None
        assert found.refusal.headers["WWW-Authenticate"] == 'Bearer error="invalid_request"'

    def test_that_is_missing_leaves_the_cookie(self, hands: Hands) -> None:
        found = hands.reader.read(scope(cookie="other=1; access=token-1"))

        assert found.claims is not None
        assert found.is_cookie

    def test_and_no_cookie_are_no_credentials(self, hands: Hands) -> None:
        found = hands.reader.read(scope())

        assert found.claims is None
        assert found.refusal is not None
        assert found.refusal.headers["WWW-Authenticate"] == "Bearer"


class TestAValidToken:
    def test_is_verified_once(self, hands: Hands) -> None:
        for _ in range(3):
            assert hands.reader.read(scope(authorization="Bearer token-1")).claims is not None

        assert hands.verifier.count == 1

    def test_is_looked_for_once_a_request(self, hands: Hands) -> None:
        request = scope(authorization="Bearer token-1")

        assert hands.reader.read(request) is hands.reader.read(request)

    def test_is_verified_anew_when_it_has_expired(self, hands: Hands) -> None:
        hands.reader.read(scope(authorization="Bearer token-1"))
        hands.now += timedelta(minutes=10).total_seconds()
        hands.reader.read(scope(authorization="Bearer token-1"))

        assert hands.verifier.count == 2

    def test_does_not_vouch_for_the_other_way_to_send_it(self, hands: Hands) -> None:
        """A cookie has to come from our own pages, a header need not."""
        assert not hands.reader.read(scope(authorization="Bearer token-1")).is_cookie
        assert hands.reader.read(scope(cookie="access=token-1")).is_cookie
        assert not hands.reader.read(scope(authorization="Bearer token-1")).is_cookie

    @pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
    def test_is_remembered_once_however_it_is_spelled(self, scheme: str, hands: Hands) -> None:
        for spaces in (1, 2, 2_000):
            found = hands.reader.read(scope(authorization=f"{scheme}{' ' * spaces}token-1{' ' * (spaces - 1)}"))
            assert found.claims is not None

        assert len(hands.reader._remembered) == 1
        assert hands.verifier.count == 1

    @pytest.mark.parametrize(("length", "count"), [(1_024, 1), (1_025, 2)])
    def test_is_not_remembered_when_it_is_long(self, length: int, count: int, hands: Hands) -> None:
        """Some that were signed by others, of several KB each, would take much memory."""
        for _ in range(2):
            hands.reader.read(scope(authorization="Bearer token-".ljust(length, "0")))

        assert hands.verifier.count == count

    def test_is_forgotten_when_there_are_too_many(self, hands: Hands, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(credentials_module, "_MAX_REMEMBERED", 20)
        for number in range(100):
            hands.reader.read(scope(authorization=f"Bearer token-{number}"))

        assert len(hands.reader._remembered) <= 20
        assert hands.reader.read(scope(authorization="Bearer token-99")).claims is not None
        assert hands.verifier.count == 100


class TestAnInvalidToken:
    def test_is_refused_each_time_and_not_remembered(self, hands: Hands) -> None:
        for _ in range(2):
            found = hands.reader.read(scope(authorization="Bearer made up"))
            assert found.claims is None
            assert found.refusal is not None
            assert found.refusal.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'

        assert hands.verifier.count == 2


class TestAPersonalToken:
    def test_is_nobodys_before_it_was_verified(self, hands: Hands) -> None:
        found = hands.reader.read(scope(authorization=f"Bearer {TOKEN.encode()}"))

        assert (found.claims, found.refusal, found.user_name) == (None, None, "")
        assert found.unverified == TOKEN
        assert not hands.reader._remembered

    def test_is_its_users_once_it_was(self, hands: Hands) -> None:
        verified = scope(authorization=f"Bearer {TOKEN.encode()}")
        hands.reader.read(verified)
        hands.reader.accept(verified, TOKEN, GRANT)

        for request in (verified, scope(authorization=f"Bearer {TOKEN.encode()}")):
            found = hands.reader.read(request)
            assert found.claims is not None
            assert (found.claims.user_id, found.claims.session_id, found.claims.role) == (USER, UUID(int=3), None)
            assert (found.user_name, found.grant, found.unverified) == (str(USER), GRANT, None)
        assert hands.verifier.count == 0

    def test_does_not_vouch_for_one_with_another_secret(self, hands: Hands) -> None:
        verified = scope(authorization=f"Bearer {TOKEN.encode()}")
        hands.reader.read(verified)
        hands.reader.accept(verified, TOKEN, GRANT)
        other = PersonalToken.mint(TOKEN.user_id, TOKEN.token_id)

        assert hands.reader.read(scope(authorization=f"Bearer {other.encode()}")).claims is None

    @pytest.mark.parametrize("end", ["expiry", "refusal"])
    def test_is_nobodys_again_after(self, end: str, hands: Hands) -> None:
        verified = scope(authorization=f"Bearer {TOKEN.encode()}")
        hands.reader.read(verified)
        hands.reader.accept(verified, TOKEN, GRANT)
        if end == "expiry":
            hands.now = GRANT.expires_at
        else:
            hands.reader.forget(verified)

        found = hands.reader.read(scope(authorization=f"Bearer {TOKEN.encode()}"))
        assert (found.claims, found.unverified) == (None, TOKEN)

    def test_is_remembered_and_forgotten_as_one_however_it_is_spelled(self, hands: Hands) -> None:
        names = ("Bearer", "bEARER", "Bearer" + " " * 2_000)
        spellings = [f"{name} {TOKEN.encode()}{end}" for name in names for end in ("", " ")]
        for first in spellings:
            request = scope(authorization=first)
            hands.reader.read(request)
            hands.reader.accept(request, TOKEN, GRANT)
            assert len(hands.reader._remembered) == 1
            assert all(hands.reader.read(scope(authorization=text)).grant == GRANT for text in spellings)

            hands.reader.forget(scope(authorization=spellings[-1]))
            assert not hands.reader._remembered

    @pytest.mark.parametrize(
        "text",
        ["tf_", TOKEN.encode()[:-1], TOKEN.encode() + "x", "tf_" + "0" * 92],
        ids=["nothing", "too short", "too long", "another checksum"],
    )
    def test_that_was_damaged_is_refused_without_a_look(self, text: str, hands: Hands) -> None:
        found = hands.reader.read(scope(authorization=f"Bearer {text}"))

        assert (found.claims, found.unverified) == (None, None)
        assert found.refusal is not None
        assert found.refusal.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'
        assert text not in found.refusal.detail

    def test_is_not_taken_from_a_cookie(self, hands: Hands) -> None:
        """Other sites could make a browser send it."""
        found = hands.reader.read(scope(cookie=f"access={TOKEN.encode()}"))

        assert (found.claims, found.unverified) == (None, None)

    def test_is_noted_when_it_was_used(self, hands: Hands) -> None:
        request = scope(authorization=f"Bearer {TOKEN.encode()}")
        hands.reader.note_use(hands.reader.read(request))
        assert not hands.uses
        hands.reader.accept(request, TOKEN, GRANT)
        hands.reader.note_use(hands.reader.read(request))

        assert hands.uses == [(USER, UUID(int=3), NOW.timestamp())]

    def test_is_not_what_an_access_token_is_noted_as(self, hands: Hands) -> None:
        hands.reader.note_use(hands.reader.read(scope(authorization="Bearer token-1")))

        assert not hands.uses
