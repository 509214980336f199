"""E-mail addresses in the form in which they are compared."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.auth.emails import normalise_email


class TestAnAddress:
    @pytest.mark.parametrize(
        ("text", "normalised"),
        [
            ("ada@example.org", "ada@example.org"),
            ("  Ada.Lovelace@Example.ORG\n", "ada.lovelace@example.org"),
            ("o'brien+tasks@mail.example.co.uk", "o'brien+tasks@mail.example.co.uk"),
            ("\uff41da@example.org", "ada@example.org"),
            ("ada\uff20example.org", "ada@example.org"),
            ("STRASSE@example.org", "strasse@example.org"),
            ("jürgen@BÜCHER.example", "jürgen@xn--bcher-kva.example"),
            ("ju\u0308rgen@bücher.example", "jürgen@xn--bcher-kva.example"),
            ("ada@xn--bcher-kva.example", "ada@xn--bcher-kva.example"),
            ("ada@bücher。example", "ada@xn--bcher-kva.example"),
            ("a" * 64 + "@example.org", "a" * 64 + "@example.org"),
            ("1@1.de", "1@1.de"),
        ],
    )
    def test_has_one_form(self, text: str, normalised: str) -> None:
        assert normalise_email(text) == normalised
        assert normalise_email(normalised) == normalised

    @given(st.emails())
    def test_that_is_normalised_stays_as_it_is(self, text: str) -> None:
        normalised = normalise_email(text)
        assert normalise_email(normalised) == normalised
        assert normalised == normalised.lower()


class TestWhatIsNoAddress:
    @pytest.mark.parametrize(
        "text",
        [
            "",
            "@",
            "ada",
            "ada@",
            "@example.org",
            "ada@example",
            "ada@example.",
            "ada@.example.org",
            "ada@example..org",
            "ada@-example.org",
            "ada@example-.org",
            "ada@exa_mple.org",
            "ada@[127.0.0.1]",
            "ada lovelace@example.org",
            ".ada@example.org",
            "ada.@example.org",
            "a..da@example.org",
            '"ada"@example.org',
            "ada@evil@example.org",
            "ada<@example.org",
            "ada\x00@example.org",
            "ada@example.org\x00",
            "ada\n@example.org",
            "ada@exam\nple.org",
            "ada@example.org, eve@example.org",
            "a" * 65 + "@example.org",
            "ada@" + "a" * 64 + ".org",
            "ada@" + ".".join(["a" * 60] * 5),
            "ada@\ud800.org",
            "ada@\u2028.org",
        ],
    )
    def test_is_refused(self, text: str) -> None:
        with pytest.raises(ValueError, match="must be an e-mail address"):
            normalise_email(text)

    @given(st.text())
    def test_is_either_refused_or_has_a_plain_domain(self, text: str) -> None:
        try:
            normalised = normalise_email(text)
        except ValueError:
            return
        local, _, domain = normalised.partition("@")
        assert local
        assert domain.isascii()
        assert "." in domain
        assert normalise_email(normalised) == normalised
