"""Secrets of calendar feeds: one spelling each, and nothing else is taken for one."""

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.tasks.calendar_secret import CalendarSecret, InvalidCalendarSecretError

SECRETS = st.builds(CalendarSecret, st.uuids(), st.binary(min_size=32, max_size=32))


class TestASecret:
    @settings(deadline=None)
    @given(SECRETS)
    def test_is_read_as_it_was_written(self, secret: CalendarSecret) -> None:
        assert CalendarSecret.parse(secret.encode()) == secret

    @settings(deadline=None)
    @given(st.uuids())
    def test_is_another_one_each_time(self, user_id: object) -> None:
        first, second = CalendarSecret.mint(user_id), CalendarSecret.mint(user_id)  # type: ignore[arg-type]

        assert first.user_id == second.user_id == user_id
        assert first.key_hash != second.key_hash
        assert len(first.key) * 8 == 256

    @settings(deadline=None)
    @given(SECRETS)
    def test_shows_no_key_when_it_is_printed(self, secret: CalendarSecret) -> None:
        assert repr(secret.key) not in repr(secret)


class TestTextThatIsNoSecret:
    @pytest.mark.parametrize(
        "text",
        ["", "nope", "A" * 63, "A" * 65, "A" * 60 + "====", "A" * 63 + "+", "A" * 63 + "é", "A" * 64 + "\n"],
    )
    def test_is_refused(self, text: str) -> None:
        with pytest.raises(InvalidCalendarSecretError):
            CalendarSecret.parse(text)

    @settings(deadline=None)
    @given(st.binary(max_size=60).filter(lambda raw: len(raw) != 48))
    def test_is_refused_at_any_other_length(self, raw: bytes) -> None:
        with pytest.raises(InvalidCalendarSecretError):
            CalendarSecret.parse(base64.urlsafe_b64encode(raw).decode())
