"""What is taken over from a provider's claims."""

from typing import Any

import pytest

from app.auth.errors import UnusableProviderAnswerError
from app.auth.oidc.claims import complete, is_complete, read_identity

ADA = {
    "sub": "ada-1815",
    "email": "Ada@Example.org",
    "email_verified": True,
    "name": "Ada Lovelace",
    "picture": "https://example.org/ada.png",
}


class TestAnIdentity:
    def test_is_read_from_complete_claims(self) -> None:
        identity = read_identity("google", ADA)
        assert (identity.identity_id, identity.email_id) == ("google:ada-1815", "email:ada@example.org")
        assert (identity.name, identity.picture_url) == ("Ada Lovelace", "https://example.org/ada.png")

    def test_needs_nothing_but_the_subject(self) -> None:
        identity = read_identity("corp", {"sub": "x" * 255})
        assert (identity.email, identity.email_id, identity.name, identity.picture_url) == (None,) * 4

    @pytest.mark.parametrize("subject", [None, "", 5, True, [], "x" * 256, "a\nb", "a\x00", "é", "a\u2028"])
    def test_is_none_without_a_usable_subject(self, subject: object) -> None:
        with pytest.raises(UnusableProviderAnswerError):
            read_identity("google", ADA | {"sub": subject})

    @pytest.mark.parametrize("verified", [None, False, "true", "True", 1, 1.0, [True]])
    def test_has_no_address_that_is_not_verified(self, verified: object) -> None:
        assert read_identity("google", ADA | {"email_verified": verified}).email is None

    @pytest.mark.parametrize("email", [None, "", 5, "ada", ["ada@example.org"], "ada@example.org\x00"])
    def test_has_no_address_that_is_none(self, email: object) -> None:
        assert read_identity("google", ADA | {"email": email}).email is None

    @pytest.mark.parametrize(
        ("given", "kept"),
        [
            (None, None),
            (5, None),
            ("", None),
            (" \n\t ", None),
            ("\x00", None),
            ("A\x00d\u200ba", "Ada"),
            ("  Ada  ", "Ada"),
            ("x" * 300, "x" * 200),
            ("x" * 199 + " y", "x" * 199),
        ],
    )
    def test_has_a_name_that_can_be_shown(self, given: object, kept: str | None) -> None:
        assert read_identity("google", ADA | {"name": given}).name == kept

    @pytest.mark.parametrize(
        "picture",
        [
            None,
            5,
            "",
            "http://example.org/a.png",
            "javascript:alert(1)",
            "https://",
            "https://[::x]/",
            "//example.org/a.png",
            "https://example.org/\n",
            "https://example.org/é",
            "https://example.org/" + "x" * 2_048,
        ],
    )
    def test_has_no_picture_that_browsers_should_not_load(self, picture: object) -> None:
        assert read_identity("google", ADA | {"picture": picture}).picture_url is None


class TestCompletingClaims:
    def test_is_needed_when_one_is_missing(self) -> None:
        assert is_complete(ADA)
        for name in ("email", "email_verified", "name", "picture"):
            assert not is_complete({key: value for key, value in ADA.items() if key != name})

    def test_prefers_the_id_token(self) -> None:
        assert complete({"sub": "a", "name": "Signed"}, {"sub": "a", "name": "Other", "picture": "p"}) == {
            "sub": "a",
            "name": "Signed",
            "picture": "p",
            "email_verified": False,
        }

    @pytest.mark.parametrize("userinfo", [{}, {"sub": None}, {"sub": "b"}, {"sub": ["a"]}])
    def test_is_refused_from_somebody_else(self, userinfo: dict[str, Any]) -> None:
        with pytest.raises(UnusableProviderAnswerError):
            complete({"sub": "a"}, userinfo)

    @pytest.mark.parametrize(
        ("id_claims", "userinfo", "is_verified"),
        [
            ({"email": "a@x.org"}, {"email": "a@x.org", "email_verified": True}, True),
            ({"email": "a@x.org"}, {"email_verified": True}, True),
            ({}, {"email": "a@x.org", "email_verified": True}, True),
            ({"email": "a@x.org"}, {"email": "b@x.org", "email_verified": True}, False),
            ({"email": "a@x.org", "email_verified": False}, {"email": "a@x.org", "email_verified": True}, False),
            ({"email_verified": True}, {"email": "b@x.org", "email_verified": False}, False),
            ({"email_verified": True}, {"email": "b@x.org"}, True),
            ({"email": "a@x.org", "email_verified": True}, {"email": "a@x.org"}, True),
            ({"email": "a@x.org", "email_verified": True}, {"email": "b@x.org", "email_verified": False}, True),
            ({"email": "a@x.org"}, {"email": "a@x.org", "email_verified": "true"}, False),
            ({"email": "a@x.org"}, {}, False),
        ],
    )
    def test_verifies_no_address_by_what_was_said_of_another(
        self, id_claims: dict[str, Any], userinfo: dict[str, Any], is_verified: bool
    ) -> None:
        merged = complete({"sub": "a"} | id_claims, {"sub": "a"} | userinfo)
        assert merged["email_verified"] is is_verified
