"""The building blocks of requests: ids, instants, text without NUL."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from app.api.schemas import StrictModel, Text, parse_id, parse_instant, refuse_nul_deeply
from app.core.clock import format_instant

ID = "0198c7a2-6f00-7000-8000-000000000000"


class TestAnId:
    def test_is_a_uuid_in_lower_case(self) -> None:
        assert parse_id(ID) == UUID(ID)
        assert parse_id(UUID(ID)) == UUID(ID)

    @pytest.mark.parametrize(
        "value", [ID.upper(), ID.replace("-", ""), f"{{{ID}}}", f"{ID}\n", f" {ID}", "", 1, None, b""]
    )
    def test_is_nothing_else(self, value: object) -> None:
        with pytest.raises(ValueError, match="UUID"):
            parse_id(value)


class TestAnInstant:
    @pytest.mark.parametrize(
        ("text", "instant"),
        [
            ("2026-12-01T09:30:00Z", datetime(2026, 12, 1, 9, 30, tzinfo=UTC)),
            ("2026-12-01t09:30:00z", datetime(2026, 12, 1, 9, 30, tzinfo=UTC)),
            ("2026-12-01T09:30:00+02:00", datetime(2026, 12, 1, 7, 30, tzinfo=UTC)),
            ("2026-12-01T09:30:00.1Z", datetime(2026, 12, 1, 9, 30, 0, 100_000, tzinfo=UTC)),
            ("2026-12-01T09:30:00.123999999Z", datetime(2026, 12, 1, 9, 30, 0, 123_000, tzinfo=UTC)),
        ],
    )
    def test_is_read_into_utc_and_cut_to_milliseconds(self, text: str, instant: datetime) -> None:
        assert parse_instant(text) == instant

    @pytest.mark.parametrize(
        "value",
        [
            "2026-12-01",
            "2026-12-01T09:30:00",
            "2026-12-01T09:30Z",
            "2026-12-01 09:30:00Z",
            "2026-02-30T09:30:00Z",
            "2026-12-01T24:00:00Z",
            "2026-12-01T09:30:60Z",
            "0000-12-01T09:30:00Z",
            "0001-01-01T00:00:00+01:00",
            "9999-12-31T23:59:59-01:00",
            "2026-12-01T09:30:00+2:00",
            "2026-W01-1T09:30:00Z",
            "٢٠٢٦-12-01T09:30:00Z",
            1_795_435_200,
            None,
        ],
    )
    def test_is_nothing_else(self, value: object) -> None:
        with pytest.raises(ValueError, match="instant"):
            parse_instant(value)

    @given(st.datetimes(timezones=st.just(UTC)))
    def test_reads_back_what_was_written(self, instant: datetime) -> None:
        cut = instant.replace(microsecond=instant.microsecond // 1000 * 1000)

        assert parse_instant(format_instant(instant)) == cut


class TestText:
    class Note(StrictModel):
        """A body with one text."""

        text: Text = ""

    @pytest.mark.parametrize("body", [{"text": "a\x00b"}, {"text": 1}, {"text": None}, {"other": "x"}])
    def test_is_refused(self, body: dict[str, Any]) -> None:
        with pytest.raises(ValidationError):
            self.Note.model_validate(body)

    @pytest.mark.parametrize("value", ["\x00", ["\x00"], {"a": {"b": ["x\x00"]}}, {"\x00": 1}, [[[{"a\x00": None}]]]])
    def test_is_refused_however_deep_its_nul_is_hidden(self, value: object) -> None:
        with pytest.raises(ValueError, match="NUL"):
            refuse_nul_deeply(value)

    @pytest.mark.parametrize("value", ["x", 1, None, True, [1, "x"], {"a": {"b": ["c"]}}])
    def test_passes_without(self, value: object) -> None:
        assert refuse_nul_deeply(value) == value
