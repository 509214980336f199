"""The text of personal tokens: what it holds, and how it shows that it was damaged."""

import string
import zlib
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.personal_tokens import TOKEN_LENGTH, InvalidPersonalTokenError, PersonalToken

ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase

tokens = st.builds(PersonalToken, st.uuids(), st.uuids(), st.binary(min_size=32, max_size=32))


def to_number(text: str) -> int:
    """Base 62 read by the textbook."""
    return sum(ALPHABET.index(character) * 62**place for place, character in enumerate(reversed(text)))


def with_checksum(body: str) -> str:
    number, checksum = zlib.crc32(body.encode()), ""
    for _ in range(6):
        number, value = divmod(number, 62)
        checksum = ALPHABET[value] + checksum
    return f"tf_{body}{checksum}"


class TestAToken:
    @given(tokens)
    def test_is_read_as_it_was_written(self, token: PersonalToken) -> None:
        assert PersonalToken.parse(token.encode()) == token

    @given(tokens)
    def test_has_one_length_and_only_letters_and_digits_behind_its_prefix(self, token: PersonalToken) -> None:
        """A double click selects it whole, and scanners find it by a pattern."""
        text = token.encode()

        assert len(text) == TOKEN_LENGTH == 95
        assert text.startswith("tf_")
        assert set(text[3:]) <= set(ALPHABET)

    @given(tokens)
    def test_can_be_checked_by_anybody_without_asking(self, token: PersonalToken) -> None:
        body, checksum = token.encode()[3:-6], token.encode()[-6:]

        assert to_number(checksum) == zlib.crc32(body.encode())
        raw = token.user_id.bytes + token.token_id.bytes + token.secret
        assert to_number(body).to_bytes(64) == raw

    def test_has_a_secret_of_its_own(self) -> None:
        first, second = (PersonalToken.mint(UUID(int=1), UUID(int=2)) for _ in range(2))

        assert len(first.secret) == 32
        assert first.secret != second.secret
        assert first.secret_hash != second.secret_hash

    def test_shows_no_secret_in_logs_and_tracebacks(self) -> None:
        token = PersonalToken.mint(UUID(int=1), UUID(int=2))

        assert "secret" not in repr(token)
        assert token.encode() not in repr(token)


class TestADamagedToken:
    @given(tokens, st.integers(0, TOKEN_LENGTH - 1), st.sampled_from(ALPHABET + "_-. \n\x00é٣"))
    def test_is_refused_whichever_character_was_changed(self, token: PersonalToken, place: int, other: str) -> None:
        text = token.encode()
        changed = text[:place] + other + text[place + 1 :]
        if changed == text:
            return

        with pytest.raises(InvalidPersonalTokenError):
            PersonalToken.parse(changed)

    @given(tokens, st.integers(0, TOKEN_LENGTH - 2))
    def test_is_refused_when_two_neighbours_changed_places(self, token: PersonalToken, place: int) -> None:
        text = token.encode()
        changed = text[:place] + text[place + 1] + text[place] + text[place + 2 :]
        if changed == text:
            return

        with pytest.raises(InvalidPersonalTokenError):
            PersonalToken.parse(changed)

    @given(tokens, st.integers(0, TOKEN_LENGTH - 1), st.text(max_size=3))
    def test_is_refused_when_it_was_cut_off_or_has_something_behind_it(
        self, token: PersonalToken, length: int, rest: str
    ) -> None:
        text = token.encode()
        for other in (text[:length], text[length + 1 :], *([text + rest] if rest else [])):
            with pytest.raises(InvalidPersonalTokenError):
                PersonalToken.parse(other)

    def test_is_refused_when_it_says_more_than_a_token_can(self) -> None:
        largest = 2**512 - 1
        fitting, beyond = (with_checksum(_to_base62(number)) for number in (largest, largest + 1))

        assert PersonalToken.parse(fitting).secret == b"\xff" * 32
        with pytest.raises(InvalidPersonalTokenError):
            PersonalToken.parse(beyond)
        with pytest.raises(InvalidPersonalTokenError):
            PersonalToken.parse(with_checksum("z" * 86))


class TestAnyText:
    @given(st.text() | st.text(ALPHABET, min_size=92, max_size=92).map("tf_{}".format))
    def test_is_refused_unless_it_is_exactly_what_a_token_is_written_as(self, text: str) -> None:
        try:
            token = PersonalToken.parse(text)
        except InvalidPersonalTokenError:
            return
        assert token.encode() == text

    @given(st.text(ALPHABET, min_size=86, max_size=86).map(with_checksum))
    def test_with_a_right_checksum_has_one_spelling(self, text: str) -> None:
        try:
            token = PersonalToken.parse(text)
        except InvalidPersonalTokenError:
            assert to_number(text[3:-6]) >= 2**512
            return
        assert token.encode() == text


def _to_base62(number: int) -> str:
    text = ""
    for _ in range(86):
        number, value = divmod(number, 62)
        text = ALPHABET[value] + text
    return text
