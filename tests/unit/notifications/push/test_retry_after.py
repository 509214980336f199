"""When a push service wants to be asked again."""

import pytest

from app.notifications.push.sender import read_retry_after
from tests.fakes.clock import START


class TestRetryAfter:
    @pytest.mark.parametrize(
        ("text", "seconds"),
        [
            ("0", 0.0),
            ("120", 120.0),
            ("Mon, 23 Nov 2026 12:02:00 GMT", 120.0),
            ("Mon, 23 Nov 2026 11:00:00 GMT", 0.0),
            ("Mon, 23 Nov 2026 12:02:00", 120.0),
            ("9" * 5_000, 999_999_999.0),
        ],
    )
    def test_is_read(self, text: str, seconds: float) -> None:
        assert read_retry_after(text, START) == seconds

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "soon",
            "-1",
            "1.5",
            "1e9",
            "\u0663",
            "Mon, 99 Nov 2026 12:02:00 GMT",
            "0x10",
            # Numbers beyond those of C.
            "Mon, 23 Nov 2026 12:02:00 +99999999999999999",
            "Mon, 23 Nov 20261111111111 12:02:00 GMT",
        ],
    )
    def test_is_none_where_it_is_nonsense(self, text: str) -> None:
        assert read_retry_after(text, START) is None
